package onnx

import (
	"encoding/binary"
	"errors"
	"io"
	"math"

	"github.com/gneiss-go/gneiss/models/internal/wire"
	"github.com/gneiss-go/gneiss/runtime"
)

// WriteQDQ writes a graph as an ONNX model of operator set 13 in the QDQ format: float operators between
// DequantizeLinear and QuantizeLinear, weights as int8 with a scale per output channel, biases as int32. ONNX Runtime
// runs it on integers, [Load] makes the same quantised graph of it, and engines that know nothing of quantisation run
// it in float.
//
// Values keep their names, inputs are [N C H W]. Average pooling with dilation and whole numbers cannot be
// written; they are reported as [runtime.UnsupportedError].
func WriteQDQ(w io.Writer, g *runtime.Graph) error {
	q := &writer{names: map[string]bool{}, floats: map[*runtime.Value]string{}, levels: map[*runtime.Value]string{},
		rank2: map[*runtime.Value]bool{}}
	if err := writable(g); err != nil {
		return err
	}
	for _, v := range g.Inputs {
		q.names[v.Name] = true
	}
	for _, n := range g.Nodes {
		q.names[n.Name] = true
	}
	for _, v := range g.Inputs {
		if v.DType == runtime.U8 {
			q.levels[v] = v.Name
		} else {
			q.floats[v] = v.Name
		}
		q.ports = q.ports.Sub(11, q.port(v.Name, v))
	}
	all := &runtime.UnsupportedError{}
	for _, n := range g.Nodes {
		var bad *runtime.UnsupportedError
		if err := q.node(n); errors.As(err, &bad) {
			all.Ops = append(all.Ops, bad.Ops...)
		} else if err != nil {
			return n.Fault(err)
		}
	}
	if len(all.Ops) > 0 {
		return all
	}
	for _, v := range g.Outputs {
		name := q.floats[v]
		if v.DType == runtime.U8 {
			name = q.levels[v]
		}
		q.ports = q.ports.Sub(12, q.port(name, v))
	}
	graph := append(q.nodes.Str(2, g.Name), q.inits...)
	graph = append(graph, q.ports...)
	const irVersion = 7
	_, err := w.Write(wire.Msg{}.Int(1, irVersion).Str(2, "gneiss").Sub(8, wire.Msg{}.Str(1, "").Int(2, 13)).Sub(7, graph))
	return err
}

// writer collects a GraphProto.
type writer struct {
	nodes, inits, ports wire.Msg
	names               map[string]bool
	floats, levels      map[*runtime.Value]string // names of a value's tensors: float, and uint8
	rank2               map[*runtime.Value]bool   // [N C] in the file, not [N C H W]
}

// unused returns a name that nothing bears yet.
func (q *writer) unused(name string) string {
	for q.names[name] {
		name += "_"
	}
	q.names[name] = true
	return name
}

// op adds a node. Inputs named "" are left out.
func (q *writer) op(kind, out string, in []string, attrs ...wire.Msg) {
	var m wire.Msg
	for _, s := range in {
		m = m.Str(1, s)
	}
	m = m.Str(2, out).Str(3, out).Str(4, kind)
	for _, a := range attrs {
		m = m.Sub(5, a)
	}
	q.nodes = q.nodes.Sub(1, m)
}

// The types of attributes, by their numbers in onnx.proto.
const (
	attrTypeFloat = 1
	attrTypeInt   = 2
	attrTypeInts  = 7
)

func intAttr(name string, v int) wire.Msg {
	return wire.Msg{}.Str(1, name).Int(3, int64(v)).Int(20, attrTypeInt)
}

func floatAttr(name string, v float32) wire.Msg {
	return wire.Msg{}.Str(1, name).Float(2, v).Int(20, attrTypeFloat)
}

func intsAttr(name string, vs ...int) wire.Msg {
	m := wire.Msg{}.Str(1, name)
	for _, v := range vs {
		m = m.Int(8, int64(v))
	}
	return m.Int(20, attrTypeInts)
}

