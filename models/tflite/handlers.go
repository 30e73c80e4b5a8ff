package tflite

import (
	"fmt"
	"strings"
	"sync"

	"github.com/gneiss-go/gneiss/runtime"
)

// form is an operation that can be imported: its handler, the number of its options in the schema's BuiltinOptions, and
// how many fields of those the handler heeds or knows to mean nothing. A field beyond is refused.
type form struct {
	handle  func(*node) error
	options int // 0 if it has none that matter
	fields  int
}

// handlers import one operation each, by the schema's BuiltinOperator.
var handlers = map[int]form{}

// registerAll notes the operations of all files, before the first model is imported and not when the program starts:
// the linker leaves what nobody calls out of programs that import no model.
func registerAll() { registered.Do(registerFiles) }

var registered sync.Once

func registerFiles() {
	for _, register := range []func(){
		registerArithmetic, registerBatch, registerBlocks, registerConv, registerCurve, registerDeconv,
		registerEach, registerFakequant, registerLstm, registerMatmul, registerNms, registerNormalise, registerPad,
		registerPool, registerPostprocess, registerReduce, registerResize, registerShapes, registerSoftmax,
		registerSparse, registerStrided, registerTake, registerVariable, registerWhole,
	} {
		register()
	}
}

// register notes an operation; a function of the file of its handler calls it.
func register(code int, f form) {
	if handlers[code].handle != nil {
		panic(fmt.Sprintf("tflite: two operations of code %d", code))
	}
	handlers[code] = f
}

// customs import the custom operations that are known, by their names.
var customs = map[string]func(*node) error{}

// registerCustom notes a custom operation, as register does a builtin one.
func registerCustom(name string, handle func(*node) error) {
	if customs[name] != nil {
		panic("tflite: two operations " + name)
	}
	customs[name] = handle
}

// opCustom is the code of operations that have a name in place of one.
const opCustom = 32

// form returns how an operation is imported, as one of whole numbers if its output has those; no handle if it is not.
func (im *importer) form(op operator) form {
	if op.code == opCustom {
		return form{handle: customs[op.custom]}
	}
	if w, ok := wholes[op.code]; ok && len(op.outputs) == 1 && im.sub.tensors[op.outputs[0]].whole() {
		return w
	}
	return handlers[op.code]
}

