package main

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"

	"github.com/gneiss-go/gneiss/runtime"
)

// The files of an export, in a folder of their own: what onednn/net.cpp, onnxruntime/run.js and opencv/run.py read.
const (
	netFile     = "net.txt"     // the operations, for oneDNN
	weightsFile = "weights.bin" // float32, [K][C/G][R][S] and [K] of each layer in order
	inputFile   = "input.bin"   // float32, [N][C][H][W]
	shapeFile   = "input.shape" // N C H W
	modelFile   = "model.onnx"  // the whole network, for ONNX Runtime and OpenCV
	scalesFile  = "scales.txt"  // "name scale", for int8 on oneDNN
)

// exportNet writes net.txt and weights.bin. The graph is a simplified float one.
func exportNet(g *runtime.Graph, dir string) (err error) {
	weights, err := os.Create(filepath.Join(dir, weightsFile))
	if err != nil {
		return err
	}
	defer func() {
		if e := weights.Close(); err == nil {
			err = e
		}
	}()
	var text strings.Builder
	w := bufio.NewWriter(weights)
	if len(g.Inputs) != 1 || len(g.Outputs) != 1 {
		return fmt.Errorf("%d inputs and %d outputs; the comparison is of networks with one of each", len(g.Inputs),
			len(g.Outputs))
	}
	in := g.Inputs[0]
	fmt.Fprintf(&text, "input %s %d %d %d %d\n", word(in.Name), in.Shape.N, in.Shape.C, in.Shape.H, in.Shape.W)
	for _, n := range g.Nodes {
		if err := exportNode(&text, w, n); err != nil {
			return fmt.Errorf("%s: %w", n.Name, err)
		}
	}
	fmt.Fprintf(&text, "output %s\n", word(g.Outputs[0].Name))
	if err := w.Flush(); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, netFile), []byte(text.String()), 0o644)
}

func exportNode(text *strings.Builder, w *bufio.Writer, n *runtime.Node) error {
	x, name := n.In[0], word(n.Out.Name)
	switch op := n.Op.(type) {
	case *runtime.Conv:
		relu, err := isReLU(op.Act)
		if err != nil {
			return err
		}
		s := op.Shape(x.Shape)
		fmt.Fprintln(text, "conv", name, word(x.Name), s.K, s.R, s.S, s.StrideH, s.StrideW, s.PadTop, s.PadLeft, s.PadBottom,
			s.PadRight,
			s.DilationH, s.DilationW, s.Groups, relu)
		writeFloats(w, channelMajor(op.Weights, s.K, s.R, s.S, s.C/s.Groups))
		writeFloats(w, orZeros(op.Bias, s.K))
	case *runtime.FC:
		relu, err := isReLU(op.Act)
		if err != nil {
			return err
		}
		fmt.Fprintln(text, "fc", name, word(x.Name), op.K, relu)
		writeFloats(w, channelMajor(op.Weights, op.K, x.Shape.H, x.Shape.W, x.Shape.C))
		writeFloats(w, orZeros(op.Bias, op.K))
	case *runtime.Pool:
		s := op.Shape(x.Shape)
		fmt.Fprint(text, poolWord(op.Type), " ", name, " ", word(x.Name))
		for _, v := range []int{s.R, s.S, s.StrideH, s.StrideW, s.PadTop, s.PadLeft, s.OutH, s.OutW} {
			fmt.Fprint(text, " ", v)
		}
		if op.Type == runtime.AvgPool {
			fmt.Fprint(text, " ", number(op.CountIncludePad))
		}
		fmt.Fprintln(text)
	case *runtime.GlobalPool:
		fmt.Fprint(text, poolWord(op.Type), " ", name, " ", word(x.Name), " ", x.Shape.H, " ", x.Shape.W, " 1 1 0 0 1 1")
		if op.Type == runtime.AvgPool {
			fmt.Fprint(text, " 0")
		}
		fmt.Fprintln(text)
	case *runtime.LRN:
		fmt.Fprintln(text, "lrn", name, word(x.Name), op.Size, op.Alpha, op.Beta, op.Bias)
	case *runtime.Softmax:
		fmt.Fprintln(text, "softmax", name, word(x.Name))
	case *runtime.Concat:
		fmt.Fprint(text, "concat ", name)
		for _, v := range n.In {
			fmt.Fprint(text, " ", word(v.Name))
		}
		fmt.Fprintln(text)
	default:
		return fmt.Errorf("%s is not exported to peers", n.Op.Kind())
	}
	return nil
}

// exportInput writes the picture, NHWC, as the NCHW that the peers take.
func exportInput(x []float32, s runtime.Shape, dir string) error {
	data := make([]byte, 0, 4*len(x))
	for n := range s.N {
		for c := range s.C {
			for p := range s.H * s.W {
				data = binary.LittleEndian.AppendUint32(data, math.Float32bits(x[(n*s.H*s.W+p)*s.C+c]))
			}
		}
	}
	if err := os.WriteFile(filepath.Join(dir, shapeFile), fmt.Appendln(nil, s.N, s.C, s.H, s.W), 0o644); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, inputFile), data, 0o644)
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

func writeFloats(w *bufio.Writer, v []float32) {
	var b [4]byte
	for _, x := range v {
		binary.LittleEndian.PutUint32(b[:], math.Float32bits(x))
		w.Write(b[:]) // Flush reports the error
	}
}

// isReLU returns 1 for ReLU, 0 for no activation.
func isReLU(c runtime.Clamp) (int, error) {
	switch {
	case !c.On:
		return 0, nil
	case c == runtime.ReLU:
		return 1, nil
	}
	return 0, fmt.Errorf("a clamp to %v…%v is not exported to peers", c.Lo, c.Hi)
}

func poolWord(k runtime.PoolKind) string {
	if k == runtime.MaxPool {
		return "maxpool"
	}
	return "avgpool"
}

func number(b bool) int {
	if b {
		return 1
	}
	return 0
}

// word makes a name one word.
func word(name string) string { return strings.Join(strings.Fields(name), "_") }
