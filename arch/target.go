package arch

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// A target is an ISA that tells of which machines it is a tier: of those of one GOARCH that have exactly the features
// that the tier requires, and half precision with dot products, as all cores have, whichever CPU this is. Kernels
// are chosen and weights are packed for a target as for a tier, but a target is never supported, and nothing runs on
// it. Within one target's GOARCH, ISAs compare with < too.
//
// Its upper bits are the place of its GOARCH in machines, the lower ones the tier.

// machines are those that a target can be of: all are little-endian, as packed weights are. The first is this one.
var machines = []string{"", "amd64", "arm64", "arm", "riscv64", "386", "loong64", "wasm"}

const tierBits = 8

// ErrTarget is what errors wrap that say that there is no such target.
var ErrTarget = errors.New("no such target")

// Target returns the tier of that GOARCH's machines. Errors wrap [ErrTarget].
func Target(goarch string, tier ISA) (ISA, error) {
	at := slices.Index(machines[1:], goarch) + 1
	if at == 0 {
		return Generic, fmt.Errorf("%w: architecture %q, want one of %s", ErrTarget, goarch,
			strings.Join(machines[1:], ", "))
	}
	if !tier.On(goarch) {
		return Generic, fmt.Errorf("%w: %s has no tier %s, but %s", ErrTarget, goarch, tier,
			strings.Join(names(goarch), ", "))
	}
	return ISA(at<<tierBits) | tier.Tier(), nil
}

// ParseTarget reads a target's name: its GOARCH and its tier, as in arm64-dotprod. Errors wrap [ErrTarget].
func ParseTarget(s string) (ISA, error) {
	goarch, tier, ok := strings.Cut(s, "-")
	if !ok {
		return Generic, fmt.Errorf("%w: %q is no architecture and tier, as in arm64-dotprod", ErrTarget, s)
	}
	isa, err := ParseISA(tier)
	if err != nil {
		return Generic, fmt.Errorf("%w: %q: unknown tier; %s has %s", ErrTarget, s, goarch,
			strings.Join(names(goarch), ", "))
	}
	return Target(goarch, isa)
}

// GOARCH returns the architecture of a target, or "" of a tier that is no target.
func (i ISA) GOARCH() string {
	if at := int(i >> tierBits); at < len(machines) {
		return machines[at]
	}
	return ""
}

// Machine returns the features of a target's machines: what the tier requires, and [FeatFP16] with [FeatDotProd].
func (i ISA) Machine() Feature {
	f := i.Requires()
	if f.Has(FeatDotProd) {
		f |= FeatFP16
	}
	return f
}

// Tier returns the tier of a target, or i.
func (i ISA) Tier() ISA { return i & (1<<tierBits - 1) }
