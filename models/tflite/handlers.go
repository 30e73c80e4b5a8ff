package tflite

import (
	"fmt"

	"github.com/gneiss-go/gneiss/runtime"
)

// The numbers of the schema's BuiltinOperator.
const (
	opAdd             = 0
	opAveragePool2D   = 1
	opConcatenation   = 2
	opConv2D          = 3
	opDepthwiseConv2D = 4
	opDequantize      = 6
	opFullyConnected  = 9
	opLRN             = 13
	opLogistic        = 14
	opMaxPool2D       = 17
	opMul             = 18
	opReLU            = 19
	opReLUN1To1       = 20
	opReLU6           = 21
	opReshape         = 22
	opSoftmax         = 25
	opTanh            = 28
	opPad             = 34
	opTranspose       = 39
	opMean            = 40
	opSub             = 41
	opSqueeze         = 43
	opQuantize        = 114
)

// form is an operation that can be imported: its handler, the number of its options in the schema's BuiltinOptions, and
// how many fields of those the handler heeds or knows to mean nothing. A field beyond is refused.
type form struct {
	handle  func(*node) error
	options int
	fields  int
}

// handlers import one operation each. Filled in init, for they refer to it.
var handlers map[int]form

func init() {
	handlers = map[int]form{
		opAdd:             {add, 11, 2}, // activation, pot_scale_int16
		opAveragePool2D:   {averagePool, 5, 6},
		opConcatenation:   {concatenation, 10, 2},
		opConv2D:          {conv, 1, 6},
		opDepthwiseConv2D: {depthwise, 2, 7},
		opDequantize:      {dequantize, 0, 0},
		opFullyConnected:  {fullyConnected, 8, 4}, // …, asymmetric_quantize_inputs of hybrid kernels
		opLRN:             {lrn, 13, 4},
		opLogistic:        {curve, 0, 0},
		opMaxPool2D:       {maxPool, 5, 6},
		opMul:             {mul, 21, 1},
		opReLU:            {relu, 0, 0},
		opReLUN1To1:       {relu, 0, 0},
		opReLU6:           {relu, 0, 0},
		opReshape:         {reshape, 17, 1}, // new_shape: the output's shape says it
		opSoftmax:         {softmax, 9, 1},
		opTanh:            {curve, 0, 0},
		opPad:             {pad, 22, 0},
		opTranspose:       {transpose, 26, 0},
		opMean:            {mean, 27, 1},
		opSub:             {sub, 28, 2},
		opSqueeze:         {reshape, 30, 1},
		opQuantize:        {quantize, 0, 0},
	}
}

// names of operations, for messages; the schema has some two hundred.
var names = map[int]string{
	opAdd: "ADD", opAveragePool2D: "AVERAGE_POOL_2D", opConcatenation: "CONCATENATION", opConv2D: "CONV_2D",
	opDepthwiseConv2D: "DEPTHWISE_CONV_2D", opDequantize: "DEQUANTIZE", opFullyConnected: "FULLY_CONNECTED",
	opLRN: "LOCAL_RESPONSE_NORMALIZATION", opLogistic: "LOGISTIC", opMaxPool2D: "MAX_POOL_2D", opMul: "MUL",
	opReLU:      "RELU",
	opReLUN1To1: "RELU_N1_TO_1", opReLU6: "RELU6", opReshape: "RESHAPE", opSoftmax: "SOFTMAX", opTanh: "TANH",
	opPad:       "PAD",
	opTranspose: "TRANSPOSE", opMean: "MEAN", opSub: "SUB", opSqueeze: "SQUEEZE", opQuantize: "QUANTIZE",
	5: "DEPTH_TO_SPACE", 8: "FLOOR", 11: "L2_NORMALIZATION", 12: "L2_POOL_2D", 23: "RESIZE_BILINEAR", 26: "SPACE_TO_DEPTH",
	27: "SVDF", 32: "CUSTOM", 36: "GATHER", 42: "DIV", 45: "STRIDED_SLICE", 47: "EXP", 48: "TOPK_V2", 49: "SPLIT",
	50: "LOG_SOFTMAX", 53: "CAST", 54: "PRELU", 55: "MAXIMUM", 56: "ARG_MAX", 57: "MINIMUM", 58: "LESS", 59: "NEG",
	60: "PADV2",
	61: "GREATER", 65: "SLICE", 66: "SIN", 67: "TRANSPOSE_CONV", 68: "SPARSE_TO_DENSE", 69: "TILE", 70: "EXPAND_DIMS",
	73: "LOG", 74: "SUM", 75: "SQRT", 76: "RSQRT", 77: "SHAPE", 78: "POW", 79: "ARG_MIN", 80: "FAKE_QUANT",
	81: "REDUCE_PROD",
	82: "REDUCE_MAX", 83: "PACK", 85: "ONE_HOT", 88: "UNPACK", 89: "REDUCE_MIN", 92: "SQUARE",
	97: "RESIZE_NEAREST_NEIGHBOR",
	98: "LEAKY_RELU", 99: "SQUARED_DIFFERENCE", 100: "MIRROR_PAD", 101: "ABS", 102: "SPLIT_V", 111: "ELU",
	117: "HARD_SWISH",
	126: "BATCH_MATMUL", 130: "BROADCAST_TO", 150: "GELU",
}

func opName(op operator) string {
	switch name := names[op.code]; {
	case op.custom != "":
		return "custom operation " + op.custom
	case name != "":
		return name
	}
	return fmt.Sprintf("builtin operation %d", op.code)
}

// check refuses options of another operation, and fields that are not known: they may change what is computed.
func (f form) check(op operator) error {
	if !op.options.there {
		return nil
	}
	if op.kind != 0 && f.options != 0 && op.kind != f.options {
		return fmt.Errorf("options of kind %d, want %d: %w", op.kind, f.options, runtime.ErrCorrupt)
	}
	if n := op.options.beyond(f.fields); f.options != 0 && n >= 0 {
		return fmt.Errorf("field %d of its options is not known: %w", n, runtime.ErrGraph)
	}
	return nil
}
