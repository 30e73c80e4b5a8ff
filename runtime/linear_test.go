//go:build unix

package runtime

import (
	"fmt"
	"math"
	"testing"
	"time"
)

// Graphs of n nodes, operands or outputs that a small file can ask for.
var largeGraphs = map[string]struct {
	n     int
	build func(b builder, n int)
}{
	"chain": {2500, func(b builder, n int) {
		x := b.input("x", Shape{1, 1, 1, 4})
		for i := range n {
			x = b.add(fmt.Sprint("n", i), &Softmax{}, x)
		}
		b.output(x)
	}},
	"long lives": {2500, func(b builder, n int) {
		first := b.add("first", &Softmax{}, b.input("x", Shape{1, 1, 1, 4}))
		x, all := first, []*Value{}
		for i := range n {
			x = b.add(fmt.Sprint("n", i), &Pool{Window: Window{R: 1, S: 1}}, x)
			all = append(all, x)
		}
		for i, v := range all {
			x = b.add(fmt.Sprint("m", i), &Add{}, x, v)
		}
		b.output(b.add("last", &Add{}, x, first))
	}},
	"concatenation of one value": {10_000, func(b builder, n int) {
		x := b.input("x", Shape{1, 1, 1, 1})
		in := make([]*Value, n)
		for i := range in {
			in[i] = x
		}
		b.output(b.add("join", &Concat{}, in...))
	}},
	"concatenation of many values": {2500, func(b builder, n int) {
		x := b.input("x", Shape{1, 2, 2, 3})
		in := make([]*Value, n)
		for i := range in {
			in[i] = b.add(fmt.Sprint("n", i), &Pool{Window: Window{R: 1, S: 1}}, x)
		}
		b.output(b.add("join", &Concat{}, in...))
	}},
	"nested concatenations": {4, func(b builder, n int) {
		x := b.input("x", Shape{1, 1, 1, 1})
		y := x
		for i := range n {
			in := []*Value{y}
			for range 3000 {
				in = append(in, x)
			}
			y = b.add(fmt.Sprint("n", i), &Concat{}, in...)
		}
		b.output(y)
	}},
	"deep concatenations": {1500, func(b builder, n int) {
		x := b.input("x", Shape{1, 1, 1, 1})
		y := b.add("first", &Softmax{}, x)
		for i := range n {
			y = b.add(fmt.Sprint("n", i), &Concat{}, b.add(fmt.Sprint("m", i), &Softmax{}, x), y)
		}
		b.output(y)
	}},
	"outputs that are an input": {10_000, func(b builder, n int) {
		x := b.input("x", Shape{1, 1, 1, 1})
		for range n {
			b.output(x)
		}
	}},
	"inputs that are outputs": {2500, func(b builder, n int) {
		for i := range n {
			b.output(b.input(fmt.Sprint("x", i), Shape{1, 1, 1, 1 + i%50}))
		}
	}},
	"outputs": {2500, func(b builder, n int) {
		x := b.input("x", Shape{1, 1, 1, 300})
		for i := range n {
			b.output(b.add(fmt.Sprint("n", i), &Pool{Window: Window{R: 1, S: 1}}, x))
		}
	}},
	"siblings": {2500, func(b builder, n int) {
		x := b.input("x", Shape{1, 1, 1, 4})
		for i := range n {
			b.output(b.add(fmt.Sprint("n", i), &Conv{Window: Window{R: 1, S: 1}, K: 2, Weights: make([]float32, 8)}, x))
		}
	}},
	"quantised siblings": {2500, func(b builder, n int) {
		x := b.add("q", &Quantize{To: Quant{Scale: 1}}, b.input("x", Shape{1, 1, 1, 4}))
		for i := range n {
			b.output(b.add(fmt.Sprint("n", i), &QConv{Window: Window{R: 1, S: 1}, K: 2, Weights: make([]int8, 8),
				WScale: []float32{1, 1},
				Out:    Quant{Scale: 1}, Hi: 255}, x))
		}
	}},
	"scales and shifts": {1500, func(b builder, n int) {
		x := b.add("fc", &FC{K: 8, Weights: make([]float32, 8<<15)}, b.input("x", Shape{1, 1, 1, 1 << 15}))
		for i := range n {
			x = b.add(fmt.Sprint("n", i), &Affine{Scale: ramp(8), Shift: ramp(8)}, x)
		}
		b.output(x)
	}},
	"activations": {2500, func(b builder, n int) {
		x := b.input("x", Shape{1, 1, 1, 4})
		for i := range n {
			x = b.add(fmt.Sprint("n", i), &Activation{Act: ReLU}, x)
		}
		b.output(x)
	}},
	"projections": {1500, func(b builder, n int) {
		x := b.input("x", Shape{1, 4, 4, 2})
		for i := range n {
			p := b.add(fmt.Sprint("p", i), &Pool{Window: window(3, 1)}, x)
			b.output(b.add(fmt.Sprint("c", i), &Conv{Window: Window{R: 1, S: 1}, K: 1, Weights: ramp(2)}, p))
		}
	}},
	"normalisations": {1500, func(b builder, n int) {
		x := b.add("c", &Conv{Window: window(3, 1), K: 1, Weights: ramp(9)}, b.input("x", Shape{1, 64, 2, 1}))
		for i := range n {
			x = b.add(fmt.Sprint("n", i), &LRN{Size: 3, Alpha: 1, Beta: 0.75, Bias: 1}, x)
		}
		b.output(b.add("p", &Pool{Window: window(3, 2)}, x))
	}},
	"high windows": {4000, func(b builder, n int) {
		x := b.add("c", &Conv{Window: Window{R: 1, S: 1}, K: 1, Weights: ramp(1)}, b.input("x", Shape{1, n, 1, 1}))
		w := Window{R: n / 2, S: 1, StrideH: 2, PadTop: n/2 - 1, PadBottom: n/2 - 1}
		b.output(b.add("p", &Pool{Window: w}, x))
	}},
}

