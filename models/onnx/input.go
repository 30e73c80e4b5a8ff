package onnx

import (
	"fmt"
	"slices"

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

// leadsToImages reports whether all that is done with a node's input makes it [N C H W] from [N H W C].
func (im *importer) leadsToImages(n *node) bool {
	if n.op == "Transpose" {
		return slices.Equal((&call{n: n}).ints("perm"), []int{0, 3, 1, 2})
	}
	return eachElement[n.op] && len(n.out) == 1 && im.uses[n.out[0]] > 0 && im.uses[n.out[0]] == im.nhwc[n.out[0]]
}

// eachElement are operators that work element by element, in whatever order the elements are.
var eachElement = map[string]bool{"Add": true, "Cast": true, "Clip": true, "DequantizeLinear": true, "Div": true,
	"Identity": true,
	"Mul":      true, "QuantizeLinear": true, "Relu": true, "Sub": true}

// input declares an input of the graph.
func (im *importer) input(p *port) (*value, error) {
	if !p.typ.real() && p.typ != elemUint8 && p.typ != elemInt8 {
		im.b.Unsupported("input", p.name, "%v elements; only floating point, uint8 and int8", p.typ)
		return &value{typ: p.typ}, nil
	}
	given, err := im.cfg.sizes.Of(p.name, p.dims)
	if err != nil {
		return nil, err
	}
	dims := slices.Clone(p.dims)
	if given != nil {
		dims = given
	} else if dims == nil {
		if im.cfg.shape == nil {
			return nil, &axes.OpenSizeError{Input: p.name}
		}
		dims = []int{-1, -1, -1, -1}
	}
	lay := runtime.ChannelsLast
	if len(dims) == 4 && im.uses[p.name] == im.nhwc[p.name] || len(dims) > axes.MaxRank {
		lay = runtime.AsWritten
	}
	sized := im.cfg.shape != nil && len(dims) == 4
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
		case d > 0:
		default:
			return nil, &axes.OpenSizeError{Input: p.name, Dims: p.dims}
		}
	}
	im.sized = im.sized || sized
	if len(dims) > runtime.MaxRank {
		im.b.Unsupported("input", p.name, "%d dimensions %v; at most %d", len(dims), dims, runtime.MaxRank)
		return &value{typ: p.typ}, nil
	}
	t, err := im.b.Input(p.name, dims, lay, nil)
	if err != nil {
		return nil, err
	}
	return &value{t: t, typ: p.typ}, nil
}
