package onnx

import (
	"fmt"

	"github.com/gneiss-go/gneiss/models/internal/axes"
	"github.com/gneiss-go/gneiss/runtime"
)

// joined is one of the values that Concat joins: a tensor, or a constant beside one.
type joined struct {
	t *axes.Tensor
	k *value
}

// join is Concat along axis a. Dequantised values are joined as uint8: as they are if they have one scale, else in that
// of the result once it is known.
func (c *call) join(parts []joined, a int) (*value, error) {
	same := c.quanta
	for _, p := range parts {
		same = same && p.t != nil && p.t.Quant() == parts[0].t.Quant()
	}
	if !c.quanta || same {
		return c.done(c.im.concat(c.name(), parts, a, nil))
	}
	im, name := c.im, c.name()
	lz := &lazy{}
	lz.float = func(act runtime.Clamp) (*axes.Tensor, error) {
		reals := make([]joined, len(parts))
		for i, p := range parts {
			if reals[i] = p; p.t != nil {
				var err error
				if reals[i].t, err = im.dequantise(p.t.Name()+"/dequantized", p.t); err != nil {
					return nil, err
				}
			}
		}
		t, err := im.concat(name, reals, a, nil)
		if err != nil || !act.On {
			return t, err
		}
		return im.b.Each(name+"/activation", &runtime.Activation{Act: act}, t)
	}
	lz.quant = func(to runtime.Quant, act runtime.Clamp) (*axes.Tensor, error) {
		if act.On {
			return nil, nil
		}
		return im.concat(name, parts, a, &to)
	}
	return &value{typ: elemFloat, lazy: lz}, nil
}

// concat joins values along axis a: as they are, or quantised anew.
func (im *importer) concat(name string, parts []joined, a int, to *runtime.Quant) (*axes.Tensor, error) {
	ts := make([]*axes.Tensor, len(parts))
	for i, p := range parts {
		var err error
		switch part := fmt.Sprintf("%s/input%d", name, i); {
		case p.t == nil:
			ts[i], err = im.b.Constant(part, p.k.src, to)
		case to != nil:
			ts[i], err = im.quantise(part, im.dequantised(p.t.Name()+"/dequantized", p.t), *to)
		default:
			ts[i] = p.t
		}
		if err != nil {
			return nil, err
		}
	}
	return im.b.Concat(name, a, ts...)
}
