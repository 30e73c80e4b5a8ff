package ncnn

import (
	"fmt"
	"math"
	"slices"
	"testing"
)

// tensor is an array in ncnn's order, the slowest dimension first, to say results with.
type tensor struct {
	d []int
	v []float32
}

func input3(c, h, w int) tensor { return tensor{[]int{c, h, w}, ramp(c * h * w)} }

// at is an element of an image, what where it lies outside.
func (x tensor) at(c, i, j int, outside float32) float32 {
	if i < 0 || j < 0 || i >= x.d[1] || j >= x.d[2] {
		return outside
	}
	return x.v[(c*x.d[1]+i)*x.d[2]+j]
}

// made is an image computed element by element.
func made(c, h, w int, f func(c, i, j int) float32) tensor {
	t := tensor{[]int{c, h, w}, nil}
	for k := range c {
		for i := range h {
			for j := range w {
				t.v = append(t.v, f(k, i, j))
			}
		}
	}
	return t
}

// mapped is an array whose elements are those of x by a function.
func (x tensor) mapped(f func(i int, v float64) float64) tensor {
	t := tensor{x.d, nil}
	for i, v := range x.v {
		t.v = append(t.v, float32(f(i, float64(v))))
	}
	return t
}

// as is x with other dimensions.
func (x tensor) as(d ...int) tensor { return tensor{d, x.v} }

// conv is a convolution by definition.
func (x tensor) conv(w []float32, k, groups, kh, kw, stride, dil, top, left, oh, ow int, outside float32) tensor {
	cg := x.d[0] / groups
	return made(k, oh, ow, func(o, i, j int) float32 {
		var sum float64
		for c := range cg {
			for r := range kh {
				for s := range kw {
					ch := o/(k/groups)*cg + c
					sum += float64(w[((o*cg+c)*kh+r)*kw+s]) * float64(x.at(ch, i*stride-top+r*dil, j*stride-left+s*dil, outside))
				}
			}
		}
		return float32(sum)
	})
}

// pool is a pooling by definition: over what is inside, or over all of the window.
func (x tensor) pool(kh, kw, stride, top, left, oh, ow int, max, all bool) tensor {
	return made(x.d[0], oh, ow, func(c, i, j int) float32 {
		best, sum, n := float32(math.Inf(-1)), float32(0), 0
		for r := range kh {
			for s := range kw {
				y, z := i*stride-top+r, j*stride-left+s
				if inside := y >= 0 && z >= 0 && y < x.d[1] && z < x.d[2]; inside || all {
					best, sum, n = maxOf(best, x.at(c, y, z, 0)), sum+x.at(c, y, z, 0), n+1
				}
			}
		}
		if max {
			return best
		}
		return sum / float32(n)
	})
}

func maxOf(a, b float32) float32 { return max(a, b) }

// layerCase is one layer over one input.
type layerCase struct {
	name string
	in   tensor
	line string // behind the type, name, inputs and outputs
	typ  string
	bin  bin
	want tensor
}

