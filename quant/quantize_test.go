package quant

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"math/rand/v2"
	"path"
	"reflect"
	"strings"
	"testing"

	"github.com/gneiss-go/gneiss/runtime"
)

// net builds graphs for tests, with seeded weights.
type net struct {
	t    testing.TB
	g    *runtime.Graph
	rand *rand.Rand
}

func newNet(t testing.TB, seed uint64) *net {
	return &net{t, runtime.NewGraph("test"), rand.New(rand.NewPCG(seed, 7))}
}

func (n *net) input(h, w, c int) *runtime.Value {
	v, err := n.g.Input("data", runtime.Shape{N: 1, H: h, W: w, C: c})
	if err != nil {
		n.t.Fatal(err)
	}
	return v
}

func (n *net) add(name string, op runtime.Op, in ...*runtime.Value) *runtime.Value {
	v, err := n.g.Add(name, op, in...)
	if err != nil {
		n.t.Fatal(err)
	}
	return v
}

func (n *net) weights(count int, sigma float64) []float32 {
	w := make([]float32, count)
	for i := range w {
		w[i] = float32(sigma * n.rand.NormFloat64())
	}
	return w
}

func (n *net) conv(name string, in *runtime.Value, k, r int, act runtime.Clamp) *runtime.Value {
	depth := r * r * in.Shape.C
	return n.add(name, &runtime.Conv{Window: runtime.Window{R: r, S: r, PadTop: r / 2, PadLeft: r / 2, PadBottom: r / 2,
		PadRight: r / 2}, K: k,
		Weights: n.weights(k*depth, 1.5/float64(1+depth/8)), Bias: n.weights(k, 0.3), Act: act}, in)
}

func (n *net) fc(name string, in *runtime.Value, k int, act runtime.Clamp) *runtime.Value {
	c := in.Shape.Elements()
	return n.add(name, &runtime.FC{K: k, Weights: n.weights(k*c, 0.2), Bias: n.weights(k, 0.3), Act: act}, in)
}

func (n *net) outputs(vs ...*runtime.Value) *runtime.Graph {
	if err := n.g.Output(vs...); err != nil {
		n.t.Fatal(err)
	}
	return n.g
}

// noise gives count seeded inputs.
func noise(seed uint64, count int) Source {
	r := rand.New(rand.NewPCG(seed, 3))
	return func(input []float32) error {
		if count == 0 {
			return io.EOF
		}
		count--
		for i := range input {
			input[i] = float32(r.NormFloat64())
		}
		return nil
	}
}

var (
	none = runtime.Clamp{}
	max3 = &runtime.Pool{Window: runtime.Window{R: 3, S: 3, StrideH: 1, StrideW: 1, PadTop: 1, PadLeft: 1, PadBottom: 1,
		PadRight: 1}}
	average = &runtime.Pool{Window: runtime.Window{R: 2, S: 2, StrideH: 2, StrideW: 2}, Type: runtime.AvgPool}
)

// inception is a small network with nested sharing: a concatenation of convolutions, one pooled before, one after,
// whose parts also feed others, inside another concatenation.
func inception(t testing.TB) *runtime.Graph {
	n := newNet(t, 1)
	x := n.input(8, 8, 3)
	stem := n.conv("stem", x, 8, 3, runtime.ReLU)
	a := n.conv("a", stem, 4, 1, runtime.ReLU)
	b := n.conv("b", stem, 8, 3, none) // signed
	p := n.add("p", max3, stem)
	c := n.conv("c", p, 4, 1, runtime.ReLU)
	inner := n.add("inner", &runtime.Concat{}, a, b)
	m := n.add("m", max3, c)
	outer := n.add("outer", &runtime.Concat{}, inner, m, p)
	beside := n.conv("beside", b, 4, 1, runtime.ReLU) // b feeds it and the concatenation
	l := n.add("lrn", &runtime.LRN{Size: 5, Alpha: 0.3, Beta: 0.75, Bias: 1}, outer)
	pool := n.add("pool", average, l)
	also := n.add("also", average, beside)
	sum := n.add("sum", &runtime.Add{Act: runtime.ReLU}, n.conv("d", pool, 4, 1, none), also)
	flat := n.add("flat", &runtime.Flatten{}, sum)
	hidden := n.fc("hidden", flat, 16, runtime.ReLU)
	return n.outputs(n.add("prob", &runtime.Softmax{}, n.fc("scores", hidden, 10, none)))
}

