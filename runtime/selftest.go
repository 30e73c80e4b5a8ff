package runtime

import (
	"errors"
	"fmt"
	"math"

	"github.com/gneiss-go/gneiss/arch"
	"github.com/gneiss-go/gneiss/kernels"
)

// ErrSelfTest says that this machine does not compute what it should.
var ErrSelfTest = errors.New("self-test failed")

// Check is one comparison of a self-test.
type Check struct {
	Name    string   `json:"name"`              // what is compared
	ISA     arch.ISA `json:"isa"`               // the tier that is tested
	Kernels []string `json:"kernels,omitempty"` // kernels that ran
	Problem string   `json:"problem,omitempty"` // "" if all is well
}

// SelfReport is what [SelfTest] found.
type SelfReport struct {
	ISA    arch.ISA `json:"isa"`
	Golden bool     `json:"golden"` // the plan had a golden output to compare with
	Checks []Check  `json:"checks"`
	Failed int      `json:"failed"`
}

// SelfTest proves on the device that the kernels of a plan's tier, and of those below, compute what the portable
// reference computes, over small networks of every operation with shapes below, at and above the kernels' tiles; and,
// if the plan comes from a file with a golden output, that the plan gives it. A nil plan stands for the best tier.
// Quantised operations must give the same bytes; float ones must be within selfTolerance of the largest output, those
// in half precision within halfTolerance. The error is [ErrSelfTest] if a check failed; the report is returned with it.
func SelfTest(p *Plan) (*SelfReport, error) {
	isa, err := arch.Default()
	if err != nil {
		return nil, err
	}
	if p != nil {
		isa = p.isa
	}
	r := &SelfReport{ISA: isa}
	for _, c := range append(selfCases(), halfCases()...) {
		g, err := c.graph()
		if err != nil {
			return r, errorf("self-test %s: %w", c.name, err)
		}
		want, _, err := runOnce(g, arch.Generic)
		if err != nil {
			return r, errorf("self-test %s: %w", c.name, err)
		}
		for _, tier := range arch.Supported() {
			if tier > isa || tier == arch.Generic && isa != arch.Generic {
				continue
			}
			got, names, err := runOnce(g, tier)
			if err != nil {
				return r, errorf("self-test %s: %w", c.name, err)
			}
			r.add(Check{Name: c.name, ISA: tier, Kernels: names,
				Problem: difference(g.Outputs[0].DType, got, want, c.exact, c.tolerance())})
		}
	}
	if p != nil && p.golden != nil {
		r.Golden = true
		problem, err := p.golden.check(p)
		if err != nil {
			return r, err
		}
		r.add(Check{Name: "golden output of " + p.name, ISA: isa, Problem: problem})
	}
	if r.Failed > 0 {
		return r, errorf("%d of %d checks: %w", r.Failed, len(r.Checks), ErrSelfTest)
	}
	return r, nil
}

func (r *SelfReport) add(c Check) {
	r.Checks = append(r.Checks, c)
	if c.Problem != "" {
		r.Failed++
	}
}

// selfTolerance is the difference allowed between float results, as a share of the largest: kernels differ in the order
// of additions, and Winograd's transforms lose a few bits.
const selfTolerance = 1e-4

// selfCase is a small network with one input.
type selfCase struct {
	name  string
	input Shape
	exact bool // the same bytes on every tier
	build func(b *selfBuilder, x *Value) *Value
	half  bool // to be in half precision
}

// tolerance is that of results that are not exact.
func (c *selfCase) tolerance() float64 {
	if c.half {
		return halfTolerance
	}
	return selfTolerance
}

// selfBuilder adds nodes with weights from a generator; the first error stays.
type selfBuilder struct {
	g   *Graph
	rnd noise
	err error
}

func (c *selfCase) graph() (*Graph, error) {
	b := &selfBuilder{g: NewGraph(c.name), rnd: 1}
	x, err := b.g.Input("x", c.input)
	if err != nil {
		return nil, err
	}
	y := c.build(b, x)
	if b.err != nil {
		return nil, b.err
	}
	if err := b.g.Output(y); err != nil || !c.half {
		return b.g, err
	}
	return ToHalf(b.g)
}

