package preprocess

import "github.com/gneiss-go/gneiss/runtime"

// writer puts rows of colours into an input, float or quantised.
type writer struct {
	width, channels int
	order           Order
	pad             float32
	mean, scale     [3]float32
	quant           runtime.Quant
	floats          []float32 // what is left of the input; one of the two
	bytes           []uint8
}

func (w *writer) init(s *Spec, q runtime.Quant) {
	*w = writer{width: s.Width, channels: s.Order.Channels(), order: s.Order, pad: s.Pad, mean: s.Mean, scale: s.scale(),
		quant: q}
}

// bind starts at the input's first row.
func (w *writer) bind(t *runtime.Tensor) { w.floats, w.bytes = t.Float32(), t.Uint8() }

// row writes the next row of R, G and B; pixels that lie in bars are padding.
func (w *writer) row(rgb *[3][]float32, bars []bool) {
	n := w.channels
	if n == 1 {
		r, g, b := rgb[0], rgb[1], rgb[2]
		for x := range r {
			r[x] = luma(r[x], g[x], b[x])
		}
	}
	for c := range n {
		src := rgb[c]
		if w.order == BGR {
			src = rgb[2-c]
		}
		for x, bar := range bars {
			if bar {
				src[x] = w.pad
			}
		}
		mean, scale := w.mean[c], w.scale[c]
		if w.floats != nil {
			dst := w.floats[c:]
			for x, v := range src {
				dst[x*n] = float32(v-mean) * scale
			}
		} else {
			dst := w.bytes[c:]
			for x, v := range src {
				dst[x*n] = w.quant.Level(float32(v-mean) * scale)
			}
		}
	}
	w.next()
}

// bar writes the next row, which lies in a bar.
func (w *writer) bar() {
	n := w.channels
	for c := range n {
		v := float32(w.pad-w.mean[c]) * w.scale[c]
		for i := c; i < w.width*n; i += n {
			if w.floats != nil {
				w.floats[i] = v
			} else {
				w.bytes[i] = w.quant.Level(v)
			}
		}
	}
	w.next()
}

func (w *writer) next() {
	if n := w.width * w.channels; w.floats != nil {
		w.floats = w.floats[n:]
	} else {
		w.bytes = w.bytes[n:]
	}
}
