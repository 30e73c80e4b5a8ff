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

const (
	Generic ISA = iota // portable Go, every GOARCH

	AVX2       // amd64: AVX2 and FMA
	AVXVNNI    // amd64: + VPDPBUSD in its VEX form, 256 bits
	AVX512     // amd64: + AVX-512 F, BW, DQ, VL
	AVX512VNNI // amd64: + VPDPBUSD in its EVEX form, 512 bits
	AMX        // amd64: + int8 tiles

	NEON    // arm64 and ARMv7: Advanced SIMD
	DotProd // arm64: + SDOT, UDOT
	I8MM    // arm64: + SMMLA, USMMLA
)

var isaNames = [...]string{
	Generic: "generic", AVX2: "avx2", AVXVNNI: "avxvnni", AVX512: "avx512", AVX512VNNI: "avx512vnni",
	AMX: "amx", NEON: "neon", DotProd: "dotprod", I8MM: "i8mm",
}

// String returns the tier's word as used in kernel names and in GNEISS_ISA.
func (i ISA) String() string {
	if int(i) < len(isaNames) {
		return isaNames[i]
	}
	return fmt.Sprintf("isa(%d)", uint8(i))
}

// ParseISA is the inverse of [ISA.String]; it knows the tiers of every architecture.
func ParseISA(s string) (ISA, error) {
	if i := slices.Index(isaNames[:], strings.ToLower(strings.TrimSpace(s))); i >= 0 {
		return ISA(i), nil
	}
	return Generic, fmt.Errorf("arch: unknown ISA %q (known: %s)", s, strings.Join(isaNames[:], ", "))
}

// MarshalText makes an ISA its word in JSON.
func (i ISA) MarshalText() ([]byte, error) { return []byte(i.String()), nil }

// UnmarshalText is the inverse of MarshalText.
func (i *ISA) UnmarshalText(b []byte) (err error) {
	*i, err = ParseISA(string(b))
	return err
}