// names are those of the schema's BuiltinOperator, from 0, for messages: as it stood in 2025.
var names = strings.Fields(`
ADD AVERAGE_POOL_2D CONCATENATION CONV_2D DEPTHWISE_CONV_2D DEPTH_TO_SPACE DEQUANTIZE EMBEDDING_LOOKUP FLOOR
FULLY_CONNECTED HASHTABLE_LOOKUP L2_NORMALIZATION L2_POOL_2D LOCAL_RESPONSE_NORMALIZATION LOGISTIC LSH_PROJECTION
LSTM MAX_POOL_2D MUL RELU RELU_N1_TO_1 RELU6 RESHAPE RESIZE_BILINEAR RNN SOFTMAX SPACE_TO_DEPTH SVDF TANH
CONCAT_EMBEDDINGS SKIP_GRAM CALL CUSTOM EMBEDDING_LOOKUP_SPARSE PAD UNIDIRECTIONAL_SEQUENCE_RNN GATHER
BATCH_TO_SPACE_ND SPACE_TO_BATCH_ND TRANSPOSE MEAN SUB DIV SQUEEZE UNIDIRECTIONAL_SEQUENCE_LSTM STRIDED_SLICE
BIDIRECTIONAL_SEQUENCE_RNN EXP TOPK_V2 SPLIT LOG_SOFTMAX DELEGATE BIDIRECTIONAL_SEQUENCE_LSTM CAST PRELU MAXIMUM
ARG_MAX MINIMUM LESS NEG PADV2 GREATER GREATER_EQUAL LESS_EQUAL SELECT SLICE SIN TRANSPOSE_CONV SPARSE_TO_DENSE TILE
EXPAND_DIMS EQUAL NOT_EQUAL LOG SUM SQRT RSQRT SHAPE POW ARG_MIN FAKE_QUANT REDUCE_PROD REDUCE_MAX PACK LOGICAL_OR
ONE_HOT LOGICAL_AND LOGICAL_NOT UNPACK REDUCE_MIN FLOOR_DIV REDUCE_ANY SQUARE ZEROS_LIKE FILL FLOOR_MOD RANGE
RESIZE_NEAREST_NEIGHBOR LEAKY_RELU SQUARED_DIFFERENCE MIRROR_PAD ABS SPLIT_V UNIQUE CEIL REVERSE_V2 ADD_N GATHER_ND
COS WHERE RANK ELU REVERSE_SEQUENCE MATRIX_DIAG QUANTIZE MATRIX_SET_DIAG ROUND HARD_SWISH IF WHILE
NON_MAX_SUPPRESSION_V4 NON_MAX_SUPPRESSION_V5 SCATTER_ND SELECT_V2 DENSIFY SEGMENT_SUM BATCH_MATMUL
PLACEHOLDER_FOR_GREATER_OP_CODES CUMSUM CALL_ONCE BROADCAST_TO RFFT2D CONV_3D IMAG REAL COMPLEX_ABS HASHTABLE
HASHTABLE_FIND HASHTABLE_IMPORT HASHTABLE_SIZE REDUCE_ALL CONV_3D_TRANSPOSE VAR_HANDLE READ_VARIABLE ASSIGN_VARIABLE
BROADCAST_ARGS RANDOM_STANDARD_NORMAL BUCKETIZE RANDOM_UNIFORM MULTINOMIAL GELU DYNAMIC_UPDATE_SLICE RELU_0_TO_1
UNSORTED_SEGMENT_PROD UNSORTED_SEGMENT_MAX UNSORTED_SEGMENT_SUM ATAN2 UNSORTED_SEGMENT_MIN SIGN BITCAST BITWISE_XOR
RIGHT_SHIFT STABLEHLO_LOGISTIC STABLEHLO_ADD STABLEHLO_DIVIDE STABLEHLO_MULTIPLY STABLEHLO_MAXIMUM STABLEHLO_RESHAPE
STABLEHLO_CLAMP STABLEHLO_CONCATENATE STABLEHLO_BROADCAST_IN_DIM STABLEHLO_CONVOLUTION STABLEHLO_SLICE
STABLEHLO_CUSTOM_CALL STABLEHLO_REDUCE STABLEHLO_ABS STABLEHLO_AND STABLEHLO_COSINE STABLEHLO_EXPONENTIAL
STABLEHLO_FLOOR STABLEHLO_LOG STABLEHLO_MINIMUM STABLEHLO_NEGATE STABLEHLO_OR STABLEHLO_POWER STABLEHLO_REMAINDER
STABLEHLO_RSQRT STABLEHLO_SELECT STABLEHLO_SUBTRACT STABLEHLO_TANH STABLEHLO_SCATTER STABLEHLO_COMPARE
STABLEHLO_CONVERT STABLEHLO_DYNAMIC_SLICE STABLEHLO_DYNAMIC_UPDATE_SLICE STABLEHLO_PAD STABLEHLO_IOTA
STABLEHLO_DOT_GENERAL STABLEHLO_REDUCE_WINDOW STABLEHLO_SORT STABLEHLO_WHILE STABLEHLO_GATHER STABLEHLO_TRANSPOSE
DILATE STABLEHLO_RNG_BIT_GENERATOR REDUCE_WINDOW STABLEHLO_COMPOSITE STABLEHLO_SHIFT_LEFT STABLEHLO_CBRT STABLEHLO_CASE
`)

func opName(op operator) string {
	switch {
	case op.custom != "":
		return "custom operation " + op.custom
	case op.code >= 0 && op.code < len(names):
		return names[op.code]
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
