package tflite

import (
	"errors"
	"fmt"
	"slices"

	"github.com/gneiss-go/gneiss/models/internal/alike"
	"github.com/gneiss-go/gneiss/models/internal/axes"
	"github.com/gneiss-go/gneiss/runtime"
)

// importer builds a graph of one subgraph.
type importer struct {
	model  model
	sub    subgraph
	b      *axes.Builder
	values map[int]*axes.Tensor // by tensor; what is computed lies as it is written
	bad    []runtime.Unsupported
	lost   map[int]bool // tensors that nothing is known of, for what makes them is refused
	// bytes of constants that may still be decoded: a file cannot ask for the same again and again
	left   int
	limits runtime.Limits
	also   []string // tensors that are outputs too

	handles map[int]variableKey       // by tensor
	states  map[variableKey]*variable // by name
	order   []*variable               // in which they were met
}

func (im *importer) run() (*runtime.Graph, error) {
	im.dilate()
	for _, i := range im.sub.inputs {
		if err := im.input(i); err != nil {
			if err = im.refuse("input", im.sub.tensors[i].name, err, []int{i}); err != nil {
				return nil, err
			}
		}
	}
	for i, op := range im.sub.operators {
		n := node{importer: im, operator: op, name: im.nodeName(i)}
		if err := n.run(); err != nil {
			if err = im.refuse(opName(op), n.name, err, op.outputs); err != nil {
				return nil, err
			}
		}
	}
	if err := im.refused(); err != nil {
		return nil, err
	}
	if err := im.keep(); err != nil {
		return nil, err
	}
	if len(im.sub.inputs) == 0 || len(im.sub.outputs) == 0 {
		return nil, corrupt("%d inputs and %d outputs", len(im.sub.inputs), len(im.sub.outputs))
	}
	for _, i := range im.sub.outputs {
		if err := im.output(i); err != nil {
			return nil, err
		}
	}
	return im.b.G, im.nodes()
}

// nodes makes outputs of the tensors that are asked for.
func (im *importer) nodes() error {
	var have []string
	of := map[string]int{}
	for i := range im.sub.tensors { // of the computed ones, the last of a name
		if name := im.sub.tensors[i].name; len(im.also) > 0 && im.values[i] != nil {
			have, of[name] = append(have, name), i
		}
	}
	for _, name := range im.also {
		i, ok := of[name]
		if !ok {
			return fmt.Errorf("the model computes no tensor %q%s: %w", name, alike.Hint(name, have), runtime.ErrGraph)
		}
		if err := im.output(i); err != nil {
			return err
		}
	}
	return nil
}

// input declares a tensor as an input, of bytes if it is quantised.
func (im *importer) input(i int) error {
	t := &im.sub.tensors[i]
	if t.whole() {
		x, err := im.b.IntInput(t.name, t.shape, runtime.AsWritten, elemOf[t.dtype])
		im.values[i] = x
		return err
	}
	var q *runtime.Quant
	if t.dtype != typeFloat32 {
		to, err := t.quant()
		if err != nil {
			return fmt.Errorf("input %q: %w", t.name, err)
		}
		q = &to
	}
	x, err := im.b.Input(t.name, t.shape, runtime.AsWritten, q)
	if err != nil {
		return err
	}
	if t.dtype == typeInt8 {
		if err := im.b.G.SetSigned(im.b.G.Inputs[len(im.b.G.Inputs)-1]); err != nil {
			return err
		}
	}
	im.values[i] = x
	return nil
}

// output declares a tensor as an output: of levels as the file has them, if it is quantised.
func (im *importer) output(i int) error {
	t := &im.sub.tensors[i]
	x := im.values[i]
	if x == nil {
		return fmt.Errorf("output %q is not computed: %w", t.name, runtime.ErrGraph)
	}
	elem := runtime.ElemSame
	if x.DType == runtime.I32 || t.dtype == typeInt8 {
		elem = elemOf[t.dtype]
	}
	return im.b.OutputOf(t.name, x, elem)
}

