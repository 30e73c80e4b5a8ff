package arch

import (
	"fmt"
	"slices"
	"strings"
)

// ISA is an instruction-set tier: the set of kernels a program may choose from.
// Within one architecture a larger ISA is a better one, so tiers compare with <.
// Tiers of other architectures are never supported on this one.
type ISA uint8

// Tiers returns the row of each ISA, of all architectures.
func Tiers() []Tier { return slices.Clone(tiers[:]) }

// Requires returns what a CPU must have for the tier to be offered.
func (i ISA) Requires() Feature {
	if int(i) >= len(tiers) {
		return ^Feature(0)
	}
	f := tiers[i].Adds
	if w := i.Within(); w < i {
		f |= w.Requires()
	}
	return f
}

// Within returns the tier that i contains; [Generic] contains itself.
func (i ISA) Within() ISA {
	if int(i) >= len(tiers) {
		return Generic
	}
	return tiers[i].Within
}

// On reports whether CPUs of that GOARCH can have the tier.
func (i ISA) On(goarch string) bool {
	if int(i) >= len(tiers) {
		return false
	}
	on := tiers[i].GOARCH
	return on == "" || slices.Contains(strings.Fields(on), goarch)
}

// String returns the tier's word as used in kernel names and in GNEISS_ISA.
func (i ISA) String() string {
	if int(i) < len(tiers) {
		return tiers[i].Name
	}
	return fmt.Sprintf("isa(%d)", uint8(i))
}

// ParseISA is the inverse of [ISA.String]; it knows the tiers of every architecture.
func ParseISA(s string) (ISA, error) {
	word := strings.ToLower(strings.TrimSpace(s))
	if i := slices.IndexFunc(tiers[:], func(t Tier) bool { return t.Name == word }); i >= 0 {
		return ISA(i), nil
	}
	return Generic, fmt.Errorf("arch: unknown ISA %q (known: %s)", s, strings.Join(names(), ", "))
}

func names() (all []string) {
	for _, t := range tiers {
		all = append(all, t.Name)
	}
	return all
}

// MarshalText makes an ISA its word in JSON.
func (i ISA) MarshalText() ([]byte, error) { return []byte(i.String()), nil }

// UnmarshalText is the inverse of MarshalText.
func (i *ISA) UnmarshalText(b []byte) (err error) {
	*i, err = ParseISA(string(b))
	return err
}
