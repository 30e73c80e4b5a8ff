package mutate_test

import (
	"fmt"
	"math/rand/v2"

	"github.com/gneiss-go/gneiss/kernels"
	"github.com/gneiss-go/gneiss/runtime"
)

// grower makes graphs that are right, of operations with attributes at which kernels go wrong.
type grower struct {
	r *rand.Rand
	g *runtime.Graph
}

var (
	channels = []int{1, 2, 3, 4, 7, 8, 9, 15, 16, 17, 24, 31, 32, 33, 47, 48, 49, 64, 65, 100}
	sides    = []int{1, 1, 2, 3, 4, 5, 7, 8, 9, 12, 13, 14, 16, 17, 28}
	windows  = []int{1, 1, 1, 2, 3, 3, 3, 5, 7, 11}
)

func pick[T any](r *rand.Rand, of []T) T { return of[r.IntN(len(of))] }

// grow makes a graph of a few nodes.
func grow(r *rand.Rand, limits runtime.Limits) *runtime.Graph {
	w := grower{r, runtime.NewGraph("grown")}
	w.g.SetLimits(limits)
	x, err := w.g.Input("x", runtime.Shape{N: 1 + r.IntN(5)/4, H: pick(r, sides), W: pick(r, sides), C: pick(r, channels)})
	if err != nil { // larger than the limits allow
		return grow(r, limits)
	}
	values := []*runtime.Value{x}
	for range 1 + r.IntN(7) {
		v := values[len(values)-1-r.IntN(min(len(values), 3))]
		op := w.op(v)
		if whole := w.whole(v); whole != nil {
			op = whole
		}
		in := w.inputs(op, values, v)
		if r.IntN(12) == 0 {
			op, in = w.stated(fmt.Sprint("s", len(values)), v)
		}
		if r.IntN(12) == 0 {
			if placed, of := w.placed(fmt.Sprint("p", len(values)), v); placed != nil {
				op, in = placed, of
			}
		}
		// else it does not fit, which is right too
		if y, err := w.g.Add(fmt.Sprint("n", len(values)), op, in...); err == nil {
			values = append(values, y)
		}
	}
	outputs := values[len(values)-1:]
	if r.IntN(4) == 0 {
		outputs = append(outputs, pick(r, values))
	}
	if err := w.g.Output(outputs...); err != nil {
		panic(err)
	}
	return w.g
}

// inputs are those of an operation over v.
func (w *grower) inputs(op runtime.Op, values []*runtime.Value, v *runtime.Value) []*runtime.Value {
	if q, ok := op.(*runtime.Quantised); ok {
		op = q.Op
	}
	switch op := op.(type) {
	case *runtime.Constant:
		return nil
	case *runtime.Where:
		x := pick(w.r, values)
		return []*runtime.Value{v, x, w.like(values, x)}
	case *runtime.Binary:
		if op.Of == nil {
			return []*runtime.Value{v, w.like(values, v)}
		}
	case *runtime.Concat, *runtime.Add, *runtime.MatMul, *runtime.Compare, *runtime.Whole:
		return []*runtime.Value{v, w.like(values, v)}
	}
	return []*runtime.Value{v}
}

// stated is a state of a value's type, or what keeps the value as such.
func (w *grower) stated(name string, v *runtime.Value) (runtime.Op, []*runtime.Value) {
	s := &runtime.State{Shape: v.Shape, DType: v.DType, Quant: v.Quant}
	if v.DType == runtime.F32 && w.r.IntN(2) == 0 {
		s.Floats = w.floats(v.Shape.Elements())
	}
	if w.r.IntN(2) == 0 {
		return s, nil
	}
	state, err := w.g.Add(name, s)
	if err != nil {
		return s, nil
	}
	return &runtime.Keep{}, []*runtime.Value{state, v}
}

// like is a value of the same shape and type, the last of which there are several.
func (w *grower) like(values []*runtime.Value, v *runtime.Value) *runtime.Value {
	at := w.r.IntN(len(values))
	for i := range values {
		if o := values[(at+i)%len(values)]; o.Shape == v.Shape && o.DType == v.DType {
			return o
		}
	}
	return v
}

func (w *grower) quant() runtime.Quant {
	return runtime.Quant{Scale: pick(w.r, []float32{0.01, 0.1, 1, 0.003, 17}),
		Zero: pick(w.r, []uint8{0, 1, 100, 128, 255})}
}

