package runtime

import (
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/gneiss-go/gneiss/kernels"
)

// net builds test graphs and fails the test on errors that are not expected.
type net struct {
	t *testing.T
	g *Graph
	r *rand.Rand
}

func newNet(t *testing.T) *net {
	return &net{t: t, g: NewGraph(t.Name()), r: rand.New(rand.NewPCG(1, 2))}
}

func (n *net) input(s Shape) *Value {
	n.t.Helper()
	v, err := n.g.Input("data", s)
	if err != nil {
		n.t.Fatal(err)
	}
	return v
}

func (n *net) add(name string, op Op, in ...*Value) *Value {
	n.t.Helper()
	v, err := n.g.Add(name, op, in...)
	if err != nil {
		n.t.Fatal(err)
	}
	return v
}

func (n *net) floats(count int) []float32 {
	f := make([]float32, count)
	for i := range f {
		f[i] = n.r.Float32()*2 - 1
	}
	return f
}

// conv adds a same-size convolution with ReLU.
func (n *net) conv(name string, in *Value, k, r int) *Value {
	n.t.Helper()
	c := &Conv{Window: Window{R: r, S: r, PadTop: r / 2, PadLeft: r / 2, PadBottom: r / 2, PadRight: r / 2}, K: k,
		Act: ReLU}
	c.Weights = n.floats(k * r * r * in.Shape.C)
	for i := range c.Weights {
		c.Weights[i] /= float32(r*r*in.Shape.C) / 4
	}
	c.Bias = n.floats(k)
	return n.add(name, c, in)
}

// inception adds a module: four branches and their concatenation.
func (n *net) inception(name string, in *Value, k1, r3, k3, r5, k5, pp int) *Value {
	n.t.Helper()
	a := n.conv(name+"/1x1", in, k1, 1)
	b := n.conv(name+"/3x3", n.conv(name+"/3x3_reduce", in, r3, 1), k3, 3)
	c := n.conv(name+"/5x5", n.conv(name+"/5x5_reduce", in, r5, 1), k5, 5)
	p := n.add(name+"/pool", &Pool{Window: Window{R: 3, S: 3, StrideH: 1, StrideW: 1, PadTop: 1, PadLeft: 1, PadBottom: 1,
		PadRight: 1}}, in)
	d := n.conv(name+"/pool_proj", p, pp, 1)
	return n.add(name+"/output", &Concat{}, a, b, c, d)
}

func (n *net) output(v ...*Value) *Graph {
	n.t.Helper()
	if err := n.g.Output(v...); err != nil {
		n.t.Fatal(err)
	}
	return n.g
}

// small is a network with every float operation.
func small(t *testing.T) *Graph {
	n := newNet(t)
	x := n.input(Shape{1, 21, 21, 3})
	x = n.add("conv1", &Conv{Window: Window{R: 7, S: 7, StrideH: 2, StrideW: 2, PadTop: 3, PadLeft: 3, PadBottom: 3,
		PadRight: 3}, K: 16, Weights: n.floats(16 * 147)}, x)
	x = n.add("bn1", &Affine{Scale: n.floats(16), Shift: n.floats(16)}, x)
	x = n.add("relu1", &Activation{Act: ReLU}, x)
	x = n.add("pool1", &Pool{Window: Window{R: 3, S: 3, StrideH: 2, StrideW: 2}, Ceil: true}, x)
	x = n.add("norm1", &LRN{Size: 5, Alpha: 1e-2, Beta: 0.75, Bias: 1}, x)
	y := n.inception("3a", x, 8, 8, 16, 5, 7, 9)
	y = n.inception("3b", y, 16, 16, 32, 4, 8, 8)
	z := n.conv("res", y, y.Shape.C, 3)
	y = n.add("sum", &Add{}, y, z)
	y = n.add("relu2", &Activation{Act: ReLU}, y)
	y = n.add("gap", &GlobalPool{Type: AvgPool}, y)
	y = n.add("flat", &Flatten{}, y)
	y = n.add("drop", &Identity{}, y)
	y = n.add("fc", &FC{K: 10, Weights: n.floats(10 * y.Shape.C), Bias: n.floats(10)}, y)
	return n.output(n.add("prob", &Softmax{}, y))
}

