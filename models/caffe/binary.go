package caffe

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/gneiss-go/gneiss/internal/protowire"
	"github.com/gneiss-go/gneiss/models/internal/wire"
	"github.com/gneiss-go/gneiss/runtime"
)

// schema says how the fields of a binary message are called. A field not in it is skipped, or in a layer's parameters
// kept by its number, so that the layer is refused; see reader.strange. Negative numbers are of names that only a text
// has.
type schema map[int]fieldType

type fieldType struct {
	name string
	kind kind
	enum []string // names of an integer's values
	sub  schema
	list bool // repeated, so that all are kept
}

func num(name string) fieldType  { return fieldType{name: name, kind: integer} }
func nums(name string) fieldType { return fieldType{name: name, kind: integer, list: true} }
func flt(name string) fieldType  { return fieldType{name: name, kind: float} }
func flts(name string) fieldType { return fieldType{name: name, kind: float, list: true} }
func text(name string) fieldType { return fieldType{name: name, kind: str} }
func enum(name string, names ...string) fieldType {
	return fieldType{name: name, kind: integer, enum: names}
}
func sub(name string, s schema) fieldType { return fieldType{name: name, kind: group, sub: s} }

// idle is a field that means nothing for inference.
func idle(name string) fieldType { return fieldType{name: name, kind: unread} }

