package onnx

import (
	"fmt"
	"strings"

	"github.com/gneiss-go/gneiss/models/internal/axes"
	"github.com/gneiss-go/gneiss/runtime"
)

func registerEinsum() {
	register("Einsum", operator{handle: einsum, heeds: "equation"})
}

// einsum is a product of two tensors whose dimensions are named by letters, or another order of one's. It is a product
// of matrices: what both and the result have is a batch, what the result has not is summed over.
func einsum(c *call) (*value, error) {
	terms, out, ok, err := c.equation()
	if !ok || err != nil {
		return nil, err
	}
	size := map[rune]int{}
	ts := make([]*axes.Tensor, len(terms))
	for i, term := range terms {
		t, err := c.operand(i)
		if t == nil || err != nil {
			return nil, err
		}
		if len(t.Dims) != len(term) {
			return nil, fmt.Errorf("%q over %v: %w", term, t.Dims, runtime.ErrShape)
		}
		for j, l := range term {
			if n := t.Dims[j]; size[l] != 0 && size[l] != n {
				return nil, fmt.Errorf("%c is %d and %d: %w", l, size[l], n, runtime.ErrShape)
			}
			size[l] = t.Dims[j]
		}
		ts[i] = t
	}
	// letters in turn: of what is in the first, in the second, and in the result
	letters := func(of string, other, result bool, second string) (s string) {
		for _, l := range of {
			if strings.ContainsRune(second, l) == other && strings.ContainsRune(out, l) == result {
				s += string(l)
			}
		}
		return s
	}
	a, b := terms[0], ""
	if len(terms) > 1 {
		b = terms[1]
	}
	batch, rows, sums, cols := letters(a, true, true, b), letters(a, false, true, b), letters(a, true, false, b),
		letters(b, false, true, a)
	whole := len(batch+rows+sums) == len(a) && len(batch+rows+cols) == len(out)
	if !whole || len(terms) > 1 && len(batch+cols+sums) != len(b) {
		c.unsupported("%s → %s; a letter is summed over in one input alone, or new in the result",
			strings.Join(terms, ","), out)
		return nil, nil
	}
	if len(terms) == 1 {
		return c.done(c.turned(ts[0], a, out, c.name()))
	}
	t, err := c.turned(ts[0], a, batch+rows+sums, c.name()+"/first")
	if err != nil {
		return nil, err
	}
	u, err := c.turned(ts[1], b, batch+sums+cols, c.name()+"/second")
	if err != nil {
		return nil, err
	}
	dims := func(s string) (d []int) {
		for _, l := range s {
			d = append(d, size[l])
		}
		return d
	}
	volume := func(s string) int { return axes.Elements(dims(s)) }
	n := volume(batch)
	if t, err = c.im.b.Rearrange(c.name()+"/rows", t, nil, []int{n, volume(rows), volume(sums)}); err != nil {
		return nil, err
	}
	if u, err = c.im.b.Rearrange(c.name()+"/columns", u, nil, []int{n, volume(sums), volume(cols)}); err != nil {
		return nil, err
	}
	v, err := c.as("MatMul", operators["MatMul"].handle, &value{t: t, typ: elemFloat}, &value{t: u, typ: elemFloat})
	if v == nil || err != nil {
		return nil, err
	}
	if t, err = c.im.b.Rearrange(c.name()+"/product", v.t, nil, append([]int{}, dims(batch+rows+cols)...)); err != nil {
		return nil, err
	}
	return c.done(c.turned(t, batch+rows+cols, out, c.name()))
}

// equation reads the letters of each input and of the result. ok is false for a form that is not computed, which is
// noted.
func (c *call) equation() (terms []string, out string, ok bool, err error) {
	equation := strings.ReplaceAll(c.str("equation", ""), " ", "")
	left, out, given := strings.Cut(equation, "->")
	terms = strings.Split(left, ",")
	plain := given && len(terms) <= 2
	for _, s := range append(terms, out) {
		for i, l := range s {
			letter := l >= 'a' && l <= 'z' || l >= 'A' && l <= 'Z'
			plain = plain && letter && strings.IndexRune(s, l) == i
		}
	}
	if !plain {
		c.unsupported("equation %q; only of one or two inputs, each letter once in each and in the result", equation)
		return nil, "", false, c.err
	}
	if len(terms) != len(c.in) {
		return nil, "", false, fmt.Errorf("equation %q of %d inputs: %w", equation, len(c.in), runtime.ErrShape)
	}
	return terms, out, true, nil
}

// turned is a tensor whose dimensions are named by letters with them in another order.
func (c *call) turned(t *axes.Tensor, from, to, name string) (*axes.Tensor, error) {
	if from == to {
		return t, nil
	}
	perm := make([]int, 0, len(to))
	for _, l := range to {
		perm = append(perm, strings.IndexRune(from, l))
	}
	return c.im.b.Transpose(name, t, perm)
}
