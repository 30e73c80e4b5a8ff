package axes

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

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

// A constant beside a tensor of any layout is broadcast as NumPy does it.
func TestBeside(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 1))
	for range 300 {
		b := NewBuilder("m", 0, runtime.DefaultLimits)
		rank := 1 + r.IntN(5)
		l := runtime.Layout(r.IntN(2))
		if rank > MaxRank {
			l = runtime.AsWritten
		}
		dims := make([]int, rank)
		for i := range dims {
			dims[i] = 1 + r.IntN(3)
		}
		kd := slices.Clone(dims[r.IntN(rank):])
		for i := range kd {
			if r.IntN(2) == 0 {
				kd[i] = 1
			}
		}
		k := make([]float32, Elements(kd))
		for i := range k {
			k[i] = float32(i + 1)
		}
		x, err := b.Input("x", dims, l, nil)
		if err != nil {
			t.Fatal(err)
		}
		side, err := b.Beside("k", x, &Source{Dims: kd, Decode: func(dst []float32) { copy(dst, k) }})
		if err != nil {
			t.Fatalf("%v beside %v: %v", kd, dims, err)
		}
		y, err := side.Affine(b, "y", nil, side.Of)
		if err == nil {
			err = b.Output("y", y)
		}
		if err != nil {
			t.Fatal(err)
		}
		n := Elements(dims)
		out, err := interp.Run(b.G, make([]float32, n))
		if err != nil {
			t.Fatal(err)
		}
		got := array(out[0], y.Dims, y.Layout)
		for i := range n {
			at, left, step := 0, i, 1
			for j := rank - 1; j >= 0; j-- {
				digit := left % dims[j]
				left /= dims[j]
				if o := j - (rank - len(kd)); o >= 0 {
					if kd[o] > 1 {
						at += digit * step
					}
					step *= kd[o]
				}
			}
			if got[i] != k[at] {
				t.Fatalf("%v over %v, %v: element %d is %v, want %v", kd, dims, l, i, got[i], k[at])
			}
		}
	}
}
