package onnx

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gneiss-go/gneiss/models/internal/axes"
	"github.com/gneiss-go/gneiss/runtime"
)

// heeded is an error if an option was given that no input follows.
func (im *importer) heeded() error {
	if err := im.cfg.sizes.Heeded(); err != nil {
		return err
	}
	switch {
	case im.cfg.asked && !im.batched:
		return fmt.Errorf("a batch of %d images is asked for, but the model fixes another number: %w",
			im.cfg.batch, runtime.ErrShape)
	case im.cfg.shape != nil && !im.sized:
		return fmt.Errorf("WithInputShape(%d, %d, %d), but the model fixes another size: %w",
			im.cfg.shape[0], im.cfg.shape[1], im.cfg.shape[2], runtime.ErrShape)
	}
	return nil
}

// leadsToImages reports whether all that is done with a node's input makes it [N C H W] from [N H W C]. What asks for
// its shape alone does nothing with it.
func (im *importer) leadsToImages(n *node) bool {
	switch {
	case n.op == "Transpose":
		return slices.Equal((&call{n: n}).ints("perm"), []int{0, 3, 1, 2})
	case n.op == "Shape" || n.op == "Size":
		return true
	}
	return slices.Contains(eachElement, n.op) && len(n.out) > 0 && im.uses[n.out[0]] > 0 &&
		im.uses[n.out[0]] == im.nhwc[n.out[0]]
}

// eachElement are operators that work element by element, in whatever order the elements are.
var eachElement = strings.Fields("Abs Add Cast Clip DequantizeLinear Div Dropout Erf Exp HardSigmoid HardSwish " +
	"Identity LeakyRelu Log Max Min Mul Neg Pow QuantizeLinear Reciprocal Relu Sigmoid Sqrt Sub Tanh")

// named returns the dimensions of an input with those that are given: by the input's name, by a dimension's own, or by
// those of another input where that has a dimension of the same name. Others stay open.
func (im *importer) named(p *port) ([]int, error) {
	given, err := im.cfg.sizes.Of(p.name, p.dims)
	if given != nil || err != nil {
		return given, err
	}
	dims := slices.Clone(p.dims)
	for i, name := range p.params {
		if dims[i] <= 0 && im.params[name] > 0 {
			dims[i] = im.params[name]
		}
	}
	return dims, nil
}

// bind notes the sizes that are given to dimensions with names.
func (im *importer) bind(ports []*port) {
	im.params = map[string]int{}
	for _, p := range ports {
		given, err := im.cfg.sizes.Of(p.name, p.dims)
		for i, name := range p.params {
			if n := im.cfg.sizes.Named(name); n > 0 {
				im.params[name] = n
			} else if err == nil && given != nil && name != "" && im.params[name] == 0 {
				im.params[name] = given[i]
			}
		}
	}
}

// input declares an input of the graph.
func (im *importer) input(p *port) (*value, error) {
	whole, known := elemOf[p.typ]
	if !p.typ.real() && !known {
		im.b.Unsupported("input", p.name, "%v elements; only floating point, whole numbers and bool", p.typ)
		return &value{typ: p.typ}, nil
	}
	dims, err := im.named(p)
	if err != nil {
		return nil, err
	}
	open := &axes.OpenSizeError{Input: p.name, Dims: dims, Names: p.params}
	if dims == nil {
		if im.cfg.shape == nil {
			im.open = append(im.open, open)
			return &value{typ: p.typ}, nil
		}
		dims = []int{-1, -1, -1, -1}
	}
	lay := runtime.ChannelsLast
	if len(dims) == 4 && im.uses[p.name] == im.nhwc[p.name] || len(dims) > axes.MaxRank {
		lay = runtime.AsWritten
	}
	sized := im.cfg.shape != nil && len(dims) == 4
	dims = slices.Clone(dims)
	for i, d := range dims {
		switch {
		case i == 0 && len(dims) > 1:
			if d <= 0 {
				dims[i] = im.cfg.batch
			}
			im.batched = im.batched || dims[i] == im.cfg.batch
		case len(dims) == 4 && im.cfg.shape != nil:
			want := im.cfg.shape[i-1]
			if lay == runtime.AsWritten {
				want = im.cfg.shape[i%3]
			}
			if d <= 0 {
				dims[i] = want
			}
			sized = sized && dims[i] == want
		case d <= 0:
			im.open = append(im.open, open)
			return &value{typ: p.typ}, nil
		}
	}
	im.sized = im.sized || sized
	if len(dims) > runtime.MaxRank {
		im.b.Unsupported("input", p.name, "%d dimensions %v; at most %d", len(dims), dims, runtime.MaxRank)
		return &value{typ: p.typ}, nil
	}
	if len(dims) > axes.MaxRank {
		lay = runtime.AsWritten
	}
	if p.typ.real() || p.typ == elemUint8 || p.typ == elemInt8 {
		q := im.inputQuant(p)
		t, err := im.b.Input(p.name, dims, lay, q)
		if err == nil && q != nil && p.typ == elemInt8 {
			err = im.b.G.SetSigned(im.b.G.Inputs[len(im.b.G.Inputs)-1])
		}
		return of(p.typ, t, err)
	}
	t, err := im.b.IntInput(p.name, dims, lay, whole)
	return of(p.typ, t, err)
}
