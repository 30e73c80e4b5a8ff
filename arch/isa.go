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

// The tiers, in the order of [Tiers].
const (
	Generic ISA = iota
	AVX2
	AVXVNNI
	AVX512
	AVX512VNNI
	AVX512VBMI
	AMX
	NEON
	DotProd
	I8MM
)

// Tier is a row of [Tiers]: all that is declared of a tier, but for its detection (detect_GOARCH.go) and its kernels.
type Tier struct {
	Name   string  // the word in kernels' names, in GNEISS_ISA and in reports
	GOARCH string  // the architectures that have it, apart by a space; "" for all
	Within ISA     // the tier that it contains: its features are required too
	Adds   Feature // required beyond those of the tier within
	About  string  // what it brings, for documents and reports
}

// tiers has a row for each ISA. The order of the rows is that of preference: a cap admits its own tier and those of its
// architecture above it in this list, whether it contains them or not. Kernels are gated on their own features besides,
// so that a row only decides what a tier's name promises.
var tiers = [...]Tier{
	Generic: {Name: "generic", About: "portable Go"},
	AVX2:    {"avx2", "amd64", Generic, FeatAVX2 | FeatFMA, "AVX2 and FMA"},
	AVXVNNI: {"avxvnni", "amd64", AVX2, FeatAVXVNNI, "dot products of bytes and words, 256 bits (VEX)"},
	AVX512: {"avx512", "amd64", AVX2, FeatAVX512F | FeatAVX512BW | FeatAVX512DQ | FeatAVX512VL,
		"AVX-512 F, BW, DQ, VL"},
	AVX512VNNI: {"avx512vnni", "amd64", AVX512, FeatAVX512VNNI, "dot products of bytes and words, 512 bits (EVEX)"},
	AVX512VBMI: {"avx512vbmi", "amd64", AVX512VNNI, FeatAVX512VBMI, "permutations of bytes: tables"},
	AMX:        {"amx", "amd64", AVX512VNNI, FeatAMXInt8, "products of int8 tiles"},
	NEON:       {"neon", "arm64 arm", Generic, FeatNEON, "Advanced SIMD"},
	DotProd:    {"dotprod", "arm64", NEON, FeatDotProd, "SDOT, UDOT"},
	I8MM:       {"i8mm", "arm64", DotProd, FeatI8MM, "SMMLA, USMMLA, SUDOT"},
}

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