// port encodes a ValueInfoProto.
func (q *writer) port(name string, v *runtime.Value) wire.Msg {
	dims := []int{v.Shape.N, v.Shape.C, v.Shape.H, v.Shape.W}
	if q.rank2[v] {
		dims = dims[:2]
	}
	var shape wire.Msg
	for _, d := range dims {
		shape = shape.Sub(1, wire.Msg{}.Int(1, int64(d)))
	}
	typ := elemFloat
	if v.DType == runtime.U8 {
		typ = elemUint8
	}
	return wire.Msg{}.Str(1, name).Sub(2, wire.Msg{}.Sub(1, wire.Msg{}.Int(1, int64(typ)).Sub(2, shape)))
}

// constant adds an initializer and returns its name.
func (q *writer) constant(name string, typ elem, raw []byte, dims ...int) string {
	name = q.unused(name)
	m := wire.Msg{}
	for _, d := range dims {
		m = m.Int(1, int64(d))
	}
	q.inits = q.inits.Sub(5, m.Int(2, int64(typ)).Str(8, name).Sub(9, raw))
	return name
}

func (q *writer) float32s(name string, f []float32, dims ...int) string {
	raw := make([]byte, 0, 4*len(f))
	for _, v := range f {
		raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(v))
	}
	return q.constant(name, elemFloat, raw, dims...)
}

func (q *writer) int64s(name string, vs ...int64) string {
	return q.constant(name, elemInt64, pack(vs, 8), len(vs))
}

// float returns the name of v's float tensor, dequantised if need be.
func (q *writer) float(v *runtime.Value) string {
	if name, ok := q.floats[v]; ok {
		return name
	}
	name := q.unused(v.Name + "_dequantized")
	q.op("DequantizeLinear", name, append([]string{q.levels[v]}, q.scale(v)...))
	q.floats[v] = name
	return name
}

// square is float for a tensor of four dimensions.
func (q *writer) square(v *runtime.Value) string {
	name := q.float(v)
	if !q.rank2[v] {
		return name
	}
	wide := q.unused(v.Name + "_image")
	q.op("Reshape", wide, []string{name, q.int64s(v.Name+"_shape", int64(v.Shape.N), int64(v.Shape.C), 1, 1)})
	return wide
}

// scale adds the scale and zero point of a uint8 value.
func (q *writer) scale(v *runtime.Value) []string {
	return []string{q.float32s(v.Name+"_scale", []float32{v.Quant.Scale}),
		q.constant(v.Name+"_zero_point", elemUint8, []byte{v.Quant.Zero})}
}

// result gives a node's value the float tensor name, and quantises it if the value is uint8.
func (q *writer) result(n *runtime.Node, name string) {
	if n.Out.DType != runtime.U8 {
		q.floats[n.Out] = name
		return
	}
	u := q.unused(n.Name + "_quantized")
	q.op("QuantizeLinear", u, append([]string{name}, q.scale(n.Out)...))
	q.levels[n.Out] = u
}

// clamped adds an activation behind a tensor.
func (q *writer) clamped(n *runtime.Node, name string, act runtime.Clamp) string {
	if !act.On {
		return name
	}
	out := q.unused(n.Name + "_activation")
	q.clamp(out, name, act)
	return out
}

func (q *writer) clamp(out, in string, act runtime.Clamp) {
	if act.Lo == 0 && math.IsInf(float64(act.Hi), 1) {
		q.op("Relu", out, []string{in})
		return
	}
	q.op("Clip", out, []string{in, q.float32s(out+"_min", []float32{act.Lo}), q.float32s(out+"_max", []float32{act.Hi})})
}

