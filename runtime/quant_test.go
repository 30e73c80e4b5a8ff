package runtime

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/gneiss-go/gneiss/arch"
	"github.com/gneiss-go/gneiss/kernels"
)

// randomQuantised is randomGraph on uint8. All values share a scale, so that any may be concatenated with any.
func randomQuantised(t *testing.T, seed uint64) *Graph {
	n := newNet(t)
	n.r = rand.New(rand.NewPCG(seed, 12))
	q := Quant{Scale: 1.0 / 64, Zero: uint8(n.r.IntN(256))}
	values := []*Value{n.add("q", &Quantize{To: q}, n.input(Shape{1, 5, 4, 4}))}
	pick := func() *Value { return values[len(values)-1-min(n.r.IntN(len(values)), n.r.IntN(len(values)))] }
	conv := func(name string, x *Value, k, r int) *Value {
		c := &QConv{Window: Window{R: r, S: r, PadTop: r / 2, PadLeft: r / 2, PadBottom: r / 2, PadRight: r / 2}, K: k,
			Weights: make([]int8, k*r*r*x.Shape.C), WScale: make([]float32, k), Bias: make([]int32, k), Out: q,
			Lo: uint8(n.r.IntN(2)) * q.Zero, Hi: 255}
		for i := range c.Weights {
			c.Weights[i] = int8(n.r.IntN(255) - 127)
		}
		for i := range k {
			c.WScale[i], c.Bias[i] = (0.5+n.r.Float32())/float32(60*r*r*x.Shape.C), int32(n.r.IntN(2000)-1000)
		}
		if n.r.IntN(3) == 0 { // the same weights, less a part, and that part
			p := &QConvParts{*c, 2}
			p.Weights = nil
			for i := 0; i < len(c.Weights); i += len(c.Weights) / k {
				more := make([]int8, len(c.Weights)/k)
				for j := range more {
					more[j] = int8(n.r.IntN(255)-127) * int8(n.r.IntN(2))
				}
				p.Weights = append(append(p.Weights, c.Weights[i:][:len(more)]...), more...)
			}
			return n.add(name, p, x)
		}
		return n.add(name, c, x)
	}
	for i := range 4 + n.r.IntN(12) {
		name, x := fmt.Sprint("n", i), pick()
		var v *Value
		if i%6 == 5 {
			values = append(values, n.quantisedOver(name, x, q))
			continue
		}
		switch n.r.IntN(10) {
		case 0, 1, 2:
			v = conv(name, x, 1+n.r.IntN(9), 1)
		case 3:
			v = conv(name, x, 1+n.r.IntN(9), 3)
		case 4, 5:
			in := []*Value{x, pick(), pick()}
			if in[0].Shape.C+in[1].Shape.C+in[2].Shape.C > 200 {
				continue
			}
			v = n.add(name, &Concat{}, in...)
		case 6:
			v = n.add(name, &Quantised{Op: &LRN{Size: 3, Alpha: 1, Beta: 0.75, Bias: 1}, Out: q}, x)
		case 7:
			y := x
			for _, w := range values {
				if w.Shape == x.Shape {
					y = w
				}
			}
			act := Clamp{On: n.r.IntN(2) == 0, Lo: 0, Hi: 1}
			v = n.add(name, []Op{&Quantised{Op: &Add{Act: act}, Out: q}, &LevelAdd{act, q}}[n.r.IntN(2)], x, y)
		default:
			w := Window{R: 3, S: 3, PadTop: 1, PadLeft: 1, PadBottom: 1, PadRight: 1}
			tables := &Table{Of: make([]uint8, 256*x.Shape.C), Out: q}
			for i := range tables.Of {
				tables.Of[i] = uint8(n.r.IntN(256))
			}
			v = n.add(name, []Op{&Identity{}, &Pool{Window: w}, tables,
				&Quantised{Op: &Pool{Window: w, Type: AvgPool}, Out: q}, &LevelPool{Window: w, From: 128}}[n.r.IntN(5)], x)
		}
		values = append(values, v)
	}
	last := values[len(values)-1]
	n.output(last, n.add("float", &Dequantize{}, pick()))
	n.output(n.add("looked up", &Lookup{Of: []Op{&Curve{Of: kernels.Mish}, &Activation{Act: ReLU}}}, pick()))
	x := pick()
	fc := &QFC{K: 3, Weights: make([]int8, 3*x.Shape.Elements()), WScale: []float32{0.01, 0.02, 0.03}}
	for i := range fc.Weights {
		fc.Weights[i] = int8(n.r.IntN(255) - 127)
	}
	return n.output(n.add("prob", &Softmax{}, n.add("fc", fc, x)))
}

