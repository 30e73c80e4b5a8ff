package ncnn

import (
	"math"
	"slices"
	"testing"
)

// netCase is a few layers over inputs x and y.
type netCase struct {
	name  string
	lines []string
	bin   bin
	in    []tensor
	want  []tensor
}

func netCases() []netCase {
	x := input3(4, 2, 3)
	y := tensor{[]int{4}, []float32{1, 2, 3, 4}}
	byPixel := tensor{d: []int{24}}
	for p := range 6 {
		var sum float64
		for k := range 4 {
			sum += math.Exp(float64(x.v[k*6+p]))
		}
		for k := range 4 {
			byPixel.v = append(byPixel.v, float32(math.Exp(float64(x.v[k*6+p]))/sum))
		}
	}
	return []netCase{
		{"by channels", []string{"BinaryOp b 2 1 x y o 0=2"}, nil, []tensor{x, y},
			[]tensor{x.mapped(func(i int, v float64) float64 { return v * float64(y.v[i/6]) })}},
		{"channels first", []string{"BinaryOp b 2 1 y x o 0=1"}, nil, []tensor{x, y},
			[]tensor{x.mapped(func(i int, v float64) float64 { return float64(y.v[i/6]) - v })}},
		{"by rows and channels", []string{"BinaryOp b 2 1 x y o 0=0"}, nil,
			[]tensor{x, {[]int{4, 2}, ramp(8)}},
			[]tensor{x.mapped(func(i int, v float64) float64 { return v + float64(ramp(8)[i/3]) })}},
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
		{"shuffle by four", []string{"Reshape r 1 1 x a 0=3 1=2 11=2 2=2", "Permute p 1 1 a b 0=6",
			"Reshape q 1 1 b c 0=3 1=2 2=4",
			"Convolution v 1 1 c o 0=1 1=1 6=4"}, bin{}.floats(1, 10, 100, 1000), []tensor{x},
			[]tensor{made(1, 2, 3, func(_, i, j int) float32 { // WHCD: the two parts of the channels change places
				return x.at(0, i, j, 0) + 10*x.at(2, i, j, 0) + 100*x.at(1, i, j, 0) + 1000*x.at(3, i, j, 0)
			})}},
		{"head", []string{"Permute p 1 1 x a 0=3", "Reshape r 1 1 a b 0=4 1=-1",
			"Softmax s 1 1 b c 0=1 1=1", "Flatten f 1 1 c o"},
			nil, []tensor{x}, []tensor{byPixel}},
	}
}

// TestNets: layers of several inputs and outputs.
func TestNets(t *testing.T) {
	for _, c := range netCases() {
		t.Run(c.name, func(t *testing.T) {
			var lines []string
			var in [][]float32
			for i, x := range c.in {
				lines, in = append(lines, inputLine("xy"[i:i+1], x.d)), append(in, x.v)
			}
			got, dims := run(t, paramOf(append(lines, c.lines...)...), c.bin, in)
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