func (b *selfBuilder) add(op Op, in ...*Value) *Value {
	if b.err != nil {
		return nil
	}
	v, err := b.g.Add(fmt.Sprint("n", len(b.g.Nodes)), op, in...)
	b.err = err
	return v
}

func (b *selfBuilder) floats(n int, scale float32) []float32 {
	v := make([]float32, n)
	for i := range v {
		v[i] = b.rnd.float() * scale
	}
	return v
}

func (b *selfBuilder) conv(x *Value, k, r, stride, groups int) *Value {
	if b.err != nil {
		return nil
	}
	depth := r * r * x.Shape.C / groups
	return b.add(&Conv{Window: window(r, stride), K: k, Groups: groups, Weights: b.floats(k*depth, 1/float32(depth)),
		Bias: b.floats(k, 0.1), Act: Clamp{On: true, Lo: -0.5, Hi: 2}}, x)
}

func (b *selfBuilder) qconv(x *Value, k, r, stride, groups int) *Value {
	return b.qconvOf(127, x, k, r, stride, groups)
}

// qconvOf is qconv of weights up to most.
func (b *selfBuilder) qconvOf(most int, x *Value, k, r, stride, groups int) *Value {
	if b.err != nil {
		return nil
	}
	depth := r * r * x.Shape.C / groups
	c := &QConv{Window: window(r, stride), K: k, Groups: groups, Weights: make([]int8, k*depth),
		WScale: make([]float32, k), Bias: make([]int32, k),
		Out: Quant{Scale: 1 / float32(32), Zero: 100}, Lo: 3, Hi: 250}
	for i := range c.Weights {
		c.Weights[i] = int8(int(b.rnd.next()%uint64(2*most+1)) - most)
	}
	for i := range k {
		c.WScale[i] = (1.5 + b.rnd.float()) / float32(64*depth)
		c.Bias[i] = int32(b.rnd.float() * 1000)
	}
	return b.add(c, x)
}

func (b *selfBuilder) quantize(x *Value) *Value {
	return b.add(&Quantize{To: Quant{Scale: 1.0 / 100, Zero: 131}}, x)
}

func window(r, stride int) Window {
	return Window{R: r, S: r, StrideH: stride, StrideW: stride, PadTop: r / 2, PadLeft: r / 2, PadBottom: r / 2,
		PadRight: r / 2}
}

var two = Window{R: 2, S: 2, StrideH: 2, StrideW: 2}

