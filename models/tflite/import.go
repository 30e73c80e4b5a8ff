package tflite

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/gneiss-go/gneiss/runtime"
)

// importer builds a graph of one subgraph.
type importer struct {
	model  model
	sub    subgraph
	graph  *runtime.Graph
	values map[int]tensorValue // by tensor
	left   int                 // bytes of constants that may still be decoded: a file cannot ask for the same again and again
	names  map[string]int
}

// tensorValue is what a computed tensor is in the graph. Its elements are in the graph value's order, NHWC, though the
// tensor may have been flattened; pad is zeros around it that the next convolution adds.
type tensorValue struct {
	v   *runtime.Value
	pad [4]int // top, left, bottom, right
	re  []int  // the dimensions that the file gives it, if they are not those of v: it was reshaped
}

func (im *importer) run() error {
	var bad []runtime.Unsupported
	for i, op := range im.sub.operators {
		if handlers[op.code] == nil || op.custom != "" {
			bad = append(bad, runtime.Unsupported{Op: opName(op), Node: im.nodeName(i)})
		}
	}
	if bad != nil {
		return &runtime.UnsupportedError{Ops: bad}
	}
	for _, i := range im.sub.inputs {
		if err := im.input(i); err != nil {
			return err
		}
	}
	for i, op := range im.sub.operators {
		n := node{importer: im, operator: op, name: im.nodeName(i)}
		if err := handlers[op.code](&n); err != nil {
			if _, ok := err.(*runtime.NodeError); ok {
				return err
			}
			return &runtime.NodeError{Node: n.name, Op: opName(op), Err: err}
		}
	}
	if len(im.sub.inputs) == 0 || len(im.sub.outputs) == 0 {
		return corrupt("%d inputs and %d outputs", len(im.sub.inputs), len(im.sub.outputs))
	}
	var outputs []*runtime.Value
	for _, i := range im.sub.outputs {
		x, ok := im.values[i]
		if !ok {
			return fmt.Errorf("output %q is not computed: %w", im.sub.tensors[i].name, runtime.ErrGraph)
		}
		if x.pad != [4]int{} {
			return fmt.Errorf("output %q is padding that no convolution adds: %w", im.sub.tensors[i].name, runtime.ErrGraph)
		}
		v := x.v
		if v.DType == runtime.U8 {
			var err error
			if v, err = im.add(v.Name+"/real", &runtime.Dequantize{}, v); err != nil {
				return err
			}
		}
		outputs = append(outputs, v)
	}
	return im.graph.Output(outputs...)
}

// input declares a tensor as an input, and its quantisation.
func (im *importer) input(i int) error {
	t := &im.sub.tensors[i]
	shape, err := nhwc(t.shape)
	if err != nil {
		return fmt.Errorf("input %q: %w", t.name, err)
	}
	v, err := im.graph.Input(im.unique(t.name), shape)
	if err != nil {
		return err
	}
	if t.dtype != typeFloat32 {
		q, err := t.quant()
		if err != nil {
			return fmt.Errorf("input %q: %w", t.name, err)
		}
		if v, err = im.add(t.name+"/quantised", &runtime.Quantize{To: q}, v); err != nil {
			return err
		}
	}
	im.values[i] = tensorValue{v: v}
	return nil
}

// nhwc is a tensor's shape as a graph has it: lists of numbers are 1×1 images.
func nhwc(s []int) (runtime.Shape, error) {
	switch len(s) {
	case 4:
		return runtime.Shape{N: s[0], H: s[1], W: s[2], C: s[3]}, nil
	case 2:
		return runtime.Shape{N: s[0], H: 1, W: 1, C: s[1]}, nil
	}
	return runtime.Shape{}, fmt.Errorf("a tensor of shape %v is no image: %w", s, runtime.ErrShape)
}