func (w *grower) window() runtime.Window {
	r := w.r
	v := runtime.Window{R: pick(r, windows), S: pick(r, windows)}
	if r.IntN(4) > 0 {
		v.S = v.R
	}
	if r.IntN(3) == 0 {
		v.StrideH, v.StrideW = 1+r.IntN(3), 1+r.IntN(3)
	}
	if r.IntN(2) == 0 {
		v.PadTop, v.PadLeft, v.PadBottom, v.PadRight = v.R/2, v.S/2, r.IntN(v.R), r.IntN(v.S)
	}
	if r.IntN(8) == 0 {
		v.DilationH, v.DilationW = 1+r.IntN(3), 1+r.IntN(3)
	}
	return v
}

func (w *grower) floats(n int) []float32 {
	v := make([]float32, n)
	for i := range v {
		v[i] = w.r.Float32() - 0.5
	}
	return v
}

func (w *grower) clamp() runtime.Clamp {
	return pick(w.r, []runtime.Clamp{{}, runtime.ReLU, {On: true, Lo: -1, Hi: 6}})
}

// op is an operation over a value, which it may not fit.
func (w *grower) op(v *runtime.Value) runtime.Op {
	r, c := w.r, v.Shape.C
	pool := &runtime.Pool{Window: w.window(), Type: runtime.PoolKind(r.IntN(2)), Ceil: r.IntN(2) == 0,
		CountIncludePad: r.IntN(2) == 0}
	global := &runtime.GlobalPool{Type: runtime.PoolKind(r.IntN(2))}
	lrn := &runtime.LRN{Size: 1 + r.IntN(9), Alpha: 0.1, Beta: 0.75, Bias: 1}
	k, groups := pick(r, channels), 1
	if r.IntN(4) == 0 {
		groups = pick(r, []int{2, 4, c})
		k = groups * (1 + r.IntN(3))
	}
	win, depth := w.window(), c/groups
	if win.R*win.S*depth*k > 1<<16 {
		win, k, groups, depth = runtime.Window{R: 1, S: 1}, 4, 1, c
	}
	if r.IntN(16) == 0 {
		return w.take(v)
	}
	if r.IntN(24) == 0 {
		taps := &runtime.Interpolate{Rows: w.taps(v.Shape.H), Cols: w.taps(v.Shape.W), Fill: r.Float32()}
		if v.DType == runtime.U8 {
			return &runtime.Quantised{Op: taps, Out: w.quant()}
		}
		return taps
	}
	if r.IntN(8) == 0 {
		return w.reduction(v)
	}
	if v.DType == runtime.U8 {
		of := []runtime.Op{pool, global, lrn, &runtime.Add{Act: w.clamp()}, w.curve(), w.arithmetic(c)}
		return w.quantised(v, win, k, groups, depth, pick(r, of))
	}
	switch r.IntN(20) {
	case 0, 1, 2, 3, 4:
		return &runtime.Conv{Window: win, K: k, Groups: groups, Weights: w.floats(k * win.R * win.S * depth),
			Bias: w.floats(k), Act: w.clamp()}
	case 5, 6, 7:
		return &runtime.Quantize{To: w.quant()}
	case 8:
		return pool
	case 9:
		return global
	case 10:
		lrn.Beta = pick(r, []float32{0.75, 0.75, 0.5})
		return lrn
	case 11:
		return &runtime.FC{K: 5, Weights: w.floats(min(5*v.Shape.Elements()/v.Shape.N, 1<<16)), Act: w.clamp()}
	case 12:
		return pick(r, []runtime.Op{&runtime.Softmax{}, &runtime.Activation{Act: w.clamp()}, &runtime.Identity{},
			&runtime.Flatten{}})
	case 13:
		return &runtime.Add{Act: w.clamp()}
	case 14:
		return &runtime.Affine{Scale: w.floats(c), Shift: w.floats(c)}
	case 15:
		return w.arithmetic(c)
	case 16:
		return w.curve()
	case 17:
		s := v.Shape
		return &runtime.Rearrange{Dims: []int{s.N, s.C, s.H, s.W}, Perm: r.Perm(4), To: runtime.Shape{N: 1,
			H: s.N * s.W, W: s.H, C: s.C}}
	case 18:
		return pick(r, []runtime.Op{&runtime.DepthToSpace{Block: 1 + r.IntN(2), ChannelMajor: r.IntN(2) == 0},
			&runtime.SpaceToDepth{Block: 1 + r.IntN(3)}})
	}
	return &runtime.Concat{}
}

// curve is any function.
func (w *grower) curve() runtime.Op {
	c := &runtime.Curve{Of: kernels.Curve(w.r.IntN(int(kernels.Atanh) + 1))}
	for _, p := range []*float32{&c.A, &c.B}[:c.Of.Params()] {
		*p = w.r.Float32() + 0.1
	}
	return c
}