func layerCases() []layerCase {
	x := input3(4, 5, 6)
	w := ramp(4 * 3 * 3 * 2)
	relu := func(_ int, v float64) float64 { return max(v, 0) }
	sigmoid := func(v float64) float64 { return 1 / (1 + math.Exp(-v)) }
	chan4 := func(v ...float64) func(i int, x float64) float64 {
		return func(i int, x float64) float64 { return x * v[i/30] }
	}
	cases := []layerCase{
		{"conv", x, "0=2 1=3 5=1 6=72 9=1", "Convolution", bin{}.floats(w...).raw(0.5, -1),
			x.conv(w, 2, 1, 3, 3, 1, 1, 0, 0, 3, 4, 0).mapped(func(i int, v float64) float64 {
				return max(v+[]float64{0.5, -1}[i/12], 0)
			})},
		{"conv padded", x, "0=2 1=3 11=2 3=2 4=1 6=48 14=0 15=2 16=1 18=0.5 -23310=1,0.25 9=2", "Convolution",
			bin{}.tag(tagFloat32).raw(w[:48]...), x.conv(w[:48], 2, 1, 2, 3, 2, 1, 0, 1, 3, 4, 0.5).mapped(
				func(_ int, v float64) float64 { return max(v, 0) + min(v, 0)*0.25 })},
		{"conv same upper", x, "0=2 1=3 3=2 4=-233 6=72", "Convolution", bin{}.floats(w...),
			x.conv(w, 2, 1, 3, 3, 2, 1, 1, 0, 3, 3, 0)},
		{"conv same lower", x, "0=2 1=3 3=2 4=-234 6=72", "Convolution", bin{}.floats(w...),
			x.conv(w, 2, 1, 3, 3, 2, 1, 1, 1, 3, 3, 0)},
		{"conv dilated", x, "0=2 1=3 11=3 2=2 12=2 6=72 9=3 -23310=2,-0.5,6.0", "Convolution", bin{}.floats(w...),
			x.conv(w, 2, 1, 3, 3, 1, 2, 0, 0, 1, 2, 0).mapped(func(_ int, v float64) float64 { return min(max(v, -0.5), 6) })},
		{"depthwise", x, "0=4 1=3 4=1 6=36 7=4 9=4", "ConvolutionDepthWise", bin{}.floats(w[:36]...),
			x.conv(w[:36], 4, 4, 3, 3, 1, 1, 1, 1, 5, 6, 0).mapped(func(_ int, v float64) float64 { return sigmoid(v) })},
		{"groups", x, "0=4 1=1 5=1 6=8 7=2 9=5", "ConvolutionDepthWise", bin{}.floats(w[:8]...).raw(0, 0, 0, 0),
			x.conv(w[:8], 4, 2, 1, 1, 1, 1, 0, 0, 5, 6, 0).mapped(func(_ int, v float64) float64 {
				return v * math.Tanh(math.Log1p(math.Exp(v)))
			})},
		{"conv of numbers", tensor{[]int{4}, ramp(4)}, "0=2 1=1 6=8 9=6 -23310=2,0.2,0.5", "Convolution",
			bin{}.floats(w[:8]...),
			tensor{[]int{4, 1, 1}, ramp(4)}.conv(w[:8], 2, 1, 1, 1, 1, 1, 0, 0, 1, 1, 0).as(2).mapped(
				func(_ int, v float64) float64 { return v * min(max(v*0.2+0.5, 0), 1) })},
		{"halves", x, "0=1 1=1 6=4 5=1", "Convolution", bin{}.halves(0x3c00, 0xc000, 0x3800, 0).raw(1),
			x.conv([]float32{1, -2, 0.5, 0}, 1, 1, 1, 1, 1, 1, 0, 0, 5, 6, 0).mapped(
				func(_ int, v float64) float64 { return v + 1 })},
		{"odd halves", x.as(1, 20, 6), "0=1 1=1 6=1", "Convolution", bin{}.halves(0x4000),
			x.as(1, 20, 6).mapped(func(_ int, v float64) float64 { return 2 * v })},
		{"int8", x, "0=2 1=1 5=1 6=8 8=2", "Convolution", bin{}.bytes(10, -20, 30, 40, 127, -127, 0, 1).raw(0, 1, 10, 4, 99),
			x.conv([]float32{1, -2, 3, 4, 31.75, -31.75, 0, 0.25}, 2, 1, 1, 1, 1, 1, 0, 0, 5, 6, 0).mapped(
				func(i int, v float64) float64 { return v + float64(i/30) })},
		{"int8 to int8", x, "0=4 1=1 6=4 7=4 8=101", "ConvolutionDepthWise", bin{}.bytes(1, 2, 3, 4).raw(1, 2, 4, 0, 7, 8),
			x.mapped(chan4(1, 1, 0.75, 0))},
		{"int8 of one scale", x, "0=4 1=1 6=4 7=4 8=2", "ConvolutionDepthWise", bin{}.bytes(1, 2, 3, 4).raw(2, 7),
			x.mapped(chan4(0.5, 1, 1.5, 2))},
		{"inner product", x, "0=2 1=1 2=240 9=1", "InnerProduct", bin{}.floats(ramp(240)...).raw(1, 2),
			x.conv(ramp(240), 2, 1, 5, 6, 1, 1, 0, 0, 1, 1, 0).as(2).mapped(func(i int, v float64) float64 {
				return max(v+float64(i+1), 0)
			})},
		{"inner product of rows", tensor{[]int{3, 4}, ramp(12)}, "0=2 1=1 2=8", "InnerProduct",
			bin{}.floats(1, 0, 0, 0, 0, 2, 0, 0).raw(1, 2),
			tensor{[]int{3, 2}, ramp(12)[:6]}.mapped(func(i int, _ float64) float64 {
				r := ramp(12)
				return []float64{float64(r[i/2*4]) + 1, 2*float64(r[i/2*4+1]) + 2}[i%2]
			})},
		{"relu", x, "", "ReLU", nil, x.mapped(relu)},
		{"max pool", x, "0=0 1=2 2=2", "Pooling", nil, x.pool(2, 2, 2, 0, 0, 3, 3, true, false)},
		{"max pool valid", x, "0=0 1=2 2=2 5=1", "Pooling", nil, x.pool(2, 2, 2, 0, 0, 2, 3, true, false)},
		{"max pool same", x, "0=0 1=3 2=2 5=2", "Pooling", nil, x.pool(3, 3, 2, 1, 0, 3, 3, true, false)},
		{"average", x, "0=1 1=3 2=2 3=1", "Pooling", nil, x.pool(3, 3, 2, 1, 1, 3, 4, false, false)},
		{"average of all", x, "0=1 1=3 2=2 3=1 6=1", "Pooling", nil, x.pool(3, 3, 2, 1, 1, 3, 4, false, true)},
		{"average same", x, "0=1 1=3 2=2 5=3", "Pooling", nil, x.pool(3, 3, 2, 1, 1, 3, 3, false, true)},
		{"global average", x, "0=1 4=1", "Pooling", nil, x.pool(5, 6, 1, 0, 0, 1, 1, false, false).as(4)},
		{"adaptive", x, "0=1 7=1 8=2 18=5", "Pooling", nil, x.pool(1, 3, 1, 0, 0, 5, 4, false, false)},
	}
	adaptive := &cases[len(cases)-1]
	adaptive.want = made(4, 5, 2, func(c, i, j int) float32 {
		return (x.at(c, i, 3*j, 0) + x.at(c, i, 3*j+1, 0) + x.at(c, i, 3*j+2, 0)) / 3
	})
	return cases
}

// TestLayers runs each layer beside plain numbers.
func TestLayers(t *testing.T) {
	for _, c := range slices.Concat(layerCases(), eachCases(), shapeCases(), moreCases()) {
		t.Run(c.name, func(t *testing.T) {
			line := fmt.Sprintf("%s it 1 1 data out %s", c.typ, c.line)
			got, dims := run(t, paramOf(inputLine("data", c.in.d), line), c.bin, [][]float32{c.in.v})
			if len(got) != 1 || !slices.Equal(dims[0], append([]int{1}, c.want.d...)) {
				t.Fatalf("%d outputs of %v, want %v", len(got), dims, c.want.d)
			}
			near(t, got[0], c.want.v)
		})
	}
}

// inputLine declares an input.
func inputLine(name string, d []int) string {
	line := fmt.Sprintf("Input %s 0 1 %s", name, name)
	for i := range d {
		line += fmt.Sprintf(" %d=%d", i, d[len(d)-1-i])
	}
	return line
}
