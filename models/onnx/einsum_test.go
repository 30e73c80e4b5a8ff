package onnx

import (
	"slices"
	"strings"
	"testing"

	"github.com/gneiss-go/gneiss/models/internal/interp"
	"github.com/gneiss-go/gneiss/models/internal/wire"
)

// TestEinsum: products of two tensors beside loops over their letters.
func TestEinsum(t *testing.T) {
	size := map[rune]int{'b': 2, 'i': 3, 'j': 2, 'k': 4, 'h': 2, 'c': 3}
	for _, equation := range []string{"ij,jk->ik", "bij,bjk->bik", "bij,bkj->bik", "bhij,bhkj->bhik", "ij,kj->ki",
		"bchi,bjch->bij", "i,j->ij", "ij->ji", "bij->jbi", "ij,ij->ij", "bi,bi->b", "ij,->ij"} {
		left, out, _ := strings.Cut(equation, "->")
		terms := strings.Split(left, ",")
		dims := func(term string) (d []int64, n int) {
			n = 1
			for _, l := range term {
				d, n = append(d, int64(size[l])), n*size[l]
			}
			return d, n
		}
		a, n := dims(terms[0])
		in := ramp(n)
		var inits []wire.Msg
		names, other := "x", []float32{1}
		if len(terms) > 1 {
			d, m := dims(terms[1])
			other = make([]float32, m)
			for i := range other {
				other[i] = float32(i%5 - 2)
			}
			inits, names = []wire.Msg{floats("k", d, other...)}, "x k"
		}
		g, err := Load(modelOf(13, a, inits, nodeOf("Einsum", names, "y", attrStr("equation", equation))))
		if err != nil {
			t.Errorf("%s: %v", equation, err)
			continue
		}
		got, err := interp.Run(g, ordered(g.Inputs[0], in))
		if err != nil {
			t.Fatal(err)
		}
		want := einsumLoop(terms, out, size, in, other)
		if y := written(g.Outputs[0], got[0]); !slices.Equal(y, want) {
			t.Errorf("%s: %v, want %v", equation, y, want)
		}
	}
	for _, equation := range []string{"...j->...j", "ii->i", "ij->i", "ij"} {
		_, err := Load(modelOf(13, []int64{2, 2}, nil, nodeOf("Einsum", "x", "y", attrStr("equation", equation))))
		if err == nil {
			t.Errorf("%s is taken", equation)
		}
	}
}

// einsumLoop sums over all values of all letters.
func einsumLoop(terms []string, out string, size map[rune]int, a, b []float32) []float32 {
	all := ""
	for _, l := range strings.Join(terms, "") {
		if !strings.ContainsRune(all, l) {
			all += string(l)
		}
	}
	at := map[rune]int{}
	place := func(term string) (i int) {
		for _, l := range term {
			i = i*size[l] + at[l]
		}
		return i
	}
	n := 1
	for _, l := range out {
		n *= size[l]
	}
	y := make([]float32, n)
	var walk func(rest string)
	walk = func(rest string) {
		if rest == "" {
			v := a[place(terms[0])]
			if len(terms) > 1 {
				v *= b[place(terms[1])]
			}
			y[place(out)] += v
			return
		}
		l := rune(rest[0])
		for at[l] = range size[l] {
			walk(rest[1:])
		}
	}
	walk(all)
	return y
}
