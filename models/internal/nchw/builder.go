// Package nchw builds an NHWC [runtime.Graph] from a model that thinks in NCHW, as Caffe and ONNX do.
//
// A [Tensor] is a value of the graph with its dimensions in the file's order. Rank 4 is [N C H W]; of lower ranks
// the trailing dimensions are missing, so [N C] is a batch of vectors, and a lone [C] is one vector.
// What costs nothing when it is done by the consumer is put off until a consumer asks for the value: flattening
// (folded into a fully connected layer's weight order) and zero padding (folded into a convolution or pool).
//
// A [Source] is a constant of the file, decoded and re-ordered when a layer wants it.
package nchw

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/gneiss-go/gneiss/runtime"
)

// Builder collects a graph, and what could not be put into it.
type Builder struct {
	G *runtime.Graph

	limits runtime.Limits
	budget int            // elements that constants may still take
	names  map[string]int // how often a name was asked for
	made   map[*runtime.Value]*runtime.Node
	bad    []runtime.Unsupported
	done   map[pending]*runtime.Value
}

// pending is a flattening or, if pad is not zero, a padding that was put off.
type pending struct {
	v   *runtime.Value
	pad Pad
}

// NewBuilder returns a builder for a model file of fileSize bytes. All constants together may take two elements per
// byte of the file and 16 M more: enough for any honest model, and a bound on what a hostile one can make us allocate.
func NewBuilder(name string, fileSize int, l runtime.Limits) *Builder {
	g := runtime.NewGraph(name)
	g.SetLimits(l)
	return &Builder{G: g, limits: l, budget: 2*min(fileSize, 1<<28) + 1<<24,
		names: map[string]int{}, made: map[*runtime.Value]*runtime.Node{}, done: map[pending]*runtime.Value{}}
}

// Grant allows constants to take n more elements: for weights that are invented, not read.
func (b *Builder) Grant(n int) { b.budget += n }

// Unsupported notes an operation that cannot be imported. Import goes on, to find the others.
func (b *Builder) Unsupported(op, node, format string, args ...any) {
	b.bad = append(b.bad, runtime.Unsupported{Op: op, Node: node, Reason: fmt.Sprintf(format, args...)})
}

// Err returns all that was noted as one [runtime.UnsupportedError], or nil.
func (b *Builder) Err() error {
	if len(b.bad) == 0 {
		return nil
	}
	return &runtime.UnsupportedError{Ops: b.bad}
}

// Name returns name, or name with a number after it if it is taken.
func (b *Builder) Name(name string) string {
	if name == "" {
		name = "node"
	}
	unique := name
	for b.names[unique] > 0 {
		b.names[name]++
		unique = name + "#" + strconv.Itoa(b.names[name])
	}
	b.names[unique]++
	return unique
}

// Pad counts zeros around the rows and columns of a tensor.
type Pad struct{ Top, Left, Bottom, Right int }

// Tensor is a value with its dimensions as the file sees them. A nil *Tensor is a value whose shape is unknown because
// an unsupported operation makes it.
type Tensor struct {
	Dims  []int
	DType runtime.DType

	v    *runtime.Value // before flattening or padding
	flat bool           // v is still to be flattened in channel-major order
	pad  Pad            // v is still to be padded
}

// Input declares an input of the graph with these dimensions.
func (b *Builder) Input(name string, dims []int) (*Tensor, error) {
	s, err := b.Shape(dims)
	if err != nil {
		return nil, fmt.Errorf("input %q: %w", name, err)
	}
	v, err := b.G.Input(b.Name(name), s)
	if err != nil {
		return nil, err
	}
	return &Tensor{Dims: slices.Clone(dims), DType: v.DType, v: v}, nil
}

// MaxRank is the largest number of dimensions that a graph can express.
const MaxRank = 4

// Shape maps dimensions to the shape of a value.
func (b *Builder) Shape(dims []int) (runtime.Shape, error) {
	if len(dims) > MaxRank {
		return runtime.Shape{}, fmt.Errorf("%d dimensions %v, at most %d are supported: %w", len(dims), dims, MaxRank, runtime.ErrShape)
	}
	if _, ok := Product(b.limits.MaxElements, dims...); !ok {
		return runtime.Shape{}, fmt.Errorf("dimensions %v are empty or exceed %d elements: %w", dims, b.limits.MaxElements, runtime.ErrLimit)
	}
	return shapeOf(dims), nil
}