// node adds what one node of the graph is in ONNX.
func (q *writer) node(n *runtime.Node) error {
	if op, ok := n.Op.(*runtime.Constant); ok {
		return q.given(n, op)
	}
	if len(n.In) == 0 {
		return &runtime.UnsupportedError{Ops: []runtime.Unsupported{{Op: n.Op.Kind(), Node: n.Name,
			Reason: "not written to ONNX"}}}
	}
	x := n.In[0]
	name := n.Name
	var in []string
	switch op := n.Op.(type) {
	case *runtime.Quantize:
		q.op("QuantizeLinear", name, append([]string{q.float(x)}, q.scale(n.Out)...))
		q.levels[n.Out], q.rank2[n.Out] = name, q.rank2[x]
		return nil
	case *runtime.Dequantize:
		q.op("DequantizeLinear", name, append([]string{q.levels[x]}, q.scale(x)...))
		q.floats[n.Out], q.rank2[n.Out] = name, q.rank2[x]
		return nil
	case *runtime.QConv:
		in = []string{q.square(x), q.weights(name, op.Weights, op.WScale, op.K, len(op.Weights)/(op.K*op.R*op.S), op.R, op.S,
			4)}
		if op.Bias != nil {
			in = append(in, q.bias(name, op.Bias, x.Quant.Scale, op.WScale))
		}
		q.op("Conv", name, in, convAttrs(op.Window, op.Groups)...)
		q.result(n, q.clamped(n, name, levelClamp(op.Lo, op.Hi, op.Out)))
	case *runtime.Conv:
		c := len(op.Weights) / (op.K * op.R * op.S)
		in = []string{q.square(x), q.float32s(name+"_weight", toKCRS(op.Weights, op.K, c, op.R*op.S), op.K, c, op.R, op.S)}
		if op.Bias != nil {
			in = append(in, q.float32s(name+"_bias", op.Bias, op.K))
		}
		q.behind(n, op.Act, func(out string) { q.op("Conv", out, in, convAttrs(op.Window, op.Groups)...) })
	case *runtime.QFC:
		s := x.Shape
		in = []string{q.row(x), q.weights(name, op.Weights, op.WScale, op.K, s.C, s.H, s.W, 2)}
		if op.Bias != nil {
			in = append(in, q.bias(name, op.Bias, x.Quant.Scale, op.WScale))
		}
		q.op("Gemm", name, in, intAttr("transB", 1))
		q.floats[n.Out], q.rank2[n.Out] = name, true
	case *runtime.FC:
		s := x.Shape
		in = []string{q.row(x), q.float32s(name+"_weight", toKCRS(op.Weights, op.K, s.C, s.H*s.W), op.K, s.C*s.H*s.W)}
		if op.Bias != nil {
			in = append(in, q.float32s(name+"_bias", op.Bias, op.K))
		}
		q.rank2[n.Out] = true
		q.behind(n, op.Act, func(out string) { q.op("Gemm", out, in, intAttr("transB", 1)) })
	case *runtime.Quantised:
		return q.plain(n, op.Op)
	case *runtime.Lookup:
		return q.lookup(n, op)
	case *runtime.LevelAdd: // but for halves
		return q.plain(n, &runtime.Add{Act: op.Act})
	default:
		return q.plain(n, n.Op)
	}
	return nil
}

// behind adds a float operator and the activation that is to follow it, which then bears the node's name.
func (q *writer) behind(n *runtime.Node, act runtime.Clamp, add func(out string)) {
	name := n.Name
	if act.On {
		name = q.unused(n.Name + "_sum")
	}
	add(name)
	if act.On {
		q.clamp(n.Name, name, act)
	}
	q.result(n, n.Name)
}