func (b builder) output(v *Value) {
	if err := b.g.Output(v); err != nil {
		b.t.Fatal(err)
	}
}

// longest is the processor time of loading and planning any of largeGraphs at four times its size; a quarter of it is
// what the placing of buffers may take for as long as its budget lasts.
const longest = 2 * time.Second * slowdown

// Plans of four times as much take about four times as long, and no plan takes long.
func TestPlansTakeLinearTime(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	l := DefaultLimits
	l.MaxPorts, l.MaxOperands, l.MaxValues, l.MaxNodes = math.MaxInt, math.MaxInt, math.MaxInt, math.MaxInt
	for name, c := range largeGraphs {
		for _, m := range []Memory{Fast, Small} {
			if m == Small && name != "projections" && name != "normalisations" && name != "high windows" {
				continue // nothing is fused
			}
			t.Run(fmt.Sprint(name, " ", m), func(t *testing.T) {
				took := func(n int) time.Duration {
					b := builder{t, NewGraph(name)}
					b.g.SetLimits(l)
					c.build(b, n)
					data := written(t, b.g)
					start := cpuTime(t)
					p, err := Load(data, WithLimits(l), WithMemory(m))
					if err != nil {
						t.Fatal(err)
					}
					_ = p.Report().String()
					return cpuTime(t) - start
				}
				// Other processes spoil caches, and so processor time; what is quadratic stays so in every try.
				once, four := took(c.n), took(4*c.n)
				long := func() bool { return four > 8*once+longest/4 || four > longest }
				for try := 1; long() && try < 4; try++ {
					once, four = min(once, took(c.n)), min(four, took(4*c.n))
				}
				t.Logf("%d: %v; %d: %v", c.n, once, 4*c.n, four)
				if long() {
					t.Errorf("%d: %v; %d: %v", c.n, once, 4*c.n, four)
				}
			})
		}
	}
}