// quant is a tensor's quantisation as uint8.
func (t *tensor) quant() (runtime.Quant, error) {
	if len(t.scale) != 1 || len(t.zero) > 1 {
		return runtime.Quant{}, fmt.Errorf("tensor %q has %d scales: %w", t.name, len(t.scale), runtime.ErrGraph)
	}
	zero := int64(0)
	if len(t.zero) == 1 {
		zero = t.zero[0]
	}
	switch t.dtype {
	case typeInt8:
		zero += 128
	case typeUint8:
	default:
		return runtime.Quant{}, fmt.Errorf("tensor %q is %v: %w", t.name, t.dtype, runtime.ErrGraph)
	}
	if zero < 0 || zero > 255 {
		return runtime.Quant{}, fmt.Errorf("tensor %q has zero point %d: %w", t.name, t.zero[0], runtime.ErrCorrupt)
	}
	return runtime.Quant{Scale: t.scale[0], Zero: uint8(zero)}, nil
}

// add appends a node under a name of its own.
func (im *importer) add(name string, op runtime.Op, in ...*runtime.Value) (*runtime.Value, error) {
	return im.graph.Add(im.unique(name), op, in...)
}

// unique makes a name differ from all before it.
func (im *importer) unique(name string) string {
	if im.names == nil {
		im.names = map[string]int{}
	}
	if name == "" {
		name = "tensor"
	}
	im.names[name]++
	if n := im.names[name]; n > 1 {
		return im.unique(fmt.Sprintf("%s#%d", name, n))
	}
	return name
}

// nodeName is the name of an operator: that of its first output.
func (im *importer) nodeName(i int) string {
	if out := im.sub.operators[i].outputs; len(out) > 0 {
		if name := im.sub.tensors[out[0]].name; name != "" {
			return name
		}
	}
	return fmt.Sprint("operator ", i)
}

// node is an operator on its way into the graph.
type node struct {
	*importer
	operator
	name string
}

// tensor returns input n, or nil if it is left out.
func (n *node) tensor(i int) *tensor {
	if i >= len(n.inputs) || n.inputs[i] < 0 {
		return nil
	}
	return &n.sub.tensors[n.inputs[i]]
}

// input returns input i, which must be computed; a padding before it is refused.
func (n *node) input(i int) (*runtime.Value, error) {
	x, err := n.padded(i)
	if err == nil && x.pad != [4]int{} {
		err = fmt.Errorf("padding before it is not supported, only before a convolution: %w", runtime.ErrGraph)
	}
	if err == nil && x.re != nil {
		err = fmt.Errorf("input %d, %v, was reshaped to %v before it: %w", i, x.v.Shape, x.re, runtime.ErrGraph)
	}
	return x.v, err
}

// loose returns input i for an operation that heeds no dimensions.
func (n *node) loose(i int) (*runtime.Value, error) {
	x, err := n.padded(i)
	if err == nil && x.pad != [4]int{} {
		err = fmt.Errorf("padding before it is not supported, only before a convolution: %w", runtime.ErrGraph)
	}
	return x.v, err
}

// padded returns input i with the padding around it.
func (n *node) padded(i int) (tensorValue, error) {
	t := n.tensor(i)
	if t == nil {
		return tensorValue{}, fmt.Errorf("input %d is missing: %w", i, runtime.ErrGraph)
	}
	x, ok := n.values[t.number]
	if !ok {
		return x, fmt.Errorf("input %q is not computed before it, or is constant: %w", t.name, runtime.ErrGraph)
	}
	return x, nil
}

// output is the operator's only output.
func (n *node) output() (*tensor, error) {
	if len(n.outputs) != 1 {
		return nil, fmt.Errorf("%d outputs: %w", len(n.outputs), runtime.ErrGraph)
	}
	return &n.sub.tensors[n.outputs[0]], nil
}

// emit adds a node that makes the output.
func (n *node) emit(op runtime.Op, in ...*runtime.Value) error {
	v, err := n.add(n.name, op, in...)
	if err != nil {
		return err
	}
	return n.is(v)
}