// session compiles a graph and makes a session of it.
func session(t *testing.T, g *Graph, opts ...Option) *Session {
	t.Helper()
	p, err := Compile(g, opts...)
	if err != nil {
		t.Fatal(err)
	}
	s, err := p.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// run compiles and runs a graph on one input and returns copies of its outputs.
func run(t *testing.T, g *Graph, in []float32, opts ...Option) [][]float32 {
	t.Helper()
	s := session(t, g, opts...)
	defer s.Close()
	copy(s.Input(0).Float32(), in)
	if err := s.Run(); err != nil {
		t.Fatal(err)
	}
	var out [][]float32
	for i := range g.Outputs {
		out = append(out, append([]float32(nil), s.Output(i).Float32()...))
	}
	return out
}

func near(t *testing.T, what string, got, want []float32, tol float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d elements, want %d", what, len(got), len(want))
	}
	for i := range want {
		if d := math.Abs(float64(got[i]) - float64(want[i])); !(d <= tol*(1+math.Abs(float64(want[i])))) {
			t.Fatalf("%s: element %d is %v, want %v", what, i, got[i], want[i])
		}
	}
}

// refusal is an operation that does not fit a value of 8×8×4, and the error that says so.
type refusal struct {
	op   Op
	want error
}

// refuses wants each operation refused, by an error that names its node.
func refuses(t *testing.T, cases map[string]refusal) {
	t.Helper()
	for name, c := range cases {
		g := NewGraph("g")
		in, err := g.Input("data", Shape{1, 8, 8, 4})
		if err != nil {
			t.Fatal(err)
		}
		_, err = g.Add("bad", c.op, in)
		var ne *NodeError
		if !errors.Is(err, c.want) || !errors.As(err, &ne) || ne.Node != "bad" {
			t.Errorf("%s: %v, want %v of node bad", name, err, c.want)
		}
	}
}

// Layers of float values.
func TestGraphRefuses(t *testing.T) {
	refuses(t, map[string]refusal{
		"weights": {&Conv{Window: Window{R: 3, S: 3}, K: 2, Weights: make([]float32, 5)}, ErrShape},
		"bias": {&Conv{Window: Window{R: 1, S: 1}, K: 2, Weights: make([]float32, 8), Bias: make([]float32, 3)},
			ErrShape},
		"groups":         {&Conv{Window: Window{R: 1, S: 1}, K: 2, Groups: 3, Weights: make([]float32, 8)}, ErrShape},
		"window":         {&Conv{Window: Window{R: 9, S: 9}, K: 1, Weights: make([]float32, 324)}, ErrShape},
		"huge window":    {&Pool{Window: Window{R: 1 << 30, S: 1}}, ErrShape},
		"negative pad":   {&Pool{Window: Window{R: 2, S: 2, PadTop: -1}}, ErrShape},
		"pad ≥ window":   {&Pool{Window: Window{R: 2, S: 2, PadTop: 2}}, ErrShape},
		"many weights":   {&FC{K: 1 << 30, Weights: nil}, ErrLimit},
		"scales":         {&Affine{Scale: make([]float32, 3), Shift: make([]float32, 4)}, ErrShape},
		"add of one":     {&Add{}, ErrShape},
		"lrn size":       {&LRN{}, ErrShape},
		"reduction 10":   {&Reduce{How: 10}, ErrGraph},
		"norm":           {&Normalise{Norm: 5}, ErrGraph},
		"negative ε":     {&Normalise{Epsilon: -1}, ErrGraph},
		"product of one": {&MatMul{}, ErrShape},
		"softmax form":   {&SoftmaxOver{Form: 3}, ErrGraph},
		"no operation":   {nil, ErrGraph},
		"pool kind":      {&Pool{Window: Window{R: 1, S: 1}, Type: 7}, ErrGraph},
		"global kind":    {&GlobalPool{Type: 2}, ErrGraph},
		"bound NaN":      {&Activation{Act: Clamp{On: true, Lo: float32(math.NaN()), Hi: 1}}, ErrShape},
		"conv bound": {&Conv{Window: Window{R: 1, S: 1}, K: 1, Weights: make([]float32, 4),
			Act: Clamp{On: true, Hi: float32(math.NaN())}}, ErrShape},
		"fc bound": {&FC{K: 1, Weights: make([]float32, 256), Act: Clamp{On: true, Hi: float32(math.NaN())}}, ErrShape},
	})
}

