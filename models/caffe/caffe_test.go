package caffe

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/gneiss-go/gneiss/models/internal/interp"
	"github.com/gneiss-go/gneiss/models/internal/wire"
	"github.com/gneiss-go/gneiss/runtime"
)

// arr is an array of weights of a test model.
type arr struct {
	dims []int64
	data []float32
}

// weightsOf encodes a V2 caffemodel of weights only: arrays by layer name.
func weightsOf(layers map[string][]arr) []byte {
	var m wire.Msg
	for name, arrs := range layers {
		l := wire.Msg{}.Str(1, name).Str(2, "any")
		for _, a := range arrs {
			l = l.Sub(7, wire.Msg{}.Sub(7, wire.Msg{}.Ints(1, a.dims...)).Floats(5, a.data...))
		}
		m = m.Sub(100, l)
	}
	if m == nil {
		m = m.Sub(100, wire.Msg{}.Str(1, "none"))
	}
	return m
}

// netText describes a network with an input of c×h×w and these layers.
func netText(c, h, w int, layers string) string {
	return fmt.Sprintf("name: \"test\"\nlayer { name: \"data\" type: \"Input\" top: \"data\" input_param { shape { dim: 7 dim: %d dim: %d dim: %d } } }\n%s",
		c, h, w, layers)
}

func ramp(n int) []float32 {
	f := make([]float32, n)
	for i := range f {
		f[i] = float32(i + 1)
	}
	return f
}

// run imports a network and runs it over an NCHW input.
func run(t *testing.T, weights []byte, text string, x []float32, opts ...Option) []float32 {
	t.Helper()
	var proto []byte
	if text != "" {
		proto = []byte(text)
	}
	g, err := Load(weights, proto, opts...)
	if err != nil {
		t.Fatal(err)
	}
	out, err := interp.Run(g, interp.ToNHWC(g.Inputs[0].Shape, x))
	if err != nil {
		t.Fatal(err)
	}
	compiled, err := interp.Compiled(g, interp.ToNHWC(g.Inputs[0].Shape, x))
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range compiled[0] {
		if math.Abs(float64(v-out[0][i])) > 1e-5*math.Abs(float64(v))+1e-6 {
			t.Errorf("compiled it gives %v, by definition %v", compiled[0], out[0])
			break
		}
	}
	return interp.ToNCHW(g.Outputs[0].Shape, out[0])
}