// selfCases: channel counts are primes, or one to either side of a tile; maps of 12×13 are large enough for Winograd.
func selfCases() []selfCase {
	var cases []selfCase
	add := func(name string, exact bool, in Shape, build func(*selfBuilder, *Value) *Value) {
		cases = append(cases, selfCase{name: name, input: in, exact: exact, build: build})
	}
	for _, s := range []struct{ h, c, k, r, stride, groups int }{
		{7, 16, 33, 1, 1, 1}, {5, 13, 7, 1, 1, 1}, {12, 16, 48, 3, 1, 1}, {6, 64, 17, 3, 1, 1}, {9, 32, 31, 5, 1, 1},
		{15, 3, 64, 7, 2, 1}, {11, 24, 24, 3, 1, 24}, {7, 37, 37, 3, 2, 37}, {6, 32, 64, 3, 1, 2}, {9, 40, 40, 5, 2, 40},
		{8, 37, 37, 7, 1, 37}, {9, 40, 40, 3, 1, 5}, {7, 48, 48, 5, 1, 12},
	} {
		in := Shape{1, s.h, s.h + 1, s.c}
		name := fmt.Sprintf("convolution %d×%d/%d of %v to %d in %d groups", s.r, s.r, s.stride, in, s.k, s.groups)
		add(name, false, in, func(b *selfBuilder, x *Value) *Value { return b.conv(x, s.k, s.r, s.stride, s.groups) })
		for _, most := range []int{127, 40} { // sums in int16 would overflow, and would not
			add(fmt.Sprintf("quantised %s, of weights to %d", name, most), true, in,
				func(b *selfBuilder, x *Value) *Value {
					return b.qconvOf(most, b.quantize(x), s.k, s.r, s.stride, s.groups)
				})
		}
	}
	for _, c := range []int{5, 64, 97} {
		in := Shape{1, 9, 10, c}
		for _, stride := range []int{1, 2} {
			max := &Pool{Window: window(3, stride)}
			add(fmt.Sprintf("maximum 3×3/%d of %d", stride, c), true, in,
				func(b *selfBuilder, x *Value) *Value { return b.add(max, x) })
			add(fmt.Sprintf("quantised maximum 3×3/%d of %d", stride, c), true, in,
				func(b *selfBuilder, x *Value) *Value { return b.add(max, b.quantize(x)) })
		}
		add(fmt.Sprint("maximum 2×2 of ", c), true, in,
			func(b *selfBuilder, x *Value) *Value { return b.add(&Pool{Window: two}, x) })
		add(fmt.Sprint("quantised maximum 2×2 of ", c), true, in,
			func(b *selfBuilder, x *Value) *Value { return b.add(&Pool{Window: two}, b.quantize(x)) })
		add(fmt.Sprint("mean of ", c), false, in,
			func(b *selfBuilder, x *Value) *Value { return b.add(&GlobalPool{Type: AvgPool}, x) })
		for _, size := range []int{3, 5} {
			lrn := &LRN{Size: size, Alpha: 0.5, Beta: 0.75, Bias: 1}
			add(fmt.Sprintf("LRN over %d of %d", size, c), false, in,
				func(b *selfBuilder, x *Value) *Value { return b.add(lrn, x) })
			add(fmt.Sprintf("quantised LRN over %d of %d", size, c), true, in, func(b *selfBuilder, x *Value) *Value {
				return b.add(&Quantised{Op: lrn, Out: Quant{Scale: 1.0 / 120, Zero: 128}}, b.quantize(x))
			})
		}
		add(fmt.Sprint("softmax of ", c), true, in, func(b *selfBuilder, x *Value) *Value { return b.add(&Softmax{}, x) })
		add(fmt.Sprint("clamp and add of ", c), true, in, func(b *selfBuilder, x *Value) *Value {
			y := b.add(&Activation{Act: Clamp{On: true, Lo: -0.25, Hi: 0.5}}, x)
			return b.add(&Add{Act: ReLU}, x, y)
		})
		add(fmt.Sprint("scale and shift of ", c), false, in, func(b *selfBuilder, x *Value) *Value {
			return b.add(&Affine{Scale: b.floats(c, 2), Shift: b.floats(c, 1)}, x)
		})
		add(fmt.Sprint("quantised add of ", c), true, in, func(b *selfBuilder, x *Value) *Value {
			q := b.quantize(x)
			m := b.add(&Pool{Window: window(3, 1)}, q)
			s := b.add(&LevelAdd{Act: ReLU, Out: Quant{Scale: 1.0 / 70, Zero: 9}}, q, m)
			return b.add(&Quantised{Op: &Add{Act: ReLU}, Out: Quant{Scale: 1.0 / 90, Zero: 7}}, s, m)
		})
		cases = append(cases, functionCases(c, in)...)
		add(fmt.Sprint("fully connected layer of ", 90*c), false, in, func(b *selfBuilder, x *Value) *Value {
			return b.add(&FC{K: 11, Weights: b.floats(11*90*c, 0.1), Bias: b.floats(11, 1)}, x)
		})
		add(fmt.Sprint("quantised fully connected layer of ", 90*c), true, in, func(b *selfBuilder, x *Value) *Value {
			f := &QFC{K: 11, Weights: make([]int8, 11*90*c), WScale: make([]float32, 11)}
			for i := range f.Weights {
				f.Weights[i], f.WScale[i/(90*c)] = int8(b.rnd.float()*127), 0.01
			}
			return b.add(f, b.quantize(x))
		})
		add(fmt.Sprint("concatenation, flattening and conversion of ", c), true, in, func(b *selfBuilder, x *Value) *Value {
			q := b.quantize(x)
			j := b.add(&Concat{}, q, b.add(&Pool{Window: window(3, 1)}, q), q)
			return b.add(&Flatten{}, b.add(&Concat{}, b.add(&Dequantize{}, j), b.add(&Lookup{Of: []Op{&Curve{}}}, q)))
		})
	}
	return cases
}