func shapeOf(dims []int) runtime.Shape {
	d := [4]int{1, 1, 1, 1}
	if len(dims) == 1 {
		d[1] = dims[0]
	} else {
		copy(d[:], dims)
	}
	for _, n := range dims[min(len(dims), MaxRank):] { // the trailing ones as one
		d[3] *= n
	}
	return runtime.Shape{N: d[0], C: d[1], H: d[2], W: d[3]}
}

// Quant returns how a quantised tensor stands for numbers; the zero value for a float one.
func (t *Tensor) Quant() runtime.Quant { return t.v.Quant }

// Name returns the name of the value behind t.
func (t *Tensor) Name() string { return t.v.Name }

// Channels returns the size of the channel axis.
func (t *Tensor) Channels() int { return shapeOf(t.Dims).C }

// ChannelAxis returns the index of the channel axis in Dims: 1, or 0 of a lone vector, or −1 of a scalar.
func (t *Tensor) ChannelAxis() int { return min(1, len(t.Dims)-1) }

// Unflat returns the graph value behind t and reports whether it is still to be flattened in channel-major order.
// A value still to be padded is padded first.
func (b *Builder) Unflat(t *Tensor) (v *runtime.Value, flat bool, err error) {
	if t.pad != (Pad{}) {
		v, err = b.Value(t)
		return v, false, err
	}
	return t.v, t.flat, nil
}

// Unpad returns t without its pending zeros, and those.
func (b *Builder) Unpad(t *Tensor) (*Tensor, Pad) {
	if t.pad == (Pad{}) {
		return t, Pad{}
	}
	d := slices.Clone(t.Dims)
	d[2] -= t.pad.Top + t.pad.Bottom
	d[3] -= t.pad.Left + t.pad.Right
	return &Tensor{Dims: d, DType: t.DType, v: t.v}, t.pad
}

// Value returns t as a value of the graph, flattened and padded where that was put off.
func (b *Builder) Value(t *Tensor) (*runtime.Value, error) {
	if !t.flat && t.pad == (Pad{}) {
		return t.v, nil
	}
	key := pending{t.v, t.pad}
	if v := b.done[key]; v != nil {
		return v, nil
	}
	var op runtime.Op = &runtime.Flatten{}
	word := "/flatten"
	if !t.flat {
		// A depthwise 1×1 convolution with weights 1 and padding copies its input and adds the border.
		c := t.v.Shape.C
		ones, err := b.Fill(c, 1)
		if err != nil {
			return nil, err
		}
		op = &runtime.Conv{K: c, Groups: c, Weights: ones, Window: runtime.Window{R: 1, S: 1,
			PadTop: t.pad.Top, PadLeft: t.pad.Left, PadBottom: t.pad.Bottom, PadRight: t.pad.Right}}
		word = "/pad"
	}
	v, err := b.add(t.v.Name+word, op, t.v)
	if err == nil {
		b.done[key] = v
	}
	return v, err
}

// Add appends a node over the values of ts. The result has the rank of the first of them.
func (b *Builder) Add(name string, op runtime.Op, ts ...*Tensor) (*Tensor, error) {
	in := make([]*runtime.Value, len(ts))
	for i, t := range ts {
		var err error
		if in[i], err = b.Value(t); err != nil {
			return nil, err
		}
	}
	out, err := b.AddValues(name, op, min(len(ts[0].Dims), MaxRank), in...)
	if err != nil || len(ts[0].Dims) <= MaxRank {
		return out, err
	}
	if out.v.Shape != in[0].Shape {
		return nil, &runtime.NodeError{Node: name, Op: op.Kind(), Err: fmt.Errorf("over %d dimensions %v, at most %d are supported: %w", len(ts[0].Dims), ts[0].Dims, MaxRank, runtime.ErrShape)}
	}
	out.Dims = slices.Clone(ts[0].Dims)
	return out, nil
}