// arithmetic is of two values or of one and a constant.
func (w *grower) arithmetic(c int) runtime.Op {
	b := &runtime.Binary{How: kernels.Arithmetic(w.r.IntN(int(kernels.Sloped) + 1)), Act: w.clamp()}
	if w.r.IntN(2) == 0 {
		b.Of, b.First = w.floats(c), w.r.IntN(2) == 0
		b.Shape = runtime.Shape{N: 1, H: 1, W: 1, C: c}
	}
	return b
}

// take is a Take over a value, some of whose lists do not fit now and then.
func (w *grower) take(v *runtime.Value) *runtime.Take {
	list := func(n int) []int32 {
		if w.r.IntN(2) == 0 {
			return nil
		}
		at := make([]int32, 1+w.r.IntN(n))
		for i := range at {
			at[i] = int32(w.r.IntN(n+1+w.r.IntN(40)/39) - 1)
		}
		return at
	}
	s := v.Shape
	return &runtime.Take{Images: list(s.N), Rows: list(s.H), Cols: list(s.W), Channels: list(s.C), Fill: w.r.Float32()}
}

// taps are over n indices, which they do not fit now and then.
func (w *grower) taps(n int) kernels.Taps {
	t := kernels.Taps{Per: w.r.IntN(4)}
	count := t.Per * (1 + w.r.IntN(2*n))
	t.Weights = w.floats(count)
	for i := range count {
		at := w.r.IntN(n + w.r.IntN(99)/98)
		if i%t.Per == 0 && w.r.IntN(9) == 0 {
			at = -1
		}
		t.At = append(t.At, int32(at))
	}
	return t
}

// reduction is an operation over several pixels or channels.
func (w *grower) reduction(v *runtime.Value) runtime.Op {
	r := w.r
	bit := func() bool { return r.IntN(2) == 0 }
	over := kernels.Axes{N: bit(), H: bit(), W: bit(), C: bit()}
	switch r.IntN(6) {
	case 4:
		return &runtime.Normalise{Norm: kernels.Norm(r.IntN(5)), Epsilon: pick(r, []float32{0, 1e-5, 1}), Over: over}
	case 0:
		return &runtime.MatMul{TransA: bit(), TransB: bit()}
	case 1:
		return &runtime.Quantised{Op: &runtime.MatMul{TransA: bit(), TransB: bit()}, Out: w.quant()}
	case 2:
		return &runtime.SoftmaxOver{Form: kernels.SoftmaxForm(r.IntN(3)), Over: over}
	case 3:
		return &runtime.Quantised{Op: &runtime.Softmax{}, Out: w.quant()}
	}
	op := &runtime.Reduce{How: kernels.Reduction(r.IntN(10)), Over: over}
	if v.DType == runtime.U8 && op.How < kernels.Maximum {
		return &runtime.Quantised{Op: op, Out: w.quant()}
	}
	return op
}

// quantised is an operation over uint8.
func (w *grower) quantised(v *runtime.Value, win runtime.Window, k, groups, depth int, of runtime.Op) runtime.Op {
	r := w.r
	weights := func(n int) []int8 {
		all := make([]int8, n)
		for i := range all {
			all[i] = int8(r.IntN(255) - 127)
		}
		return all
	}
	scales := func(n int) []float32 {
		all := make([]float32, n)
		for i := range all {
			all[i] = (0.1 + r.Float32()) / 1000
		}
		return all
	}
	switch r.IntN(13) {
	case 11:
		parts := 1 + r.IntN(3)
		return &runtime.QConvParts{QConv: runtime.QConv{Window: win, K: k, Groups: groups,
			Weights: weights(parts * k * win.R * win.S * depth), WScale: scales(k), Out: w.quant(), Hi: 255}, Parts: parts}
	case 0, 1, 2, 3, 4:
		return &runtime.QConv{Window: win, K: k, Groups: groups, Weights: weights(k * win.R * win.S * depth),
			WScale: scales(k), Bias: make([]int32, k),
			Out: w.quant(), Lo: uint8(r.IntN(2)), Hi: 255}
	case 5:
		return &runtime.QFC{K: 3, Weights: weights(min(3*v.Shape.Elements()/v.Shape.N, 1<<16)), WScale: scales(3)}
	case 6, 7, 8:
		return &runtime.Quantised{Op: of, Out: w.quant()}
	case 9:
		table := &runtime.Table{Of: make([]uint8, 256), Out: w.quant()}
		for i := range table.Of {
			table.Of[i] = uint8(r.IntN(256))
		}
		lookup := &runtime.Lookup{Of: []runtime.Op{w.curve(), &runtime.Activation{Act: w.clamp()}, w.arithmetic(1)}}
		return pick(r, []runtime.Op{&runtime.Dequantize{}, table, &runtime.LevelAdd{Out: w.quant()}, lookup})
	case 10:
		return pick(r, []runtime.Op{&runtime.Concat{}, &runtime.Identity{}, &runtime.Flatten{}})
	}
	return of
}