// The messages of caffe.proto, as far as inference needs them.
var (
	blobShape = schema{1: nums("dim")}
	stateRule = schema{1: enum("phase", "TRAIN", "TEST"), 2: num("min_level"), 3: num("max_level"), 4: text("stage"),
		5: text("not_stage")}

	convolutionParam = schema{1: num("num_output"), 2: num("bias_term"), 3: nums("pad"), 4: nums("kernel_size"),
		5: num("group"),
		6: nums("stride"), 9: num("pad_h"), 10: num("pad_w"), 11: num("kernel_h"), 12: num("kernel_w"), 13: num("stride_h"),
		14: num("stride_w"), 16: num("axis"), 18: nums("dilation"), 7: idle("weight_filler"), 8: idle("bias_filler"),
		15: idle("engine"),
		17: idle("force_nd_im2col")}
	poolingParam = schema{1: enum("pool", "MAX", "AVE", "STOCHASTIC"), 2: num("kernel_size"), 3: num("stride"),
		4: num("pad"),
		5: num("kernel_h"), 6: num("kernel_w"), 7: num("stride_h"), 8: num("stride_w"), 9: num("pad_h"), 10: num("pad_w"),
		12: num("global_pooling"), 13: num(rounding), -1: num("round_mode"), -2: num("ceil_mode"), 11: idle("engine")}
	innerProductParam = schema{1: num("num_output"), 2: num("bias_term"), 5: num("axis"), 6: num("transpose"),
		3: idle("weight_filler"),
		4: idle("bias_filler")}
	lrnParam = schema{1: num("local_size"), 2: flt("alpha"), 3: flt("beta"),
		4: enum("norm_region", "ACROSS_CHANNELS", "WITHIN_CHANNEL"), 5: flt("k"), 6: idle("engine")}
	eltwiseParam   = schema{1: enum("operation", "PROD", "SUM", "MAX"), 2: flts("coeff"), 3: idle("stable_prod_grad")}
	concatParam    = schema{1: num("concat_dim"), 2: num("axis")}
	sliceParam     = schema{1: num("slice_dim"), 2: nums("slice_point"), 3: num("axis")}
	softmaxParam   = schema{2: num("axis"), 1: idle("engine")}
	batchNormParam = schema{1: num("use_global_stats"), 3: flt("eps"), 2: idle("moving_average_fraction")}
	scaleParam     = schema{1: num("axis"), 2: num("num_axes"), 4: num("bias_term"), 3: idle("filler"),
		5: idle("bias_filler")}
	biasParam    = schema{1: num("axis"), 2: num("num_axes"), 3: idle("filler")}
	permuteParam = schema{1: nums("order")}
	priorParam   = schema{1: flts("min_size"), 2: flts("max_size"), 3: flts("aspect_ratio"), 4: num("flip"),
		5: num("clip"), 6: flts("variance"), 7: num("img_size"), 8: num("img_h"), 9: num("img_w"), 10: flt("step"),
		11: flt("step_h"), 12: flt("step_w"), 13: flt("offset")}
	nmsParam       = schema{1: flt("nms_threshold"), 2: num("top_k"), 3: flt("eta")}
	detectionParam = schema{1: num("num_classes"), 2: num("share_location"), 3: num("background_label_id"),
		4: sub("nms_param", nmsParam), 5: idle("save_output_param"), 6: enum("code_type", "", "CORNER", "CENTER_SIZE",
			"CORNER_SIZE"), 7: num("keep_top_k"), 8: num("variance_encoded_in_target"), 9: flt("confidence_threshold"),
		10: idle("visualize"), 11: idle("visualize_threshold"), 12: idle("save_file")}
	// of forks, whose numbers for these messages differ
	interpParam = schema{1: num("height"), 2: num("width"), 3: num("zoom_factor"), 4: num("shrink_factor"),
		5: num("pad_beg"), 6: num("pad_end")}
	upsampleParam = schema{-1: num("scale")}

	curveParam   = schema{1: idle("engine")}
	dropoutParam = schema{1: idle("dropout_ratio")}
	mvnParam     = schema{1: num("normalize_variance"), 2: num("across_channels"), 3: flt("eps")}
	normParam    = schema{1: num("across_spatial"), 2: idle("scale_filler"), 3: num("channel_shared"), 4: flt("eps")}
	powerParam   = schema{1: flt("power"), 2: flt("scale"), 3: flt("shift")}
	reluParam    = schema{1: flt("negative_slope"), 2: idle("engine")}
	baseParam    = schema{1: flt("base"), 2: flt("scale"), 3: flt("shift")}
	eluParam     = schema{1: flt("alpha")}
	preluParam   = schema{1: idle("filler"), 2: num("channel_shared")}
	swishParam   = schema{1: flt("beta")}
	clipParam    = schema{1: flt("min"), 2: flt("max")}
	flattenParam = schema{1: num("axis"), 2: num("end_axis")}
	reshapeParam = schema{1: sub("shape", blobShape), 2: num("axis"), 3: num("num_axes")}
	inputParam   = schema{1: sub("shape", blobShape)}
	dummyParam   = schema{2: nums("num"), 3: nums("channels"), 4: nums("height"), 5: nums("width"),
		6: sub("shape", blobShape)}
	memoryParam = schema{1: num("batch_size"), 2: num("channels"), 3: num("height"), 4: num("width")}
	dataParam   = schema{4: num("batch_size"), 5: num("crop_size")}
	imageParam  = schema{4: num("batch_size"), 5: num("crop_size"), 9: num("new_height"), 10: num("new_width"),
		11: num("is_color")}
	transformParam = schema{3: num("crop_size"), 6: num("force_color"), 7: num("force_gray")}

	layerV2 = schema{1: text("name"), 2: text("type"), 3: text("bottom"), 4: text("top"), 5: flts("loss_weight"),
		7: blobField,
		8: sub("include", stateRule), 9: sub("exclude", stateRule),
		100: sub("transform_param", transformParam), 104: sub("concat_param", concatParam),
		106: sub("convolution_param", convolutionParam),
		107: sub("data_param", dataParam), 108: sub("dropout_param", dropoutParam), 109: sub("dummy_data_param", dummyParam),
		110: sub("eltwise_param", eltwiseParam), 111: sub("exp_param", baseParam), 131: sub("prelu_param", preluParam),
		134: sub("log_param", baseParam), 140: sub("elu_param", eluParam), 147: sub("swish_param", swishParam),
		115: sub("image_data_param", imageParam), 117: sub("inner_product_param", innerProductParam),
		118: sub("lrn_param", lrnParam),
		120: sub("mvn_param", mvnParam),
		// of SSD's branch
		202: sub("permute_param", permuteParam), 203: sub("prior_box_param", priorParam),
		204: sub("detection_output_param", detectionParam), 206: sub("norm_param", normParam),
		119: sub("memory_data_param", memoryParam), 121: sub("pooling_param", poolingParam),
		122: sub("power_param", powerParam),
		123: sub("relu_param", reluParam), 124: sub("sigmoid_param", curveParam), 125: sub("softmax_param", softmaxParam),
		126: sub("slice_param", sliceParam),
		127: sub("tanh_param", curveParam), 133: sub("reshape_param", reshapeParam),
		135: sub("flatten_param", flattenParam), 139: sub("batch_norm_param", batchNormParam),
		141: sub("bias_param", biasParam),
		142: sub("scale_param", scaleParam), 143: sub("input_param", inputParam), 148: sub("clip_param", clipParam)}

	layerV1 = schema{2: text("bottom"), 3: text("top"), 4: text("name"), 5: enum("type", v1Types...), 6: blobField,
		35: flts("loss_weight"),
		32: sub("include", stateRule), 33: sub("exclude", stateRule),
		9: sub("concat_param", concatParam), 10: sub("convolution_param", convolutionParam), 11: sub("data_param", dataParam),
		12: sub("dropout_param", dropoutParam),
		15: sub("image_data_param", imageParam), 17: sub("inner_product_param", innerProductParam),
		18: sub("lrn_param", lrnParam),
		19: sub("pooling_param", poolingParam), 21: sub("power_param", powerParam), 22: sub("memory_data_param", memoryParam),
		24: sub("eltwise_param", eltwiseParam), 26: sub("dummy_data_param", dummyParam), 30: sub("relu_param", reluParam),
		34: sub("mvn_param", mvnParam),
		36: sub("transform_param", transformParam), 37: sub("tanh_param", curveParam), 38: sub("sigmoid_param", curveParam),
		39: sub("softmax_param", softmaxParam), 31: sub("slice_param", sliceParam), 41: sub("exp_param", baseParam),
		1: text("v0")}

	netParam = schema{1: text("name"), 2: sub("layers", layerV1), 3: text("input"), 4: nums("input_dim"),
		8:   sub("input_shape", blobShape),
		100: sub("layer", layerV2)}
)

