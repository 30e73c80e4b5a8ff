package onnx

import (
	"bytes"
	"cmp"
	"math"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gneiss-go/gneiss/internal/test/testdata"
	"github.com/gneiss-go/gneiss/kernels"
	"github.com/gneiss-go/gneiss/models/internal/interp"
	"github.com/gneiss-go/gneiss/models/internal/wire"
	"github.com/gneiss-go/gneiss/runtime"
)

// TestFunctionsConformance: the node tests of the ONNX project for functions and arithmetic.
func TestFunctionsConformance(t *testing.T) {
	for _, name := range strings.Fields(`abs ceil_example celu div_bcast div_example elu_default elu_example erf
		exp_example floor floor_example log_example max_float32 max_float16 max_one_input min_example min_float64
		min_float16 min_two_inputs neg_example pow pow_bcast_array pow_example pow_types_float32_int64
		pow_types_float32_uint32 reciprocal selu selu_example shrink_soft sign softplus softsign softsign_example
		sqrt_example sub sub_example thresholdedrelu thresholdedrelu_example`) {
		c, err := readCase(filepath.Join(testdata.Path(t, "conformance", "onnx-node-more"), "test_"+name))
		if err != nil {
			t.Fatal(err)
		}
		if err := c.run(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// formCase is a model of an input of [1 2 3 4] whose numbers are −12 to 11, quartered.
type formCase struct {
	name  string
	opset int64
	inits []wire.Msg
	nodes []wire.Msg
	want  func(x []float64, i int) float64
}

// full is a constant of every element, of 1 to 24, halved.
func full(i int) float64 { return float64(i+1) / 2 }

func formCases() []formCase {
	var fulls, quarters []float32
	for i := range 24 {
		fulls, quarters = append(fulls, float32(full(i))), append(quarters, float32(i)/24)
	}
	inits := []wire.Msg{floats("full", []int64{1, 2, 3, 4}, fulls...), floats("slope", []int64{2, 3, 4}, quarters...),
		floats("w", []int64{4}, 1, 2, 3, 4), floats("n", []int64{2, 1, 1, 1}, 5, 7), floats("two", nil, 2),
		floats("ch", []int64{2, 1, 1}, 0.5, -1)}
	one := func(name, op, in string, want func(x []float64, i int) float64, attrs ...wire.Msg) formCase {
		return formCase{name: name, inits: inits, nodes: []wire.Msg{nodeOf(op, in, "y", attrs...)}, want: want}
	}
	w := func(i int) float64 { return float64(i%4 + 1) }
	return []formCase{
		one("a constant for each element", "Add", "x full", func(x []float64, i int) float64 { return x[i] + full(i) }),
		one("a constant less", "Sub", "full x", func(x []float64, i int) float64 { return full(i) - x[i] }),
		one("a constant for each column", "Mul", "w x", func(x []float64, i int) float64 { return w(i) * x[i] }),
		one("a constant divided", "Div", "w x", func(x []float64, i int) float64 { return w(i) / x[i] }),
		one("divided by each", "Div", "x full", func(x []float64, i int) float64 { return x[i] / full(i) }),
		one("more images than there are", "Sub", "x n", func(x []float64, i int) float64 {
			return x[i%24] - []float64{5, 7}[i/24]
		}),
		one("slopes for each element", "PRelu", "x slope", func(x []float64, i int) float64 {
			return max(x[i], 0) + float64(float32(i)/24)*min(x[i], 0)
		}),
		one("slopes for each channel", "PRelu", "x ch", func(x []float64, i int) float64 {
			return max(x[i], 0) + []float64{0.5, -1}[i/12]*min(x[i], 0)
		}),
		one("the maximum of three", "Max", "x full ch", func(x []float64, i int) float64 {
			return max(x[i], full(i), []float64{0.5, -1}[i/12])
		}),
		one("the maximum of one", "Max", "x", func(x []float64, i int) float64 { return x[i] }),
		one("the minimum of four", "Min", "x two x w", func(x []float64, i int) float64 { return min(x[i], 2, w(i)) }),
		one("a sum of four", "Sum", "x full w x", func(x []float64, i int) float64 { return 2*x[i] + full(i) + w(i) }),
		one("a mean of three", "Mean", "x full w", func(x []float64, i int) float64 { return (x[i] + full(i) + w(i)) / 3 }),
		one("a square", "Pow", "x two", func(x []float64, i int) float64 { return x[i] * x[i] }),
		one("a power of numbers", "Pow", "full x", func(x []float64, i int) float64 { return math.Pow(full(i), x[i]) }),
		one("powers for each column", "Pow", "x w", func(x []float64, i int) float64 { return math.Pow(x[i], w(i)) }),
		one("a remainder", "Mod", "x two", func(x []float64, i int) float64 { return math.Mod(x[i], 2) }, attrInt("fmod", 1)),
		one("Gelu by a tangent", "Gelu", "x", func(x []float64, i int) float64 {
			return x[i] / (1 + math.Exp(-2*math.Sqrt(2/math.Pi)*(x[i]+0.044715*x[i]*x[i]*x[i])))
		}, attrStr("approximate", "tanh")),
		{name: "Keras normalises before it transposes", inits: inits, nodes: []wire.Msg{nodeOf("Sub", "x w", "a"),
			nodeOf("Div", "a w", "b"), nodeOf("Transpose", "b", "y", attrInts("perm", 0, 3, 1, 2))},
			want: func(x []float64, i int) float64 {
				at := i%6*4 + i/6
				return (x[at] - w(at)) / w(at)
			}},
	}
}

// TestArithmeticForms: constants of any shape on either side, any number of inputs, and powers, beside plain loops.
func TestArithmeticForms(t *testing.T) {
	var in []float32
	var x []float64
	for i := range 24 {
		in, x = append(in, float32(i-12)/4), append(x, float64(i-12)/4)
	}
	for _, c := range formCases() {
		opset := int64(13)
		if c.nodes[0] != nil && strings.HasPrefix(c.name, "Gelu") {
			opset = 20
		}
		g, err := Load(modelOf(opset, []int64{1, 2, 3, 4}, c.inits, c.nodes...))
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		for how, run := range runs {
			feed := in
			if _, l := g.Inputs[0].Dims(); l == runtime.ChannelsLast {
				feed = interp.ToNHWC(g.Inputs[0].Shape, in)
			}
			out, err := run(g, feed)
			if err != nil {
				t.Fatal(c.name, err)
			}
			for i, got := range interp.ToNCHW(g.Outputs[0].Shape, out[0]) {
				if want := c.want(x, i); !(math.Abs(float64(got)-want) <= 1e-5*math.Abs(want)+1e-6) &&
					!math.IsInf(want, 0) {
					t.Errorf("%s, %s: element %d is %v, want %v", c.name, how, i, got, want)
					break
				}
			}
		}
	}
}

// TestQuantisedFunctions: what ONNX Runtime's quantiser writes of functions and arithmetic stays bytes, within half a
// level of the numbers.
func TestQuantisedFunctions(t *testing.T) {
	inits := []wire.Msg{f32("s", 1./32), u8("z", 130), f32("t", 1./16), u8("tz", 100), f32("r", 1./8), u8("rz", 128),
		floats("ch", []int64{2, 1, 1}, 0.5, -1), floats("pool", []int64{1}, 1)}
	begin := []wire.Msg{q("x", "s z", "xq"), nodeOf("ReduceMean", "x", "m", attrInts("axes", 2, 3)), q("m", "t tz", "mq")}
	both := append(begin[:3:3], dq("xq", "s z", "xf"), dq("mq", "t tz", "mf"))
	end := q("f", "r rz", "y")
	m := func(x []float64, i int) float64 {
		sum := 0.0
		for _, v := range x[i/12*12:][:12] {
			sum += v / 12
		}
		return math.RoundToEven(sum*16) / 16
	}
	for _, c := range []formCase{
		{name: "QLinearMul", nodes: append(begin[:3:3], contribOf("QLinearMul", "xq s z mq t tz r rz", "y")),
			want: func(x []float64, i int) float64 { return x[i] * m(x, i) }},
		{name: "QLinearAdd, broadcast", nodes: append(begin[:3:3], contribOf("QLinearAdd", "mq t tz xq s z r rz", "y")),
			want: func(x []float64, i int) float64 { return x[i] + m(x, i) }},
		{name: "QLinearSigmoid", nodes: append(begin[:1:1], contribOf("QLinearSigmoid", "xq s z t tz", "y")),
			want: func(x []float64, i int) float64 { return 1 / (1 + math.Exp(-x[i])) }},
		{name: "QLinearLeakyRelu", nodes: append(begin[:1:1], contribOf("QLinearLeakyRelu", "xq s z t tz", "y",
			attrFloat("alpha", 0.25))), want: func(x []float64, i int) float64 { return max(x[i], x[i]/4) }},
		{name: "Add, broadcast", nodes: append(both[:5:5], nodeOf("Add", "xf mf", "f"), end),
			want: func(x []float64, i int) float64 { return x[i] + m(x, i) }},
		{name: "Mul", nodes: append(both[:5:5], nodeOf("Mul", "mf xf", "f"), end),
			want: func(x []float64, i int) float64 { return x[i] * m(x, i) }},
		{name: "PRelu", nodes: append(both[:5:5], nodeOf("PRelu", "xf ch", "f"), end),
			want: func(x []float64, i int) float64 { return max(x[i], 0) + []float64{0.5, -1}[i/12]*min(x[i], 0) }},
		{name: "a constant for each channel", nodes: append(both[:5:5], nodeOf("Mul", "xf ch", "f"), end),
			want: func(x []float64, i int) float64 { return x[i] * []float64{0.5, -1}[i/12] }},
		{name: "HardSwish and Clip", nodes: append(both[:5:5], nodeOf("HardSwish", "xf", "h"),
			nodeOf("Clip", "h", "f", attrFloat("min", -0.25), attrFloat("max", 2)), end), opset: 10,
			want: func(x []float64, i int) float64 { return min(max(x[i]*min(max(x[i]+3, 0), 6)/6, -0.25), 2) }},
		{name: "rescaled", nodes: append(both[:5:5], q("xf", "r rz", "y")),
			want: func(x []float64, i int) float64 { return x[i] }},
	} {
		g, err := Load(modelOf(cmp.Or(c.opset, 12), []int64{1, 2, 3, 4}, inits, c.nodes...))
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		var in []float32
		var x []float64
		for i := range 24 {
			in, x = append(in, float32(i*5%24-12)/4), append(x, float64(i*5%24-12)/4)
		}
		out, err := interp.Compiled(g, interp.ToNHWC(g.Inputs[0].Shape, in))
		if err != nil {
			t.Fatal(c.name, err)
		}
		to := g.Outputs[0].Quant
		for i, level := range interp.ToNCHW(g.Outputs[0].Shape, out[0]) {
			got, want := float64(level-float32(to.Zero))*float64(to.Scale), c.want(x, i)
			if !(math.Abs(got-want) <= 0.5001*float64(to.Scale)) {
				t.Errorf("%s: element %d is %v, want %v", c.name, i, got, want)
			}
		}
		plan, err := runtime.Compile(g)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range plan.Report().Steps {
			if s.Op == "Dequantize" || s.Op == "Quantize" && s.Name != "xq" && s.Name != "mq" {
				t.Errorf("%s: %s is a %s", c.name, s.Name, s.Op)
			}
		}
	}
}

// TestWriteFunctions: functions and arithmetic that are written and read again give the same numbers, but for roundings
// of those that the format spells out.
func TestWriteFunctions(t *testing.T) {
	ops := map[string]runtime.Op{}
	for of := kernels.Sigmoid; of.Check() == nil; of++ {
		op := &runtime.Curve{Of: of}
		for i := range of.Params() {
			*[]*float32{&op.A, &op.B}[i] = 0.75
		}
		ops[of.String()] = op
	}
	c := []float32{0.5, -1, 2}
	for how := kernels.Plus; how.Check() == nil; how++ {
		ops[how.String()+" constants"] = &runtime.Binary{How: how, Of: c, Shape: runtime.Shape{N: 1, H: 1, W: 1, C: 3}}
		ops[how.String()+" clamped"] = &runtime.Binary{How: how, Of: c, Shape: runtime.Shape{N: 1, H: 1, W: 1, C: 3},
			First: how != kernels.Sloped, Act: runtime.Clamp{On: true, Lo: -1, Hi: 0.75}}
		ops[how.String()] = &runtime.Binary{How: how}
	}
	unsaid := 0
	for name, op := range ops {
		g := runtime.NewGraph("g")
		x, err := g.Input("x", runtime.Shape{N: 1, H: 2, W: 3, C: 3})
		if err != nil {
			t.Fatal(err)
		}
		in := []*runtime.Value{x, x}
		if b, ok := op.(*runtime.Binary); !ok || b.Of != nil {
			in = in[:1]
		}
		y, err := g.Add("y", op, in...)
		if err == nil {
			err = g.Output(y)
		}
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if err := WriteQDQ(&b, g); unsupported(err) {
			unsaid++
			continue
		} else if err != nil {
			t.Fatal(name, err)
		}
		again, err := Load(b.Bytes())
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var feed []float32
		for i := range 18 {
			feed = append(feed, float32(i-8)/4)
		}
		want, err := interp.Run(g, feed)
		if err != nil {
			t.Fatal(err)
		}
		got, err := interp.Run(again, feed)
		if err != nil {
			t.Fatal(err)
		}
		for i, w := range want[0] {
			if v := got[0][i]; v != w && v == v && !(math.Abs(float64(v-w)) <= 2e-6*math.Abs(float64(w))+1e-7) {
				t.Errorf("%s: %v after writing, %v before", name, v, w)
			}
		}
	}
	if unsaid != 6 { // FloorRemainder and Angle
		t.Errorf("%d operations are not written", unsaid)
	}
}