// layerCases has each layer type in a small network whose result can be worked out by hand.
var layerCases = []struct {
	name    string
	c, h, w int
	layers  string
	weights map[string][]arr
	in      []float32 // nil for 1, 2, 3, …
	want    []float32
}{
	{name: "deconvolution", c: 1, h: 1, w: 2, layers: `
		layer { name: "l" type: "Deconvolution" bottom: "data" top: "l"
			convolution_param { num_output: 1 kernel_size: 3 stride: 2 pad: 1 } }`,
		weights: map[string][]arr{"l": {{[]int64{1, 1, 3, 3}, ramp(9)}, {[]int64{1}, []float32{1}}}},
		want:    []float32{6, 15, 11}},
	{name: "deconvolution in groups", c: 2, h: 1, w: 1, layers: `
		layer { name: "l" type: "Deconvolution" bottom: "data" top: "l"
			convolution_param { num_output: 2 group: 2 kernel_size: 2 stride: 2 bias_term: false } }`,
		weights: map[string][]arr{"l": {{[]int64{2, 1, 2, 2}, ramp(8)}}},
		want:    []float32{1, 2, 3, 4, 10, 12, 14, 16}},
	{name: "convolution", c: 2, h: 2, w: 2,
		layers: `layer { name: "c" type: "Convolution" bottom: "data" top: "c" convolution_param { num_output: 1 kernel_size: 2 } }`,
		weights: map[string][]arr{"c": {{[]int64{1, 2, 2, 2}, []float32{1, 10, 0, 0, 0, 0, 0, 100}},
			{[]int64{1}, []float32{0.5}}}},
		want: []float32{1 + 20 + 800 + 0.5}},
	{name: "convolution without bias, of old shape", c: 1, h: 2, w: 2,
		layers:  `layer { name: "c" type: "Convolution" bottom: "data" top: "c" convolution_param { num_output: 2 kernel_size: 1 bias_term: false } }`,
		weights: map[string][]arr{"c": {{[]int64{2, 1, 1, 1}, []float32{1, -1}}}},
		want:    []float32{1, 2, 3, 4, -1, -2, -3, -4}},
	{name: "grouped, strided, padded, dilated convolution", c: 2, h: 1, w: 5,
		layers: `layer { name: "c" type: "Convolution" bottom: "data" top: "c" convolution_param { num_output: 2 group: 2 kernel_h: 1 kernel_w: 2
			stride_h: 1 stride_w: 2 pad_h: 0 pad_w: 1 dilation: 1 dilation: 2 bias_term: false } }`,
		weights: map[string][]arr{"c": {{[]int64{2, 1, 1, 2}, []float32{1, 10, 100, 1000}}}},
		// padded rows 0 1 2 3 4 5 0 and 0 6 7 8 9 10 0; taps 2 apart, steps of 2
		want: []float32{20, 42, 4, 7000, 700 + 9000, 900}},
	{name: "depthwise convolution", c: 2, h: 1, w: 1,
		layers:  `layer { name: "c" type: "ConvolutionDepthwise" bottom: "data" top: "c" convolution_param { num_output: 2 kernel_size: 1 bias_term: false } }`,
		weights: map[string][]arr{"c": {{[]int64{2, 1, 1, 1}, []float32{3, 5}}}},
		want:    []float32{3, 10}},
	{name: "maximum pool rounds up", c: 1, h: 4, w: 4,
		layers: `layer { name: "p" type: "Pooling" bottom: "data" top: "p" pooling_param { pool: MAX kernel_size: 3 stride: 2 } }`,
		want:   []float32{11, 12, 15, 16}},
	{name: "average pool clips at the padded input", c: 1, h: 2, w: 2,
		layers: `layer { name: "p" type: "Pooling" bottom: "data" top: "p" pooling_param { pool: AVE kernel_size: 3 stride: 2 pad: 1 } }`,
		// windows begin at −1 and 1: the second is cut to 2 cells a side
		want: []float32{10. / 9, 6. / 6, 7. / 6, 4. / 4}},
	{name: "average pool rounds up without padding", c: 1, h: 1, w: 4,
		layers: `layer { name: "p" type: "Pooling" bottom: "data" top: "p" pooling_param { pool: AVE kernel_h: 1 kernel_w: 3 stride_h: 1 stride_w: 2 } }`,
		want:   []float32{2, 3.5}},
	{name: "pool rounding down", c: 1, h: 4, w: 4,
		layers: `layer { name: "p" type: "Pooling" bottom: "data" top: "p" pooling_param { kernel_size: 3 stride: 2 round_mode: FLOOR } }`,
		want:   []float32{11}},
	{name: "global pool", c: 2, h: 2, w: 1,
		layers: `layer { name: "p" type: "Pooling" bottom: "data" top: "p" pooling_param { pool: AVE global_pooling: true } }`,
		want:   []float32{1.5, 3.5}},
	{name: "inner product over a map", c: 2, h: 1, w: 2,
		layers: `layer { name: "f" type: "InnerProduct" bottom: "data" top: "f" inner_product_param { num_output: 2 } }`,
		weights: map[string][]arr{"f": {{[]int64{1, 1, 2, 4}, []float32{1, 10, 100, 1000, 0, 0, 0, 1}},
			{[]int64{1, 1, 1, 2}, []float32{0.5, 0}}}},
		want: []float32{4321.5, 4}},
	{name: "transposed inner product", c: 2, h: 1, w: 2,
		layers:  `layer { name: "f" type: "InnerProduct" bottom: "data" top: "f" inner_product_param { num_output: 2 transpose: true bias_term: false } }`,
		weights: map[string][]arr{"f": {{[]int64{4, 2}, []float32{1, 0, 10, 0, 100, 0, 1000, 1}}}},
		want:    []float32{4321, 4}},
	{name: "inner product after flatten", c: 2, h: 1, w: 2,
		layers: `layer { name: "x" type: "Flatten" bottom: "data" top: "x" }
			layer { name: "f" type: "InnerProduct" bottom: "x" top: "f" inner_product_param { num_output: 1 bias_term: false } }`,
		weights: map[string][]arr{"f": {{[]int64{1, 4}, []float32{1, 10, 100, 1000}}}},
		want:    []float32{4321}},
	{name: "relu in place", c: 1, h: 1, w: 2, in: []float32{-1, 2},
		layers: `layer { name: "r" type: "ReLU" bottom: "data" top: "data" }`,
		want:   []float32{0, 2}},
	{name: "relu6 and clip", c: 1, h: 1, w: 3, in: []float32{-1, 5, 9},
		layers: `layer { name: "r" type: "ReLU6" bottom: "data" top: "r" } layer { name: "k" type: "Clip" bottom: "r" top: "k" clip_param { min: 1 max: 5.5 } }`,
		want:   []float32{1, 5, 5.5}},
	{name: "sigmoid and tanh", c: 1, h: 1, w: 2, in: []float32{0, float32(math.Log(3))},
		layers: `layer { name: "s" type: "Sigmoid" bottom: "data" top: "s" } layer { name: "t" type: "TanH" bottom: "s" top: "t" }`,
		want:   []float32{float32(math.Tanh(.5)), float32(math.Tanh(.75))}},
	{name: "lrn", c: 3, h: 1, w: 1, in: []float32{1, 2, 3},
		layers: `layer { name: "n" type: "LRN" bottom: "data" top: "n" lrn_param { local_size: 3 alpha: 3 beta: 1 k: 2 } }`,
		want:   []float32{1. / 7, 2. / 16, 3. / 15}},
	{name: "concat", c: 1, h: 1, w: 2,
		layers: `layer { name: "s" type: "Split" bottom: "data" top: "a" top: "b" } layer { name: "k" type: "Concat" bottom: "a" bottom: "b" bottom: "data" top: "k" concat_param { axis: 1 } }`,
		want:   []float32{1, 2, 1, 2, 1, 2}},
	{name: "normalised pixels", c: 2, h: 1, w: 2, in: []float32{3, 0, 4, 2}, layers: `
		layer { name: "n" type: "Normalize" bottom: "data" top: "n"
			norm_param { across_spatial: false channel_shared: false } }`,
		weights: map[string][]arr{"n": {{[]int64{2}, []float32{10, 20}}}}, want: []float32{6, 0, 16, 20}},
	{name: "a normalised image", c: 1, h: 2, w: 2, in: []float32{1, 5, 3, 1}, layers: `
		layer { name: "n" type: "Normalize" bottom: "data" top: "n" }`,
		weights: map[string][]arr{"n": {{[]int64{1}, []float32{12}}}}, want: []float32{2, 10, 6, 2}},
	{name: "mean and deviation", c: 2, h: 1, w: 2, in: []float32{1, 3, 10, 30},
		layers: `layer { name: "n" type: "MVN" bottom: "data" top: "n" }`, want: []float32{-1, 1, -1, 1}},
	{name: "mean of all channels", c: 2, h: 1, w: 2, in: []float32{1, 3, 10, 30}, layers: `
		layer { name: "n" type: "MVN" bottom: "data" top: "n" mvn_param { normalize_variance: false across_channels: true } }`,
		want: []float32{-10, -8, -1, 19}},
	{name: "softmax of rows", c: 1, h: 2, w: 1, in: []float32{0, float32(math.Log(3))},
		layers: `layer { name: "s" type: "Softmax" bottom: "data" top: "s" softmax_param { axis: -2 } }`,
		want:   []float32{0.25, 0.75}},
	{name: "concat of columns", c: 2, h: 1, w: 2, in: []float32{1, 2, 3, 4},
		layers: `layer { name: "k" type: "Concat" bottom: "data" bottom: "data" top: "k" concat_param { axis: -1 } }`,
		want:   []float32{1, 2, 1, 2, 3, 4, 3, 4}},
	{name: "slice by points", c: 4, h: 1, w: 1, in: []float32{1, 2, 3, 4},
		layers: `layer { name: "s" type: "Slice" bottom: "data" top: "a" top: "b" slice_param { axis: 1 slice_point: 1 } }
			layer { name: "k" type: "Concat" bottom: "b" bottom: "a" top: "k" }`,
		want: []float32{2, 3, 4, 1}},
	{name: "slice in equal parts", c: 1, h: 2, w: 2, in: []float32{1, 2, 3, 4},
		layers: `layer { name: "s" type: "Slice" bottom: "data" top: "a" top: "b" slice_param { axis: 2 } }
			layer { name: "k" type: "Concat" bottom: "b" bottom: "a" top: "k" concat_param { axis: 2 } }`,
		want: []float32{3, 4, 1, 2}},
	{name: "softmax", c: 2, h: 1, w: 1, in: []float32{0, float32(math.Log(3))},
		layers: `layer { name: "s" type: "Softmax" bottom: "data" top: "s" }`,
		want:   []float32{0.25, 0.75}},
	{name: "eltwise sum of three with coefficients", c: 1, h: 1, w: 2,
		layers: `layer { name: "e" type: "Eltwise" bottom: "data" bottom: "data" bottom: "data" top: "e" eltwise_param { operation: SUM coeff: [1, -2, 0.5] } }`,
		want:   []float32{-0.5, -1}},
	{name: "batch norm, scale, bias, power", c: 2, h: 1, w: 1,
		layers: `layer { name: "n" type: "BatchNorm" bottom: "data" top: "n" batch_norm_param { eps: 0 } }
			layer { name: "s" type: "Scale" bottom: "n" top: "n" scale_param { bias_term: true } }
			layer { name: "b" type: "Bias" bottom: "n" top: "n" }
			layer { name: "p" type: "Power" bottom: "n" top: "p" power_param { scale: 2 shift: 1 } }`,
		weights: map[string][]arr{
			// means ½ and 1, variances 1 and 4
			"n": {{[]int64{2}, []float32{1, 2}}, {[]int64{2}, []float32{2, 8}}, {[]int64{1}, []float32{2}}},
			"s": {{[]int64{2}, []float32{3, 5}}, {[]int64{2}, []float32{1, 2}}},
			"b": {{[]int64{2}, []float32{10, 20}}}},
		want: []float32{2*(3*0.5+1+10) + 1, 2*(5*0.5+2+20) + 1}},
	{name: "dropout, reshape", c: 2, h: 2, w: 1,
		layers: `layer { name: "d" type: "Dropout" bottom: "data" top: "d" } layer { name: "x" type: "Reshape" bottom: "d" top: "x" reshape_param { shape { dim: 0 dim: -1 } } }
			layer { name: "r" type: "ReLU" bottom: "x" top: "r" }`,
		want: []float32{1, 2, 3, 4}},
}

