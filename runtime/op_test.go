package runtime

import (
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"math"
	"reflect"
	"testing"

	"github.com/gneiss-go/gneiss/kernels"
)

// everyOp is a graph with every operation that the file format knows.
func everyOp(t testing.TB) *Graph {
	g := firstOps(t)
	b := builder{t, g}
	b.add("take", &Take{Rows: []int32{5, 0, 0, 3}, Cols: []int32{4, -1}, Channels: []int32{1}, Fill: 0.5}, g.Inputs[0])
	b.add("interpolate", &Interpolate{Rows: kernels.Taps{Per: 1, At: []int32{5, -1}, Weights: []float32{2, 1}},
		Cols: kernels.Taps{Per: 2, At: []int32{4, 0}, Weights: []float32{0.25, 0.75}}, Fill: -1, HalfUp: true}, g.Inputs[0])
	deep := b.add("deep", &Rearrange{Dims: []int{240}, Perm: []int{0}, To: Shape{2, 3, 5, 8}}, g.Inputs[0])
	w := b.add("cast", &Cast{To: I32, Elem: ElemInt64}, g.Inputs[0])
	w = b.add("whole", &Whole{How: kernels.WholeFloorRemainder}, w,
		b.add("constant", &Constant{Shape: Shape{1, 1, 1, 4}, Ints: []int32{1, -2, 3, 4}}))
	w = b.add("compare", &Compare{How: kernels.LessOrEqual}, w, w)
	b.add("top", &TopK{K: 2, Indices: true}, b.add("best", &TopK{K: 3, Least: true}, g.Inputs[0]))
	b.add("arg", &Arg{Last: true}, w)
	boxes := b.add("boxes", &Constant{Shape: Shape{2, 1, 3, 4}, Floats: ramp(24)})
	b.add("nms", &NMS{Most: 2, Rows: 5, IoU: 0.5, Least: float32(math.Inf(-1)), Centre: true, AtLeast: true}, boxes,
		b.add("scores", &Constant{Shape: Shape{2, 1, 1, 3}, Floats: ramp(6)}))
	row := b.add("row", &Rearrange{Dims: []int{2, 120}, Perm: []int{0, 1}, To: Shape{2, 1, 60, 2}}, g.Inputs[0])
	at := b.add("at", &Constant{Shape: Shape{1, 1, 3, 2}, Ints: []int32{1, 2, -1, -1, 9, 9}})
	b.add("scatter", &Scatter{Dims: []int{6, 10}}, row, at, b.add("gather", &GatherBy{Dims: []int{6, 10}}, row, at))
	b.add("where", &Where{}, w, g.Inputs[0], b.add("floats", &Constant{Shape: Shape{1, 1, 1, 1}, Floats: []float32{7}}))
	b.add("elu", &Curve{Of: kernels.Elu, A: 0.5}, g.Inputs[0])
	b.add("selu", &Curve{Of: kernels.Selu, A: 1.5, B: 2}, g.Inputs[0])
	b.add("slope", &Binary{How: kernels.Sloped, Of: ramp(4), Shape: Shape{1, 1, 1, 4}}, g.Inputs[0])
	b.add("constant less", &Binary{How: kernels.Minus, Of: ramp(1), Shape: Shape{1, 1, 1, 1}, First: true,
		Act: Clamp{On: true, Lo: -1, Hi: 3}}, g.Inputs[0])
	b.add("table", &Table{Of: make([]uint8, 256), Out: Quant{Scale: 0.5, Zero: 2}},
		b.add("bytes for a table", &Quantize{To: Quant{Scale: 1}}, g.Inputs[0]))
	state := b.add("state", &State{Shape: g.Inputs[0].Shape, Floats: ramp(g.Inputs[0].Shape.Elements())})
	b.add("keep", &Keep{}, state, g.Inputs[0])
	b.add("state of levels", &State{Shape: Shape{1, 1, 1, 2}, DType: U8, Quant: Quant{Scale: 2, Zero: 3},
		Levels: []byte{7, 8}})
	b.add("state of numbers", &State{Shape: Shape{1, 1, 1, 2}, DType: I32, Ints: []int32{-1, 5}})
	b.add("lookup", &Lookup{Of: []Op{&Curve{Of: kernels.Elu, A: 2}, &Activation{Act: ReLU}}},
		b.add("bytes to look up", &Quantize{To: Quant{Scale: 1}}, g.Inputs[0]))
	b.add("reduce", &Reduce{How: kernels.LogSumExp, Over: kernels.Axes{H: true, C: true}}, g.Inputs[0])
	b.add("log softmax", &SoftmaxOver{Form: kernels.SoftmaxLog, Over: kernels.Axes{W: true}}, g.Inputs[0])
	b.add("normal", &Normalise{Norm: kernels.NormL2, Epsilon: 0.5, Over: kernels.Axes{C: true}}, g.Inputs[0])
	b.add("product", &MatMul{TransB: true}, g.Inputs[0], g.Inputs[0])
	b.add("block", &SpaceToDepth{Block: 2}, b.add("space", &DepthToSpace{Block: 2, ChannelMajor: true}, deep))
	b.add("tables", &Table{Of: make([]uint8, 256*g.Inputs[0].Shape.C), Out: Quant{Scale: 0.5, Zero: 2}},
		b.add("bytes for tables", &Quantize{To: Quant{Scale: 1}}, g.Inputs[0]))
	levels := b.add("levels to add", &Quantize{To: Quant{Scale: 1}}, g.Inputs[0])
	b.add("level add", &LevelAdd{Act: ReLU, Out: Quant{Scale: 0.5, Zero: 2}}, levels, levels)
	b.add("level pool", &LevelPool{Window: Window{R: 2, S: 3, StrideH: 2}, From: 128},
		b.add("levels to pool", &Quantize{To: Quant{Scale: 1, Zero: 7}}, g.Inputs[0]))
	b.add("detections", &PostProcess{Anchors: ramp(4 * 30), Scale: [4]float32{1, 2, 3, 4}, Classes: 7, Detections: 3,
		PerDetection: 2, Regular: true, PerClass: 5, MinScore: -1, MaxOverlap: 0.5, Candidates: 9},
		b.add("encoded boxes", &Rearrange{Dims: []int{240}, Perm: []int{0}, To: Shape{1, 5, 6, 8}}, g.Inputs[0]),
		b.add("scores of classes", &Rearrange{Dims: []int{240}, Perm: []int{0}, To: Shape{1, 2, 15, 8}}, g.Inputs[0]))
	half := b.add("narrow", &Narrow{}, g.Inputs[0])
	b.add("half conv", &HConv{Window: Window{R: 2, S: 1}, K: 2, Weights: make([]kernels.Half, 16), Bias: ramp(2),
		Act: ReLU},
		half)
	b.add("half fc", &HFC{K: 1, Weights: []kernels.Half{0: 0x3c00, 119: 0x8001}}, half)
	b.add("widen", &Widen{}, b.add("half pool", &Half{Op: &Pool{Window: Window{R: 2, S: 2}, Type: AvgPool}}, half))
	b.add("parts", &QConvParts{QConv{Window: Window{R: 1, S: 1}, K: 1, Weights: []int8{127, -127, 3, 0, 1, -127, 0, 0},
		WScale: []float32{0.5}, Out: Quant{Scale: 2, Zero: 9}, Lo: 1, Hi: 200}, 2},
		b.add("levels", &Quantize{To: Quant{Scale: 1, Zero: 7}}, g.Inputs[0]))
	return g
}