// Operations on levels, and quantised forms.
func TestGraphRefusesQuantised(t *testing.T) {
	refuses(t, map[string]refusal{
		"dequantize":   {&Dequantize{}, ErrShape},
		"quant scale":  {&Quantize{}, ErrShape},
		"float in qfc": {&QFC{K: 1, Weights: make([]int8, 256), WScale: []float32{1}}, ErrShape},
		"qconv scale": {&QConv{Window: Window{R: 1, S: 1}, K: 1, Weights: make([]int8, 4), WScale: []float32{-1}},
			ErrShape},
		"quantised fc":  {&Quantised{Op: &FC{}, Out: Quant{Scale: 1}}, ErrGraph},
		"product":       {&Quantised{Op: &Reduce{How: kernels.Product}, Out: Quant{Scale: 1}}, ErrGraph},
		"qconv scales":  {&QConv{Window: Window{R: 1, S: 1}, K: 1, Weights: make([]int8, 4)}, ErrShape},
		"quantised nil": {&Quantised{}, ErrGraph},
		"weight −128": {&QConv{Window: Window{R: 1, S: 1}, K: 1, Weights: []int8{-128, 0, 0, 0}, WScale: []float32{1}},
			ErrShape},
		"sums beyond int32": {&QConv{Window: Window{R: 1, S: 1}, K: 1, Weights: []int8{0, -1, 0, 0}, WScale: []float32{1},
			Bias: []int32{math.MaxInt32 - 254}}, ErrShape},
		"one input of detections": {&PostProcess{Anchors: make([]float32, 256), Scale: [4]float32{1, 1, 1, 1}, Classes: 4,
			Detections: 9, PerDetection: 1, MaxOverlap: 1}, ErrShape},
		"sum of floats":    {&LevelAdd{Out: Quant{Scale: 1}}, ErrShape},
		"lookup of floats": {&Lookup{Of: []Op{&Curve{}}}, ErrShape},
		"no lookup":        {&Lookup{}, ErrShape},
		"long lookup":      {&Lookup{Of: slices.Repeat([]Op{&Curve{}}, 17)}, ErrShape},
		"lookup of a pool": {&Lookup{Of: []Op{&Pool{Window: Window{R: 1, S: 1}}}}, ErrGraph},
		"lookup of rows": {&Lookup{Of: []Op{&Binary{Of: make([]float32, 4), Shape: Shape{1, 1, 1, 4}}}},
			ErrGraph},
		"lookup of nothing": {&Lookup{Of: []Op{nil}}, ErrGraph},
		"lookup of a curve": {&Lookup{Of: []Op{&Curve{Of: 99}}}, ErrShape},
		"two tables":        {&Table{Of: make([]uint8, 512), Out: Quant{Scale: 1}}, ErrShape},
		"levels of floats":  {&LevelPool{Window: Window{R: 1, S: 1}}, ErrShape},
		"levels from 1":     {&LevelPool{Window: Window{R: 1, S: 1}, From: 1}, ErrShape},
		"no parts": {&QConvParts{QConv{Window: Window{R: 1, S: 1}, K: 1, Weights: make([]int8, 4),
			WScale: []float32{1}}, 0}, ErrShape},
		"four parts": {&QConvParts{QConv{Window: Window{R: 1, S: 1}, K: 1, Weights: make([]int8, 16),
			WScale: []float32{1}}, 4}, ErrShape},
		"odd parts": {&QConvParts{QConv{Window: Window{R: 1, S: 1}, K: 1, Weights: make([]int8, 9),
			WScale: []float32{1}}, 2}, ErrShape},
		"int8 of float": {&QConv{Window: Window{R: 1, S: 1}, K: 1, Weights: make([]int8, 4),
			WScale: []float32{1}, Out: Quant{Scale: 1}}, ErrShape},
	})
}

