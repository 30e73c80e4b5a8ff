// Package interp runs a graph by the definitions of its operations: one plain loop each, sums in float64. Tests of
// importers use it, so that they depend on no kernel and can check the ones there are.
package interp

import (
	"fmt"
	"math"
	"reflect"

	"github.com/gneiss-go/gneiss/runtime"
)

// Run computes the outputs of a graph from its inputs, all NHWC and in real numbers; uint8 outputs as whole numbers,
// and int32 values, up to 2²⁴.
func Run(g *runtime.Graph, inputs ...[]float32) ([][]float32, error) { return run(g, nil, inputs) }

func run(g *runtime.Graph, states States, inputs [][]float32) ([][]float32, error) {
	if len(inputs) != len(g.Inputs) {
		return nil, fmt.Errorf("%d inputs, want %d", len(inputs), len(g.Inputs))
	}
	vals := map[*runtime.Value][]float32{}
	for i, v := range g.Inputs {
		if len(inputs[i]) != v.Shape.Elements() {
			return nil, fmt.Errorf("input %s has %d elements, want %v", v.Name, len(inputs[i]), v.Shape)
		}
		vals[v] = inputs[i]
		if v.DType == runtime.U8 {
			vals[v] = make([]float32, len(inputs[i]))
			for j, x := range inputs[i] {
				vals[v][j] = level(x, v.Quant, 0, 255)
			}
		}
	}
	for _, n := range g.Nodes {
		out := make([]float32, n.Out.Shape.Elements())
		in := make([][]float32, len(n.In))
		for i, v := range n.In {
			in[i] = vals[v]
		}
		if err := step(n, in, out); err != nil {
			return nil, err
		}
		copy(out, states[n.Name])
		vals[n.Out] = out
	}
	if states != nil {
		for _, n := range g.Nodes {
			if _, ok := n.Op.(*runtime.Keep); ok {
				states[n.In[0].Name] = vals[n.Out]
			}
		}
	}
	var outs [][]float32
	for _, v := range g.Outputs {
		outs = append(outs, vals[v])
	}
	return outs, nil
}

// Cost is about the number of operations that Run takes, or limit if it is more.
func Cost(g *runtime.Graph, limit int) int { return int(min(g.Cost().Work, int64(limit))) }

func step(n *runtime.Node, in [][]float32, out []float32) error {
	if len(in) == 0 { // a constant
		return definitions[reflect.TypeOf(n.Op)](n, in, out)
	}
	s, d := n.In[0].Shape, n.Out.Shape
	x := in[0]
	switch op := n.Op.(type) {
	case *runtime.Conv:
		conv(op, s, d, x, out)
	case *runtime.Pool:
		pool(op, s, d, x, out)
	case *runtime.GlobalPool:
		whole := &runtime.Pool{Window: runtime.Window{R: s.H, S: s.W}, Type: op.Type}
		pool(whole, s, d, x, out)
	case *runtime.FC:
		fc(op, s, x, out)
	case *runtime.LRN:
		lrn(op, s, x, out)
	case *runtime.Softmax:
		softmax(s, x, out)
	case *runtime.Activation:
		for i, v := range x {
			out[i] = clamp(op.Act, v)
		}
	case *runtime.Add:
		for i, v := range x {
			out[i] = clamp(op.Act, v+in[1][i])
		}
	case *runtime.Concat:
		concat(n, in, out)
	case *runtime.Affine:
		for i, v := range x {
			out[i] = float32(float64(v)*float64(op.Scale[i%s.C]) + float64(op.Shift[i%s.C]))
		}
	case *runtime.DepthToSpace:
		depthToSpace(op, s, d, x, out)
	case *runtime.SpaceToDepth:
		spaceToDepth(op, s, d, x, out)
	case *runtime.Identity:
		copy(out, x)
	case *runtime.Flatten:
		copy(out, ToNCHW(s, x))
	case *runtime.Rearrange:
		copy(out, ToNHWC(d, transposed(op, ToNCHW(s, x))))
	default:
		if f := definitions[reflect.TypeOf(op)]; f != nil {
			return f(n, in, out)
		}
		return quantised(n, in, out)
	}
	return nil
}

// definition computes one node.
type definition func(n *runtime.Node, in [][]float32, out []float32) error

// definitions are those of the operations that have a file of their own here.
var definitions = map[reflect.Type]definition{}

// define notes an operation's definition; its file calls it, in the declaration of a variable.
func define[T runtime.Op](f func(op T, n *runtime.Node, in [][]float32, out []float32)) bool {
	definitions[reflect.TypeFor[T]()] = func(n *runtime.Node, in [][]float32, out []float32) error {
		f(n.Op.(T), n, in, out)
		return nil
	}
	return true
}

func fc(op *runtime.FC, s runtime.Shape, x, out []float32) {
	per := s.H * s.W * s.C
	for i := range s.N {
		for k := range op.K {
			sum := 0.0
			for j, w := range op.Weights[k*per : (k+1)*per] {
				sum += float64(w) * float64(x[i*per+j])
			}
			if op.Bias != nil {
				sum += float64(op.Bias[k])
			}
			out[i*op.K+k] = clamp(op.Act, float32(sum))
		}
	}
}

func lrn(op *runtime.LRN, s runtime.Shape, x, out []float32) {
	for i := range x {
		c, sum := i%s.C, 0.0
		for j := max(c-op.Size/2, 0); j <= min(c+op.Size/2, s.C-1); j++ {
			v := float64(x[i-c+j])
			sum += v * v
		}
		out[i] = float32(float64(x[i]) / math.Pow(float64(op.Bias)+float64(op.Alpha)/float64(op.Size)*sum, float64(op.Beta)))
	}
}