// quantisedOver is a quantised value that an operation over several pixels or channels makes of x, of the same shape.
func (n *net) quantisedOver(name string, x *Value, q Quant) *Value {
	over := kernels.Axes{H: n.r.IntN(2) == 0, W: n.r.IntN(2) == 0, C: n.r.IntN(2) == 0}
	var v *Value
	switch n.r.IntN(4) {
	case 0:
		return n.add(name, &Quantised{Op: &Softmax{}, Out: q}, x)
	case 1:
		square := n.add(name+"/square", &Quantised{Op: &MatMul{TransB: true}, Out: q}, x, x)
		return n.add(name, &Quantised{Op: &MatMul{}, Out: q}, square, x)
	case 2:
		v = n.add(name+"/mean", &Quantised{Op: &Reduce{How: kernels.Mean, Over: over}, Out: q}, x)
	default:
		v = n.add(name+"/largest", &Reduce{How: kernels.Maximum, Over: over}, x)
	}
	return n.add(name, &Quantised{Op: &Binary{How: kernels.Plus}, Out: q}, x, v)
}

// outputs runs a graph and returns its first n outputs, floats as they are and levels as floats.
func outputs(t *testing.T, g *Graph, n int, in []float32, opts ...Option) [][]float32 {
	t.Helper()
	s := session(t, g, opts...)
	defer s.Close()
	copy(s.Input(0).Float32(), in)
	if err := s.Run(); err != nil {
		t.Fatal(err)
	}
	var outs [][]float32
	for i := range n {
		o := s.Output(i)
		levels := slices.Clone(o.Float32())
		for _, v := range o.Uint8() {
			levels = append(levels, float32(v))
		}
		outs = append(outs, levels)
	}
	return outs
}

// Quantised graphs give the same bytes on every tier and at any number of threads, whether memory is shared or not:
// with every value an output there is nothing in place, and every concatenation is a copy.
func TestQuantisedGraphsAreTheSameEverywhere(t *testing.T) {
	graphs := uint64(100)
	if testing.Short() {
		graphs = 30
	}
	for seed := range graphs {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			in := testInput(5 * 4 * 4)
			g := randomQuantised(t, seed)
			n := len(g.Outputs)
			apart := randomQuantised(t, seed)
			for _, node := range apart.Nodes {
				if err := apart.Output(node.Out); err != nil {
					t.Fatal(err)
				}
			}
			want := outputs(t, apart, n, in, WithISA(arch.Generic))
			for _, isa := range arch.Supported() {
				for i, got := range outputs(t, g, n, in, WithISA(isa), WithThreads(1+int(seed%3)), WithMemory(Memory(seed/3%2))) {
					if !slices.Equal(got, want[i]) {
						t.Errorf("%v: output %q is %v, want %v", isa, g.Outputs[i].Name, got, want[i])
					}
				}
			}
		})
	}
}

func TestQuantisedRunDoesNotAllocate(t *testing.T) {
	for _, threads := range []int{1, 2} {
		s := session(t, randomQuantised(t, 7), WithThreads(threads))
		if n := testing.AllocsPerRun(20, func() {
			if err := s.Run(); err != nil {
				t.Fatal(err)
			}
		}); n != 0 {
			t.Errorf("%d threads: %v allocations per run", threads, n)
		}
		s.Close()
	}
}

// TopK of levels gives real numbers.
func TestTopKOfLevels(t *testing.T) {
	n := newNet(t)
	g := n.output(n.add("q", &Quantize{To: Quant{Scale: 0.5, Zero: 10}}, n.input(Shape{1, 1, 1, 4})))
	p, err := Compile(g)
	if err != nil {
		t.Fatal(err)
	}
	s, err := p.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	copy(s.Input(0).Float32(), []float32{1, -3, 2, 2})
	if err := s.Run(); err != nil {
		t.Fatal(err)
	}
	if got, want := s.Output(0).TopK(9, nil), []Class{{2, 2}, {3, 2}, {0, 1}, {1, -3}}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if got := s.Output(0).TopK(0, nil); len(got) != 0 {
		t.Errorf("top 0: %v", got)
	}
	if got := s.Output(0).TopK(-1, nil); len(got) != 0 {
		t.Errorf("top −1: %v", got)
	}
}
