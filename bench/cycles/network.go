package main

import (
	"fmt"

	"github.com/gneiss-go/gneiss/arch"
	"github.com/gneiss-go/gneiss/bench"
	"github.com/gneiss-go/gneiss/internal/test/disasm"
	"github.com/gneiss-go/gneiss/kernels"
	"github.com/gneiss-go/gneiss/runtime"
)

// work is what one layer asks of the kernels.
type work struct {
	Label    string
	MACs     int64 // of direct convolution
	parts    []part
	weights  int64   // bytes of packed weights: from memory in each run
	activity int64   // bytes of inputs and outputs: from memory and to it
	l2       int64   // bytes that tiles read of inputs or transforms that a 32 KiB L1 does not hold
	other    float64 // instructions outside the kernels counted here
}

// Allowances for what is not counted from machine code here, in instructions.
const (
	perPointer  = 8.0  // address of one pixel under one tap, in fillTapPointers
	perCopied   = 0.15 // byte of a padded row copied, in rowConv
	perCall     = 40.0 // call of a tile kernel
	perOther    = 2.0  // element of any other step
	tilesAtOnce = 8    // tiles that share a pass over a panel of weights
)

// steps are the allowances, in instructions, for what is between the convolutions. Those of portable code, and of
// u8's pooling, were counted in a run of GoogLeNet under qemu; those of other vector code follow from its width.
type steps struct {
	tap   float64 // element under a pooling window
	lrn   float64 // element of a local response normalisation
	fcMAC float64 // product of the fully connected layer
}

// stepsOf returns the allowances for the kernels that there are for NEON.
func stepsOf(dt kernels.DType) steps {
	s, vector := steps{tap: 8.1, lrn: 69, fcMAC: 3}, steps{tap: 0.2, lrn: 12, fcMAC: 0.5}
	if dt == kernels.U8 {
		s, vector = steps{tap: 8.1, lrn: 84, fcMAC: 6.1}, steps{tap: 0.05, lrn: 15, fcMAC: 0.15}
	}
	has := func(op kernels.OpKind) bool { return arm64(op, dt, arch.NEON).Name != "" }
	if has(kernels.OpMaxPool3) {
		s.tap = vector.tap
	}
	if has(kernels.OpLRN) {
		s.lrn = vector.lrn
	}
	if has(kernels.OpFC) {
		s.fcMAC = vector.fcMAC
	}
	return s
}

// network is GoogLeNet as the runtime runs it with a tile kernel and, in float32, Winograd's transforms.
func network(t *tile, forms []winoForm, between steps) ([]work, error) {
	g, err := bench.GoogLeNet(1)
	if err != nil {
		return nil, err
	}
	size := int64(1)
	if t.KR == 1 {
		size = 4
	}
	var all []work
	for _, l := range bench.Layers("googlenet", g) {
		w := work{Label: l.Label, MACs: l.MACs(), activity: size * int64(l.In.Elements()+l.Out.Elements())}
		switch l.Op.(type) {
		case *runtime.Conv:
			if l.Conv.Groups != 1 || l.Conv.N != 1 {
				return nil, fmt.Errorf("%s: %d groups, %d images", l.Label, l.Conv.Groups, l.Conv.N)
			}
			if f := formOf(forms, l.Conv); f != nil {
				w.winograd(t, f, l.Conv)
			} else {
				w.direct(t, l.Conv, size)
			}
		case *runtime.FC:
			w.weights = size * w.MACs
			w.other = between.fcMAC * float64(w.MACs)
		case *runtime.Pool, *runtime.GlobalPool:
			w.other = between.tap * float64(l.Out.Elements()*l.Pool.R*l.Pool.S)
		case *runtime.LRN:
			w.other = between.lrn * float64(l.Out.Elements())
		default:
			w.other = perOther * float64(l.Out.Elements())
		}
		all = append(all, w)
	}
	return all, nil
}

// winoForm is a form of Winograd's minimal filtering, F(m,r), and its transforms.
type winoForm struct {
	m, r, pixels int
	squares      bool // of 2×2 pixels are its channels: for stride 2
	in, out      *transform
}

// winoForms are those of float32 convolution.
func winoForms(bin *disasm.Binary) ([]winoForm, error) {
	of := func(op kernels.OpKind) *transform { return &transform{Kernel: arm64(op, kernels.F32, arch.NEON)} }
	forms := []winoForm{
		{m: 4, r: 3, pixels: 150, in: of(kernels.OpWino43Input), out: of(kernels.OpWino43Output)},
		{m: 2, r: 3, pixels: 40, in: of(kernels.OpWino23Input), out: of(kernels.OpWino23Output)},
		{m: 3, r: 4, pixels: 1000, squares: true, in: of(kernels.OpWino43Input), out: of(kernels.OpWino34Output)},
		{m: 2, r: 5, pixels: 40, in: of(kernels.OpWino43Input), out: of(kernels.OpWino25Output)},
	}
	for _, f := range forms {
		for _, t := range []*transform{f.in, f.out} {
			if err := t.cut(bin); err != nil {
				return nil, err
			}
		}
	}
	return forms, nil
}

