package interp

import (
	"fmt"
	"math"

	"github.com/gneiss-go/gneiss/runtime"
)

// A uint8 value is held as float32 whole numbers here, so that maxima, concatenations and copies are the float ones.

func quantised(n *runtime.Node, in [][]float32, out []float32) error {
	s, x := n.In[0].Shape, in[0]
	from, to := n.In[0].Quant, n.Out.Quant
	switch op := n.Op.(type) {
	case *runtime.Quantize:
		for i, v := range x {
			out[i] = level(v, to, 0, 255)
		}
	case *runtime.Dequantize:
		copy(out, real(x, from))
	case *runtime.QConv:
		qconv(op, 1, n, x, out)
	case *runtime.QFC:
		per := s.H * s.W * s.C
		for i := range out {
			n, k, sum := i/op.K, i%op.K, 0.0
			for j, w := range op.Weights[k*per : (k+1)*per] {
				sum += float64(w) * float64(x[n*per+j]-float32(from.Zero))
			}
			if op.Bias != nil {
				sum += float64(op.Bias[k])
			}
			out[i] = float32(sum) * float32(float64(from.Scale)*float64(op.WScale[k]))
		}
	case *runtime.Quantised:
		float := &runtime.Node{Op: op.Op, In: n.In, Out: n.Out}
		reals := make([][]float32, len(in))
		for i := range in {
			reals[i] = real(in[i], n.In[i].Quant)
		}
		if err := step(float, reals, out); err != nil {
			return err
		}
		for i, v := range out {
			out[i] = level(v, to, 0, 255)
		}
	default:
		return fmt.Errorf("no definition of %s", n.Op.Kind())
	}
	return nil
}

// level quantises a number; a NaN becomes 0.
func level(v float32, q runtime.Quant, lo, hi uint8) float32 {
	l := math.RoundToEven(float64(v/q.Scale)) + float64(q.Zero)
	if !(l >= float64(lo)) {
		return float32(lo)
	}
	return float32(min(l, float64(hi)))
}

// real dequantises.
func real(x []float32, q runtime.Quant) []float32 {
	out := make([]float32, len(x))
	for i, v := range x {
		out[i] = (v - float32(q.Zero)) * q.Scale
	}
	return out
}

// qconv is a quantised convolution whose weights, [K][parts][…], are sums of parts.
func qconv(op *runtime.QConv, parts int, n *runtime.Node, x, out []float32) {
	from, to := n.In[0].Quant, n.Out.Quant
	weights := make([]float32, len(op.Weights)/parts)
	depth := len(weights) / op.K
	for i, v := range op.Weights {
		weights[i/(depth*parts)*depth+i%depth] += float32(v)
	}
	c := &runtime.Conv{Window: op.Window, K: op.K, Groups: op.Groups, Weights: weights}
	convSums(c, n.In[0].Shape, n.Out.Shape, real(x, runtime.Quant{Scale: 1, Zero: from.Zero}), func(i int, sum float64) {
		k := i % op.K
		if op.Bias != nil {
			sum += float64(op.Bias[k])
		}
		factor := float32(float64(from.Scale) * float64(op.WScale[k]) / float64(to.Scale))
		out[i] = level(float32(sum)*factor, runtime.Quant{Scale: 1, Zero: to.Zero}, op.Lo, op.Hi)
	})
}

var _ = define(func(op *runtime.QConvParts, n *runtime.Node, in [][]float32, out []float32) {
	qconv(&op.QConv, op.Parts, n, in[0], out)
})
