package main

import (
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"path/filepath"

	"github.com/gneiss-go/gneiss/internal/protowire"
	"github.com/gneiss-go/gneiss/runtime"
)

// Field numbers of onnx.proto3 (ONNX 1.12, IR version 7), as far as used here.
const (
	modelIR, modelProducer, modelGraph, modelOpset = 1, 2, 7, 8
	opsetVersion                                   = 2
	graphNode, graphName, graphInit                = 1, 2, 5
	graphInput, graphOutput                        = 11, 12
	nodeInput, nodeOutput, nodeName, nodeOp        = 1, 2, 3, 4
	nodeAttr                                       = 5
	attrName, attrF, attrI, attrInts, attrType     = 1, 2, 3, 8, 20
	attrFloat, attrInt, attrIntList                = 1, 2, 7 // attrType
	tensorDims, tensorType, tensorName, tensorRaw  = 1, 2, 8, 9
	valueName, valueType                           = 1, 2
	typeTensor, tensorElem, tensorShape            = 1, 1, 2
	shapeDim, dimValue                             = 1, 1
	elemFloat                                      = 1
)

const opset = 13

// message is a protobuf message being written.
type message []byte

func (m *message) bytes(field protowire.Number, b []byte) {
	*m = protowire.AppendBytes(protowire.AppendTag(*m, field, protowire.BytesType), b)
}

func (m *message) str(field protowire.Number, s string) { m.bytes(field, []byte(s)) }

func (m *message) int(field protowire.Number, v int) {
	*m = protowire.AppendVarint(protowire.AppendTag(*m, field, protowire.VarintType), uint64(v))
}

func (m *message) float(field protowire.Number, v float32) {
	*m = protowire.AppendFixed32(protowire.AppendTag(*m, field, protowire.Fixed32Type), math.Float32bits(v))
}

// onnxGraph is a GraphProto being written.
type onnxGraph struct{ message }

// exportONNX writes a simplified float graph as model.onnx.
func exportONNX(g *runtime.Graph, dir string) error {
	var o onnxGraph
	o.str(graphName, g.Name)
	for _, v := range g.Inputs {
		o.bytes(graphInput, valueInfo(v.Name, v.Shape.N, v.Shape.C, v.Shape.H, v.Shape.W))
	}
	flat := map[*runtime.Value]bool{} // values that are [N][C]
	for _, n := range g.Nodes {
		if err := o.add(n, flat); err != nil {
			return fmt.Errorf("%s: %w", n.Name, err)
		}
	}
	for _, v := range g.Outputs {
		dims := []int{v.Shape.N, v.Shape.C, v.Shape.H, v.Shape.W}
		if flat[v] {
			dims = dims[:2]
		}
		o.bytes(graphOutput, valueInfo(v.Name, dims...))
	}
	var model, set message
	set.int(opsetVersion, opset)
	model.int(modelIR, 7)
	model.str(modelProducer, "gneiss bench/peers")
	model.bytes(modelGraph, o.message)
	model.bytes(modelOpset, set)
	return os.WriteFile(filepath.Join(dir, modelFile), model, 0o644)
}

