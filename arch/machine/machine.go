// Package machine describes the machine for reports and benchmarks: name, cores, caches. It is apart from package arch,
// for it takes a library's word for them (klauspost/cpuid), which what a device links to run a network does not need.
package machine

import (
	goruntime "runtime"
	"sync"

	"github.com/klauspost/cpuid/v2"

	"github.com/gneiss-go/gneiss/arch"
)

// CPU describes the machine.
type CPU struct {
	Brand    string   `json:"brand"`    // marketing name, "" when unknown
	Cores    int      `json:"cores"`    // processors this process may use
	L1D      int      `json:"l1d"`      // bytes, data cache per core
	L2       int      `json:"l2"`       // bytes
	L3       int      `json:"l3"`       // bytes, 0 when there is none or it is unknown
	Features string   `json:"features"` // [arch.Feature.String]
	ISA      arch.ISA `json:"isa"`      // the best tier, before any cap
}

// Fallback cache sizes where the CPU does not tell: those of a Cortex-A53, the smallest we aim at.
const (
	fallbackL1D = 32 << 10
	fallbackL2  = 512 << 10
)

// Info returns the description of this machine. Sizes that the CPU does not report get the values
// of a small ARM core (32 KiB L1D, 512 KiB L2), so that callers may block for them.
var Info = sync.OnceValue(func() CPU {
	c := CPU{
		Brand: cpuid.CPU.BrandName, Cores: goruntime.NumCPU(), Features: arch.Features().String(), ISA: arch.Best(),
		L1D: cpuid.CPU.Cache.L1D, L2: cpuid.CPU.Cache.L2, L3: max(cpuid.CPU.Cache.L3, 0),
	}
	if c.L1D <= 0 {
		c.L1D = fallbackL1D
	}
	if c.L2 <= 0 {
		c.L2 = fallbackL2
	}
	return c
})
