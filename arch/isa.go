package arch

import (
	"fmt"
	"slices"
	"strings"
)

// ISA is an instruction-set tier: the set of kernels a program may choose from.
// Within one architecture a larger ISA is a better one, so tiers compare with <.
// Tiers of other architectures are never supported on this one. [Target] returns ISAs of machines that this one need
// not be.
type ISA uint16

// Tiers returns the row of each ISA, of all architectures.
func Tiers() []Tier { return slices.Clone(tiers[:]) }

// Requires returns what a CPU must have for the tier to be offered.
func (i ISA) Requires() Feature {
	if !i.known() {
		return ^Feature(0)
	}
	f := tiers[i.Tier()].Adds
	if w := i.Within(); w < i {
		f |= w.Requires()
	}
	return f
}

// Within returns the tier that i contains; [Generic] contains itself.
func (i ISA) Within() ISA {
	if !i.known() {
		return Generic
	}
	return tiers[i.Tier()].Within | i&^(1<<tierBits-1)
}

// On reports whether CPUs of that GOARCH can have the tier.
func (i ISA) On(goarch string) bool {
	if !i.known() || i.GOARCH() != "" && i.GOARCH() != goarch {
		return false
	}
	on := tiers[i.Tier()].GOARCH
	return on == "" || strings.Contains(" "+on+" ", " "+goarch+" ")
}

// String returns the tier's word as used in kernel names and in GNEISS_ISA.
func (i ISA) String() string {
	if i.known() {
		return tiers[i.Tier()].Name
	}
	return fmt.Sprintf("isa(%d)", uint16(i))
}

func (i ISA) known() bool { return int(i.Tier()) < len(tiers) }

// ParseISA is the inverse of [ISA.String]; it knows the tiers of every architecture.
func ParseISA(s string) (ISA, error) {
	name := []byte(trimmed(s))
	for i, c := range name {
		if 'A' <= c && c <= 'Z' {
			name[i] += 'a' - 'A'
		}
	}
	if i := slices.IndexFunc(tiers[:], func(t Tier) bool { return t.Name == string(name) }); i >= 0 {
		return ISA(i), nil
	}
	return Generic, fmt.Errorf("arch: unknown ISA %q (known: %s)", s, strings.Join(names(""), ", "))
}

// trimmed is a word without white space around it. What programs link need not know other white space than ASCII's.
func trimmed(s string) string {
	for len(s) > 0 && s[0] <= ' ' {
		s = s[1:]
	}
	for len(s) > 0 && s[len(s)-1] <= ' ' {
		s = s[:len(s)-1]
	}
	return s
}

// names are those of the tiers that a GOARCH has, or of all for "".
func names(goarch string) (all []string) {
	for i, t := range tiers {
		if goarch == "" || ISA(i).On(goarch) {
			all = append(all, t.Name)
		}
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
