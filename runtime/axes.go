package runtime

import (
	"slices"
)

// Layout says how the elements of a value with a model's dimensions lie in memory.
type Layout uint8

const (
	// AsWritten is the order of the dimensions themselves, the last the fastest: TensorFlow's [N H W C].
	AsWritten Layout = iota
	// ChannelsLast is that of dimensions [N C H W …], as Caffe, ONNX and PyTorch have them, with the channels moved
	// behind.
	ChannelsLast
)

// MaxRank bounds the dimensions of a value.
const MaxRank = 6

// String returns "as written" or "channels last".
func (l Layout) String() string {
	if l == ChannelsLast {
		return "channels last"
	}
	return "as written"
}

// Order returns the dimensions' indices in the order in which they lie in memory.
func (l Layout) Order(rank int) []int {
	order := make([]int, 0, rank)
	for i := range rank {
		order = append(order, i)
	}
	if l == ChannelsLast && rank > 2 {
		order = append(append([]int{0}, order[2:]...), 1)
	}
	return order
}

// ShapeOf returns the shape that kernels see of a value with these dimensions. The first is the images N, of several
// the last three as written are H, W and C and those before them images too; channels last, the second is C, the third
// H and all after it W. A lone dimension is C.
func ShapeOf(dims []int, l Layout) Shape {
	s := Shape{1, 1, 1, 1}
	r := len(dims)
	if r == 0 {
		return s
	}
	if r == 1 {
		s.C = dims[0]
		return s
	}
	s.N = dims[0]
	if l == ChannelsLast {
		s.C = dims[1]
		for i, d := range dims[2:] {
			if i == 0 {
				s.H = d
			} else {
				s.W *= d
			}
		}
		return s
	}
	s.C = dims[r-1]
	if r > 2 {
		s.W = dims[r-2]
	}
	if r > 3 {
		s.H = dims[r-3]
		for _, d := range dims[1 : r-3] {
			s.N *= d
		}
	}
	return s
}

// SetDims says which dimensions the model gives a value of the graph, and how they lie in memory. Without it they are
// N, H, W, C as written. It returns [ErrShape] if they are not the value's shape.
func (g *Graph) SetDims(v *Value, dims []int, l Layout) error {
	switch {
	case v == nil || v.graph != g:
		return errorf("dimensions of a value that is not of this graph: %w", ErrGraph)
	case len(dims) > MaxRank || l > ChannelsLast:
		return errorf("%q: %d dimensions %v, %d at most: %w", v.Name, len(dims), dims, MaxRank, ErrShape)
	}
	n := 1
	for _, d := range dims {
		if d < 1 || n > v.Shape.Elements()/d {
			return errorf("%q: dimensions %v of a shape %v: %w", v.Name, dims, v.Shape, ErrShape)
		}
		n *= d
	}
	if ShapeOf(dims, l) != v.Shape {
		return errorf("%q: dimensions %v, %v, of a shape %v: %w", v.Name, dims, l, v.Shape, ErrShape)
	}
	v.dims, v.layout = slices.Clone(dims), l
	return nil
}

// Dims returns the dimensions that the model gives the value, and how they lie in memory.
func (v *Value) Dims() ([]int, Layout) {
	if v.dims == nil {
		return []int{v.Shape.N, v.Shape.H, v.Shape.W, v.Shape.C}, AsWritten
	}
	return slices.Clone(v.dims), v.layout
}

// InputLike declares an input of the graph that is like an input of another: name, shape, type and dimensions.
func (g *Graph) InputLike(v *Value) (*Value, error) {
	in, err := g.input(v.Name, v.Shape, v.DType, v.Quant)
	if err == nil {
		in.likeIn(v)
	}
	return in, err
}

// OutputLike declares a value as an output that is like a value of another graph: its dimensions and, if the type is
// the same, its elements.
func (g *Graph) OutputLike(v, other *Value) error {
	if err := g.Output(v); err != nil {
		return err
	}
	v.likeIn(other)
	return nil
}

// likeIn gives v the dimensions that the model gives a value of the same shape in another graph; of another shape it
// has none of its own.
func (v *Value) likeIn(other *Value) {
	if v.Shape == other.Shape {
		v.dims, v.layout = other.dims, other.layout
	}
	if v.DType == other.DType {
		v.elem = other.elem
	}
}

// axes completes what is said of a tensor by what the model says of its value.
func (t *TensorInfo) axes(v *Value) {
	t.Dims, t.Layout = v.Dims()
	t.Elem, t.Signed = v.Elem(), v.Signed()
}