// formOf is the rule of kernels.NewConvF32: the first form that fits and wins.
func formOf(forms []winoForm, s *kernels.ConvShape) *winoForm {
	for i := range forms {
		f := &forms[i]
		fits := s.R == f.r && s.S == f.r && s.StrideH == 1 && s.StrideW == 1 && s.C >= 16 && s.C%8 == 0
		if f.squares {
			fits = s.R == s.S && (s.R+1)/2 == f.r && s.StrideH == 2 && s.StrideW == 2 && s.C <= 4
		}
		if fits && s.K >= 16 && s.OutH()*s.OutW() >= f.pixels {
			return f
		}
	}
	return nil
}

func over(n, by int) int { return (n + by - 1) / by }

// direct counts the indirect GEMM, or where windows are wide and channels few, rows: a tap is then a row of the window.
func (w *work) direct(t *tile, s *kernels.ConvShape, size int64) {
	taps, depth := s.R*s.S, s.C
	pixels := s.OutH() * s.OutW()
	rows := s.S > 1 && s.C <= 128 || s.C%t.KR != 0
	if rows {
		taps, depth = s.R, s.S*s.C
		w.other += perCopied * float64(size) * float64((s.H+s.PadTop+s.PadBottom)*(s.W+s.PadLeft+s.PadRight)*s.C)
	} else {
		w.other += perPointer * float64(pixels*taps)
	}
	calls, blocks := over(pixels, t.MR), over(s.K, t.NR)
	w.other += perCall * float64(over(calls, tilesAtOnce)*blocks)
	groups := over(depth, t.KR)
	w.parts = t.parts(calls*blocks, taps, groups)
	w.weights = size * int64(blocks*t.NR*taps*groups*t.KR)
	if input := tilesAtOnce * t.MR * taps * depth * int(size); input > l1 {
		w.l2 = int64(calls*blocks) * int64(t.MR*taps*depth) * size
	}
}

// winograd counts F(m,r): transforms of tiles, (m+r−1)² products, transforms back.
func (w *work) winograd(t *tile, f *winoForm, s *kernels.ConvShape) {
	n := over(s.OutH(), f.m) * over(s.OutW(), f.m)
	pos := (f.m + f.r - 1) * (f.m + f.r - 1)
	calls, blocks := pos*over(n, t.MR), over(s.K, t.NR)
	depth, transformed, pointers := s.C, s.C, pos
	if f.squares {
		depth, transformed, pointers = 4*s.C, 16, 2*f.m*(f.m+f.r-1) // halves of squares, which are copied
	}
	w.parts = t.parts(calls*blocks, 1, depth)
	w.parts = append(w.parts, f.in.parts(n*transformed/4)...)
	w.parts = append(w.parts, f.out.parts(n*over(s.K, 4))...)
	w.other = float64(n)*(float64(pointers)*perPointer+perCall) + perCall*float64(pos*blocks*over(n, tilesAtOnce*t.MR))
	w.weights = int64(pos * 4 * blocks * t.NR * depth)
	w.l2 = int64(calls*blocks) * int64(t.MR*depth*4)
}

const l1 = 32 << 10

// instructions of the kernels, and their multiply-accumulates, padding of tiles included.
func (w *work) instructions() (n, products int64) {
	for _, p := range w.parts {
		n += int64(p.times) * int64(len(p.code))
		products += int64(p.times) * int64(macs(p.code))
	}
	return n, products
}

// board is a core with a clock and memory.
type board struct {
	Name string
	core string
	GHz  float64
	GBs  float64 // from memory, one core; half of what such boards are said to stream, for reads are waited for
	// What ncnn publishes for one thread of the same board, ms.
	NcnnF32, NcnnInt8 float64
	Note              string
}

var boards = []board{
	{Name: "Raspberry Pi 3B+", core: "cortex-a53", GHz: 1.4, GBs: 1.5, NcnnF32: 451, NcnnInt8: 425},
	{Name: "RK3566", core: "cortex-a55", GHz: 1.8, GBs: 2.5, NcnnF32: 179, NcnnInt8: 188},
	{Name: "Raspberry Pi 4", core: "cortex-a72", GHz: 1.5, GBs: 3, NcnnF32: 235, NcnnInt8: 210},
	{Name: "Raspberry Pi 5", core: "cortex-a76", GHz: 2.4, GBs: 6, NcnnF32: 48.6, NcnnInt8: 49.1, Note: "in fp16"},
}

// timing is where the predicted time of a network goes, in ms, kernels first.
type timing struct {
	Kernels float64 `json:"kernels_ms"`
	L2      float64 `json:"l2_ms"`
	Memory  float64 `json:"memory_ms"`
	Other   float64 `json:"other_ms"`
}

func (t *timing) total() float64 { return t.Kernels + t.L2 + t.Memory + t.Other }

// predict adds up a layer's time on a board. What comes from L2 is waited for by an in-order core, and hidden behind
// the arithmetic by another, as far as that lasts; memory is always waited for.
func (w *work) predict(m *mca, c *core, b *board) (t timing, err error) {
	cycles := 0.0
	for _, p := range w.parts {
		if p.times == 0 || len(p.code) == 0 {
			continue
		}
		n, err := m.cycles(c, p.code)
		if err != nil {
			return timing{}, err
		}
		cycles += n * float64(p.times)
	}
	l2 := float64(w.l2) / c.L2
	if !c.InOrder {
		l2 = max(0, l2-cycles)
	}
	perMs := b.GHz * 1e6
	return timing{
		Kernels: cycles / perMs,
		L2:      l2 / perMs,
		Memory:  float64(w.weights+w.activity) / (b.GBs * 1e6),
		Other:   w.other * c.OtherPI / perMs,
	}, nil
}