// parameters are the messages that layers read, in which nothing may be overlooked.
var parameters = map[string]schema{"convolution_param": convolutionParam, "pooling_param": poolingParam,
	"inner_product_param": innerProductParam, "lrn_param": lrnParam, "eltwise_param": eltwiseParam,
	"concat_param": concatParam, "slice_param": sliceParam,
	"softmax_param": softmaxParam, "batch_norm_param": batchNormParam, "scale_param": scaleParam, "bias_param": biasParam,
	"power_param": powerParam, "relu_param": reluParam, "clip_param": clipParam, "flatten_param": flattenParam,
	"exp_param": baseParam, "log_param": baseParam, "elu_param": eluParam, "prelu_param": preluParam,
	"permute_param": permuteParam, "prior_box_param": priorParam, "detection_output_param": detectionParam,
	"nms_param": nmsParam, "interp_param": interpParam, "upsample_param": upsampleParam,
	"swish_param": swishParam, "mvn_param": mvnParam, "norm_param": normParam,
	"reshape_param": reshapeParam, "dropout_param": dropoutParam, "sigmoid_param": curveParam, "tanh_param": curveParam}

// rounding is the name of field 13 of pooling parameters, of which forks of Caffe have two: round_mode, in which 0
// rounds up, and ceil_mode, in which 0 rounds down.
const rounding = "field 13"

// blobField marks the weights of a layer.
var blobField = fieldType{name: "blobs"}

