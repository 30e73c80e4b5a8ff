package main

import (
	"fmt"
	"slices"

	"github.com/gneiss-go/gneiss/internal/test/disasm"
	"github.com/gneiss-go/gneiss/runtime"
)

// otherRow sets the model, applied to another engine's kernels, beside what that engine publishes.
type otherRow struct {
	Network  string  `json:"network"`
	Board    string  `json:"board"`
	Half     bool    `json:"half"`
	Measured float64 `json:"ncnn_ms"`
	Modelled float64 `json:"modelled_ms"`
	Ratio    float64 `json:"modelled_over_measured"`
}

// pointwise are the networks that ncnn computes almost only by products of matrices and depthwise windows: what its
// kernels do in them follows from their tiles. (Which form of Winograd it takes for a 3×3 layer does not.)
var pointwise = []string{"mobilenet_v1", "mobilenet_v2"}

// ncnn's tile on arm64, as convolution_im2col_gemm.h describes it: 8 channels × 12 pixels, four products deep in a
// pass.
const ncnnChannels, ncnnPixels, ncnnDepth = 8, 12, 4

// ncnnTile is a loop of that shape: for each depth, two vectors of filters, three of pixels (half of that where lanes
// are float16) and an FMLA for each vector of the tile.
func ncnnTile(half bool) (code []disasm.Insn) {
	add := func(format string, args ...any) { code = append(code, disasm.Insn{Text: fmt.Sprintf(format, args...)}) }
	const a, b = 0, 2 // filters in v0, v1; pixels in v2, v3, v4; sums from v8 on
	for range ncnnDepth {
		if half {
			add("ldr q%d, [x1], #16", a)
			add("ld1 {v%d.8h}, [x2], #16", b)
			add("ldr d%d, [x2], #8", b+1)
			for p := range ncnnPixels {
				add("fmla v%d.8h, v%d.8h, v%d.h[%d]", 8+p, a, b+p/8, p%8)
			}
			continue
		}
		add("ldp q%d, q%d, [x1], #32", a, a+1)
		add("ld1 {v%d.4s, v%d.4s, v%d.4s}, [x2], #48", b, b+1, b+2)
		for p := range ncnnPixels {
			for v := range 2 {
				add("fmla v%d.4s, v%d.4s, v%d.s[%d]", 8+2*p+v, a+v, b+p/4, p%4)
			}
		}
	}
	add("subs x3, x3, #1")
	return code
}

// ncnnDepthwise is a vector of a 3×3 depthwise convolution: nine products, three new pixels of each row, a store.
func ncnnDepthwise(half bool) (code []disasm.Insn) {
	lanes := "4s"
	if half {
		lanes = "8h"
	}
	for r := range 3 {
		code = append(code, disasm.Insn{Text: fmt.Sprintf("ldr q%d, [x1, #%d]", r, 16*r)})
	}
	for i := range 9 {
		text := fmt.Sprintf("fmla v%d.%s, v%d.%s, v%d.%s", 8+i%3, lanes, i%3, lanes, 20+i, lanes)
		code = append(code, disasm.Insn{Text: text})
	}
	return append(code, disasm.Insn{Text: "str q8, [x2], #16"})
}

// ncnnTime predicts ncnn's time of a plan's network, in ms, on a board: products by its tile, memory as for gneiss.
// Half makes all bytes and sums half as long.
func ncnnTime(m *mca, b *board, plan *runtime.Report) (float64, error) {
	c, err := coreNamed(b.core)
	if err != nil {
		return 0, err
	}
	each, err := m.cyclesOf(c, [][]disasm.Insn{ncnnTile(b.Half), ncnnDepthwise(b.Half)})
	if err != nil {
		return 0, err
	}
	lanes, size := 4, 1.0
	if b.Half {
		lanes, size = 8, 0.5
	}
	ms := 0.0
	var steps []runtime.StepReport // one for each layer, as ncnn goes
	for i := range plan.Steps {
		steps = append(steps, stages(&plan.Steps[i])...)
	}
	for i := range steps {
		s := &steps[i]
		ms += size * b.memory(plan, s)
		window, groups, ok := window(s)
		if !ok {
			continue
		}
		out := s.Out[0]
		cycles := each[1] * float64(over(out.C, lanes)*out.H*out.W)
		if groups == 1 {
			depth := window * window * s.In[0].C
			cycles = each[0] * float64(over(out.H*out.W, ncnnPixels)*over(out.C, ncnnChannels)*over(depth, ncnnDepth))
		}
		ms += cycles / (b.GHz * 1e6)
	}
	return ms, nil
}

// others applies the model to ncnn for a network that was emulated in float.
func (r *report) others(m *mca, name string, plan *runtime.Report) error {
	if !slices.Contains(pointwise, name) {
		return nil
	}
	for i := range boards {
		b := &boards[i]
		measured := b.Ncnn[name].Default
		if measured == 0 {
			continue
		}
		ms, err := ncnnTime(m, b, plan)
		if err != nil {
			return err
		}
		r.Others = append(r.Others, otherRow{Network: name, Board: b.Name, Half: b.Half, Measured: measured, Modelled: ms,
			Ratio: ms / measured})
	}
	return nil
}

// bar is the error bar of a prediction: how far the model was off in other engines' kernels and networks. Mean above 1
// is a model that is too slow, factor how it scatters.
func (r *report) bar() (mean, factor float64, n int) {
	var ratios []float64
	for _, x := range r.Others {
		ratios = append(ratios, x.Ratio)
	}
	mean, factor = spread(ratios)
	return mean, factor, len(ratios)
}