// firstOps is a graph of the operations of codes 1 to 20, whose bytes are fixed.
func firstOps(t testing.TB) *Graph {
	g := everything(t)
	b := builder{t, g}
	x := g.Inputs[0]
	r := b.add("rearrange", &Rearrange{Dims: []int{2, 4, 30}, Perm: []int{0, 2, 1}, To: Shape{2, 4, 1, 30}}, x)
	b.add("binary", &Binary{How: kernels.Over}, r, r)
	b.add("curve", &Curve{Of: kernels.Tanh}, r)
	b.add("conv of −3 groups", &Conv{Window: Window{R: 1, S: 1}, K: 1, Groups: -3, Weights: ramp(4)}, x)
	return g
}

// TestRegistry: every operation has a number, a word, and fields that survive a file; a new one must join everyOp.
func TestRegistry(t *testing.T) {
	g := everyOp(t)
	seen := map[opCode]bool{}
	for _, n := range g.Nodes {
		seen[codes[reflect.TypeOf(n.Op)]] = true
	}
	for code, make := range registry {
		op := make()
		if codes[reflect.TypeOf(op)] != code {
			t.Errorf("%T has the codes %d and %d", op, code, codes[reflect.TypeOf(op)])
		}
		if !seen[code] {
			t.Errorf("%T is in no test graph", op)
		}
		if _, ok := op.(wrapped); ok != takesWrapped(op) {
			t.Errorf("%T: quantised form %v, and a kernel for it: %v", op, !ok, ok)
		}
	}
	var file, again bytes.Buffer
	if err := Write(&file, g); err != nil {
		t.Fatal(err)
	}
	back, err := ReadGraph(file.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if err := Write(&again, back); err != nil || !bytes.Equal(file.Bytes(), again.Bytes()) {
		t.Errorf("written again: %d bytes of %d, %v", again.Len(), file.Len(), err)
	}
}

// takesWrapped reports whether an operation of some parameters may be wrapped.
func takesWrapped(op Op) bool {
	switch op := op.(type) {
	case *LRN:
		op.Beta, op.Bias = 0.75, 1
	case *Pool:
		op.Type = AvgPool
	case *GlobalPool:
		op.Type = AvgPool
	case *Quantised, *Half:
		return false
	}
	return FormOf(op) == Wrapped || FormOf(op) == Kept
}

// TestFileBytes: the bytes of version 1 of the format never change.
func TestFileBytes(t *testing.T) {
	for name, c := range map[string]struct {
		graph *Graph
		size  int
		crc   uint32
	}{"everything": {everything(t), 2840, 0xab61d640}, "codes 1 to 20": {firstOps(t), 2960, 0x7fd208ec}} {
		data, err := encode(c.graph)
		if err != nil {
			t.Fatal(err)
		}
		if crc := crc32.ChecksumIEEE(data); len(data) != c.size || crc != c.crc {
			t.Errorf("%s: %d bytes of checksum %#x, want %d of %#x", name, len(data), crc, c.size, c.crc)
		}
	}
}

// foreign is a type that borrows an operation's methods.
type foreign struct{ *Conv }

// TestForeignOps: a type that embeds an operation, and a nil one, are refused.
func TestForeignOps(t *testing.T) {
	g := NewGraph("g")
	x, err := g.Input("x", Shape{1, 2, 2, 1})
	if err != nil {
		t.Fatal(err)
	}
	conv := &Conv{Window: Window{R: 1, S: 1}, K: 1, Weights: []float32{1}}
	for i, op := range []Op{foreign{conv}, &foreign{conv}, (*Conv)(nil), &Quantised{Op: (*Add)(nil)},
		&Quantised{Op: foreign{conv}}} {
		var ne *NodeError
		if _, err := g.Add(fmt.Sprint(i), op, x); !errors.Is(err, ErrGraph) || !errors.As(err, &ne) {
			t.Errorf("%T: %v", op, err)
		}
	}
}

// workCase is an operation over a value of 8×8×4, and the work that it counts at least.
type workCase struct {
	op   Op
	u8   bool                               // its input is quantised
	two  bool                               // it takes two
	in   func(b builder, x *Value) []*Value // its inputs, made of x; nil if it is u8 or two that say so
	work int64
}

func workCases() map[string]workCase {
	const elements = 256
	q := Quant{Scale: 0.5, Zero: 3}
	wide := Window{R: 64, S: 64, PadTop: 63, PadLeft: 63, PadBottom: 63, PadRight: 63}
	return map[string]workCase{
		"conv":       {op: &Conv{Window: Window{R: 3, S: 3}, K: 2, Weights: make([]float32, 72)}, work: 36 * 72},
		"fc":         {op: &FC{K: 3, Weights: make([]float32, 3*elements)}, work: 3 * elements},
		"maximum":    {op: &Pool{Window: wide}, work: 71 * 71 * 4 * 64 * 64},
		"average":    {op: &Pool{Window: wide, Type: AvgPool}, work: 71 * 71 * 4 * 64 * 64},
		"global":     {op: &GlobalPool{}, work: elements},
		"lrn":        {op: &LRN{Size: 16384, Alpha: 1, Beta: 0.5, Bias: 1}, work: elements * 16384},
		"softmax":    {op: &Softmax{}, work: elements},
		"activation": {op: &Activation{Act: ReLU}, work: elements},
		"add":        {op: &Add{}, two: true, work: elements},
		"concat":     {op: &Concat{}, two: true, work: 2 * elements},
		"affine":     {op: &Affine{Scale: make([]float32, 4), Shift: make([]float32, 4)}, work: elements},
		"identity":   {op: &Identity{}, work: elements},
		"flatten":    {op: &Flatten{}, work: elements},
		"rearrange":  {op: &Rearrange{Dims: []int{4, 64}, Perm: []int{1, 0}, To: Shape{1, 64, 2, 2}}, work: elements},
		"take":       {op: &Take{Rows: make([]int32, 9), Cols: make([]int32, 7)}, work: 9 * 7 * 4},
		"interpolate": {op: &Interpolate{Rows: kernels.Taps{Per: 3, At: make([]int32, 33), Weights: make([]float32, 33)}},
			work: 11 * 8 * 4 * 3},
		"quantised interpolate": {op: &Quantised{Op: &Interpolate{Cols: kernels.Taps{Per: 3, At: make([]int32, 33),
			Weights: make([]float32, 33)}}, Out: q}, u8: true, work: 11 * 8 * 4 * 3},
		"depth to space": {op: &DepthToSpace{Block: 2}, work: elements},
		"space to depth": {op: &SpaceToDepth{Block: 4}, work: elements},
		"binary":         {op: &Binary{}, two: true, work: elements},
		"curve":          {op: &Curve{}, work: elements},
		"quantize":       {op: &Quantize{To: q}, work: elements},
		"power by a constant": {op: &Binary{How: kernels.Power, Of: make([]float32, 4), Shape: Shape{1, 1, 1, 4}},
			work: elements},
		"table":            {op: &Table{Of: make([]uint8, 256), Out: q}, u8: true, work: elements},
		"state":            {op: &State{Shape: Shape{1, 8, 8, 4}}, in: nothing, work: elements},
		"keep":             {op: &Keep{}, in: stated, work: elements},
		"lookup":           {op: &Lookup{Of: []Op{&Curve{}}}, u8: true, work: elements},
		"quantised curve":  {op: &Quantised{Op: &Curve{}, Out: q}, u8: true, work: elements},
		"quantised binary": {op: &Quantised{Op: &Binary{}, Out: q}, u8: true, two: true, work: elements},
		"dequantize":       {op: &Dequantize{}, u8: true, work: elements},
		"quantised conv": {op: &QConv{Window: Window{R: 1, S: 1}, K: 1, Weights: make([]int8, 4),
			WScale: []float32{1}, Out: q, Hi: 255}, u8: true, work: elements},
		"tables":            {op: &Table{Of: make([]uint8, 1024), Out: q}, u8: true, work: elements},
		"sum of levels":     {op: &LevelAdd{Out: q}, u8: true, two: true, work: elements},
		"average of levels": {op: &LevelPool{Window: wide}, u8: true, work: 71 * 71 * 4 * 64 * 64},
		"detections": {op: &PostProcess{Anchors: make([]float32, elements), Scale: [4]float32{1, 1, 1, 1}, Classes: 4,
			Detections: 9, PerDetection: 1, MaxOverlap: 1}, two: true, work: 64 * (4 + 9)},
		"quantised conv of parts": {op: &QConvParts{QConv{Window: Window{R: 1, S: 1}, K: 1, Weights: make([]int8, 12),
			WScale: []float32{1}, Out: q, Hi: 255}, 3}, u8: true, work: 3 * elements},
		"quantised fc": {op: &QFC{K: 1, Weights: make([]int8, elements), WScale: []float32{1}}, u8: true,
			work: elements},
		"quantised maximum": {op: &Pool{Window: wide}, u8: true, work: 71 * 71 * 4 * 64 * 64},
		"quantised average": {op: &Quantised{Op: &Pool{Window: wide, Type: AvgPool}, Out: q}, u8: true,
			work: 71 * 71 * 4 * 64 * 64},
		"reduce":            {op: &Reduce{How: kernels.L2, Over: kernels.Axes{N: true, C: true}}, work: elements},
		"quantised reduce":  {op: &Quantised{Op: &Reduce{Over: kernels.Axes{W: true}}, Out: q}, u8: true, work: elements},
		"reduced bytes":     {op: &Reduce{How: kernels.Maximum, Over: kernels.Axes{C: true}}, u8: true, work: elements},
		"quantised softmax": {op: &Quantised{Op: &Softmax{}, Out: q}, u8: true, work: elements},
		"softmax over":      {op: &SoftmaxOver{Over: kernels.Axes{H: true}}, work: elements},
		"normalised":        {op: &Normalise{Over: kernels.Axes{N: true, H: true}}, work: elements},
		"product":           {op: &MatMul{TransB: true}, two: true, work: 8 * 8 * 8 * 4},
		"quantised product": {op: &Quantised{Op: &MatMul{TransA: true}, Out: q}, u8: true, two: true, work: 8 * 4 * 4 * 8},
		"quantised lrn": {op: &Quantised{Op: &LRN{Size: 16384, Alpha: 1, Beta: 0.75, Bias: 1}, Out: q}, u8: true,
			work: elements * 16384},
		"arg":           {op: &Arg{}, work: elements},
		"best":          {op: &TopK{K: 3}, work: 2 * elements},
		"gather":        {op: &GatherBy{Dims: []int{8, 8}}, in: gathered, work: 64},
		"scatter":       {op: &Scatter{Dims: []int{8, 8}}, in: scattered, work: 3 * elements},
		"nms":           {op: &NMS{Most: 3, Rows: 5}, in: boxed, work: 64*3 + 15},
		"cast":          {op: &Cast{To: I32}, work: elements},
		"compare":       {op: &Compare{}, two: true, work: elements},
		"whole":         {op: &Whole{}, in: wholes, work: elements},
		"where":         {op: &Where{}, in: choice, work: elements},
		"constant":      {op: &Constant{Shape: Shape{1, 1, 1, 9}, Ints: make([]int32, 9)}, in: nothing, work: 9},
		"quantised add": {op: &Quantised{Op: &Add{}, Out: q}, u8: true, two: true, work: elements},
	}
}

// wholes are two values of whole numbers.
func wholes(b builder, x *Value) []*Value {
	w := b.add("whole", &Cast{To: I32}, x)
	return []*Value{w, w}
}

// stated is a state and what it becomes.
func stated(b builder, x *Value) []*Value { return []*Value{b.add("state", &State{Shape: x.Shape}), x} }

// choice is a whole number and two values.
func choice(b builder, x *Value) []*Value { return append(wholes(b, x)[:1], x, x) }

// gathered is a row of pixels and an index for each; scattered is a row more.
func gathered(b builder, x *Value) []*Value {
	row := b.add("row", &Rearrange{Dims: []int{256}, Perm: []int{0}, To: Shape{1, 1, 64, 4}}, x)
	pairs := b.add("pairs", &Take{Channels: []int32{0, 1}}, row)
	return []*Value{row, b.add("at", &Cast{To: I32}, pairs)}
}

func scattered(b builder, x *Value) []*Value {
	in := gathered(b, x)
	return append(in, in[0])
}

// boxed is a row of boxes, and a score for each.
func boxed(b builder, x *Value) []*Value {
	return []*Value{b.add("boxes", &Rearrange{Dims: []int{256}, Perm: []int{0}, To: Shape{1, 1, 64, 4}}, x),
		b.add("scores", &Constant{Shape: Shape{1, 1, 1, 64}, Floats: ramp(64)})}
}

func nothing(builder, *Value) []*Value { return nil }

// TestWorkIsLimited: the work of each kind of operation counts: one unit less than it takes and it is refused, by
// Add and by whoever reads it in a file.
func TestWorkIsLimited(t *testing.T) {
	for name, c := range workCases() {
		t.Run(name, func(t *testing.T) {
			build := func(l Limits) (*Graph, error) {
				g := NewGraph("work")
				x, err := g.Input("x", Shape{1, 8, 8, 4})
				if err != nil {
					t.Fatal(err)
				}
				if c.u8 {
					if x, err = g.Add("u8", &Quantize{To: Quant{Scale: 0.5, Zero: 3}}, x); err != nil {
						t.Fatal(err)
					}
				}
				in := []*Value{x, x}
				if !c.two {
					in = in[:1]
				}
				if c.in != nil {
					in = c.in(builder{t, g}, x)
				}
				g.SetLimits(l)
				y, err := g.Add("op", c.op, in...)
				if err == nil {
					err = g.Output(y)
				}
				return g, err
			}
			g, err := build(DefaultLimits)
			if err != nil {
				t.Fatal(err)
			}
			if w := g.Nodes[len(g.Nodes)-1].Cost().Work; w < c.work {
				t.Errorf("work %d, at least %d", w, c.work)
			}
			l := DefaultLimits
			l.MaxMACs = g.Cost().Work
			if _, err := build(l); err != nil {
				t.Errorf("just enough: %v", err)
			}
			data, err := encode(g)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := ReadGraph(data, WithLimits(l)); err != nil {
				t.Errorf("just enough: %v", err)
			}
			l.MaxMACs--
			if _, err := build(l); !errors.Is(err, ErrLimit) {
				t.Errorf("one less: %v", err)
			}
			if _, err := Load(data, WithLimits(l)); !errors.Is(err, ErrLimit) {
				t.Errorf("one less, from a file: %v", err)
			}
		})
	}
}

// TestHostileWork: a file of a few hundred bytes that would run for hours is refused by default.
func TestHostileWork(t *testing.T) {
	for name, op := range map[string]Op{
		"maximum": &Pool{Window: Window{R: maxWindow, S: maxWindow, PadTop: maxWindow - 1, PadBottom: maxWindow - 1,
			PadLeft: maxWindow - 1, PadRight: maxWindow - 1}},
		"lrn": &LRN{Size: maxWindow, Alpha: 1, Beta: 0.5, Bias: 1},
	} {
		g := NewGraph("hours")
		g.SetLimits(Limits{MaxNodes: 9, MaxElements: math.MaxInt, MaxWeights: 1, MaxMACs: math.MaxInt64})
		b := builder{t, g}
		s := Shape{1, 1, 1, 1}
		if name == "lrn" {
			s = Shape{1, 1 << 10, 1 << 10, 1 << 8}
		}
		y := b.input("x", s)
		for i := range 2 {
			y = b.add(fmt.Sprint(i), op, y)
			if name == "maximum" {
				op = &Pool{Window: Window{R: maxWindow, S: maxWindow}}
			}
		}
		if err := g.Output(y); err != nil {
			t.Fatal(err)
		}
		data, err := encode(g)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Load(data); !errors.Is(err, ErrLimit) {
			t.Errorf("%s: a file of %d bytes, %d multiply-accumulates, work %d: %v", name, len(data), g.Cost().MACs,
				g.Cost().Work, err)
		}
	}
}

// TestCostSaturates: work beyond what an int64 holds is the most there is, not less than nothing.
func TestCostSaturates(t *testing.T) {
	if got := times(1<<40, 1<<20, 1<<20); got != math.MaxInt64 {
		t.Errorf("2⁸⁰ is %d", got)
	}
	if got := times(1<<40, 0, 1<<30); got != 0 {
		t.Errorf("nothing is %d", got)
	}
	if got := plus(math.MaxInt64-1, 2); got != math.MaxInt64 {
		t.Errorf("2⁶³ is %d", got)
	}
}

// TestNodeCost: parameters and bytes of a convolution, to the byte.
func TestNodeCost(t *testing.T) {
	n := newNet(t)
	n.conv("c", n.input(Shape{1, 5, 7, 3}), 4, 3)
	want := Cost{MACs: 35 * 4 * 27, Work: 35*4*27 + 35*4, Params: 4*27 + 4, Bytes: 4 * (35*3 + 35*4 + 4*27 + 4)}
	if got := n.g.Nodes[0].Cost(); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}

// TestLevel: levels of numbers are those that the kernel of Quantize gives, also where binary64 rounds otherwise.
func TestLevel(t *testing.T) {
	inf := float32(math.Inf(1))
	numbers := []float32{0, inf, -inf, float32(math.NaN()), 6, 1, -1, 0.35, 0.45000002, 2.5, 3.4028235e38}
	for i := range 400 {
		numbers = append(numbers, float32(i)*0.05, float32(i)/7)
	}
	for _, q := range []Quant{{Scale: 0.1, Zero: 3}, {Scale: 1, Zero: 0}, {Scale: 0.3, Zero: 255},
		{Scale: 1e-12, Zero: 128}} {
		n := newNet(t)
		g := n.output(n.add("q", &Quantize{To: q}, n.input(Shape{1, 1, 1, len(numbers)})))
		s := session(t, g)
		copy(s.Input(0).Float32(), numbers)
		if err := s.Run(); err != nil {
			t.Fatal(err)
		}
		for i, want := range s.Output(0).Uint8() {
			if got := q.Level(numbers[i]); got != want {
				t.Errorf("%v by %v: %d, want %d", numbers[i], q, got, want)
			}
		}
		s.Close()
	}
}
