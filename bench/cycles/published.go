package main

import (
	"fmt"
	"math"
	"strings"

	"github.com/gneiss-go/gneiss/internal/test/disasm"
)

// measured is a microbenchmark whose loop and whose rate on a core others have published.
type measured struct {
	core, name string
	source     string
	perCycle   float64 // multiply-accumulates, or bytes, a cycle: measured
	code       []disasm.Insn
}

// accumulators is a loop of cpufp: an instruction on 24 registers, none of which waits for another, as
// "fmla v%d.4s, v%d.4s, v%d.s[0]".
func accumulators(format string) (code []disasm.Insn) {
	for r := 8; r < 32; r++ {
		code = append(code, disasm.Insn{Text: strings.ReplaceAll(format, "%d", fmt.Sprint(r))})
	}
	return append(code, disasm.Insn{Text: "subs x0, x0, #0x1"})
}

const (
	fmlaByLane   = "fmla v%d.4s, v%d.4s, v%d.s[0]"
	fmlaByVector = "fmla v%d.4s, v%d.4s, v%d.4s"
	sdotByLane   = "sdot v%d.4s, v%d.16b, v%d.4b[0]"
	sdotByVector = "sdot v%d.4s, v%d.16b, v%d.16b"
)

// microbenchmarks are cpufp's figures for one core (pigirons/cpufp, benchmark_result/arm64), over the clocks that the
// boards run at: RK3399's A53 1.416 GHz and A72 1.8, BCM2711's A72 1.5, RK3588's A55 1.825 and A76 2.376 (where the
// board measured them; nominal 1.8 and 2.4), BCM2712's A76 2.4. Altra's N1 has no row there: its figure is that of
// another board with the core.
var microbenchmarks = []measured{
	{"cortex-a53", "fmla by lane", "cpufp, RK3399", 11.255 / 2 / 1.416, accumulators(fmlaByLane)},
	{"cortex-a53", "fmla by vector", "cpufp, RK3399", 11.255 / 2 / 1.416, accumulators(fmlaByVector)},
	{"cortex-a55", "fmla by lane", "cpufp, RK3588", 14.593 / 2 / 1.825, accumulators(fmlaByLane)},
	{"cortex-a55", "sdot by lane", "cpufp, RK3588", 58.379 / 2 / 1.825, accumulators(sdotByLane)},
	{"cortex-a55", "sdot by vector", "cpufp, RK3588", 58.371 / 2 / 1.825, accumulators(sdotByVector)},
	{"cortex-a72", "fmla by lane", "cpufp, BCM2711", 11.958 / 2 / 1.5, accumulators(fmlaByLane)},
	{"cortex-a72", "fmla by vector", "cpufp, RK3399", 14.348 / 2 / 1.8, accumulators(fmlaByVector)},
	{"cortex-a76", "fmla by lane", "cpufp, BCM2712", 38.369 / 2 / 2.4, accumulators(fmlaByLane)},
	{"cortex-a76", "sdot by lane", "cpufp, BCM2712", 153.48 / 2 / 2.4, accumulators(sdotByLane)},
	{"cortex-a76", "sdot by vector", "cpufp, BCM2712", 153.48 / 2 / 2.4, accumulators(sdotByVector)},
}

// microRow sets the model beside what was measured.
type microRow struct {
	Core     string  `json:"core"`
	Loop     string  `json:"loop"`
	Source   string  `json:"source"`
	Measured float64 `json:"mac_per_cycle_measured"`
	Modelled float64 `json:"mac_per_cycle_modelled"`
	Off      float64 `json:"percent_off"`
}

func microRows(m *mca) (rows []microRow, err error) {
	for i := range microbenchmarks {
		b := &microbenchmarks[i]
		c, err := coreNamed(b.core)
		if err != nil {
			return nil, err
		}
		cycles, err := m.cycles(c, b.code)
		if err != nil {
			return nil, err
		}
		r := microRow{Core: b.core, Loop: b.name, Source: b.source, Measured: b.perCycle,
			Modelled: float64(macs(b.code)) / cycles}
		r.Off = 100 * (r.Modelled/r.Measured - 1)
		rows = append(rows, r)
	}
	return rows, nil
}

// streamRow sets what the memory model takes a core to move beside what a copy and a fill move, measured.
type streamRow struct {
	Board    string  `json:"board"`
	Copy     float64 `json:"copy_gb_per_s"` // both ways: twice what is copied
	Set      float64 `json:"set_gb_per_s"`
	Modelled float64 `json:"modelled_gb_per_s"`
	Share    float64 `json:"share_of_copy"`
}

func streamRows() (rows []streamRow) {
	for i := range boards {
		b := &boards[i]
		rows = append(rows, streamRow{Board: b.Name, Copy: 2 * b.Copy / 1e3, Set: b.Set / 1e3, Modelled: b.stream(),
			Share: b.stream() / (2 * b.Copy / 1e3)})
	}
	return rows
}

// spread is the geometric mean of ratios and the factor by which they scatter: exp of the standard deviation of their
// logarithms.
func spread(ratios []float64) (mean, factor float64) {
	if len(ratios) == 0 {
		return 0, 0
	}
	sum, squares := 0.0, 0.0
	for _, r := range ratios {
		sum += math.Log(r)
	}
	mu := sum / float64(len(ratios))
	for _, r := range ratios {
		squares += (math.Log(r) - mu) * (math.Log(r) - mu)
	}
	return math.Exp(mu), math.Exp(math.Sqrt(squares / float64(len(ratios))))
}