// plain adds an operation without weights; its result is quantised if the value is.
func (q *writer) plain(n *runtime.Node, op runtime.Op) error {
	x := n.In[0]
	one := func(kind string, in string, attrs ...wire.Msg) { q.op(kind, n.Name, []string{in}, attrs...) }
	switch op := op.(type) {
	case *runtime.Pool:
		attrs := append(windowAttrs(op.Window), intAttr("ceil_mode", flag(op.Ceil)))
		if op.Type == runtime.AvgPool {
			attrs = append(attrs, intAttr("count_include_pad", flag(op.CountIncludePad)))
		}
		if w := op.Norm(); w.DilationH != 1 || w.DilationW != 1 {
			if op.Type == runtime.AvgPool {
				return &runtime.UnsupportedError{Ops: []runtime.Unsupported{{Op: op.Kind(), Node: n.Name,
					Reason: "dilation, in operator set 13"}}}
			}
			attrs = append(attrs, intsAttr("dilations", w.DilationH, w.DilationW))
		}
		one(op.Kind(), q.square(x), attrs...)
	case *runtime.GlobalPool:
		one(op.Kind(), q.square(x))
	case *runtime.LRN:
		one("LRN", q.square(x), intAttr("size", op.Size), floatAttr("alpha", op.Alpha), floatAttr("beta", op.Beta),
			floatAttr("bias", op.Bias))
	case *runtime.Softmax:
		q.rank2[n.Out] = q.rank2[x]
		one("Softmax", q.float(x), intAttr("axis", 1))
	case *runtime.Activation:
		q.rank2[n.Out] = q.rank2[x]
		if op.Act.On {
			q.clamp(n.Name, q.float(x), op.Act)
		} else {
			one("Identity", q.float(x))
		}
	case *runtime.Identity:
		q.rank2[n.Out] = q.rank2[x]
		one("Identity", q.float(x))
	case *runtime.Flatten:
		q.rank2[n.Out] = true
		one("Flatten", q.float(x), intAttr("axis", 1))
	case *runtime.Add:
		in := []string{q.square(x), q.square(n.In[1])}
		q.behind(n, op.Act, func(out string) { q.op("Add", out, in) })
		return nil
	case *runtime.Binary:
		return q.binary(n, op)
	case *runtime.Curve:
		q.rank2[n.Out] = q.rank2[x]
		q.curve(n.Name, q.float(x), op)
	case *runtime.Rearrange:
		cut, turned := q.unused(n.Name+"_cut"), q.unused(n.Name+"_turned")
		q.op("Reshape", cut, []string{q.float(x), q.int64s(cut+"_shape", wide(op.Dims)...)})
		q.op("Transpose", turned, []string{cut}, intsAttr("perm", op.Perm...))
		q.op("Reshape", n.Name, []string{turned, q.int64s(turned+"_shape", int64(op.To.N), int64(op.To.C), int64(op.To.H),
			int64(op.To.W))})
	case *runtime.Take:
		q.take(n, op)
	case *runtime.Concat:
		var in []string
		for _, v := range n.In {
			in = append(in, q.square(v))
		}
		q.op("Concat", n.Name, in, intAttr("axis", 1))
	case *runtime.Affine:
		scaled := q.unused(n.Name + "_scaled")
		c := x.Shape.C
		q.op("Mul", scaled, []string{q.square(x), q.float32s(n.Name+"_factor", op.Scale, 1, c, 1, 1)})
		q.op("Add", n.Name, []string{scaled, q.float32s(n.Name+"_shift", op.Shift, 1, c, 1, 1)})
	default:
		if q.over(n, op) || q.blocks(n, op) {
			break
		}
		return &runtime.UnsupportedError{Ops: []runtime.Unsupported{{Op: op.Kind(), Node: n.Name,
			Reason: "not written to ONNX"}}}
	}
	q.result(n, n.Name)
	return nil
}

// row is float for a tensor of one row per image; a flattened uint8 tensor is quantised again, which changes nothing.
func (q *writer) row(v *runtime.Value) string {
	name := q.float(v)
	if q.rank2[v] {
		return name
	}
	flat := q.unused(v.Name + "_flat")
	q.op("Flatten", flat, []string{name}, intAttr("axis", 1))
	if v.DType != runtime.U8 {
		return flat
	}
	u, back := q.unused(flat+"_quantized"), q.unused(flat+"_dequantized")
	scale := q.scale(v)
	q.op("QuantizeLinear", u, append([]string{flat}, scale...))
	q.op("DequantizeLinear", back, append([]string{u}, scale...))
	return back
}

func windowAttrs(w runtime.Window) []wire.Msg {
	w = w.Norm()
	return []wire.Msg{intsAttr("kernel_shape", w.R, w.S), intsAttr("strides", w.StrideH, w.StrideW),
		intsAttr("pads", w.PadTop, w.PadLeft, w.PadBottom, w.PadRight)}
}

func convAttrs(w runtime.Window, groups int) []wire.Msg {
	w = w.Norm()
	return append(windowAttrs(w), intsAttr("dilations", w.DilationH, w.DilationW), intAttr("group", max(groups, 1)))
}

func wide(is []int) []int64 {
	vs := make([]int64, len(is))
	for i, v := range is {
		vs[i] = int64(v)
	}
	return vs
}

func flag(b bool) int {
	if b {
		return 1
	}
	return 0
}