func calibrated(t testing.TB, g *runtime.Graph) *Stats {
	t.Helper()
	s, err := Calibrate(t.Context(), g, noise(1, 20))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func nodes(g *runtime.Graph) map[string]*runtime.Node {
	m := map[string]*runtime.Node{}
	for _, n := range g.Nodes {
		m[n.Name] = n
	}
	return m
}

func TestSharing(t *testing.T) {
	g := inception(t)
	q, report, err := Quantize(g, calibrated(t, g))
	if err != nil {
		t.Fatal(err)
	}
	at := nodes(q)
	outer := at["outer"].Out.Quant
	// stem through p, which is in the concatenation
	for _, name := range []string{"a", "b", "inner", "c", "m", "p", "stem"} {
		if got := at[name].Out.Quant; got != outer {
			t.Errorf("%s: %v, the concatenation has %v", name, got, outer)
		}
	}
	for _, name := range []string{"beside", "lrn", "pool", "d"} {
		if at[name].Out.Quant == outer {
			t.Errorf("%s shares the concatenation's scale for no reason", name)
		}
	}
	if outer.Zero == 0 {
		t.Error("signed values in the concatenation, and zero point 0")
	}
	if z := at["beside"].Out.Quant.Zero; z != 0 {
		t.Errorf("zero point %d after a ReLU", z)
	}
	if c := at["a"].Op.(*runtime.QConv); c.Lo != outer.Zero || c.Hi != 255 {
		t.Errorf("ReLU is %d…%d with zero point %d", c.Lo, c.Hi, outer.Zero)
	}
	if c := at["b"].Op.(*runtime.QConv); c.Lo != 0 || c.Hi != 255 {
		t.Errorf("no activation is %d…%d", c.Lo, c.Hi)
	}
	var kinds []string
	for _, n := range q.Nodes {
		kinds = append(kinds, n.Op.Kind())
	}
	want := "Quantize QConv QConv QConv MaxPool QConv Concat MaxPool Concat QConv QLRN QAveragePool QAveragePool QConv QAdd Flatten QFC Activation Quantize QFC Softmax"
	if got := strings.Join(kinds, " "); got != want {
		t.Errorf("nodes\n%s, want\n%s", got, want)
	}
	if !report.Portable || report.Conversions != 2 || q.Outputs[0].DType != runtime.F32 ||
		q.Inputs[0].DType != runtime.F32 {
		t.Errorf("portable %v, %d conversions, input %v, output %v", report.Portable, report.Conversions, q.Inputs[0].DType,
			q.Outputs[0].DType)
	}
	if again, _, err := Quantize(g, calibrated(t, g)); err != nil || !reflect.DeepEqual(again.Nodes, q.Nodes) {
		t.Errorf("a second time it is another graph: %v", err)
	}
}

// TestFloatLayers: by name, by pattern and by kind, and what has no quantised form.
func TestFloatLayers(t *testing.T) {
	g := inception(t)
	s := calibrated(t, g)
	for _, c := range []struct {
		patterns []string
		float    []string
		portable bool
	}{
		{[]string{"stem"}, []string{"stem", "prob"}, false},
		{[]string{"LRN", "AveragePool"}, []string{"lrn", "pool", "also", "prob"}, false},
		{[]string{"inner"}, []string{"inner", "prob"}, true},
		{[]string{"*"}, []string{"stem", "a", "b", "p", "c", "inner", "m", "outer", "beside", "lrn", "pool", "also", "d",
			"sum", "flat", "hidden", "scores", "prob"}, false},
	} {
		q, report, err := Quantize(g, s, WithFloat(c.patterns...))
		if err != nil {
			t.Fatalf("%v: %v", c.patterns, err)
		}
		var float []string
		for _, l := range report.Layers {
			if l.Float {
				float = append(float, l.Name)
			}
		}
		sortAs(float, c.float)
		if !reflect.DeepEqual(float, c.float) || report.Portable != c.portable {
			t.Errorf("%v: float are %v, portable %v; want %v, %v", c.patterns, float, report.Portable, c.float, c.portable)
		}
		if c.patterns[0] == "*" && report.Conversions != 0 {
			t.Errorf("all in float, and %d conversions", report.Conversions)
		}
		for _, o := range q.Outputs {
			if o.DType != runtime.F32 {
				t.Errorf("%v: output is %v", c.patterns, o.DType)
			}
		}
	}
	if _, _, err := Quantize(g, s, WithFloat("[")); !errors.Is(err, path.ErrBadPattern) {
		t.Errorf("bad pattern: %v", err)
	}
}

// sortAs puts a in the order of b as far as it can.
func sortAs(a, b []string) {
	k := 0
	for _, x := range b {
		for i := k; i < len(a); i++ {
			if a[i] == x {
				a[k], a[i] = a[i], a[k]
				k++
				break
			}
		}
	}
}

// TestCorners: values used as outputs, inputs passed straight through, names that are taken already.
func TestCorners(t *testing.T) {
	n := newNet(t, 3)
	x := n.input(4, 4, 3)
	p := n.add("first", max3, x) // of floats: nothing is lost by staying so
	c := n.conv("data/uint8", p, 4, 3, runtime.ReLU)
	d := n.conv("data/uint8/float", c, 4, 1, runtime.Clamp{On: true, Lo: -1, Hi: 0.5})
	a := n.add("affine", &runtime.Affine{Scale: []float32{1, -2, 0, 4}, Shift: []float32{1, 2, 3, 0}}, c)
	r := n.add("relu", &runtime.Activation{Act: runtime.ReLU}, d)
	e := n.add("sum", &runtime.Add{}, a, d)
	g := n.outputs(c, x, e, r, p)
	s := calibrated(t, g)
	q, report, err := Quantize(g, s)
	if err != nil {
		t.Fatal(err)
	}
	at := nodes(q)
	if aff := at["affine"].Op.(*runtime.QConv); aff.Groups != 4 ||
		!reflect.DeepEqual(aff.Weights, []int8{127, -127, 0, 127}) {
		t.Errorf("scale and shift are %d groups, weights %v", aff.Groups, aff.Weights)
	}
	if !report.Portable || at["first"].Out.DType != runtime.F32 || at["sum/quantised"].Out.DType != runtime.U8 {
		t.Errorf("portable %v, first %v, sum %v", report.Portable, at["first"].Out, at["sum/quantised"].Out)
	}
	if len(q.Outputs) != 5 || q.Outputs[1] != q.Inputs[0] {
		t.Errorf("%d outputs", len(q.Outputs))
	}
	for i, o := range q.Outputs {
		if o.DType != runtime.F32 || o.Shape != g.Outputs[i].Shape || o.Name != g.Outputs[i].Name {
			t.Errorf("output %d: %v %v", i, o.DType, o.Shape)
		}
	}
}

// TestHoist: an activation behind a maximum is fused into the convolution before it; one that others must not see
// stays.
func TestHoist(t *testing.T) {
	n := newNet(t, 4)
	c := n.conv("conv", n.input(6, 6, 3), 4, 3, none)
	p := n.add("pool", max3, c)
	a := n.add("relu", &runtime.Activation{Act: runtime.ReLU}, p)
	p2 := n.add("pool2", max3, a)
	n.add("seen", average, p2)
	a2 := n.add("relu6", &runtime.Activation{Act: runtime.Clamp{On: true, Lo: 0.1, Hi: 0.5}}, p2)
	g := n.outputs(a2, p2)
	s := calibrated(t, g)
	q, report, err := Quantize(g, s)
	if err != nil {
		t.Fatal(err)
	}
	var kinds []string
	for _, n := range q.Nodes {
		kinds = append(kinds, n.Op.Kind())
	}
	if got, want := strings.Join(kinds, " "), "Quantize QConv MaxPool MaxPool Lookup Dequantize"; got != want ||
		!report.Portable {
		t.Errorf("%s, portable %v; want %s", got, report.Portable, want)
	}
	if op := q.Nodes[1].Op.(*runtime.QConv); op.Lo != op.Out.Zero {
		t.Errorf("convolution's output is %d…%d with zero %d", op.Lo, op.Hi, op.Out.Zero)
	}
	if !s.Values["conv"].nonNegative() {
		t.Error("the convolution's statistics are of before the activation")
	}
}

func (h *Histogram) nonNegative() bool { return h.Min >= 0 }

func TestErrors(t *testing.T) {
	g := inception(t)
	s := calibrated(t, g)
	q, _, err := Quantize(g, s)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := Quantize(q, s); !errors.Is(err, ErrQuantised) {
		t.Errorf("quantised twice: %v", err)
	}
	if _, err := Calibrate(t.Context(), q, noise(1, 1)); !errors.Is(err, ErrQuantised) {
		t.Errorf("calibrating a quantised graph: %v", err)
	}
	if _, err := Calibrate(t.Context(), g, noise(1, 0)); !errors.Is(err, ErrNoInputs) {
		t.Errorf("no inputs: %v", err)
	}
	if _, err := Compare(t.Context(), g, g, noise(1, 0)); !errors.Is(err, ErrNoInputs) {
		t.Errorf("no inputs to compare: %v", err)
	}
	if _, err := Calibrate(t.Context(), g, func([]float32) error { return io.ErrUnexpectedEOF }); !errors.Is(err,
		io.ErrUnexpectedEOF) {
		t.Errorf("a source that fails: %v", err)
	}
	if _, _, err := Quantize(g, &Stats{}); !errors.Is(err, ErrStats) {
		t.Errorf("empty statistics: %v", err)
	}
	if _, _, err := Quantize(runtime.NewGraph("empty"), s); !errors.Is(err, runtime.ErrGraph) {
		t.Errorf("a graph without outputs: %v", err)
	}
	huge := func(input []float32) error {
		for i := range input {
			input[i] = 3e38
		}
		return nil
	}
	if _, err := Calibrate(t.Context(), g, huge); !errors.Is(err, ErrNotFinite) {
		t.Errorf("values that overflow: %v", err)
	}
	n := newNet(t, 2)
	if _, err := Compare(t.Context(), g, n.outputs(n.conv("other", n.input(8, 8, 3), 2, 1, none)),
		noise(1, 1)); !errors.Is(err, ErrUnlike) {
		t.Errorf("comparing strangers: %v", err)
	}
}

// TestStatsFile: statistics that were written and read give the same graph.
func TestStatsFile(t *testing.T) {
	g := inception(t)
	s := calibrated(t, g)
	var file bytes.Buffer
	if err := s.Write(&file); err != nil {
		t.Fatal(err)
	}
	text := file.String()
	back, err := ReadStats(&file)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(back, s) {
		t.Error("statistics differ after reading")
	}
	for _, bad := range []string{"", "{", `{"values":{"x":null}}`, `{"values":{"x":{"count":5}}}`, `[]`,
		text[:len(text)/2]} {
		if _, err := ReadStats(strings.NewReader(bad)); !errors.Is(err, runtime.ErrCorrupt) {
			t.Errorf("%.40q: %v", bad, err)
		}
	}
}

func TestProgress(t *testing.T) {
	var seen []int
	if _, err := Calibrate(t.Context(), inception(t), noise(1, 3),
		WithProgress(func(n int) { seen = append(seen, n) })); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(seen, []int{1, 2, 3}) {
		t.Errorf("progress %v", seen)
	}
}

// TestCompareSame: a graph against itself is perfect, and its report, JSON and picture are well formed.
func TestCompareSame(t *testing.T) {
	g := inception(t)
	c, err := Compare(t.Context(), g, g, noise(5, 4))
	if err != nil {
		t.Fatal(err)
	}
	if c.Top1 != 4 || c.Top5 != 4 || c.Images != 4 || len(c.Layers) != len(g.Nodes) {
		t.Errorf("%d and %d of %d, %d layers of %d", c.Top1, c.Top5, c.Images, len(c.Layers), len(g.Nodes))
	}
	for _, l := range c.Layers {
		if l.SQNR < 150 || l.Cosine < 0.999999 || l.Max != 0 {
			t.Errorf("%+v", l)
		}
	}
	if s := c.String(); !strings.Contains(s, "lrn") || strings.Count(s, "\n") != 2+len(c.Layers) {
		t.Errorf("table:\n%s", s)
	}
	if _, err := json.Marshal(c); err != nil {
		t.Error(err)
	}
	var svg bytes.Buffer
	if err := c.WriteSVG(&svg); err != nil {
		t.Fatal(err)
	}
	d := xml.NewDecoder(&svg)
	for {
		if _, err := d.Token(); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
}