// is makes a value the output, which must have as many elements.
func (n *node) is(v *runtime.Value) error {
	t, err := n.output()
	if err != nil {
		return err
	}
	elements := 1
	for _, d := range t.shape {
		if d < 1 || elements > (1<<30)/d {
			return fmt.Errorf("output of shape %v: %w", t.shape, runtime.ErrShape)
		}
		elements *= d
	}
	if elements != v.Shape.Elements() {
		return fmt.Errorf("the output is %v, the file says %v: %w", v.Shape, t.shape, runtime.ErrShape)
	}
	x := tensorValue{v: v}
	if s, err := nhwc(t.shape); err != nil || s != v.Shape {
		x.re = t.shape
	}
	n.values[t.number] = x
	return nil
}

// real returns a value as float, whatever it is.
func (n *node) real(v *runtime.Value) (*runtime.Value, error) {
	if v.DType == runtime.F32 {
		return v, nil
	}
	return n.add(n.name+"/real", &runtime.Dequantize{}, v)
}

// isQuantised makes a float value the output, quantised as the file says if it is.
func (n *node) isQuantised(v *runtime.Value) error {
	t, err := n.output()
	if err != nil {
		return err
	}
	if t.dtype != typeFloat32 {
		q, err := t.quant()
		if err != nil {
			return err
		}
		if v, err = n.add(n.name+"/quantised", &runtime.Quantize{To: q}, v); err != nil {
			return err
		}
	}
	return n.is(v)
}

// floats decodes a constant of real numbers.
func (im *importer) floats(t *tensor) ([]float32, error) {
	size := map[dtype]int{typeFloat32: 4, typeFloat16: 2}[t.dtype]
	if size == 0 {
		return nil, fmt.Errorf("constant %q is %v: %w", t.name, t.dtype, runtime.ErrGraph)
	}
	raw, err := im.raw(t, size)
	if err != nil {
		return nil, err
	}
	v := make([]float32, len(raw)/size)
	for i := range v {
		if size == 2 {
			v[i] = half(binary.LittleEndian.Uint16(raw[2*i:]))
		} else {
			v[i] = math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:]))
		}
	}
	return v, nil
}

// int32s decodes a constant of integers.
func (im *importer) int32s(t *tensor) ([]int32, error) {
	if t.dtype != typeInt32 {
		return nil, fmt.Errorf("constant %q is %v, want int32: %w", t.name, t.dtype, runtime.ErrGraph)
	}
	raw, err := im.raw(t, 4)
	if err != nil {
		return nil, err
	}
	v := make([]int32, len(raw)/4)
	for i := range v {
		v[i] = int32(binary.LittleEndian.Uint32(raw[4*i:]))
	}
	return v, nil
}

// raw returns a constant's bytes, as many as its shape says.
func (im *importer) raw(t *tensor, size int) ([]byte, error) {
	want := size
	for _, d := range t.shape {
		if d < 1 || want > len(t.data)/d {
			return nil, corrupt("constant %q of shape %v has %d bytes", t.name, t.shape, len(t.data))
		}
		want *= d
	}
	if want != len(t.data) {
		return nil, corrupt("constant %q of shape %v has %d bytes, want %d", t.name, t.shape, len(t.data), want)
	}
	if im.left -= want; im.left < 0 {
		return nil, corrupt("constants are used more often than a model would")
	}
	return t.data, nil
}

// half converts IEEE binary16.
func half(h uint16) float32 {
	sign, exp, frac := uint32(h>>15)<<31, uint32(h>>10&31), uint32(h&1023)
	switch {
	case exp == 31:
		return math.Float32frombits(sign | 255<<23 | frac<<13)
	case exp != 0:
		return math.Float32frombits(sign | (exp+112)<<23 | frac<<13)
	}
	v := float32(frac) / (1 << 24)
	if sign != 0 {
		v = -v
	}
	return v
}