// v1Types are the enumerators of V1LayerParameter.LayerType by number.
var v1Types = []string{"NONE", "ACCURACY", "BNLL", "CONCAT", "CONVOLUTION", "DATA", "DROPOUT", "EUCLIDEAN_LOSS",
	"FLATTEN", "HDF5_DATA",
	"HDF5_OUTPUT", "IM2COL", "IMAGE_DATA", "INFOGAIN_LOSS", "INNER_PRODUCT", "LRN", "MULTINOMIAL_LOGISTIC_LOSS", "POOLING",
	"RELU",
	"SIGMOID", "SOFTMAX", "SOFTMAX_LOSS", "SPLIT", "TANH", "WINDOW_DATA", "ELTWISE", "POWER", "SIGMOID_CROSS_ENTROPY_LOSS",
	"HINGE_LOSS", "MEMORY_DATA", "ARGMAX", "THRESHOLD", "DUMMY_DATA", "SLICE", "MVN", "ABSVAL", "SILENCE",
	"CONTRASTIVE_LOSS", "EXP",
	"DECONVOLUTION"}

// v2Type maps V1 types to the words that V2 uses.
var v2Type = map[string]string{"ACCURACY": "Accuracy", "CONCAT": "Concat", "CONVOLUTION": "Convolution", "DATA": "Data",
	"DROPOUT": "Dropout", "EUCLIDEAN_LOSS": "EuclideanLoss", "FLATTEN": "Flatten", "HDF5_DATA": "HDF5Data",
	"HDF5_OUTPUT": "HDF5Output",
	"IMAGE_DATA":  "ImageData", "INFOGAIN_LOSS": "InfogainLoss", "INNER_PRODUCT": "InnerProduct", "LRN": "LRN",
	"MULTINOMIAL_LOGISTIC_LOSS": "MultinomialLogisticLoss", "POOLING": "Pooling", "RELU": "ReLU", "SIGMOID": "Sigmoid",
	"SOFTMAX": "Softmax", "SOFTMAX_LOSS": "SoftmaxWithLoss", "SPLIT": "Split", "TANH": "TanH", "WINDOW_DATA": "WindowData",
	"ELTWISE": "Eltwise", "POWER": "Power", "SIGMOID_CROSS_ENTROPY_LOSS": "SigmoidCrossEntropyLoss",
	"HINGE_LOSS":  "HingeLoss",
	"MEMORY_DATA": "MemoryData", "ARGMAX": "ArgMax", "THRESHOLD": "Threshold", "DUMMY_DATA": "DummyData", "SLICE": "Slice",
	"MVN":    "MVN",
	"ABSVAL": "AbsVal", "SILENCE": "Silence", "CONTRASTIVE_LOSS": "ContrastiveLoss", "EXP": "Exp",
	"DECONVOLUTION": "Deconvolution",
	"BNLL":          "BNLL", "IM2COL": "Im2col"}

// decoder turns a binary message into a tree, within a budget of fields.
type decoder struct{ fields int }

func (d *decoder) message(b []byte, s schema) (*message, error) {
	m := &message{}
	return m, d.merge(m, b, s, false)
}

