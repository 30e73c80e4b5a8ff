package onnx

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gneiss-go/gneiss/models/internal/wire"
	"github.com/gneiss-go/gneiss/runtime"
)

// attributes are those that the handlers heed, by operator, and after a bar those that mean nothing for inference.
// An attribute that is not here may change what its node computes, so a node that has one is refused.
var attributes = map[string]string{
	"AveragePool":        "auto_pad ceil_mode count_include_pad dilations kernel_shape pads strides",
	"BatchNormalization": "epsilon spatial training_mode | momentum",
	"Cast":               "to | saturate round_mode", // of float8
	"Clip":               "min max",
	"Concat":             "axis",
	"Constant":           "value value_int value_ints value_float value_floats sparse_value value_string value_strings",
	"Conv":               "auto_pad dilations group kernel_shape pads strides",
	"DequantizeLinear":   "axis block_size | output_dtype",
	"Dropout":            "| ratio seed",
	"Flatten":            "axis",
	"Gather":             "axis",
	"Gemm":               "alpha beta transA transB",
	"HardSigmoid":        "alpha beta",
	"LRN":                "alpha beta bias size",
	"LeakyRelu":          "alpha",
	// of its second output
	"MaxPool":                  "auto_pad ceil_mode dilations kernel_shape pads strides | storage_order",
	"Pad":                      "mode pads value",
	"QGemm":                    "alpha transA transB",
	"QLinearAveragePool":       "auto_pad ceil_mode channels_last count_include_pad dilations kernel_shape pads strides",
	"QLinearConcat":            "axis",
	"QLinearConv":              "auto_pad dilations group kernel_shape pads strides",
	"QLinearGlobalAveragePool": "channels_last",
	"QuantizeLinear":           "axis block_size output_dtype | saturate", // of float8
	"ReduceMean":               "axes keepdims noop_with_empty_axes",
	"Reshape":                  "allowzero shape",
	"Shape":                    "start end",
	"Slice":                    "starts ends axes steps",
	"Softmax":                  "axis",
	"Squeeze":                  "axes",
	"Transpose":                "perm",
	"Unsqueeze":                "axes",
}

// plainForm reports whether a node asks for nothing but what its handler heeds; what else it asks for is noted.
func (c *call) plainForm() (bool, error) {
	known := strings.Fields(attributes[c.n.op])
	for i, a := range c.n.attrs {
		switch {
		case slices.ContainsFunc(c.n.attrs[:i], func(b attr) bool { return a.name == b.name }):
			return false, fmt.Errorf("two attributes %q: %w", a.name, runtime.ErrCorrupt)
		case !slices.Contains(known, a.name):
			c.unsupported("its attribute %q", a.name)
			return false, nil
		}
	}
	if c.n.op == "BatchNormalization" && slices.ContainsFunc(c.n.out[1:], func(s string) bool { return s != "" }) {
		c.unsupported("%d outputs, which ask for statistics of the batch; export the model for inference", len(c.n.out))
		return false, nil
	}
	return true, nil
}

// attrType is AttributeProto.AttributeType.
type attrType int

const (
	attrFloatType  attrType = 1
	attrIntType    attrType = 2
	attrStringType attrType = 3
	attrIntsType   attrType = 7
)

// typed reports whether there is an attribute of that name, and notes one of another type than want as an error. An
// attribute's number or text may be left out where it is 0 or empty, so that only its type says that it is there; old
// files leave the type out.
func (c *call) typed(name string, want attrType) bool {
	var got attrType
	there := c.each(name, func(f wire.Field) error {
		var v int64
		var err error
		switch f.Num {
		case 20:
			v, err = f.Varint()
			got = attrType(v)
		case 21:
			err = fmt.Errorf("it refers to an attribute of a function: %w", runtime.ErrGraph)
		}
		return err
	})
	if there && got != 0 && got != want && c.err == nil {
		c.err = fmt.Errorf("attribute %s is of type %d, want %d: %w", name, got, want, runtime.ErrCorrupt)
	}
	return there && got == want
}