func TestLayers(t *testing.T) {
	for _, c := range layerCases {
		t.Run(c.name, func(t *testing.T) {
			in := c.in
			if in == nil {
				in = ramp(c.c * c.h * c.w)
			}
			got := run(t, weightsOf(c.weights), netText(c.c, c.h, c.w, c.layers), in)
			if len(got) != len(c.want) {
				t.Fatalf("got %v, want %v", got, c.want)
			}
			for i := range got {
				if math.Abs(float64(got[i]-c.want[i])) > 1e-5*math.Abs(float64(c.want[i]))+1e-6 {
					t.Fatalf("got %v, want %v", got, c.want)
				}
			}
		})
	}
}

// trainNet is the description of a training network with an auxiliary head, phases and accuracies.
const trainNet = `
name: "train" # as a snapshot has it
layer { name: "data" type: "Data" top: "data" top: "label" include { phase: TRAIN } transform_param { crop_size: 2 mirror: true } }
layer { name: "data" type: "Data" top: "data" top: "label" include { phase: TEST } transform_param { crop_size: 2 } }
layer { name: "conv" type: "Convolution" bottom: "data" top: "conv" convolution_param { num_output: 2 kernel_size: 2 } }
layer { name: "aux" type: "InnerProduct" bottom: "conv" top: "aux" inner_product_param { num_output: 2 } }
layer { name: "aux/loss" type: "SoftmaxWithLoss" bottom: "aux" bottom: "label" top: "aux/loss" loss_weight: 0.3 }
layer { name: "noise" type: "PReLU" bottom: "conv" top: "noise" include { phase: TRAIN } }
layer { name: "fc" type: "InnerProduct" bottom: "conv" top: "fc" inner_product_param { num_output: 2 } }
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "fc" bottom: "label" top: "loss" }
layer { name: "accuracy" type: "Accuracy" bottom: "fc" bottom: "label" top: "accuracy" exclude { phase: TRAIN } }
`

