package onnx

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gneiss-go/gneiss/models/internal/wire"
	"github.com/gneiss-go/gneiss/runtime"
)

// Operator sets before 7 say some things otherwise: what broadcasts says so and may say where, what has a form for
// training is in that unless it says that it is not, types have names.

// sinceFirst are operators that mean in sets 1 to 6 what they mean in 7, but for what modern does about them.
var sinceFirst = strings.Fields("Abs Add And ArgMax ArgMin AveragePool BatchNormalization Cast Ceil Clip Concat " +
	"Constant Conv ConvTranspose DepthToSpace Div Dropout Elu Equal Exp Flatten Floor Gather Gemm GlobalAveragePool " +
	"GlobalMaxPool Greater HardSigmoid Hardmax Identity InstanceNormalization LRN LeakyRelu Less Log LogSoftmax " +
	"LpNormalization MatMul Max MaxPool Mean Min Mul Neg Not Or PRelu Pad Pow Reciprocal " +
	"ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceMax ReduceMean ReduceMin ReduceProd ReduceSum ReduceSumSquare " +
	"Relu Reshape Selu Shape Sigmoid Size Slice Softmax Softplus Softsign SpaceToDepth Split Sqrt Squeeze Sub Sum Tanh " +
	"ThresholdedRelu Tile TopK Transpose Unsqueeze Xor")

// modern makes a node of an operator set before 7 one of set 7, with its inputs. ok is false if it has no such form,
// which is noted.
func (c *call) modern() (ok bool, err error) {
	n := *c.n
	shorter := n.op == "Selu" && (n.find("alpha") == nil || n.find("gamma") == nil) // defaults, before set 6
	if !slices.Contains(sinceFirst, n.op) || (n.op == "Tile" || shorter) && c.im.m.opset < 6 {
		c.unsupported("of operator set %d; convert the model with onnx.version_converter", c.im.m.opset)
		return false, nil
	}
	drop := func(names ...string) {
		n.attrs = slices.DeleteFunc(slices.Clone(n.attrs), func(a attr) bool { return slices.Contains(names, a.name) })
	}
	drop("consumed_inputs") // of memory that may be written again
	switch n.op {
	case "BatchNormalization", "Dropout":
		if c.int("is_test", 0) == 0 {
			c.unsupported("in training, for want of is_test; export the model for inference")
			return false, c.err
		}
		drop("is_test")
	case "Add", "And", "Div", "Equal", "Greater", "Less", "Mul", "Or", "Pow", "Sub", "Xor":
		if err := c.oldBroadcast(); err != nil {
			return false, err
		}
		drop("axis", "broadcast")
	case "Gemm":
		drop("broadcast") // without which the third matrix is of the result's size, and is the same
	case "PRelu": // one slope for each channel
		if c.has(1) && c.in[1].c != nil && len(c.in[1].c.dims) == 1 {
			if rank, known, err := c.rank(0); err != nil || !known {
				return known, err
			} else if rank > 2 {
				c.in[1] = constant(c.in[1].c.under(append(slices.Clone(c.in[1].c.dims), ones(rank-2)...)))
			}
		}
	case "Pad":
		for i := range n.attrs {
			if n.attrs = slices.Clone(n.attrs); n.attrs[i].name == "paddings" {
				n.attrs[i].name = "pads"
			}
		}
	case "Cast":
		for i, a := range n.attrs {
			if word := c.str("to", ""); a.name == "to" && word != "" {
				n.attrs = slices.Clone(n.attrs)
				n.attrs[i].raw = wire.Msg{}.Str(1, "to").Int(3, int64(typeNamed(word))).Int(20, int64(attrIntType))
			}
		}
		c.err = nil // it may be a number, as it is later
	}
	c.n = &n
	return true, c.err
}

func ones(n int) []int { return slices.Repeat([]int{1}, max(0, n)) }

// typeNamed is the element type of a name as set 1 writes it; 0 if there is none.
func typeNamed(word string) elem {
	names := map[string]elem{"FLOAT": elemFloat, "UINT8": elemUint8, "INT8": elemInt8, "UINT16": elemUint16,
		"INT16": elemInt16, "INT32": elemInt32, "INT64": elemInt64, "BOOL": elemBool, "FLOAT16": elemFloat16,
		"DOUBLE": elemDouble, "UINT32": elemUint32, "UINT64": elemUint64}
	return names[strings.ToUpper(word)]
}

// rank is the number of dimensions of input i; known is false if it is unknown.
func (c *call) rank(i int) (rank int, known bool, err error) {
	if !c.has(i) {
		return 0, false, fmt.Errorf("input %d is missing: %w", i+1, runtime.ErrGraph)
	}
	v, err := c.im.plain(c.in[i])
	switch {
	case err != nil:
		return 0, false, err
	case v.c != nil:
		return len(v.c.dims), true, nil
	case v.t != nil:
		return len(v.t.Dims), true, nil
	}
	return 0, false, nil
}

// oldBroadcast gives the second input dimensions of 1 behind its own, where it is broadcast from an axis on.
func (c *call) oldBroadcast() error {
	if c.n.find("axis") == nil || c.int("broadcast", 0) == 0 {
		return c.err
	}
	x, known, err := c.rank(0)
	if !known || err != nil {
		return err
	}
	y, known, err := c.rank(1)
	if !known || err != nil {
		return err
	}
	a := c.int("axis", 0)
	if a < 0 {
		a += x
	}
	if a < 0 || a+y > x {
		return fmt.Errorf("%d dimensions from axis %d of %d: %w", y, a, x, runtime.ErrShape)
	}
	v := c.in[1]
	if v.c != nil {
		c.in[1] = constant(v.c.under(append(slices.Clone(v.c.dims), ones(x-a-y)...)))
		return nil
	}
	if v, err = c.im.plain(v); err != nil {
		return err
	}
	t, err := c.im.b.Rearrange(c.name()+"/broadcast", v.t, nil, append(slices.Clone(v.t.Dims), ones(x-a-y)...))
	c.in[1] = &value{t: t, typ: v.typ}
	return err
}