func (o *onnxGraph) add(n *runtime.Node, flat map[*runtime.Value]bool) error {
	x, out := n.In[0], n.Out.Name
	switch op := n.Op.(type) {
	case *runtime.Conv:
		relu, err := isReLU(op.Act)
		if err != nil {
			return err
		}
		s := op.Shape(x.Shape)
		o.tensor(out+"/weights", channelMajor(op.Weights, s.K, s.R, s.S, s.C/s.Groups), s.K, s.C/s.Groups, s.R, s.S)
		o.tensor(out+"/bias", orZeros(op.Bias, s.K), s.K)
		o.node("Conv", []string{x.Name, out + "/weights", out + "/bias"}, beforeReLU(out, relu),
			ints("kernel_shape", s.R, s.S),
			ints("strides", s.StrideH, s.StrideW), ints("pads", s.PadTop, s.PadLeft, s.PadBottom, s.PadRight),
			ints("dilations", s.DilationH, s.DilationW), integer("group", s.Groups))
		o.relu(out, relu)
	case *runtime.FC:
		relu, err := isReLU(op.Act)
		if err != nil {
			return err
		}
		from := x.Name
		if !flat[x] {
			from = out + "/flat"
			o.node("Flatten", []string{x.Name}, from, integer("axis", 1))
		}
		o.tensor(out+"/weights", channelMajor(op.Weights, op.K, x.Shape.H, x.Shape.W, x.Shape.C), op.K,
			x.Shape.Elements()/x.Shape.N)
		o.tensor(out+"/bias", orZeros(op.Bias, op.K), op.K)
		o.node("Gemm", []string{from, out + "/weights", out + "/bias"}, beforeReLU(out, relu), integer("transB", 1))
		o.relu(out, relu)
		flat[n.Out] = true
	case *runtime.Pool:
		s := op.Shape(x.Shape)
		// The same windows without ceil_mode: as much padding at the end as the last window reaches over.
		pads := ints("pads", s.PadTop, s.PadLeft, max(0, (s.OutH-1)*s.StrideH+s.R-s.H-s.PadTop),
			max(0, (s.OutW-1)*s.StrideW+s.S-s.W-s.PadLeft))
		attrs := []message{ints("kernel_shape", s.R, s.S), ints("strides", s.StrideH, s.StrideW), pads}
		if s.DilationH != 1 || s.DilationW != 1 {
			return fmt.Errorf("dilated pooling is not exported to peers")
		}
		kind := "MaxPool"
		if op.Type == runtime.AvgPool {
			kind = "AveragePool"
			attrs = append(attrs, integer("count_include_pad", number(op.CountIncludePad)))
		}
		o.node(kind, []string{x.Name}, out, attrs...)
	case *runtime.GlobalPool:
		o.node("Global"+op.Type.String(), []string{x.Name}, out)
	case *runtime.LRN:
		o.node("LRN", []string{x.Name}, out, integer("size", op.Size), float("alpha", op.Alpha), float("beta", op.Beta),
			float("bias", op.Bias))
	case *runtime.Softmax:
		o.node("Softmax", []string{x.Name}, out, integer("axis", 1))
		flat[n.Out] = flat[x]
	case *runtime.Concat:
		var names []string
		for _, v := range n.In {
			names = append(names, v.Name)
		}
		o.node("Concat", names, out, integer("axis", 1))
	default:
		return fmt.Errorf("%s is not exported to peers", n.Op.Kind())
	}
	return nil
}

// beforeReLU is the name of a result that a ReLU node makes into out.
func beforeReLU(out string, relu int) string {
	if relu == 1 {
		return out + "/linear"
	}
	return out
}

func (o *onnxGraph) relu(out string, relu int) {
	if relu == 1 {
		o.node("Relu", []string{beforeReLU(out, relu)}, out)
	}
}

func (o *onnxGraph) node(op string, in []string, out string, attrs ...message) {
	var n message
	for _, s := range in {
		n.str(nodeInput, s)
	}
	n.str(nodeOutput, out)
	n.str(nodeName, out)
	n.str(nodeOp, op)
	for _, a := range attrs {
		n.bytes(nodeAttr, a)
	}
	o.bytes(graphNode, n)
}

func (o *onnxGraph) tensor(name string, v []float32, dims ...int) {
	var t message
	for _, d := range dims {
		t.int(tensorDims, d)
	}
	t.int(tensorType, elemFloat)
	t.str(tensorName, name)
	raw := make([]byte, 0, 4*len(v))
	for _, x := range v {
		raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(x))
	}
	t.bytes(tensorRaw, raw)
	o.bytes(graphInit, t)
}

func valueInfo(name string, dims ...int) message {
	var shape, tensor, typ, value message
	for _, d := range dims {
		var dim message
		dim.int(dimValue, d)
		shape.bytes(shapeDim, dim)
	}
	tensor.int(tensorElem, elemFloat)
	tensor.bytes(tensorShape, shape)
	typ.bytes(typeTensor, tensor)
	value.str(valueName, name)
	value.bytes(valueType, typ)
	return value
}

func integer(name string, v int) (a message) {
	a.str(attrName, name)
	a.int(attrI, v)
	a.int(attrType, attrInt)
	return a
}

func float(name string, v float32) (a message) {
	a.str(attrName, name)
	a.float(attrF, v)
	a.int(attrType, attrFloat)
	return a
}

func ints(name string, vs ...int) (a message) {
	a.str(attrName, name)
	for _, v := range vs {
		a.int(attrInts, v)
	}
	a.int(attrType, attrIntList)
	return a
}