// quant is a tensor's quantisation as uint8.
func (t *tensor) quant() (runtime.Quant, error) {
	switch {
	case t.dtype != typeInt8 && t.dtype != typeUint8:
		return runtime.Quant{}, fmt.Errorf("tensor %q is %v; activations may be float32, int8 and uint8: %w", t.name, t.dtype,
			runtime.ErrGraph)
	case len(t.scale) != 1 || len(t.zero) > 1:
		return runtime.Quant{}, fmt.Errorf("tensor %q is %v with %d scales, want one: %w", t.name, t.dtype, len(t.scale),
			runtime.ErrGraph)
	}
	zero := int64(0)
	if len(t.zero) == 1 {
		zero = t.zero[0]
	}
	if t.dtype == typeInt8 {
		zero += 128
	}
	if zero < 0 || zero > 255 {
		return runtime.Quant{}, fmt.Errorf("tensor %q has zero point %d: %w", t.name, t.zero[0], runtime.ErrCorrupt)
	}
	return runtime.Quant{Scale: t.scale[0], Zero: uint8(zero)}, nil
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

// input returns input i, which must be computed. Zeros around it may be still to be put.
func (n *node) input(i int) (*axes.Tensor, error) {
	t := n.tensor(i)
	if t == nil {
		return nil, fmt.Errorf("input %d is missing: %w", i, runtime.ErrGraph)
	}
	x := n.values[t.number]
	if x == nil {
		return nil, fmt.Errorf("input %q is not computed before it, or is constant: %w", t.name, runtime.ErrGraph)
	}
	return x, nil
}

// image is input for what works on images, of rank 4.
func (n *node) image(i int) (*axes.Tensor, error) {
	x, err := n.input(i)
	if err == nil && len(x.Dims) != 4 {
		err = fmt.Errorf("input %d of %d dimensions %v is no image: %w", i, len(x.Dims), x.Dims, runtime.ErrShape)
	}
	return x, err
}

// output is the operator's only output.
func (n *node) output() (*tensor, error) {
	if len(n.outputs) != 1 {
		return nil, fmt.Errorf("%d outputs: %w", len(n.outputs), runtime.ErrGraph)
	}
	return &n.sub.tensors[n.outputs[0]], nil
}

// quantised returns how the output is quantised.
func (n *node) quantised() (runtime.Quant, error) {
	t, err := n.output()
	if err != nil {
		return runtime.Quant{}, err
	}
	return t.quant()
}

// emit adds a node that makes the output.
func (n *node) emit(op runtime.Op, in ...*axes.Tensor) error { return n.is(n.b.Add(n.name, op, in...)) }

// is makes a tensor the only output, which must have its dimensions and its quantisation.
func (n *node) is(x *axes.Tensor, err error) error {
	if err != nil {
		return err
	}
	t, err := n.output()
	if err != nil {
		return err
	}
	return n.made(t, x)
}

// gives is is for output i of several.
func (n *node) gives(i int) func(x *axes.Tensor, err error) error {
	return func(x *axes.Tensor, err error) error {
		if err != nil {
			return err
		}
		return n.made(&n.sub.tensors[n.outputs[i]], x)
	}
}

// outputName is the name of output i.
func (n *node) outputName(i int) string {
	if name := n.sub.tensors[n.outputs[i]].name; name != "" {
		return name
	}
	return fmt.Sprintf("%s/output%d", n.name, i)
}

// made notes that x is the tensor t of the file.
func (n *node) made(t *tensor, x *axes.Tensor) error {
	if !slices.Equal(x.Dims, t.shape) {
		return fmt.Errorf("the output is %v, the file says %v: %w", x.Dims, t.shape, runtime.ErrShape)
	}
	if whole := x.DType == runtime.I32; whole || t.whole() {
		if !whole || !t.whole() {
			return fmt.Errorf("the output is %v, the file says %v: %w", x.DType, t.dtype, runtime.ErrGraph)
		}
	} else if x.DType == runtime.U8 {
		if q, err := t.quant(); err != nil || q != x.Quant() {
			return fmt.Errorf("the output is quantised by %v, the file says %v: %w",
				x.Quant(), q, errors.Join(runtime.ErrGraph, err))
		}
	} else if t.dtype != typeFloat32 {
		return fmt.Errorf("the output is float, the file says %v: %w", t.dtype, runtime.ErrGraph)
	}
	n.values[t.number] = x
	return nil
}

// real returns a value as float, whatever it is.
func (n *node) real(x *axes.Tensor) (*axes.Tensor, error) {
	if x.DType == runtime.F32 {
		return x, nil
	}
	return n.b.Add(n.name+"/real", &runtime.Dequantize{}, x)
}

// isReal makes a float value the output, quantised as the file says if it is.
func (n *node) isReal(x *axes.Tensor, err error) error {
	if err != nil {
		return err
	}
	t, err := n.output()
	if err != nil {
		return err
	}
	if t.dtype != typeFloat32 {
		q, err := t.quant()
		if err != nil {
			return err
		}
		if x, err = n.b.Add(n.name+"/quantised", &runtime.Quantize{To: q}, x); err != nil {
			return err
		}
	}
	return n.is(x, nil)
}