var trainWeights = map[string][]arr{
	"conv": {{[]int64{2, 1, 2, 2}, []float32{1, 0, 0, 0, 0, 0, 0, 1}}, {[]int64{2}, []float32{0, 0}}},
	"fc":   {{[]int64{2, 2}, []float32{1, 0, 0, 1}}, {[]int64{2}, []float32{0, 0}}},
}

// TestTrainingNet: data layers become inputs, the heaviest loss the output, heads and accuracies go.
func TestTrainingNet(t *testing.T) {
	g, err := Load(weightsOf(trainWeights), []byte(trainNet))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, n := range g.Nodes {
		names = append(names, n.Name)
	}
	if want := []string{"conv", "fc", "loss"}; !slices.Equal(names, want) {
		t.Errorf("nodes %v, want %v", names, want)
	}
	if g.Outputs[0].Name != "loss" || g.Inputs[0].Shape != (runtime.Shape{N: 1, H: 2, W: 2, C: 1}) {
		t.Errorf("output %s, input %v", g.Outputs[0].Name, g.Inputs[0].Shape)
	}
	g, err = Load(weightsOf(trainWeights), []byte(trainNet), WithOutputs("conv"), WithBatch(3))
	if err != nil {
		t.Fatal(err)
	}
	if len(g.Nodes) != 1 || g.Outputs[0].Shape != (runtime.Shape{N: 3, H: 1, W: 1, C: 2}) {
		t.Errorf("%d nodes, output %v", len(g.Nodes), g.Outputs[0].Shape)
	}
}

