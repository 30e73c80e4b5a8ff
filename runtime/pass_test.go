package runtime

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/gneiss-go/gneiss/arch"
	"github.com/gneiss-go/gneiss/kernels"
)

// kindsOf are the kinds of a graph's nodes, curves by their word.
func kindsOf(g *Graph) string {
	var kinds []string
	for _, n := range g.Nodes {
		kind := n.Op.Kind()
		if c, ok := n.Op.(*Curve); ok {
			kind = c.Of.String()
		}
		kinds = append(kinds, kind)
	}
	return strings.Join(kinds, " ")
}

// spellings are functions as exporters write them.
var spellings = []struct {
	name, want string
	build      func(n *net, x *Value) *Value
}{
	{"x·sigmoid(x)", "SiLU", func(n *net, x *Value) *Value { return n.times(x, n.curve(kernels.Sigmoid, x)) }},
	{"sigmoid(x)·x", "SiLU", func(n *net, x *Value) *Value { return n.times(n.curve(kernels.Sigmoid, x), x) }},
	{"x·(relu6(x+3)/6)", "HardSwish", func(n *net, x *Value) *Value {
		return n.times(x, n.line(n.clamp(n.line(x, 1, 3), 6), 1./6, 0))
	}},
	{"(x·relu6(x+3))/6", "HardSwish", func(n *net, x *Value) *Value {
		return n.line(n.times(n.clamp(n.line(x, 1, 3), 6), x), 1./6, 0)
	}},
	{"(x/6)·relu6(x+3)", "HardSwish", func(n *net, x *Value) *Value {
		return n.times(n.line(x, 1./6, 0), n.clamp(n.line(x, 1, 3), 6))
	}},
	{"x·relu6(3+x)·0.16667, a constant as arithmetic", "HardSwish", func(n *net, x *Value) *Value {
		return n.by(kernels.Times, n.times(x, n.clamp(n.by(kernels.Plus, x, 3), 6)), 1./6)
	}},
	{"x·clip(x/6 + ½, 0, 1)", "HardSwish", func(n *net, x *Value) *Value {
		return n.times(x, n.clamp(n.line(x, 1./6, 0.5), 1))
	}},
	{"x·hardsigmoid(x)", "HardSwish", func(n *net, x *Value) *Value {
		return n.times(x, n.add("hs", &Curve{Of: kernels.HardSigmoid, A: 1. / 6, B: 0.5}, x))
	}},
	{"relu6(x+3)/6", "HardSigmoid", func(n *net, x *Value) *Value {
		return n.line(n.clamp(n.line(x, 1, 3), 6), 1./6, 0)
	}},
	{"½·x·(1+erf(x/√2))", "Gelu", func(n *net, x *Value) *Value {
		return n.line(n.times(x, n.line(n.curve(kernels.Erf, n.line(x, math.Sqrt2/2, 0)), 1, 1)), 0.5, 0)
	}},
	{"x·(½·erf(x/√2)+½)", "Gelu", func(n *net, x *Value) *Value {
		return n.times(x, n.line(n.curve(kernels.Erf, n.line(x, math.Sqrt2/2, 0)), 0.5, 0.5))
	}},
	{"½·x·(1+tanh(0.798·(x+0.0447·pow(x, 3))))", "GeluTanh", func(n *net, x *Value) *Value {
		in := n.add("sum", &Add{}, x, n.by(kernels.Times, n.by(kernels.Power, x, 3), 0.044715))
		gate := n.by(kernels.Plus, n.curve(kernels.Tanh, n.by(kernels.Times, in, 0.7978845608)), 1)
		return n.times(n.by(kernels.Times, x, 0.5), gate)
	}},
	{"x·(½·tanh(0.798·x·(1+0.0447·x·x))+½)", "GeluTanh", func(n *net, x *Value) *Value {
		in := n.times(n.line(x, 0.7978845608, 0), n.line(n.times(x, x), 0.044715, 1))
		return n.times(x, n.line(n.curve(kernels.Tanh, in), 0.5, 0.5))
	}},
	{"½·x·(1+tanh(0.798·(0.0447·x²·x+x)))", "GeluTanh", func(n *net, x *Value) *Value {
		cube := n.times(n.line(n.curve(kernels.Square, x), 0.044715, 0), x)
		in := n.line(n.add("sum", &Binary{How: kernels.Plus}, cube, x), 0.7978845608, 0)
		return n.line(n.times(n.line(n.curve(kernels.Tanh, in), 1, 1), x), 0.5, 0)
	}},
	{"x·tanh(softplus(x))", "Mish", func(n *net, x *Value) *Value {
		return n.times(x, n.curve(kernels.Tanh, n.curve(kernels.Softplus, x)))
	}},
	// What is something else stays what it is.
	{"x·sigmoid(2x)", "Affine Sigmoid Binary", func(n *net, x *Value) *Value {
		return n.times(x, n.curve(kernels.Sigmoid, n.line(x, 2, 0)))
	}},
	{"x·relu6(x+2)/6", "Affine Activation Binary Affine", func(n *net, x *Value) *Value {
		return n.line(n.times(x, n.clamp(n.line(x, 1, 2), 6)), 1./6, 0)
	}},
	{"x·relu6(x+3)", "Affine Activation Binary", func(n *net, x *Value) *Value {
		return n.times(x, n.clamp(n.line(x, 1, 3), 6))
	}},
	{"x²·sigmoid(x²)", "Square SiLU", func(n *net, x *Value) *Value {
		y := n.curve(kernels.Square, x)
		return n.times(y, n.curve(kernels.Sigmoid, y))
	}},
	{"½·x·(1+tanh(0.798·(x+0.05·x³)))", "Binary Affine Add Affine Tanh Affine Binary Affine", func(n *net,
		x *Value) *Value {
		in := n.add("sum", &Add{}, x, n.line(n.by(kernels.Power, x, 3), 0.05, 0))
		gate := n.line(n.curve(kernels.Tanh, n.line(in, 0.7978845608, 0)), 1, 1)
		return n.line(n.times(x, gate), 0.5, 0)
	}},
	{"|x|·sigmoid(x)", "Abs Sigmoid Binary", func(n *net, x *Value) *Value {
		return n.times(n.curve(kernels.Abs, x), n.curve(kernels.Sigmoid, x))
	}},
	{"relu6(x)/6", "Activation Affine", func(n *net, x *Value) *Value { return n.line(n.clamp(x, 6), 1./6, 0) }},
}

