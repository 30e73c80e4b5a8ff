package detect

import (
	"math"
	"testing"

	"github.com/gneiss-go/gneiss/models/card"
	"github.com/gneiss-go/gneiss/models/preprocess"
	"github.com/gneiss-go/gneiss/runtime"
)

// fake is an output that no network made: numbers in the order of its dimensions.
type fake struct {
	name string
	dims []int
	data []float32
}

// tensor returns an output whose numbers are all v.
func tensor(name string, v float32, dims ...int) fake {
	n := 1
	for _, d := range dims {
		n *= d
	}
	f := fake{name, dims, make([]float32, n)}
	for i := range f.data {
		f.data[i] = v
	}
	return f
}

// set puts numbers into a row of the last dimension.
func (f *fake) set(row int, first int, v ...float32) {
	copy(f.data[row*f.dims[len(f.dims)-1]+first:], v)
}

// put puts numbers into a column of [1, numbers, …]: those of one pixel, or of one candidate.
func (f *fake) put(pixel int, first int, v ...float32) {
	pixels := len(f.data) / f.dims[1]
	for i, x := range v {
		f.data[(first+i)*pixels+pixel] = x
	}
}

// input is that of a network's picture.
func input(w, h int) []runtime.TensorInfo {
	return []runtime.TensorInfo{{Name: "image", Shape: runtime.Shape{N: 1, H: h, W: w, C: 3}, Dims: []int{1, 3, h, w},
		Layout: runtime.ChannelsLast}}
}

// memory returns the numbers as a tensor of the layout has them.
func (f *fake) memory(l runtime.Layout) []float32 {
	info := f.info(l)
	step := strides(&info)
	out := make([]float32, len(f.data))
	for i, v := range f.data {
		e, rest := 0, i
		for d := len(f.dims) - 1; d >= 0; d-- {
			e += rest % f.dims[d] * step[d]
			rest /= f.dims[d]
		}
		out[e] = v
	}
	return out
}

func (f *fake) info(l runtime.Layout) runtime.TensorInfo {
	if len(f.dims) < 2 {
		l = runtime.AsWritten
	}
	return runtime.TensorInfo{Name: f.name, Dims: f.dims, Layout: l, Shape: runtime.ShapeOf(f.dims, l)}
}

// fakes makes a decoder of outputs in a layout, as levels of a scale if levels is set, and binds it to them.
func fakes(t testing.TB, h card.Head, w, height int, outs []fake, l runtime.Layout, levels bool,
	opts ...Option) *Decoder {
	t.Helper()
	var infos []runtime.TensorInfo
	for i := range outs {
		info := outs[i].info(l)
		if levels {
			info.DType, info.Quant = runtime.U8, levelsOf(outs[i].data)
		}
		infos = append(infos, info)
	}
	d, err := NewDecoder(h, 0, input(w, height), infos, opts...)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range d.views {
		numbers := outs[v.output].memory(l)
		if !levels {
			v.bind(numbers, nil)
			continue
		}
		bytes := make([]uint8, len(numbers))
		for i, x := range numbers {
			bytes[i] = v.quant.Level(x)
		}
		v.bind(nil, bytes)
	}
	return d
}

// levelsOf is a quantisation of the range of numbers, with zero in it.
func levelsOf(data []float32) runtime.Quant {
	lo, hi := float32(0), float32(0)
	for _, v := range data {
		lo, hi = min(lo, v), max(hi, v)
	}
	scale := max((hi-lo)/255, 1e-6)
	return runtime.Quant{Scale: scale, Zero: uint8(math.Round(float64(-lo / scale)))}
}

// itself is the geometry of a picture that is the input.
func itself(w, h int) *preprocess.Geometry {
	return &preprocess.Geometry{W: w, H: h, ScaleX: 1, ScaleY: 1}
}
