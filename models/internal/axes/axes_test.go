package axes

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/gneiss-go/gneiss/kernels"
	"github.com/gneiss-go/gneiss/models/internal/interp"
	"github.com/gneiss-go/gneiss/runtime"
)

// memory is an array of these dimensions as a layout keeps it; array is the way back.
func memory(v []float32, dims []int, l runtime.Layout) []float32 {
	out := make([]float32, len(v))
	visit(dims, l, func(at, model int) { out[at] = v[model] })
	return out
}

func array(v []float32, dims []int, l runtime.Layout) []float32 {
	out := make([]float32, len(v))
	visit(dims, l, func(at, model int) { out[model] = v[at] })
	return out
}

// visit gives each element's place in memory and in the model's order.
func visit(dims []int, l runtime.Layout, f func(at, model int)) {
	ix := make([]int, len(dims))
	for model := range Elements(dims) {
		left := model
		for j := len(dims) - 1; j >= 0; j-- {
			ix[j], left = left%dims[j], left/dims[j]
		}
		at := 0
		for _, j := range l.Order(len(dims)) {
			at = at*dims[j] + ix[j]
		}
		f(at, model)
	}
}

// permuted is a transposition as NumPy has it.
func permuted(v []float32, dims, perm []int) []float32 {
	out := make([]float32, len(v))
	to := make([]int, len(dims))
	for j, p := range perm {
		to[j] = dims[p]
	}
	ix := make([]int, len(dims))
	for i := range out {
		left := i
		for j := len(to) - 1; j >= 0; j-- {
			ix[perm[j]], left = left%to[j], left/to[j]
		}
		at := 0
		for j, d := range dims {
			at = at*d + ix[j]
		}
		out[i] = v[at]
	}
	return out
}

// Chains of transpositions, reshapes and changes of layout keep every element where NumPy puts it, whatever the rank.
func TestMovements(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 1))
	for n := range 400 {
		b := NewBuilder("m", 0, runtime.DefaultLimits)
		rank := 1 + r.IntN(6)
		l := runtime.Layout(r.IntN(2))
		if rank > MaxRank {
			l = runtime.AsWritten
		}
		dims := make([]int, rank)
		for i := range dims {
			dims[i] = 1 + r.IntN(4)
		}
		x, err := b.Input("x", dims, l, nil)
		if err != nil {
			t.Fatal(err)
		}
		v := make([]float32, Elements(dims))
		for i := range v {
			v[i] = float32(i)
		}
		in := memory(v, dims, l)
		did := fmt.Sprint(dims, l)
		for range 1 + r.IntN(4) {
			switch r.IntN(3) {
			case 0:
				perm := r.Perm(len(x.Dims))
				did += fmt.Sprint(" transpose ", perm)
				v = permuted(v, x.Dims, perm)
				x, err = b.Transpose("t", x, perm)
			case 1:
				d := x.Dims
				if len(d) > 1 { // two dimensions as one
					at := r.IntN(len(d) - 1)
					d = slices.Concat(d[:at], []int{d[at] * d[at+1]}, d[at+2:])
				} else {
					d = []int{1, 1, d[0]}
				}
				did += fmt.Sprint(" reshape ", d)
				x, err = b.Rearrange("r", x, nil, d)
			case 2:
				to := runtime.Layout(r.IntN(2))
				did += fmt.Sprint(" as ", to)
				x, err = b.As("a", x, to)
			}
			if err != nil {
				t.Fatalf("%s: %v", did, err)
			}
		}
		if err := b.Output("y", x); err != nil {
			t.Fatalf("%s: %v", did, err)
		}
		out, err := interp.Run(b.G, in)
		if err != nil {
			t.Fatalf("%s: %v", did, err)
		}
		gotDims, lay := b.G.Outputs[0].Dims()
		if got := array(out[0], gotDims, lay); !slices.Equal(got, v) || !slices.Equal(gotDims, x.Dims) {
			t.Fatalf("%d: %s: %v %v, want %v", n, did, gotDims, got, v)
		}
	}
}

// operands are two arrays that broadcast, and their dimensions.
func operands(r *rand.Rand) (d [2][]int, in [2][]float32) {
	rank := 1 + r.IntN(6)
	dims := make([]int, rank)
	for i := range dims {
		dims[i] = 1 + r.IntN(3)
	}
	short := r.IntN(2) // which may have fewer dimensions
	for i := range d {
		d[i] = slices.Clone(dims)
		if i == short {
			d[i] = d[i][r.IntN(rank+1):]
		}
		for j := range d[i] {
			if r.IntN(3) == 0 {
				d[i][j] = 1
			}
		}
		in[i] = make([]float32, Elements(d[i]))
		for j := range in[i] {
			in[i][j] = float32(j + 10*i)
		}
	}
	return d, in
}

// place is that of an element of a broadcast result in an array of dimensions d.
func place(i int, d, result []int) int {
	at, left, step := 0, i, 1
	for j := len(result) - 1; j >= 0; j-- {
		digit := left % result[j]
		left /= result[j]
		if o := j - (len(result) - len(d)); o >= 0 {
			at += min(digit, d[o]-1) * step
			step *= d[o]
		}
	}
	return at
}

// A constant beside a tensor, and two tensors, of any layouts and ranks are broadcast as NumPy does it.
func TestBroadcast(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 1))
	for n := range 600 {
		b := NewBuilder("m", 0, runtime.DefaultLimits)
		d, in := operands(r)
		rank := max(len(d[0]), len(d[1]))
		var ts [2]*Tensor
		constant := n%2 == 0
		var feed [][]float32
		for i := range d {
			l := runtime.Layout(r.IntN(2))
			if len(d[i]) > MaxRank {
				l = runtime.AsWritten
			}
			if constant && i == 1 {
				break
			}
			var err error
			if ts[i], err = b.Input(fmt.Sprint("x", i), d[i], l, nil); err != nil {
				t.Fatal(err)
			}
			feed = append(feed, memory(in[i], d[i], l))
		}
		op := runtime.Binary{How: kernels.Minus, First: constant && r.IntN(2) == 0}
		var y *Tensor
		var err error
		if constant {
			y, err = b.Beside("y", op, ts[0], &Source{Dims: d[1], Decode: func(dst []float32, from int) { copy(dst, in[1][from:]) }})
		} else {
			y, err = b.Binary("y", op, ts[0], ts[1])
		}
		if errors.Is(err, runtime.ErrShape) && rank > MaxRank {
			continue
		}
		if err == nil {
			err = b.Output("out", y)
		}
		if err != nil {
			t.Fatalf("%v and %v: %v", d[0], d[1], err)
		}
		out, err := interp.Run(b.G, feed...)
		if err != nil {
			t.Fatal(err)
		}
		want, _ := broadcast(d[0], d[1])
		if !slices.Equal(y.Dims, want) {
			t.Fatalf("%v and %v make %v", d[0], d[1], y.Dims)
		}
		got := array(out[0], y.Dims, y.Layout)
		for i := range got {
			v := [2]float32{in[0][place(i, d[0], want)], in[1][place(i, d[1], want)]}
			if op.First {
				v[0], v[1] = v[1], v[0]
			}
			if got[i] != v[0]-v[1] {
				t.Fatalf("%v and %v: element %d is %v, want %v", d[0], d[1], i, got[i], v[0]-v[1])
			}
		}
	}
}