// AddValues appends a node over values; the result has the given rank.
func (b *Builder) AddValues(name string, op runtime.Op, rank int, in ...*runtime.Value) (*Tensor, error) {
	v, err := b.add(name, op, in...)
	if err != nil {
		return nil, err
	}
	return &Tensor{Dims: dimsOf(v.Shape, rank), DType: v.DType, v: v}, nil
}

func (b *Builder) add(name string, op runtime.Op, in ...*runtime.Value) (*runtime.Value, error) {
	v, err := b.G.Add(b.Name(name), op, in...)
	if err != nil {
		return nil, err
	}
	b.made[v] = b.G.Nodes[len(b.G.Nodes)-1]
	return v, nil
}

// Each appends an operation that treats all elements alike, so that pending flattening can stay pending.
func (b *Builder) Each(name string, op runtime.Op, t *Tensor) (*Tensor, error) {
	if !t.flat {
		return b.Add(name, op, t)
	}
	out, err := b.AddValues(name, op, MaxRank, t.v)
	if err != nil {
		return nil, err
	}
	return &Tensor{Dims: t.Dims, DType: out.DType, v: out.v, flat: true}, nil
}

func dimsOf(s runtime.Shape, rank int) []int {
	if rank == 1 {
		return []int{s.C}
	}
	d := []int{s.N, s.C, s.H, s.W}
	return d[:rank]
}

// Node returns the node that makes t directly, or nil.
func (b *Builder) Node(t *Tensor) *runtime.Node {
	if t.flat || t.pad != (Pad{}) {
		return nil
	}
	return b.made[t.v]
}

// NonNegative reports whether no element of t can be negative: it comes from a ReLU, directly or by way of
// operations that keep the sign.
func (b *Builder) NonNegative(t *Tensor) bool {
	v := t.v
	for range 32 {
		n := b.made[v]
		if n == nil {
			return false
		}
		switch op := n.Op.(type) {
		case *runtime.Activation:
			return op.Act.On && op.Act.Lo >= 0
		case *runtime.Softmax:
			return true
		case *runtime.Pool, *runtime.GlobalPool, *runtime.LRN, *runtime.Identity, *runtime.Flatten:
			v = n.In[0]
		default:
			return false
		}
	}
	return false
}

// Reshape gives t other dimensions without moving data. It reports false if the graph has no way to say that:
// then images or rows would have to be cut or joined.
func (b *Builder) Reshape(t *Tensor, dims []int) (*Tensor, bool) {
	if len(dims) > MaxRank {
		return nil, false
	}
	p, ok := Product(b.limits.MaxElements, dims...)
	if q, ok2 := Product(b.limits.MaxElements, t.Dims...); !ok || !ok2 || p != q {
		return nil, false
	}
	if t.pad != (Pad{}) {
		v, err := b.Value(t)
		if err != nil {
			return nil, false
		}
		t = &Tensor{Dims: t.Dims, DType: t.DType, v: v}
	}
	from, to := t.v.Shape, shapeOf(dims) // from is before any pending flattening
	vector := to.H == 1 && to.W == 1 && to.N == from.N
	switch {
	case from == to:
		return &Tensor{Dims: slices.Clone(dims), DType: t.DType, v: t.v}, true
	case vector && from.H*from.W > 1:
		return &Tensor{Dims: slices.Clone(dims), DType: t.DType, v: t.v, flat: true}, true
	}
	return nil, false
}

// Rearrange permutes t's dimensions, so that dimension j becomes that at perm[j] (nil: none moves), and gives the result
// other dimensions of as many elements: more than [MaxRank] if the trailing ones can be held as one. It costs a copy,
// unless [Builder.Reshape] can say the same.
func (b *Builder) Rearrange(name string, t *Tensor, perm, dims []int) (*Tensor, error) {
	moves := !slices.IsSorted(perm)
	if !moves {
		if same, ok := b.Reshape(t, dims); ok {
			return same, nil
		}
		perm = make([]int, len(t.Dims))
		for i := range perm {
			perm[i] = i
		}
	}
	if _, ok := Product(b.limits.MaxElements, dims...); !ok {
		return nil, fmt.Errorf("dimensions %v are empty or exceed %d elements: %w", dims, b.limits.MaxElements, runtime.ErrLimit)
	}
	v, err := b.Value(t)
	if err != nil {
		return nil, err
	}
	if to := shapeOf(dims); moves || v.Shape != to {
		if v, err = b.add(name, &runtime.Rearrange{Dims: slices.Clone(t.Dims), Perm: slices.Clone(perm), To: to}, v); err != nil {
			return nil, err
		}
	}
	return &Tensor{Dims: slices.Clone(dims), DType: v.DType, v: v}, nil
}