// snapshot encodes a small trained network with its definition, as Caffe saves one, in the V1 or V2 format.
func snapshot(v1 bool) []byte {
	layer := func(name, typ string, bottom, top string, extra func(wire.Msg) wire.Msg, arrs ...arr) wire.Msg {
		var l wire.Msg
		if v1 {
			l = l.Str(4, name).Int(5, int64(slices.Index(v1Types, typ)))
		} else {
			l = l.Str(1, name).Str(2, v2Type[typ])
		}
		at := map[bool][3]int{true: {2, 3, 6}, false: {3, 4, 7}}[v1]
		if bottom != "" {
			l = l.Str(at[0], bottom)
		}
		l = l.Str(at[1], top)
		for _, a := range arrs {
			b := wire.Msg{}.Floats(5, a.data...)
			if v1 {
				d := append(slices.Repeat([]int64{1}, 4-len(a.dims)), a.dims...)
				b = b.Int(1, d[0]).Int(2, d[1]).Int(3, d[2]).Int(4, d[3])
			} else {
				b = b.Sub(7, wire.Msg{}.Ints(1, a.dims...))
			}
			l = l.Sub(at[2], b)
		}
		return extra(l)
	}
	pick := func(a, b int) int {
		if v1 {
			return a
		}
		return b
	}
	none := func(m wire.Msg) wire.Msg { return m }
	var m wire.Msg
	m = m.Str(1, "snap")
	list := pick(2, 100)
	m = m.Sub(list, layer("mnist", "DATA", "", "data", func(m wire.Msg) wire.Msg {
		m = m.Sub(pick(32, 8), wire.Msg{}.Int(1, 0))                // include { phase: TRAIN }
		return m.Sub(pick(36, 100), wire.Msg{}.Int(3, 2).Int(2, 1)) // crop_size 2
	}))
	m = m.Sub(list, layer("conv", "CONVOLUTION", "data", "conv", func(m wire.Msg) wire.Msg {
		return m.Sub(pick(10, 106), wire.Msg{}.Int(1, 2).Ints(4, 2))
	}, trainWeights["conv"]...))
	m = m.Sub(list, layer("relu", "RELU", "conv", "conv", none))
	m = m.Sub(list, layer("pool", "POOLING", "conv", "pool", func(m wire.Msg) wire.Msg {
		return m.Sub(pick(19, 121), wire.Msg{}.Int(1, 1).Int(2, 1))
	}))
	m = m.Sub(list, layer("fc", "INNER_PRODUCT", "pool", "fc", func(m wire.Msg) wire.Msg {
		return m.Sub(pick(17, 117), wire.Msg{}.Int(1, 2))
	}, trainWeights["fc"]...))
	return m.Sub(list, layer("loss", "SOFTMAX_LOSS", "fc", "loss", none))
}

