package ncnn

import (
	"math"
	"slices"
)

// moreCases are all that are not of the first files.
func moreCases() []layerCase { return slices.Concat(normCases(), powerCases(), resizeCases()) }

func normCases() []layerCase {
	x := input3(4, 5, 6)
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
	return []layerCase{
		{"instance norm", x, "0=4", "InstanceNorm", bin{}.raw(1, 2, 3, 4, 0, 1, 2, 3), normal.mapped(
			func(i int, v float64) float64 { return v*float64(i/30+1) + float64(i/30) })},
		{"instance norm alone", x, "0=0 2=0", "InstanceNorm", nil, normal},
		{"layer norm of channels", x, "0=30", "LayerNorm", bin{}.raw(slices.Repeat([]float32{2, 3}, 15)...).raw(
			slices.Repeat([]float32{1, 0, -1}, 10)...), normal.mapped(func(i int, v float64) float64 {
			return v*float64(2+i%2) + float64(1-i%3)
		})},
		{"layer norm of rows alone", x, "0=6 2=0 1=0.001", "LayerNorm", nil, stat(func(v []float32) (float64, float64) {
			return mean(v), 1 / math.Sqrt(squares(v)/6-mean(v)*mean(v)+0.001)
		}, 6)},
		{"layer norm of a vector", x.as(120), "0=120 2=0", "LayerNorm", nil, stat(
			func(v []float32) (float64, float64) {
				return mean(v), 1 / math.Sqrt(squares(v)/120-mean(v)*mean(v)+0.001)
			}, 120).as(120)},
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
	}
}

func powerCases() []layerCase {
	x := input3(4, 5, 6)
	return []layerCase{
		{"power", x, "0=2.0 1=0.5 2=3.0", "Power", nil, x.mapped(func(_ int, v float64) float64 {
			return (3 + v/2) * (3 + v/2)
		})},
		{"line", x, "1=0.5 2=3.0", "Power", nil, x.mapped(func(_ int, v float64) float64 { return 3 + v/2 })},
		{"celu", x, "0=2.0", "CELU", nil, x.mapped(func(_ int, v float64) float64 {
			return max(v, 0) + min(0, 2*math.Expm1(v/2))
		})},
		{"erf", x, "", "Erf", nil, x.mapped(func(_ int, v float64) float64 { return math.Erf(v) })},
	}
}

func resizeCases() []layerCase {
	x := input3(4, 5, 6)
	w := ramp(4 * 3 * 3 * 2)
	up := func(h, wd int, at func(i int) float64, of func(j int) float64) tensor {
		return made(4, h, wd, func(c, i, j int) float32 {
			y, z := at(i), of(j)
			y0, z0 := int(math.Floor(y)), int(math.Floor(z))
			fy, fz := y-float64(y0), z-float64(z0)
			p := func(i, j int) float64 { return float64(x.at(c, min(max(i, 0), 4), min(max(j, 0), 5), 0)) }
			return float32((p(y0, z0)*(1-fz)+p(y0, z0+1)*fz)*(1-fy) + (p(y0+1, z0)*(1-fz)+p(y0+1, z0+1)*fz)*fy)
		})
	}
	return []layerCase{
		{"nearest", x, "0=1 1=2.0 2=2.0", "Interp", nil,
			made(4, 10, 12, func(c, i, j int) float32 { return x.at(c, i/2, j/2, 0) })},
		{"nearest to a size", x, "0=1 3=3 4=4", "Interp", nil, made(4, 3, 4, func(c, i, j int) float32 {
			return x.at(c, []int{0, 1, 3}[i], []int{0, 1, 3, 4}[j], 0)
		})},
		{"bilinear", x, "0=2 1=2.0 2=1.5", "Interp", nil, up(10, 9, func(i int) float64 { return (float64(i)+0.5)/2 - 0.5 },
			func(j int) float64 { return (float64(j)+0.5)/1.5 - 0.5 })},
		{"bilinear by corners", x, "0=2 3=9 4=3 6=1", "Interp", nil, up(9, 3, func(i int) float64 { return float64(i) / 2 },
			func(j int) float64 { return float64(j) * 2.5 })},
		{"numbers to images", tensor{[]int{3}, ramp(3)}, "0=2 3=2 4=3", "Interp", nil,
			made(3, 2, 3, func(c, _, _ int) float32 { return ramp(3)[c] })},
		{"crop", x, "0=1 1=2 2=0 3=-233 4=2 5=3 6=1", "Crop", nil,
			made(3, 2, 4, func(c, i, j int) float32 { return x.at(c, i+2, j+1, 0) })},
		{"crop by ends", x, "-23309=2,1,-3 -23310=2,-233,-1 -23311=2,0,2", "Crop", nil,
			made(3, 5, 2, func(c, i, j int) float32 { return x.at(c+1, i, j+3, 0) })},
		{"pad", x, "0=1 1=2 2=3 3=0 5=1.5", "Padding", nil,
			made(4, 8, 9, func(c, i, j int) float32 { return x.at(c, i-1, j-3, 1.5) })},
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
