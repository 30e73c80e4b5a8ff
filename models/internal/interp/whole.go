package interp

import (
	"cmp"
	"math"
	"slices"

	"github.com/gneiss-go/gneiss/kernels"
	"github.com/gneiss-go/gneiss/runtime"
)

// Whole numbers are held as floats here.

var _ = define(func(op *runtime.Constant, _ *runtime.Node, _ [][]float32, out []float32) {
	copy(out, op.Floats)
	for i, v := range op.Ints {
		out[i] = float32(v)
	}
})

var _ = define(func(op *runtime.Cast, n *runtime.Node, in [][]float32, out []float32) {
	lo, hi := op.Elem.Range()
	for i, x := range in[0] {
		v := float64(x)
		switch {
		case op.To == runtime.F32:
		case op.Elem == runtime.ElemBool:
			v = truth(v != 0)
		case n.In[0].DType == runtime.I32: // the lowest bits
			span := float64(hi) - float64(lo) + 1
			v -= span * math.Floor((v-float64(lo))/span)
		case v != v:
			v = 0
		default:
			v = min(max(math.Trunc(v), float64(lo)), float64(hi))
		}
		out[i] = float32(v)
	}
})

var _ = define(func(op *runtime.Compare, n *runtime.Node, in [][]float32, out []float32) {
	spread(n, in, func(i int, v []float32) {
		p, q := v[0], v[1]
		out[i] = float32(truth(map[kernels.Comparison]bool{kernels.Equal: p == q, kernels.NotEqual: p != q,
			kernels.Less: p < q, kernels.LessOrEqual: p <= q, kernels.Greater: p > q, kernels.GreaterOrEqual: p >= q}[op.How]))
	})
})

var _ = define(func(op *runtime.Whole, n *runtime.Node, in [][]float32, out []float32) {
	spread(n, in, func(i int, v []float32) { out[i] = float32(op.How.Of(int32(v[0]), int32(v[1]))) })
})

var _ = define(func(_ *runtime.Where, n *runtime.Node, in [][]float32, out []float32) {
	spread(n, in, func(i int, v []float32) {
		if out[i] = v[2]; v[0] != 0 {
			out[i] = v[1]
		}
	})
})

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// spread gives f the elements of each of the node's inputs that belong to an element of its output.
func spread(n *runtime.Node, in [][]float32, f func(i int, v []float32)) {
	d := n.Out.Shape
	v := make([]float32, len(in))
	for i := range d.Elements() {
		c, w, h, b := i%d.C, i/d.C%d.W, i/d.C/d.W%d.H, i/d.C/d.W/d.H
		for k, x := range in {
			s := n.In[k].Shape
			v[k] = x[((b%s.N*s.H+h%s.H)*s.W+w%s.W)*s.C+c%s.C]
		}
		f(i, v)
	}
}

var _ = define(func(op *runtime.Arg, n *runtime.Node, in [][]float32, out []float32) {
	c := n.In[0].Shape.C
	for p := range out {
		row := in[0][p*c:][:c]
		at := best(row, op.Least)
		first := at[0]
		for _, i := range at {
			if op.Last && row[i] == row[first] {
				at[0] = i
			}
		}
		out[p] = float32(at[0])
	}
})

var _ = define(func(op *runtime.TopK, n *runtime.Node, in [][]float32, out []float32) {
	c := n.In[0].Shape.C
	for p := range len(out) / op.K {
		row := in[0][p*c:][:c]
		for i, at := range best(row, op.Least)[:op.K] {
			if out[p*op.K+i] = row[at]; op.Indices {
				out[p*op.K+i] = float32(at)
			}
		}
	}
})

// best orders the indices of a row: the largest first, or the smallest, equal ones by their place, NaNs last.
func best(row []float32, least bool) []int {
	at := make([]int, len(row))
	for i := range at {
		at[i] = i
	}
	slices.SortStableFunc(at, func(i, j int) int {
		x, y := row[i], row[j]
		switch {
		case x != x || y != y:
			return int(truth(x != x) - truth(y != y))
		case least:
			return cmp.Compare(x, y)
		}
		return cmp.Compare(y, x)
	})
	return at
}
