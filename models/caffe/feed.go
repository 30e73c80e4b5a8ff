package caffe

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/gneiss-go/gneiss/models/internal/axes"
	"github.com/gneiss-go/gneiss/runtime"
)

const maxInputs = 256

// feed declares an input of the graph for a top of a data layer.
func (im *importer) feed(n *net, l *layer, r ref) (*axes.Tensor, error) {
	dims, err := im.cfg.sizes.Of(l.top[r.top], nil)
	given := dims != nil
	if err == nil && !given {
		dims, err = im.feedDims(n, l, r)
	}
	if err != nil {
		return nil, err
	}
	if len(im.b.G.Inputs) >= maxInputs {
		return nil, fmt.Errorf("more than %d inputs: %w", maxInputs, runtime.ErrLimit)
	}
	dims = slices.Clone(dims)
	switch batch := im.cfg.batch; {
	case len(dims) < 2 || given && (batch == 0 || batch == dims[0]):
	case given:
		return nil, fmt.Errorf("a batch of %d and dimensions %v are asked for: %w", batch, dims, runtime.ErrShape)
	default:
		dims[0] = cmp.Or(batch, 1)
	}
	return im.b.Input(l.top[r.top], dims, runtime.ChannelsLast, nil)
}

// feedDims finds the dimensions of a data layer's top. Those of a training network are not written down: its images are
// as large as they are cropped, and have as many channels as the first convolution takes.
func (im *importer) feedDims(n *net, l *layer, r ref) ([]int, error) {
	if im.cfg.shape != nil {
		return append([]int{1}, im.cfg.shape...), nil
	}
	if d := n.inputs[l.name]; d != nil && l.msg == nil {
		return d, nil
	}
	unknown := &axes.OpenSizeError{Input: l.top[r.top]}
	if l.msg == nil {
		return nil, unknown
	}
	param := "input_param"
	if l.typ == "DummyData" {
		param = "dummy_data_param"
	}
	if shapes := l.msg.sub(param).subs("shape"); len(shapes) > 0 {
		s := reader{message: shapes[min(r.top, len(shapes)-1)]}
		return s.sizes("dim"), s.err
	}
	c, h, w := 0, 0, 0
	for _, name := range []string{"dummy_data_param", "memory_data_param", "transform_param", "data_param",
		"image_data_param"} {
		p := reader{message: l.msg.sub(name)}
		c, h, w = p.size("channels", c), p.size("height", h), p.size("width", w)
		h, w = p.size("new_height", h), p.size("new_width", w)
		if crop := p.size("crop_size", 0); crop > 0 {
			h, w = crop, crop
		}
		if p.err != nil {
			return nil, p.err
		}
	}
	if c == 0 {
		c = im.channelsOf(n, r)
	}
	if c < 1 || h < 1 || w < 1 {
		return nil, unknown
	}
	return []int{1, c, h, w}, nil
}

// channelsOf returns how many channels the first convolution after r takes, or 0.
func (im *importer) channelsOf(n *net, r ref) int {
	reached := map[ref]bool{r: true}
	for i, l := range n.layers {
		if !slices.ContainsFunc(l.in, func(r ref) bool { return reached[r] }) {
			continue
		}
		if l.typ == "Convolution" {
			p := l.params("convolution_param")
			if ws := im.blobs[l.name]; len(ws) > 0 && len(ws[0].Dims) == 4 {
				if g := p.size("group", 1); g <= maxInt/ws[0].Dims[1] {
					return g * ws[0].Dims[1]
				}
			}
			return 0
		}
		for t := range l.top {
			reached[ref{i, t}] = true
		}
	}
	return 0
}
