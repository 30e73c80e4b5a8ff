package main

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gneiss-go/gneiss/kernels"
	"github.com/gneiss-go/gneiss/runtime"
)

// The files of an export, in a folder of their own: what onednn/net.cpp, onnxruntime/run.js and opencv/run.py read.
const (
	netFile     = "net.txt"     // the operations, for oneDNN
	weightsFile = "weights.bin" // float32, what the operations hold, in their order
	inputName   = "input"       // .bin: float32, [N][C][H][W]; .shape: N C H W
	ownName     = "own"         // the same in the model's own order of dimensions
	modelFile   = "model.onnx"  // the whole network, for ONNX Runtime and OpenCV
	model8File  = "int8.onnx"   // the same quantised, as QDQ
	scalesFile  = "scales.txt"  // "name scale signed", for int8 on oneDNN
)

// netWriter writes net.txt and weights.bin.
type netWriter struct {
	text    strings.Builder
	weights *bufio.Writer
}

// exportNet writes net.txt and weights.bin. The graph is a simplified float one.
func exportNet(g *runtime.Graph, dir string) (err error) {
	file, err := os.Create(filepath.Join(dir, weightsFile))
	if err != nil {
		return err
	}
	defer func() {
		if e := file.Close(); err == nil {
			err = e
		}
	}()
	w := netWriter{weights: bufio.NewWriter(file)}
	for _, v := range g.Inputs {
		w.line("input", v.Name, nil, v.Shape.N, v.Shape.C, v.Shape.H, v.Shape.W)
	}
	for _, n := range g.Nodes {
		if err := w.node(n); err != nil {
			return fmt.Errorf("%s: %w", n.Name, err)
		}
	}
	for _, v := range g.Outputs {
		w.line("output", v.Name, nil)
	}
	if err := w.weights.Flush(); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, netFile), []byte(w.text.String()), 0o644)
}

// line writes an operation: its kind, its result, its operands, its numbers.
func (w *netWriter) line(kind, out string, in []*runtime.Value, numbers ...any) {
	fmt.Fprint(&w.text, kind, " ", word(out))
	for _, v := range in {
		fmt.Fprint(&w.text, " ", word(v.Name))
	}
	for _, n := range numbers {
		fmt.Fprint(&w.text, " ", n)
	}
	fmt.Fprintln(&w.text)
}

// clamped writes an operation and, as a line of its own, the clamp of its result.
func (w *netWriter) clamped(act runtime.Clamp, kind string, n *runtime.Node, numbers ...any) {
	out := n.Out.Name
	if act.On {
		out += "~"
	}
	w.line(kind, out, n.In, numbers...)
	if act.On {
		w.clamp(act, n.Out.Name, out)
	}
}

func (w *netWriter) clamp(act runtime.Clamp, out, in string) {
	if act == runtime.ReLU {
		fmt.Fprintln(&w.text, "relu", word(out), word(in), 0, 0)
		return
	}
	most := func(v float32) float32 { return max(min(v, math.MaxFloat32), -math.MaxFloat32) }
	fmt.Fprintln(&w.text, "clip", word(out), word(in), most(act.Lo), most(act.Hi))
}

// curves are the words for functions of one element. Those that take parameters take them from the node.
var curves = map[kernels.Curve]string{kernels.Sigmoid: "sigmoid", kernels.Tanh: "tanh", kernels.HardSwish: "hardswish",
	kernels.HardSigmoid: "hardsigmoid", kernels.LeakyRelu: "relu", kernels.Elu: "elu", kernels.Gelu: "gelu",
	kernels.GeluTanh: "gelutanh", kernels.Softplus: "softplus", kernels.Exp: "exp", kernels.Sqrt: "sqrt",
	kernels.Square: "square", kernels.Abs: "abs", kernels.Mish: "mish"}

var arithmetic = map[kernels.Arithmetic]string{kernels.Plus: "add", kernels.Minus: "sub", kernels.Times: "mul",
	kernels.Over: "div", kernels.Larger: "max", kernels.Smaller: "min"}

