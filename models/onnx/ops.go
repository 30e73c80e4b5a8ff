package onnx

// handler imports a node and returns the value of its first output. A nil value without an error means that it is not
// known: something unsupported has been noted.
type handler func(c *call) (*value, error)

// handlers are all operators that can be imported.
var handlers map[string]handler

func init() {
	handlers = map[string]handler{
		"Add":                arithmetic,
		"AveragePool":        pool,
		"BatchNormalization": batchNorm,
		"Cast":               cast,
		"Clip":               clip,
		"Concat":             concat,
		"Constant":           constantNode,
		"Conv":               conv,
		"DequantizeLinear":   dequantizeLinear,
		"Div":                arithmetic,
		"Dropout":            dropout,
		"Flatten":            flatten,
		"Gather":             gather,
		"Gemm":               gemm,
		"GlobalAveragePool":  globalPool,
		"GlobalMaxPool":      globalPool,
		"HardSigmoid":        hard,
		"HardSwish":          hard,
		"Identity":           identity,
		"LRN":                lrn,
		"LeakyRelu":          leaky,
		"MatMul":             matMul,
		"Max":                bound,
		"MaxPool":            pool,
		"Mean":               sum,
		"Min":                bound,
		"Mul":                arithmetic,
		"PRelu":              leaky,
		"Pad":                pad,
		"QLinearConv":        qlinearConv,
		"QLinearMatMul":      qlinearMatMul,
		"QuantizeLinear":     quantizeLinear,
		"ReduceMean":         reduceMean,
		"Relu":               relu,
		"Reshape":            reshape,
		"Shape":              shape,
		"Sigmoid":            curve,
		"Slice":              slice,
		"Softmax":            softmax,
		"Squeeze":            squeeze,
		"Sub":                arithmetic,
		"Sum":                sum,
		"Tanh":               curve,
		"Transpose":          transpose,
		"Unsqueeze":          unsqueeze,
	}
}

// sameShape are unsupported operators whose output is shaped as their first input, so that the import can look further.
var sameShape = []string{"Elu", "Selu", "Celu", "Gelu", "Mish", "Softplus",
	"Softsign", "Erf", "Exp", "Log", "Sqrt", "Abs", "Neg", "Floor", "LogSoftmax", "InstanceNormalization",
	"LayerNormalization", "LpNormalization"}

// reasons tell the way round an unsupported operator, where there is one.
var reasons = map[string]string{
	"Elu":                   "no such activation; train with ReLU or ReLU6",
	"Gelu":                  "no such activation; train with ReLU or ReLU6",
	"LogSoftmax":            "take its input with WithOutputs, or export the model with Softmax",
	"ArgMax":                "take its input with WithOutputs and use TopK on the result",
	"TopK":                  "take its input with WithOutputs and use TopK on the result",
	"ConvTranspose":         "transposed convolution is not supported",
	"ConvInteger":           dynamic,
	"MatMulInteger":         dynamic,
	"DynamicQuantizeLinear": dynamic,
	"Loop":                  "control flow is not supported; export the model traced, not scripted",
	"If":                    "control flow is not supported; export the model traced, not scripted",
	"Scan":                  "control flow is not supported; export the model traced, not scripted",
}

const dynamic = "integers of 32 bits are no activations here; quantise statically (onnxruntime.quantization.quantize_static), or import the float model and quantise it with gneiss quantize"