// Operations that pick elements by their places.
func TestGraphRefusesMoves(t *testing.T) {
	refuses(t, map[string]refusal{
		"taken row":      {&Take{Rows: []int32{0, 8}, Cols: []int32{0}}, ErrShape},
		"taken column":   {&Take{Rows: []int32{0}, Cols: []int32{-2}}, ErrShape},
		"taken image":    {&Take{Images: []int32{1}}, ErrShape},
		"taken channel":  {&Take{Channels: []int32{0, 1, 2, 3, 4}}, ErrShape},
		"no depth":       {&DepthToSpace{}, ErrShape},
		"little depth":   {&DepthToSpace{Block: 4}, ErrShape},
		"deep":           {&DepthToSpace{Block: 1 << 30}, ErrShape},
		"no block":       {&SpaceToDepth{Block: -1}, ErrShape},
		"odd block":      {&SpaceToDepth{Block: 3}, ErrShape},
		"gather of one":  {&GatherBy{Dims: []int{8}}, ErrShape},
		"scatter of one": {&Scatter{Dims: []int{8}}, ErrShape},
		"tap beyond":     {&Interpolate{Rows: kernels.Taps{Per: 1, At: []int32{8}, Weights: []float32{1}}}, ErrShape},
		"tap below": {&Interpolate{Cols: kernels.Taps{Per: 2, At: []int32{0, -1}, Weights: []float32{1, 1}}},
			ErrShape},
		"no weights": {&Interpolate{Cols: kernels.Taps{Per: 1, At: []int32{0}}}, ErrShape},
		"weight NaN": {&Interpolate{Cols: kernels.Taps{Per: 1, At: []int32{0}, Weights: []float32{float32(math.NaN())}}},
			ErrShape},
		"odd taps":    {&Interpolate{Cols: kernels.Taps{Per: 2, At: []int32{0}, Weights: []float32{1}}}, ErrShape},
		"outside NaN": {&Interpolate{Fill: float32(math.NaN())}, ErrShape},
	})
}

// Operations on whole numbers, and choices by them.
func TestGraphRefusesWhole(t *testing.T) {
	refuses(t, map[string]refusal{
		"cast to levels":         {&Cast{To: U8}, ErrShape},
		"cast to float of bools": {&Cast{To: F32, Elem: ElemBool}, ErrShape},
		"cast of float to float": {&Cast{To: F32}, ErrShape},
		"cast to no elements":    {&Cast{To: I32, Elem: elems}, ErrShape},
		"comparison of one":      {&Compare{}, ErrShape},
		"no comparison":          {&Compare{How: 99}, ErrShape},
		"no whole arithmetic":    {&Whole{How: 99}, ErrShape},
		"best of none":           {&TopK{}, ErrShape},
		"best of fewer":          {&TopK{K: 5}, ErrShape},
		"best of less":           {&TopK{K: -1}, ErrShape},
		"boxes without scores":   {&NMS{Most: 1, Rows: 1}, ErrShape},
		"where of one":           {&Where{}, ErrShape},
		"constant with an input": {&Constant{Shape: Shape{1, 1, 1, 1}, Ints: []int32{1}}, ErrShape},
		"one input of detections": {&PostProcess{Anchors: make([]float32, 256), Scale: [4]float32{1, 1, 1, 1}, Classes: 4,
			Detections: 9, PerDetection: 1, MaxOverlap: 1}, ErrShape},
	})
}

// TestGraphLimits: what is no operation's fault is refused too.
func TestGraphLimits(t *testing.T) {
	ok := Shape{1, 8, 8, 4}
	g := NewGraph("g")
	if _, err := g.Input("data", Shape{1, 0, 3, 3}); !errors.Is(err, ErrShape) {
		t.Errorf("empty input: %v", err)
	}
	if _, err := g.Input("data", Shape{1 << 20, 1 << 20, 1 << 20, 1 << 20}); !errors.Is(err, ErrLimit) {
		t.Errorf("huge input: %v", err)
	}
	in, _ := g.Input("data", ok)
	g.SetLimits(Limits{MaxNodes: 9, MaxElements: 1 << 20, MaxWeights: 1 << 20, MaxMACs: 1000})
	if _, err := g.Add("work", &Conv{Window: Window{R: 1, S: 1}, K: 4, Weights: make([]float32, 16)}, in); !errors.Is(err,
		ErrLimit) {
		t.Errorf("1024 multiply-accumulates of 1000: %v", err)
	}
	if _, err := g.Input("data", ok); !errors.Is(err, ErrGraph) {
		t.Errorf("second input of a name: %v", err)
	}
	if _, err := NewGraph("h").Add("n", &Softmax{}, in); !errors.Is(err, ErrGraph) {
		t.Errorf("foreign value: %v", err)
	}
	if _, err := Compile(g); !errors.Is(err, ErrGraph) {
		t.Errorf("graph without outputs: %v", err)
	}
	if _, err := Compile(nil); !errors.Is(err, ErrGraph) {
		t.Errorf("no graph: %v", err)
	}
	if _, err := new(Graph).Input("data", ok); !errors.Is(err, ErrLimit) {
		t.Errorf("the zero Graph: %v", err)
	}
}

