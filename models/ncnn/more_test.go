package ncnn

import (
	"math"
	"slices"
	"testing"
)

func moreCases() []layerCase {
	x := input3(4, 5, 6)
	w := ramp(4 * 3 * 3 * 2)
	stat := func(of func(v []float32) (float64, float64), n int) tensor { // (v − a)·b of each n numbers
		return x.mapped(func(i int, v float64) float64 {
			a, b := of(x.v[i/n*n : i/n*n+n])
			return (v - a) * b
		})
	}
	squares := func(v []float32) (s float64) {
		for _, a := range v {
			s += float64(a) * float64(a)
		}
		return s
	}
	normal := stat(func(v []float32) (float64, float64) {
		var m float64
		for _, a := range v {
			m += float64(a) / float64(len(v))
		}
		return m, 1 / math.Sqrt(squares(v)/float64(len(v))-m*m+0.001)
	}, 30)
	sum := func(n int, of func(v []float32) float64) tensor {
		t := tensor{}
		for i := 0; i < len(x.v); i += n {
			t.v = append(t.v, float32(of(x.v[i:i+n])))
		}
		return t
	}
	mean := func(v []float32) (s float64) {
		for _, a := range v {
			s += float64(a)
		}
		return s / float64(len(v))
	}
	up := func(h, wd int, at func(i int) float64, of func(j int) float64) tensor {
		return made(4, h, wd, func(c, i, j int) float32 {
			y, z := at(i), of(j)
			y0, z0 := int(math.Floor(y)), int(math.Floor(z))
			fy, fz := y-float64(y0), z-float64(z0)
			p := func(i, j int) float64 { return float64(x.at(c, min(max(i, 0), 4), min(max(j, 0), 5), 0)) }
			return float32((p(y0, z0)*(1-fz)+p(y0, z0+1)*fz)*(1-fy) + (p(y0+1, z0)*(1-fz)+p(y0+1, z0+1)*fz)*fy)
		})
	}
	cases := []layerCase{
		{"instance norm", x, "0=4", "InstanceNorm", bin{}.raw(1, 2, 3, 4, 0, 1, 2, 3), normal.mapped(
			func(i int, v float64) float64 { return v*float64(i/30+1) + float64(i/30) })},
		{"instance norm alone", x, "0=0 2=0", "InstanceNorm", nil, normal},
		{"normalize channels", x, "0=1 1=1 2=0.5 3=1 4=0", "Normalize", bin{}.raw(3),
			stat(func(v []float32) (float64, float64) { return 0, 3 / math.Sqrt(squares(v)+0.5) }, 30)},
		{"normalize all", x, "0=1 2=0.5 3=4 9=2", "Normalize", bin{}.raw(1, 2, 3, 4),
			stat(func(v []float32) (float64, float64) { return 0, 1 / math.Sqrt(squares(v)) }, 120).mapped(
				func(i int, v float64) float64 { return v * float64(i/30+1) })},
		{"mean of all", x, "0=3 2=2.0", "Reduction", nil, sum(120, func(v []float32) float64 { return 2 * mean(v) }).as(1)},
		{"mean of rows and columns", x, "0=3 1=0 -23303=2,1,2 4=1 5=1", "Reduction", nil, sum(30, mean).as(4, 1, 1)},
		{"squares of columns", x, "0=2 1=0 -23303=1,-1 5=1", "Reduction", nil, sum(6, squares).as(4, 5)},
		{"pixel shuffle", x, "0=2", "PixelShuffle", nil, made(1, 10, 12, func(_, i, j int) float32 {
			return x.at(i%2*2+j%2, i/2, j/2, 0)
		})},
		{"pixel shuffle of eight", x.as(8, 3, 5), "0=2 1=1", "PixelShuffle", nil, made(2, 6, 10, func(c, i, j int) float32 {
			return x.as(8, 3, 5).at((i%2*2+j%2)*2+c, i/2, j/2, 0)
		})},
		{"reorg", x.as(5, 4, 6), "0=2", "Reorg", nil, made(20, 2, 3, func(c, i, j int) float32 {
			return x.as(5, 4, 6).at(c/4, 2*i+c/2%2, 2*j+c%2, 0)
		})},
		{"reorg by places", x.as(5, 4, 6), "0=2 1=1", "Reorg", nil, made(20, 2, 3, func(c, i, j int) float32 {
			return x.as(5, 4, 6).at(c%5, 2*i+c/5/2, 2*j+c/5%2, 0)
		})},
		{"lrn", x, "0=0 1=3 2=0.5 3=0.75 4=2.0", "LRN", nil, made(4, 5, 6, func(c, i, j int) float32 {
			var s float64
			for k := max(c-1, 0); k <= min(c+1, 3); k++ {
				s += float64(x.at(k, i, j, 0)) * float64(x.at(k, i, j, 0))
			}
			return float32(float64(x.at(c, i, j, 0)) * math.Pow(2+0.5/3*s, -0.75))
		})},
		{"nearest", x, "0=1 1=2.0 2=2.0", "Interp", nil, made(4, 10, 12, func(c, i, j int) float32 { return x.at(c, i/2, j/2, 0) })},
		{"nearest to a size", x, "0=1 3=3 4=4", "Interp", nil, made(4, 3, 4, func(c, i, j int) float32 {
			return x.at(c, []int{0, 1, 3}[i], []int{0, 1, 3, 4}[j], 0)
		})},
		{"bilinear", x, "0=2 1=2.0 2=1.5", "Interp", nil, up(10, 9, func(i int) float64 { return (float64(i)+0.5)/2 - 0.5 },
			func(j int) float64 { return (float64(j)+0.5)/1.5 - 0.5 })},
		{"bilinear by corners", x, "0=2 3=9 4=3 6=1", "Interp", nil, up(9, 3, func(i int) float64 { return float64(i) / 2 },
			func(j int) float64 { return float64(j) * 2.5 })},
		{"numbers to images", tensor{[]int{3}, ramp(3)}, "0=2 3=2 4=3", "Interp", nil,
			made(3, 2, 3, func(c, _, _ int) float32 { return ramp(3)[c] })},
		{"crop", x, "0=1 1=2 2=0 3=-233 4=2 5=3 6=1", "Crop", nil, made(3, 2, 4, func(c, i, j int) float32 { return x.at(c, i+2, j+1, 0) })},
		{"crop by ends", x, "-23309=2,1,-3 -23310=2,-233,-1 -23311=2,0,2", "Crop", nil,
			made(3, 5, 2, func(c, i, j int) float32 { return x.at(c+1, i, j+3, 0) })},
		{"pad", x, "0=1 1=2 2=3 3=0 5=1.5", "Padding", nil, made(4, 8, 9, func(c, i, j int) float32 { return x.at(c, i-1, j-3, 1.5) })},
		{"pad by reflection", x, "0=2 2=1 4=2", "Padding", nil, made(4, 7, 7, func(c, i, j int) float32 {
			return x.at(c, max(i-2, 2-i), max(j-1, 1-j), 0)
		})},
		{"pad channels", x, "4=1 7=1 8=2", "Padding", nil, made(7, 5, 6, func(c, i, j int) float32 {
			return x.at(min(max(c-1, 0), 3), i, j, 0)
		})},
		{"deconv", x, "0=2 1=3 3=2 4=1 5=1 6=72 18=1 9=1", "Deconvolution", bin{}.floats(w...).raw(1, 2),
			x.deconv(w, 2, 1, 3, 2, 1, 10, 12).mapped(func(i int, v float64) float64 { return max(v+float64(i/120+1), 0) })},
		{"deconv same", x, "0=2 1=3 3=2 4=-233 6=72 20=12 21=10", "Deconvolution", bin{}.floats(w...),
			x.deconv(w, 2, 1, 3, 2, 0, 10, 12)},
		{"deconv depthwise", x, "0=4 1=2 3=2 6=16 7=4", "DeconvolutionDepthWise", bin{}.floats(w[:16]...),
			x.deconv(w[:16], 4, 4, 2, 2, 0, 10, 12)},
	}
	return cases
}