// merge adds the fields of an encoding, those that the schema does not know too if strict.
func (d *decoder) merge(m *message, b []byte, s schema, strict bool) error {
	return wire.Each(b, func(f wire.Field) error {
		t, ok := s[f.Num]
		switch {
		case !ok && strict:
			return d.add(m, fmt.Sprint("field ", f.Num), value{kind: unread})
		case !ok || t.kind == unread:
			return nil
		}
		if t.name == "blobs" {
			return d.blob(m, f)
		}
		v := value{kind: t.kind}
		var err error
		switch {
		case t.list && f.Type == protowire.BytesType && t.kind == integer:
			ints, err := f.AppendVarints(nil, maxFields-d.fields)
			for _, i := range ints {
				if err == nil {
					err = d.add(m, t.name, value{kind: integer, i: i})
				}
			}
			return err
		case t.list && f.Type == protowire.BytesType && t.kind == float:
			raw, err := f.AppendFixed(nil, 4)
			for ; err == nil && len(raw) > 0; raw = raw[4:] {
				err = d.add(m, t.name, value{kind: float, f: math.Float32frombits(binary.LittleEndian.Uint32(raw))})
			}
			return err
		case t.kind == integer:
			if v.i, err = f.Varint(); t.enum != nil {
				v.kind, v.s = word, fmt.Sprint(v.i)
				if v.i >= 0 && v.i < int64(len(t.enum)) {
					v.s = t.enum[v.i]
				}
			}
		case t.kind == float:
			v.f, err = f.Float()
		case t.kind == str:
			v.s, err = f.Str()
		case t.kind == group:
			var raw []byte
			if raw, err = f.Msg(); err == nil {
				v.msg = &message{}
				err = d.merge(v.msg, raw, t.sub, parameters[t.name] != nil)
			}
		}
		if err != nil {
			return fmt.Errorf("%s: %w", t.name, err)
		}
		return d.add(m, t.name, v)
	})
}

func (d *decoder) add(m *message, name string, v value) error {
	if d.fields++; d.fields > maxFields {
		return fmt.Errorf("more than %d fields: %w", maxFields, runtime.ErrLimit)
	}
	m.fields = append(m.fields, field{name, v})
	return nil
}

// blob is one array of weights. raw aliases the file.
type blob struct {
	dims []int
	raw  []byte
	size int // bytes of an element: 4, or 8 for doubles
}

func (d *decoder) blob(m *message, f wire.Field) error {
	b, err := f.Msg()
	if err != nil {
		return err
	}
	if d.fields++; d.fields > maxFields {
		return fmt.Errorf("more than %d fields: %w", maxFields, runtime.ErrLimit)
	}
	var out blob
	var single, double []byte
	var shape []int64
	var legacy [4]int64
	old, shaped := false, false
	err = wire.Each(b, func(f wire.Field) (err error) {
		switch f.Num {
		case 1, 2, 3, 4: // num, channels, height, width
			old = true
			legacy[f.Num-1], err = f.Varint()
		case 5:
			single, err = f.AppendFixed(single, 4)
		case 8:
			double, err = f.AppendFixed(double, 8)
		case 7:
			var raw []byte
			if raw, err = f.Msg(); err == nil {
				shaped = true
				err = wire.Each(raw, func(f wire.Field) (err error) {
					if f.Num == 1 {
						shape, err = f.AppendVarints(shape, 32)
					}
					return err
				})
			}
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("weights: %w", err)
	}
	out.raw, out.size = single, 4
	if len(double) > 0 {
		out.raw, out.size = double, 8
	}
	if !shaped && old {
		shape = legacy[:]
	}
	n := 1
	for _, dim := range shape {
		if dim < 1 || dim > maxInt || n > maxInt/int(dim) {
			return fmt.Errorf("weights of shape %v: %w", shape, runtime.ErrCorrupt)
		}
		n *= int(dim)
		out.dims = append(out.dims, int(dim))
	}
	have := len(out.raw) / out.size
	if !shaped && !old {
		n, out.dims = have, []int{have}
	}
	if have != n {
		return fmt.Errorf("weights of shape %v need %d elements, the file has %d: %w", out.dims, n, have, runtime.ErrCorrupt)
	}
	m.blobs = append(m.blobs, out)
	return nil
}

// decode fills dst with the blob's elements, of which the first is that.
func (b *blob) decode(dst []float32, from int) {
	raw := b.raw[b.size*from:]
	if b.size == 8 {
		for i := range dst {
			dst[i] = float32(math.Float64frombits(binary.LittleEndian.Uint64(raw[8*i:])))
		}
		return
	}
	for i := range dst {
		dst[i] = math.Float32frombits(binary.LittleEndian.Uint32(raw[4*i:]))
	}
}