// functionCases are of means, functions and arithmetic, in float and quantised.
func functionCases(c int, in Shape) []selfCase {
	return []selfCase{
		{name: fmt.Sprint("quantised means of ", c), input: in, exact: true,
			build: func(b *selfBuilder, x *Value) *Value {
				p := &Pool{Window: window(3, 1), Type: AvgPool}
				m := b.add(&Quantised{Op: p, Out: Quant{Scale: 0.01, Zero: 99}}, b.quantize(x))
				return b.add(&Quantised{Op: &GlobalPool{Type: AvgPool}, Out: Quant{Scale: 1.0 / 200, Zero: 90}}, m)
			}},
		{name: fmt.Sprint("quantised functions and products of ", c), input: in, exact: true,
			build: func(b *selfBuilder, x *Value) *Value {
				q := b.quantize(x)
				s := b.add(&Quantised{Op: &Curve{Of: kernels.SiLU}, Out: Quant{Scale: 1.0 / 120, Zero: 40}}, q)
				g := b.add(&Quantised{Op: &GlobalPool{Type: AvgPool}, Out: Quant{Scale: 1.0 / 90, Zero: 90}}, s)
				return b.add(&Quantised{Op: &Binary{How: kernels.Times}, Out: Quant{Scale: 1.0 / 100, Zero: 128}}, s, g)
			}},
		{name: fmt.Sprint("quantised functions by channel of ", c), input: in, exact: true,
			build: func(b *selfBuilder, x *Value) *Value {
				t := &Table{Of: make([]uint8, 256*c), Out: Quant{Scale: 1.0 / 100, Zero: 128}}
				for i := range t.Of {
					t.Of[i] = uint8(b.rnd.next())
				}
				return b.add(t, b.quantize(x))
			}},
		{name: fmt.Sprint("functions and products of ", c), input: in, exact: true,
			build: func(b *selfBuilder, x *Value) *Value {
				slope := &Binary{How: kernels.Sloped, Of: b.floats(c, 1), Shape: Shape{1, 1, 1, c}}
				y := b.add(slope, b.add(&Curve{Of: kernels.Gelu}, x))
				return b.add(&Binary{How: kernels.Times}, y, b.add(&GlobalPool{Type: MaxPool}, y))
			}},
		{name: fmt.Sprint("resizing of ", c), input: in, exact: true,
			build: func(b *selfBuilder, x *Value) *Value { return b.add(halfMore(in), x) }},
		{name: fmt.Sprint("softmax of columns of ", c), input: in, exact: true, build: func(b *selfBuilder, x *Value) *Value {
			return b.add(&SoftmaxOver{Over: kernels.Axes{H: true}}, x)
		}},
		{name: fmt.Sprint("quantised softmax of ", c), input: in, exact: true, build: func(b *selfBuilder, x *Value) *Value {
			return b.add(&Quantised{Op: &Softmax{}, Out: Quant{Scale: 1.0 / 256}}, b.quantize(x))
		}},
		{name: fmt.Sprint("length of rows of ", c), input: in, exact: true, build: func(b *selfBuilder, x *Value) *Value {
			return b.add(&Reduce{How: kernels.L2, Over: kernels.Axes{H: true, C: true}}, x)
		}},
		{name: fmt.Sprint("quantised mean of columns of ", c), input: in, exact: true,
			build: func(b *selfBuilder, x *Value) *Value {
				mean := &Reduce{How: kernels.Mean, Over: kernels.Axes{H: true}}
				return b.add(&Quantised{Op: mean, Out: Quant{Scale: 1.0 / 200, Zero: 90}}, b.quantize(x))
			}},
		{name: fmt.Sprint("transposition of ", c), input: in, exact: true, build: func(b *selfBuilder, x *Value) *Value {
			return b.add(columnsFirst(in), x)
		}},
		{name: fmt.Sprint("quantised transposition of ", c), input: in, exact: true,
			build: func(b *selfBuilder, x *Value) *Value {
				return b.add(columnsFirst(in), b.quantize(x))
			}},
		{name: fmt.Sprint("quantised resizing of ", c), input: in, exact: true, build: func(b *selfBuilder, x *Value) *Value {
			return b.add(&Quantised{Op: halfMore(in), Out: Quant{Scale: 1.0 / 110, Zero: 120}}, b.quantize(x))
		}},
	}
}