// Operations on float values refuse quantised ones; those that only move elements take both.
func TestGraphTypes(t *testing.T) {
	q := Quant{Scale: 0.5, Zero: 3}
	for name, c := range map[string]struct {
		op   Op
		want error
	}{
		"conv":        {&Conv{Window: Window{R: 1, S: 1}, K: 1, Weights: make([]float32, 2)}, ErrShape},
		"fc":          {&FC{K: 1, Weights: make([]float32, 8)}, ErrShape},
		"average":     {&Pool{Window: Window{R: 1, S: 1}, Type: AvgPool}, ErrShape},
		"global":      {&GlobalPool{Type: AvgPool}, ErrShape},
		"lrn":         {&LRN{Size: 5}, ErrShape},
		"softmax":     {&Softmax{}, ErrShape},
		"activation":  {&Activation{Act: ReLU}, ErrShape},
		"affine":      {&Affine{Scale: make([]float32, 2), Shift: make([]float32, 2)}, ErrShape},
		"add":         {&Add{}, ErrShape},
		"quantize":    {&Quantize{To: q}, ErrShape},
		"max":         {&Pool{Window: Window{R: 1, S: 1}}, nil},
		"global max":  {&GlobalPool{}, nil},
		"identity":    {&Identity{}, nil},
		"flatten":     {&Flatten{}, nil},
		"concat":      {&Concat{}, nil},
		"take":        {&Take{Rows: []int32{1, 0}, Cols: []int32{1, 1}}, nil},
		"blocks":      {&SpaceToDepth{Block: 2}, nil},
		"cast":        {&Cast{To: I32}, ErrShape},
		"interpolate": {&Interpolate{}, ErrShape},
	} {
		n := newNet(t)
		x := n.add("q", &Quantize{To: q}, n.input(Shape{1, 2, 2, 2}))
		in := []*Value{x}
		if name == "add" || name == "concat" {
			in = append(in, x)
		}
		v, err := n.g.Add(name, c.op, in...)
		if !errors.Is(err, c.want) {
			t.Errorf("%s of uint8: %v, want %v", name, err, c.want)
		}
		if err == nil && (v.DType != U8 || v.Quant != q) {
			t.Errorf("%s of uint8 gives %v %v", name, v.DType, v.Quant)
		}
	}
	n := newNet(t)
	x := n.input(Shape{1, 2, 2, 2})
	if _, err := n.g.Add("mixed", &Add{}, x, n.add("q", &Quantize{To: q}, x)); !errors.Is(err, ErrShape) {
		t.Errorf("sum of float and uint8: %v", err)
	}
}

// TestRename: a value and its node get a name that is free, and their old one is free again.
func TestRename(t *testing.T) {
	n := newNet(t)
	x := n.input(Shape{1, 1, 1, 2})
	a := n.add("a", &Identity{}, x)
	n.add("b", &Identity{}, a)
	if err := n.g.Rename(a, "b"); !errors.Is(err, ErrGraph) {
		t.Errorf("a name that is taken: %v", err)
	}
	if err := n.g.Rename(x, "c"); !errors.Is(err, ErrGraph) {
		t.Errorf("an input: %v", err)
	}
	if err := n.g.Rename(a, "c"); err != nil || a.Name != "c" || n.g.Nodes[0].Name != "c" {
		t.Errorf("%q, node %q (%v)", a.Name, n.g.Nodes[0].Name, err)
	}
	n.add("a", &Identity{}, x)
}