func (w *netWriter) node(n *runtime.Node) error {
	x := n.In[0]
	switch op := n.Op.(type) {
	case *runtime.Conv:
		s := op.Shape(x.Shape)
		w.clamped(op.Act, "conv", n, s.K, s.R, s.S, s.StrideH, s.StrideW, s.PadTop, s.PadLeft, s.PadBottom, s.PadRight,
			s.DilationH, s.DilationW, s.Groups)
		w.floats(channelMajor(op.Weights, s.K, s.R, s.S, s.C/s.Groups), orZeros(op.Bias, s.K))
	case *runtime.FC:
		w.clamped(op.Act, "fc", n, op.K)
		w.floats(channelMajor(op.Weights, op.K, x.Shape.H, x.Shape.W, x.Shape.C), orZeros(op.Bias, op.K))
	case *runtime.Pool, *runtime.GlobalPool:
		w.pool(n)
	case *runtime.LRN:
		w.line("lrn", n.Out.Name, n.In, op.Size, op.Alpha, op.Beta, op.Bias)
	case *runtime.Softmax:
		w.line("softmax", n.Out.Name, n.In)
	case *runtime.Concat:
		w.line("concat", n.Out.Name, n.In)
	case *runtime.Add:
		w.clamped(op.Act, "add", n)
	case *runtime.Binary:
		kind, ok := arithmetic[op.How]
		if !ok || op.Of != nil {
			return fmt.Errorf("%v with %d constants is not exported to peers", op.How, len(op.Of))
		}
		w.clamped(op.Act, kind, n)
	case *runtime.Affine:
		w.line("affine", n.Out.Name, n.In, x.Shape.C)
		w.floats(op.Scale, op.Shift)
	case *runtime.Activation:
		w.clamp(op.Act, n.Out.Name, x.Name)
	case *runtime.Curve:
		switch kind, ok := curves[op.Of]; {
		case op.Of == kernels.SiLU:
			w.line("swish", n.Out.Name, n.In, 1, 0)
		case !ok:
			return fmt.Errorf("%v is not exported to peers", op.Of)
		default:
			w.line(kind, n.Out.Name, n.In, op.A, op.B)
		}
	case *runtime.Rearrange:
		groups, ok := shuffles(op, x.Shape)
		if !ok {
			return fmt.Errorf("a rearrangement that shuffles no channels is not exported to peers")
		}
		w.line("shuffle", n.Out.Name, n.In, groups)
	case *runtime.Take:
		from, ok := neighbours(op)
		if !ok {
			return fmt.Errorf("other than neighbouring channels are not exported to peers")
		}
		w.line("slice", n.Out.Name, n.In, from, from+len(op.Channels))
	default:
		return fmt.Errorf("%s is not exported to peers", n.Op.Kind())
	}
	return nil
}

func (w *netWriter) pool(n *runtime.Node) {
	in, out := n.In[0].Shape, n.Out.Shape
	size, kind, padding := []any{in.H, in.W, 1, 1, 0, 0, 1, 1}, runtime.MaxPool, false
	switch op := n.Op.(type) {
	case *runtime.Pool:
		s := op.Shape(in)
		size = []any{s.R, s.S, s.StrideH, s.StrideW, s.PadTop, s.PadLeft, out.H, out.W}
		kind, padding = op.Type, op.CountIncludePad
	case *runtime.GlobalPool:
		kind = op.Type
	}
	if kind == runtime.MaxPool {
		w.line("maxpool", n.Out.Name, n.In, size...)
		return
	}
	w.line("avgpool", n.Out.Name, n.In, append(size, map[bool]int{true: 1}[padding])...)
}

// shuffles reports into how many groups of channels a rearrangement takes turns among: out[j·groups+i] = in[i·n+j].
func shuffles(r *runtime.Rearrange, in runtime.Shape) (groups int, ok bool) {
	if r.To != in || in.N != 1 {
		return 0, false
	}
	dims, perm := r.Dims, r.Perm
	if len(dims) > 0 && dims[0] == 1 && perm[0] == 0 { // the images
		dims, perm = dims[1:], slices.Clone(perm[1:])
		for i := range perm {
			perm[i]--
		}
	}
	if len(dims) < 2 || perm[0] != 1 || perm[1] != 0 || dims[0]*dims[1] != in.C {
		return 0, false
	}
	for i := 2; i < len(perm); i++ {
		if perm[i] != i {
			return 0, false
		}
	}
	return dims[0], true
}

// neighbours reports the first channel of those that a Take keeps, if they are neighbours and it keeps all else.
func neighbours(t *runtime.Take) (from int, ok bool) {
	if t.Images != nil || t.Rows != nil || t.Cols != nil || len(t.Channels) == 0 {
		return 0, false
	}
	for i, c := range t.Channels {
		if c < 0 || c != t.Channels[0]+int32(i) {
			return 0, false
		}
	}
	return int(t.Channels[0]), true
}

// exportInput writes numbers and the dimensions that they have.
func exportInput(dir, name string, x []float32, dims []int) error {
	data := make([]byte, 0, 4*len(x))
	for _, v := range x {
		data = binary.LittleEndian.AppendUint32(data, math.Float32bits(v))
	}
	var shape strings.Builder
	for _, d := range dims {
		fmt.Fprint(&shape, d, " ")
	}
	if err := os.WriteFile(filepath.Join(dir, name+".shape"), []byte(shape.String()), 0o644); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, name+".bin"), data, 0o644)
}

// channelMajor reorders weights [K][R][S][C] to [K][C][R][S].
func channelMajor(w []float32, k, r, s, c int) []float32 {
	out := make([]float32, len(w))
	for f := range k {
		for t := range r * s {
			for i := range c {
				out[(f*c+i)*r*s+t] = w[(f*r*s+t)*c+i]
			}
		}
	}
	return out
}

func orZeros(v []float32, n int) []float32 {
	if v == nil {
		return make([]float32, n)
	}
	return v
}

func (w *netWriter) floats(arrays ...[]float32) {
	var b [4]byte
	for _, v := range arrays {
		for _, x := range v {
			binary.LittleEndian.PutUint32(b[:], math.Float32bits(x))
			_, _ = w.weights.Write(b[:]) // Flush reports the error
		}
	}
}

// word makes a name one word.
func word(name string) string { return strings.Join(strings.Fields(name), "_") }
