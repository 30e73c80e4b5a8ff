// Package arch answers one question: which CPU is this? It detects its features, orders the instruction-set tiers that
// kernels are written for, and lets the user lower or insist on a tier.
//
// [Default] looks at two environment variables each time it is called:
//
//	GNEISS_ISA=avx2           caps the tier, at any name of [Tiers]
//	GNEISS_REQUIRE=avx2,...   tiers that must be present; if one is not, [Default] returns an error
//
// A cap above what the CPU offers is not an error: the CPU decides. Features are detected once.
//
// To add a tier is to change five files, besides tests and documents: tiers.go (its constant and row, and its features
// if they are new), detect_GOARCH.go (their detection), and of package kernels catalogue_rows.go (its rows),
// bind_GOARCH.go and a file of assembly.
package arch

import (
	"fmt"
	"os"
	goruntime "runtime"
	"strings"
	"sync"
)

// Features returns what this CPU, and its operating system, offer. It ignores GNEISS_ISA.
func Features() Feature { return detected() }

var detected = sync.OnceValue(func() Feature { return pretended(detect()) })

// Supports reports whether this CPU offers every feature of the tier.
func Supports(i ISA) bool { return supports(i, detected()) }

func supports(i ISA, f Feature) bool {
	return i.GOARCH() == "" && i.On(goruntime.GOARCH) && f.Has(i.Requires())
}

// Supported lists the tiers this CPU offers, worst (Generic) first.
func Supported() []ISA {
	var have []ISA
	for i := range ISA(len(tiers)) {
		if Supports(i) {
			have = append(have, i)
		}
	}
	return have
}

// Best returns the best tier this CPU offers, ignoring the environment.
func Best() ISA {
	s := Supported()
	return s[len(s)-1]
}

// Capped returns the best supported tier that is not above limit.
func Capped(limit ISA) ISA {
	best := Generic
	for _, i := range Supported() {
		if i <= limit {
			best = i
		}
	}
	return best
}

// Default returns the tier to use: the best one, capped by GNEISS_ISA. It fails if GNEISS_ISA is no
// tier's name or if a tier listed in GNEISS_REQUIRE is absent or above the cap.
func Default() (ISA, error) { return choose(os.Getenv("GNEISS_ISA"), os.Getenv("GNEISS_REQUIRE")) }

func choose(limit, require string) (ISA, error) {
	isa := Best()
	if limit != "" {
		l, err := ParseISA(limit)
		if err != nil {
			return Generic, fmt.Errorf("GNEISS_ISA: %w", err)
		}
		isa = Capped(l)
	}
	for word := range strings.SplitSeq(require, ",") {
		if word = trimmed(word); word == "" {
			continue
		}
		r, err := ParseISA(word)
		if err != nil {
			return Generic, fmt.Errorf("GNEISS_REQUIRE: %w", err)
		}
		if !Supports(r) || r > isa {
			return Generic, &MissingError{Want: r, Have: isa}
		}
	}
	return isa, nil
}

// MissingError says that GNEISS_REQUIRE named a tier that this run does not have.
type MissingError struct{ Want, Have ISA }

func (e *MissingError) Error() string {
	return fmt.Sprintf("arch: GNEISS_REQUIRE wants %s, but the best tier of this run is %s", e.Want, e.Have)
}