// TestSnapshots: a caffemodel alone is enough when it has the definition; the image's channels are those of the first
// filters.
func TestSnapshots(t *testing.T) {
	for _, v1 := range []bool{true, false} {
		got := run(t, snapshot(v1), "", []float32{1, 2, 3, 4})
		e1, e4 := math.Exp(1), math.Exp(4)
		if want := e1 / (e1 + e4); len(got) != 2 || math.Abs(float64(got[0])-want) > 1e-6 {
			t.Errorf("V1 %v: %v, want %v first", v1, got, want)
		}
	}
}

// TestV1Text reads the old format's words.
func TestV1Text(t *testing.T) {
	text := `input: "data" input_dim: 1 input_dim: 1 input_dim: 2 input_dim: 2
		layers { name: 'conv' type: CONVOLUTION bottom: 'data' top: 'conv' blobs_lr: 1. convolution_param { num_output: 2 kernel_size: 2 } }
		layers { name: "relu" type: RELU bottom: "conv" top: "conv" }`
	if got := run(t, weightsOf(trainWeights), text, []float32{1, 2, 3, 4}); !slices.Equal(got, []float32{1, 4}) {
		t.Errorf("got %v", got)
	}
}

// TestRandomWeights: they depend on the seed and nothing else.
func TestRandomWeights(t *testing.T) {
	first := func(seed uint64) []float32 {
		g, err := Load(nil, []byte(trainNet), WithRandomWeights(seed), WithInputShape(3, 4, 4))
		if err != nil {
			t.Fatal(err)
		}
		return g.Nodes[0].Op.(*runtime.Conv).Weights
	}
	if !slices.Equal(first(1), first(1)) || slices.Equal(first(1), first(2)) {
		t.Error("random weights do not follow the seed")
	}
}

// TestUnsupported: everything that cannot be imported is listed, also behind something of unknown shape.
func TestUnsupported(t *testing.T) {
	text := netText(2, 4, 4, `
		layer { name: "up" type: "SPP" bottom: "data" top: "up" }
		layer { name: "sig" type: "Threshold" bottom: "up" top: "sig" }
		layer { name: "leaky" type: "ReLU" bottom: "sig" top: "leaky" relu_param { negative_slope: 0.1 } }
		layer { name: "within" type: "LRN" bottom: "data" top: "within" lrn_param { norm_region: WITHIN_CHANNEL } }
		layer { name: "prod" type: "Eltwise" bottom: "leaky" bottom: "within" top: "prod" eltwise_param { operation: PROD } }
		layer { name: "sq" type: "Power" bottom: "prod" top: "sq" power_param { power: 2 } }
		layer { name: "sto" type: "Pooling" bottom: "sq" top: "sto" pooling_param { pool: STOCHASTIC kernel_size: 2 } }
		layer { name: "soft" type: "Softmax" bottom: "data" top: "soft" softmax_param { axis: 2 } }
		layer { name: "tile" type: "Tile" bottom: "data" top: "tile" }`)
	_, err := Load(weightsOf(nil), []byte(text))
	var u *runtime.UnsupportedError
	if !errors.As(err, &u) {
		t.Fatalf("got %v", err)
	}
	var names []string
	for _, op := range u.Ops {
		names = append(names, op.Node)
	}
	if want := []string{"up", "sig", "within", "sto", "tile"}; !slices.Equal(names, want) {
		t.Errorf("listed %v, want %v", names, want)
	}
}

// TestBitFlips: no flipped bit and no truncation of a model makes the importer panic or forget to name the file.
func TestBitFlips(t *testing.T) {
	model := snapshot(true)
	check := func(b []byte) {
		g, err := Load(b, nil)
		var fe *runtime.FileError
		if (g == nil) == (err == nil) || err != nil && !errors.As(err, &fe) {
			t.Fatalf("%x: graph %v, error %v", b, g, err)
		}
	}
	for i := range model {
		for bit := range 8 {
			b := slices.Clone(model)
			b[i] ^= 1 << bit
			check(b)
		}
		check(model[:i])
	}
}