// Pad puts zeros around a tensor of rank 4. It reports false if that would exceed a limit.
func (b *Builder) Pad(t *Tensor, p Pad) (*Tensor, bool) {
	if len(t.Dims) != 4 || t.flat {
		return nil, false
	}
	const most = 1 << 14
	sum := Pad{t.pad.Top + p.Top, t.pad.Left + p.Left, t.pad.Bottom + p.Bottom, t.pad.Right + p.Right}
	for _, n := range []int{p.Top, p.Left, p.Bottom, p.Right, sum.Top, sum.Left, sum.Bottom, sum.Right} {
		if n < 0 || n > most {
			return nil, false
		}
	}
	d := slices.Clone(t.Dims)
	d[2] += p.Top + p.Bottom
	d[3] += p.Left + p.Right
	if _, err := b.Shape(d); err != nil {
		return nil, false
	}
	return &Tensor{Dims: d, DType: t.DType, v: t.v, pad: sum}, true
}

// Affine appends out = in·scale + shift per channel. scale and shift have one element, for all channels, or one per
// channel; nil means 1 and 0.
func (b *Builder) Affine(name string, t *Tensor, scale, shift []float32) (*Tensor, error) {
	c := t.Channels()
	scale, err := b.Spread(scale, c, 1)
	if err != nil {
		return nil, err
	}
	if shift, err = b.Spread(shift, c, 0); err != nil {
		return nil, err
	}
	return b.Add(name, &runtime.Affine{Scale: scale, Shift: shift}, t)
}

// Output declares a tensor as an output. One that is an input or an output already is passed through an Identity.
func (b *Builder) Output(name string, t *Tensor) error {
	v, err := b.Value(t)
	if err != nil {
		return err
	}
	if slices.Contains(b.G.Inputs, v) || slices.Contains(b.G.Outputs, v) {
		if v, err = b.add(name, &runtime.Identity{}, v); err != nil {
			return err
		}
	}
	return b.G.Output(v)
}

// Product multiplies dimensions; ok is false if one is not positive or the product exceeds limit.
func Product(limit int, dims ...int) (p int, ok bool) {
	p = 1
	for _, d := range dims {
		if d < 1 || p > limit/d {
			return 0, false
		}
		p *= d
	}
	return p, true
}

// ResolveReshape returns the dimensions that want gives to a tensor of dimensions from: −1 stands for what is left, and
// 0 for the dimension at its place if zeroCopies is true.
func ResolveReshape(from, want []int, zeroCopies bool) ([]int, error) {
	const most = 1 << 30
	bad := func() ([]int, error) {
		return nil, fmt.Errorf("cannot reshape %v to %v: %w", from, want, runtime.ErrShape)
	}
	total, ok := Product(most, from...)
	if !ok || len(want) > 32 {
		return bad()
	}
	dims, known, open := slices.Clone(want), 1, -1
	for i, d := range dims {
		switch {
		case d == -1 && open < 0:
			open = i
			continue
		case d == 0 && zeroCopies && i < len(from):
			dims[i] = from[i]
		}
		if known, ok = Product(most, known, dims[i]); !ok {
			return bad()
		}
	}
	if open >= 0 {
		dims[open] = total / known
		known *= dims[open]
	}
	if known != total {
		return bad()
	}
	return dims, nil
}

// Wrap returns a tensor of that rank over a value of the graph.
func (b *Builder) Wrap(v *runtime.Value, rank int) *Tensor {
	return &Tensor{Dims: dimsOf(v.Shape, rank), DType: v.DType, v: v}
}