func softmax(s runtime.Shape, x, out []float32) {
	for i := 0; i < len(x); i += s.C {
		row, most, sum := x[i:i+s.C], math.Inf(-1), 0.0
		for _, v := range row {
			most = max(most, float64(v))
		}
		for _, v := range row {
			sum += math.Exp(float64(v) - most)
		}
		for j, v := range row {
			out[i+j] = float32(math.Exp(float64(v)-most) / sum)
		}
	}
}

func concat(n *runtime.Node, in [][]float32, out []float32) {
	at := 0
	for j, v := range n.In {
		c := v.Shape.C
		for p := range len(in[j]) / c {
			copy(out[p*n.Out.Shape.C+at:], in[j][p*c:(p+1)*c])
		}
		at += c
	}
}

// depthToSpace lays each pixel's channels out as a block of pixels.
func depthToSpace(op *runtime.DepthToSpace, s, d runtime.Shape, x, out []float32) {
	for i := range out {
		c, w, h, b, side := i%d.C, i/d.C%d.W, i/d.C/d.W%d.H, i/d.C/d.W/d.H, op.Block
		from := (h%side*side+w%side)*d.C + c
		if op.ChannelMajor {
			from = (c*side+h%side)*side + w%side
		}
		out[i] = x[((b*s.H+h/side)*s.W+w/side)*s.C+from]
	}
}

// spaceToDepth makes one pixel of each block of pixels.
func spaceToDepth(op *runtime.SpaceToDepth, s, d runtime.Shape, x, out []float32) {
	for i := range x {
		c, w, h, b, side := i%s.C, i/s.C%s.W, i/s.C/s.W%s.H, i/s.C/s.W/s.H, op.Block
		out[((b*d.H+h/side)*d.W+w/side)*d.C+(h%side*side+w%side)*s.C+c] = x[i]
	}
}

// transposed permutes the dimensions of a row-major array.
func transposed(op *runtime.Rearrange, x []float32) []float32 {
	out := make([]float32, len(x))
	at := make([]int, len(op.Dims)) // coordinates of x
	for i := range out {
		left, m := i, 0
		for j := len(op.Perm) - 1; j >= 0; j-- {
			at[op.Perm[j]] = left % op.Dims[op.Perm[j]]
			left /= op.Dims[op.Perm[j]]
		}
		for j, n := range op.Dims {
			m = m*n + at[j]
		}
		out[i] = x[m]
	}
	return out
}

func clamp(c runtime.Clamp, v float32) float32 {
	if c.On {
		v = min(max(v, c.Lo), c.Hi)
	}
	return v
}

func conv(op *runtime.Conv, s, d runtime.Shape, x, out []float32) {
	convSums(op, s, d, x, func(i int, sum float64) {
		if op.Bias != nil {
			sum += float64(op.Bias[i%d.C])
		}
		out[i] = clamp(op.Act, float32(sum))
	})
}

// convSums gives each output's sum without bias.
func convSums(op *runtime.Conv, s, d runtime.Shape, x []float32, emit func(i int, sum float64)) {
	w, groups := op.Norm(), max(op.Groups, 1)
	cg, kg := s.C/groups, op.K/groups
	for i := range d.Elements() {
		k, ox, oy, n := i%d.C, i/d.C%d.W, i/d.C/d.W%d.H, i/d.C/d.W/d.H
		sum, first := 0.0, k/kg*cg
		for r := range w.R {
			iy := oy*w.StrideH - w.PadTop + r*w.DilationH
			for q := range w.S {
				ix := ox*w.StrideW - w.PadLeft + q*w.DilationW
				if iy < 0 || iy >= s.H || ix < 0 || ix >= s.W {
					continue
				}
				px := x[((n*s.H+iy)*s.W+ix)*s.C+first:]
				for c, f := range op.Weights[((k*w.R+r)*w.S+q)*cg : ((k*w.R+r)*w.S+q+1)*cg] {
					sum += float64(f) * float64(px[c])
				}
			}
		}
		emit(i, sum)
	}
}

func pool(op *runtime.Pool, s, d runtime.Shape, x, out []float32) {
	w := op.Norm()
	for i := range out {
		c, ox, oy, n := i%d.C, i/d.C%d.W, i/d.C/d.W%d.H, i/d.C/d.W/d.H
		most, sum, cells := float32(math.Inf(-1)), 0.0, 0
		for r := range w.R {
			iy := oy*w.StrideH - w.PadTop + r*w.DilationH
			for q := range w.S {
				ix := ox*w.StrideW - w.PadLeft + q*w.DilationW
				if iy < 0 || iy >= s.H || ix < 0 || ix >= s.W {
					if op.CountIncludePad && iy < s.H+w.PadBottom && ix < s.W+w.PadRight {
						cells++
					}
					continue
				}
				v := x[((n*s.H+iy)*s.W+ix)*s.C+c]
				most, sum = max(most, v), sum+float64(v)
				cells++
			}
		}
		if out[i] = most; op.Type == runtime.AvgPool {
			out[i] = float32(sum / float64(cells))
		}
	}
}

// ToNCHW reorders the elements of an NHWC value.
func ToNCHW(s runtime.Shape, x []float32) []float32 {
	out := make([]float32, len(x))
	for i, v := range x {
		c, p := i%s.C, i/s.C
		out[(p/(s.H*s.W)*s.C+c)*s.H*s.W+p%(s.H*s.W)] = v
	}
	return out
}

// ToNHWC reorders elements in NCHW to a value of shape s.
func ToNHWC(s runtime.Shape, x []float32) []float32 {
	out := make([]float32, len(x))
	for i := range out {
		c, p := i%s.C, i/s.C
		out[i] = x[(p/(s.H*s.W)*s.C+c)*s.H*s.W+p%(s.H*s.W)]
	}
	return out
}