// deconv is a transposed convolution by definition.
func (x tensor) deconv(w []float32, k, groups, taps, stride, drop, oh, ow int) tensor {
	t := made(k, oh, ow, func(_, _, _ int) float32 { return 0 })
	cg, kg := x.d[0]/groups, k/groups
	for o := range k {
		for c := range cg {
			for i := range x.d[1] {
				for j := range x.d[2] {
					for r := range taps {
						for s := range taps {
							y, z := i*stride+r-drop, j*stride+s-drop
							if y >= 0 && z >= 0 && y < oh && z < ow {
								t.v[(o*oh+y)*ow+z] += w[((o*cg+c)*taps+r)*taps+s] * x.at(o/kg*cg+c, i, j, 0)
							}
						}
					}
				}
			}
		}
	}
	return t
}

// TestNets: layers of several inputs and outputs.
func TestNets(t *testing.T) {
	x := input3(4, 2, 3)
	y := tensor{[]int{4}, []float32{1, 2, 3, 4}}
	for _, c := range []struct {
		name  string
		lines []string
		bin   bin
		in    []tensor
		want  []tensor
	}{
		{"by channels", []string{"BinaryOp b 2 1 x y o 0=2"}, nil, []tensor{x, y},
			[]tensor{x.mapped(func(i int, v float64) float64 { return v * float64(y.v[i/6]) })}},
		{"channels first", []string{"BinaryOp b 2 1 y x o 0=1"}, nil, []tensor{x, y},
			[]tensor{x.mapped(func(i int, v float64) float64 { return float64(y.v[i/6]) - v })}},
		{"by rows and channels", []string{"BinaryOp b 2 1 x y o 0=0"}, nil,
			[]tensor{x, {[]int{4, 2}, ramp(8)}}, []tensor{x.mapped(func(i int, v float64) float64 { return v + float64(ramp(8)[i/3]) })}},
		{"one number", []string{"BinaryOp b 2 1 x y o 0=7"}, nil, []tensor{x, {[]int{1}, []float32{5}}},
			[]tensor{x.mapped(func(_ int, v float64) float64 { return 5 - v })}},
		{"plane", []string{"BinaryOp b 2 1 x y o 0=0"}, nil, []tensor{x, {[]int{1, 2, 3}, ramp(6)}},
			[]tensor{x.mapped(func(i int, v float64) float64 { return v + float64(ramp(6)[i%6]) })}},
		{"computed scale", []string{"Scale b 2 1 x y o 0=-233"}, nil, []tensor{x, y},
			[]tensor{x.mapped(func(i int, v float64) float64 { return v * float64(y.v[i/6]) })}},
		{"constant", []string{"MemoryData m 0 1 m 0=4", "BinaryOp b 2 1 x m o 0=0"}, bin{}.raw(y.v...), []tensor{x},
			[]tensor{x.mapped(func(i int, v float64) float64 { return v + float64(y.v[i/6]) })}},
		{"split and sum", []string{"Split s 1 2 x a b", "Eltwise e 2 1 a b o 0=1 -23301=2,1.0,0.5"}, nil, []tensor{x},
			[]tensor{x.mapped(func(_ int, v float64) float64 { return 1.5 * v })}},
		{"maximum", []string{"UnaryOp n 1 1 x n 0=1", "Eltwise e 2 1 x n o 0=2"}, nil, []tensor{x},
			[]tensor{x.mapped(func(_ int, v float64) float64 { return math.Abs(v) })}},
		{"slices", []string{"Slice s 1 3 x a b c -23300=3,1,-233,-233", "Concat k 3 1 c a b o 0=0"}, nil, []tensor{x},
			[]tensor{{x.d, slices.Concat(x.v[12:], x.v[:6], x.v[6:12])}}},
		{"slices of columns", []string{"Slice s 1 2 x a b -23300=2,-233,-233 1=2"}, nil, []tensor{x},
			[]tensor{made(4, 2, 1, func(c, i, _ int) float32 { return x.at(c, i, 0, 0) }),
				made(4, 2, 2, func(c, i, j int) float32 { return x.at(c, i, j+1, 0) })}},
		{"concat of columns", []string{"Concat k 2 1 x x o 0=-1"}, nil, []tensor{x},
			[]tensor{made(4, 2, 6, func(c, i, j int) float32 { return x.at(c, i, j%3, 0) })}},
		{"crop to another", []string{"Crop r 2 1 x y o 0=1"}, nil, []tensor{x, {[]int{2, 1, 2}, ramp(4)}},
			[]tensor{made(2, 1, 2, func(c, i, j int) float32 { return x.at(c, i, j+1, 0) })}},
		{"matrices", []string{"MatMul m 2 1 x y o 0=1"}, nil, []tensor{{[]int{2, 3}, []float32{1, 2, 3, 4, 5, 6}},
			{[]int{1, 3}, []float32{1, 0, 2}}}, []tensor{{[]int{2, 1}, []float32{7, 16}}}},
		{"shuffle by four", []string{"Reshape r 1 1 x a 0=3 1=2 11=2 2=2", "Permute p 1 1 a b 0=6", "Reshape q 1 1 b c 0=3 1=2 2=4",
			"Convolution v 1 1 c o 0=1 1=1 6=4"}, bin{}.floats(1, 10, 100, 1000), []tensor{x}, nil},
		{"head", []string{"Permute p 1 1 x a 0=3", "Reshape r 1 1 a b 0=4 1=-1", "Softmax s 1 1 b c 0=1 1=1", "Flatten f 1 1 c o"},
			nil, []tensor{x}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			var lines []string
			var in [][]float32
			for i, x := range c.in {
				lines, in = append(lines, inputLine("xy"[i:i+1], x.d)), append(in, x.v)
			}
			got, dims := run(t, paramOf(append(lines, c.lines...)...), c.bin, in)
			switch c.name {
			case "shuffle by four": // letters whcd: c and d, the two parts of the channels, change places
				c.want = []tensor{made(1, 2, 3, func(_, i, j int) float32 {
					return x.at(0, i, j, 0) + 10*x.at(2, i, j, 0) + 100*x.at(1, i, j, 0) + 1000*x.at(3, i, j, 0)
				})}
			case "head":
				w := tensor{d: []int{24}}
				for p := range 6 {
					var sum float64
					for k := range 4 {
						sum += math.Exp(float64(x.v[k*6+p]))
					}
					for k := range 4 {
						w.v = append(w.v, float32(math.Exp(float64(x.v[k*6+p]))/sum))
					}
				}
				c.want = []tensor{w}
			}
			if len(got) != len(c.want) {
				t.Fatalf("%d outputs, want %d", len(got), len(c.want))
			}
			for i, w := range c.want {
				if !slices.Equal(dims[i], append([]int{1}, w.d...)) {
					t.Errorf("output of %v, want %v", dims[i], w.d)
				}
				near(t, got[i], w.v)
			}
		})
	}
}