func (n *net) name() string { return fmt.Sprint("n", len(n.g.Nodes)) }

func (n *net) curve(of kernels.Curve, x *Value) *Value { return n.add(n.name(), &Curve{Of: of}, x) }

func (n *net) times(x, y *Value) *Value { return n.add(n.name(), &Binary{How: kernels.Times}, x, y) }

func (n *net) by(how kernels.Arithmetic, x *Value, k float32) *Value {
	return n.add(n.name(), &Binary{How: how, Of: []float32{k}, Shape: Shape{1, 1, 1, 1}}, x)
}

func (n *net) clamp(x *Value, hi float32) *Value {
	return n.add(n.name(), &Activation{Act: Clamp{On: true, Hi: hi}}, x)
}

func (n *net) line(x *Value, scale, shift float32) *Value {
	a := &Affine{Scale: make([]float32, x.Shape.C), Shift: make([]float32, x.Shape.C)}
	for i := range a.Scale {
		a.Scale[i], a.Shift[i] = scale, shift
	}
	return n.add(n.name(), a, x)
}

// TestRecognise: functions are found in the spellings of exporters, and give the same numbers.
func TestRecognise(t *testing.T) {
	for _, c := range spellings {
		n := newNet(t)
		x := n.input(Shape{1, 3, 4, 5})
		g := n.output(c.build(n, x))
		s, err := Simplify(g)
		if err != nil {
			t.Fatal(err)
		}
		if got := kindsOf(s); got != c.want {
			t.Errorf("%s is %s, want %s", c.name, got, c.want)
		}
		var file bytes.Buffer // has what was found
		if err := Write(&file, g); err != nil {
			t.Fatal(err)
		}
		p, err := Load(file.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		if want := len(strings.Fields(c.want)); len(p.steps) != want {
			t.Errorf("%s, from a file, takes %d steps, want %d", c.name, len(p.steps), want)
		}
		in := testInput(60)
		for i := range in {
			in[i] *= 4
		}
		near(t, c.name, run(t, g, in)[0], nodeByNode(t, g, in)[g.Outputs[0]], 1e-6)
	}
	n := newNet(t) // a gate that others read stays
	x := n.input(Shape{1, 1, 1, 4})
	gate := n.curve(kernels.Sigmoid, x)
	s, err := Simplify(n.output(n.times(x, gate), gate))
	if got := kindsOf(s); err != nil || got != "Sigmoid SiLU" {
		t.Errorf("%s, %v", got, err)
	}
}

// joins are what stands between a value of bytes and a Quantize, and the kinds of the nodes it becomes.
var joins = []struct {
	name, want string
	build      func(n *net, u *Value) *Value
}{
	{"a function", "Quantize Table", func(n *net, u *Value) *Value { return n.curve(kernels.Mish, n.real(u)) }},
	{"a chain", "Quantize Table", func(n *net, u *Value) *Value {
		return n.line(n.curve(kernels.Tanh, n.clamp(n.by(kernels.Minus, n.real(u), 0.5), 3)), 2, 0.1)
	}},
	{"another scale", "Quantize Table", func(n *net, u *Value) *Value { return n.real(u) }},
	{"a square", "Quantize Table", func(n *net, u *Value) *Value { return n.times(n.real(u), n.real(u)) }},
	{"a product", "Quantize ReduceMaximum QBinary", func(n *net, u *Value) *Value {
		most := &Reduce{How: kernels.Maximum, Over: kernels.Axes{H: true, W: true}}
		return n.times(n.real(u), n.real(n.add("most", most, u)))
	}},
	{"SiLU quantised after each operation", "Quantize Table", func(n *net, u *Value) *Value {
		gate := n.add("gate", &Quantize{To: Quant{Scale: 1. / 256}}, n.curve(kernels.Sigmoid, n.real(u)))
		return n.times(n.real(u), n.real(gate))
	}},
	{"HardSwish quantised after each operation", "Quantize Table", func(n *net, u *Value) *Value {
		sum := n.add("sum", &Quantize{To: Quant{Scale: 0.05, Zero: 57}}, n.by(kernels.Plus, n.real(u), 3))
		gate := n.add("gate", &Quantize{To: Quant{Scale: 6. / 255}}, n.clamp(n.real(sum), 6))
		product := n.add("product", &Quantize{To: Quant{Scale: 0.2, Zero: 9}}, n.times(n.real(gate), n.real(u)))
		return n.by(kernels.Over, n.real(product), 6)
	}},
	{"products of bytes", "Quantize Table", func(n *net, u *Value) *Value {
		f := n.add("f", &Quantised{Op: &Curve{Of: kernels.Tanh}, Out: Quant{Scale: 1. / 127, Zero: 128}}, u)
		return n.real(n.add("p", &Quantised{Op: &Binary{How: kernels.Larger, Act: ReLU}, Out: Quant{Scale: 0.1}}, f, u))
	}},
	{"a clamped product with constants", "Quantize QBinary", func(n *net, u *Value) *Value {
		return n.clamp(n.add("by", &Binary{How: kernels.Over, Of: []float32{1, -2, 3, 0.3, 5}, Shape: Shape{1, 1, 1, 5},
			First: true}, n.real(u)), 6)
	}},
	{"moved memory", "Quantize Rearrange Table", func(n *net, u *Value) *Value {
		return n.curve(kernels.Exp, n.add("moved", &Rearrange{Dims: []int{1, 5, 3, 4}, Perm: []int{0, 2, 1, 3},
			To: Shape{1, 5, 4, 3}}, n.real(u)))
	}},
	{"a scale for each channel", "Quantize Dequantize Affine Quantize", func(n *net, u *Value) *Value {
		return n.add("each", &Affine{Scale: []float32{1, 2, 3, 4, 5}, Shift: make([]float32, 5)}, n.real(u))
	}},
}

// TestJoinQuantised: chains between a Dequantize and a Quantize become one node, to the same bytes.
func TestJoinQuantised(t *testing.T) {
	q := Quant{Scale: 0.05, Zero: 117}
	for _, c := range joins {
		for _, to := range []Quant{{Scale: 0.03, Zero: 128}, {Scale: 0.2, Zero: 3}} {
			build := func() *Graph {
				n := newNet(t)
				u := n.add("u", &Quantize{To: q}, n.input(Shape{1, 3, 4, 5}))
				return n.output(n.add("y", &Quantize{To: to}, c.build(n, u)))
			}
			g, apart := build(), build()
			for _, n := range apart.Nodes { // what is an output cannot be joined
				if err := apart.Output(n.Out); err != nil {
					t.Fatal(err)
				}
			}
			s, err := Simplify(g)
			if err != nil {
				t.Fatal(err)
			}
			if got := kindsOf(s); got != c.want {
				t.Errorf("%s is %s, want %s", c.name, got, c.want)
			}
			in := testInput(60)
			for i := range in {
				in[i] *= 6
			}
			want := outputs(t, apart, 1, in, WithISA(arch.Generic))[0]
			for _, isa := range arch.Supported() {
				for i, got := range outputs(t, g, 1, in, WithISA(isa))[0] {
					if got != want[i] {
						t.Fatalf("%s, %v: element %d is %v, want %v", c.name, isa, i, got, want[i])
					}
				}
			}
		}
	}
	n := newNet(t) // the scale that there is: nothing is to be done
	u := n.add("u", &Quantize{To: q}, n.input(Shape{1, 3, 4, 5}))
	s, err := Simplify(n.output(n.add("y", &Quantize{To: q}, n.real(u))))
	if got := kindsOf(s); err != nil || got != "Quantize" {
		t.Errorf("%s, %v", got, err)
	}
	n = newNet(t) // what another reads is a table of numbers
	u = n.add("u", &Quantize{To: q}, n.input(Shape{1, 3, 4, 5}))
	f := n.curve(kernels.Tanh, n.real(u))
	if s, err = Simplify(n.output(n.add("y", &Quantize{To: q}, f), f)); err != nil ||
		kindsOf(s) != "Quantize Lookup Quantize" {
		t.Errorf("%s, %v", kindsOf(s), err)
	}
}

// TestLookup: functions behind a Dequantize are a table of numbers, of sixteen functions at most, to the same bits.
func TestLookup(t *testing.T) {
	long := func(n *net, v *Value, count int) *Value {
		for range count {
			v = n.curve(kernels.Tanh, n.by(kernels.Times, v, 1.5))
		}
		return v
	}
	for _, c := range []struct {
		want  string
		build func(n *net, v *Value) *Value
	}{
		{"Quantize Lookup", func(n *net, v *Value) *Value { return n.curve(kernels.Sigmoid, v) }},
		{"Quantize Lookup", func(n *net, v *Value) *Value { return long(n, v, 8) }},
		{"Quantize Lookup Binary Tanh", func(n *net, v *Value) *Value { return long(n, v, 9) }},
		{"Quantize Dequantize Lookup Binary", func(n *net, v *Value) *Value { return n.times(v, n.curve(kernels.Exp, v)) }},
		{"Quantize Lookup Flatten", func(n *net, v *Value) *Value {
			return n.add("flat", &Flatten{}, n.curve(kernels.Exp, v))
		}},
	} {
		build := func(apart bool) *Graph {
			n := newNet(t)
			x := n.input(Shape{1, 3, 4, 5})
			u := n.real(n.add("u", &Quantize{To: Quant{Scale: 0.05, Zero: 117}}, x))
			if apart { // the same numbers, in float
				u = n.by(kernels.Plus, n.add("copy", &Pool{Window: Window{R: 1, S: 1}}, u), 0)
			}
			return n.output(c.build(n, u))
		}
		s, err := Simplify(build(false))
		if err != nil {
			t.Fatal(err)
		}
		if got := kindsOf(s); got != c.want {
			t.Errorf("%s, want %s", got, c.want)
		}
		in := testInput(60)
		want := outputs(t, build(true), 1, in, WithISA(arch.Generic))[0]
		for _, isa := range arch.Supported() {
			if got := outputs(t, build(false), 1, in, WithISA(isa))[0]; !slices.Equal(got, want) {
				t.Errorf("%s, %v: %v, want %v", c.want, isa, got, want)
			}
		}
	}
}

func (n *net) real(u *Value) *Value { return n.add(n.name(), &Dequantize{}, u) }