// columnsFirst exchanges channels and columns.
func columnsFirst(in Shape) *Rearrange {
	return &Rearrange{Dims: []int{in.N, in.C, in.H, in.W}, Perm: []int{0, 3, 2, 1}, To: Shape{in.N, in.H, in.C, in.W}}
}

// halfMore makes three rows and columns of two, each of its neighbours.
func halfMore(in Shape) *Interpolate {
	taps := func(n int) (t kernels.Taps) {
		t.Per = 2
		for i := range n * 3 / 2 {
			at := int32(i * 2 / 3)
			t.At = append(t.At, at, min(at+1, int32(n-1)))
			t.Weights = append(t.Weights, 0.75, 0.25)
		}
		return t
	}
	return &Interpolate{Rows: taps(in.H), Cols: taps(in.W)}
}

// runOnce compiles a graph for a tier, runs it on noise and returns its output's bytes and the kernels that ran.
func runOnce(g *Graph, isa arch.ISA) ([]byte, []string, error) {
	p, err := Compile(g, WithISA(isa))
	if err != nil {
		return nil, nil, err
	}
	out, err := p.runNoise(2)
	if err != nil {
		return nil, nil, err
	}
	return out[0], p.kernels(), nil
}

// runNoise runs a plan on inputs in [−1, 1) from a seed and returns the outputs' bytes.
func (p *Plan) runNoise(seed uint64) ([][]byte, error) {
	s, err := p.NewSession()
	if err != nil {
		return nil, err
	}
	defer s.Close()
	s.fillNoise(seed)
	if err := s.Run(); err != nil {
		return nil, err
	}
	outputs := make([][]byte, len(p.outputs))
	for i, t := range p.outputs {
		switch t.DType {
		case U8:
			outputs[i] = append([]byte(nil), s.Output(i).Uint8()...)
		case I32:
			outputs[i] = appendNumbers[int32](nil, s.Output(i).Int32())
		default:
			outputs[i] = appendNumbers[float32](nil, s.Output(i).Float32())
		}
	}
	return outputs, nil
}

// fillNoise fills the inputs with noise from a seed.
func (s *Session) fillNoise(seed uint64) {
	rnd := noise(seed)
	for i := range s.inputs {
		for k, in := 0, s.Input(i).Float32(); k < len(in); k++ {
			in[k] = rnd.float()
		}
		for k, in := 0, s.Input(i).Uint8(); k < len(in); k++ {
			in[k] = uint8(rnd.next() >> 32)
		}
		lo, hi := s.inputs[i].info.Elem.Range()
		for k, in := 0, s.Input(i).Int32(); k < len(in); k++ {
			in[k] = int32(int64(lo) + int64(rnd.next()>>32)%(int64(hi)-int64(lo)+1))
		}
	}
}

// difference says how the bytes of two outputs of type dt differ; "" if they do not, where they are not to be exact by
// more than a share of the largest. In floats the sign of a zero and the payload of a NaN are no difference: no tier
// promises them.
func difference(dt DType, got, want []byte, exact bool, tolerance float64) string {
	if len(got) != len(want) {
		return fmt.Sprintf("%d bytes, want %d", len(got), len(want))
	}
	if dt != F32 {
		for i := range want {
			if got[i] != want[i] {
				return fmt.Sprintf("byte %d is %d, want %d", i, got[i], want[i])
			}
		}
		return ""
	}
	g, w := floatsOf(got), floatsOf(want)
	if exact {
		for i := range w {
			if g[i] != w[i] && (g[i] == g[i] || w[i] == w[i]) {
				return fmt.Sprintf("element %d is %v, want %v", i, g[i], w[i])
			}
		}
		return ""
	}
	most := 0.0
	for _, v := range w {
		most = math.Max(most, math.Abs(float64(v)))
	}
	for i := range w {
		if d := math.Abs(float64(g[i]) - float64(w[i])); !(d <= tolerance*most) { // a NaN is no match
			return fmt.Sprintf("element %d is %v, want %v", i, g[i], w[i])
		}
	}
	return ""
}

// noise is the generator SplitMix64.
type noise uint64

func (r *noise) next() uint64 {
	*r += 0x9e3779b97f4a7c15
	z := uint64(*r)
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// float returns a number in [−1, 1).
func (r *noise) float() float32 { return float32(int32(r.next()>>40))/(1<<23) - 1 }
