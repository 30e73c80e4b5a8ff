package onnx

import (
	"fmt"
	"strings"

	"github.com/gneiss-go/gneiss/runtime"
)

var _ = register("Einsum", operator{handle: einsum, heeds: "equation", takes: onQuanta})

// einsum is a product of matrices, as MatMul has it but for transpositions: letters of batches, in one order, then one
// that is summed and one of each factor. Every other equation is refused.
func einsum(c *call) (*value, error) {
	equation := strings.ReplaceAll(c.str("equation", ""), " ", "")
	if c.err != nil {
		return nil, c.err
	}
	from, to, explicit := strings.Cut(equation, "->")
	x, y, two := strings.Cut(from, ",")
	how, ok := matrices(x, y, to)
	if !ok || !explicit || !two || len(c.in) != 2 {
		c.unsupported("equation %q; only products of matrices, as in bij,bjk->bik", equation)
		return nil, nil
	}
	for i, letters := range []string{x, y} {
		if v := c.in[i]; v != nil && (v.c != nil && len(v.c.dims) != len(letters) ||
			v.t != nil && len(v.t.Dims) != len(letters)) {
			return nil, fmt.Errorf("input %d does not have the %d dimensions of %q: %w", i+1, len(letters), equation,
				runtime.ErrShape)
		}
	}
	return c.matMul(how)
}

// matrices reports whether letters are those of a product of matrices, and which of them are transposed.
func matrices(x, y, to string) (how runtime.MatMul, ok bool) {
	n := len(to)
	if n < 2 || len(x) != n || len(y) != n || x[:n-2] != to[:n-2] || y[:n-2] != to[:n-2] {
		return how, false
	}
	for i := range n {
		if strings.Count(to, to[i:i+1]) != 1 || to[i] < 'A' || to[i] > 'z' {
			return how, false
		}
	}
	m, k := to[n-2], to[n-1]
	var sum byte
	switch a, b := x[n-2], x[n-1]; m {
	case a:
		sum = b
	case b:
		sum, how.TransA = a, true
	default:
		return how, false
	}
	switch a, b := y[n-2], y[n-1]; {
	case a == sum && b == k:
	case a == k && b == sum:
		how.TransB = true
	default:
		return how, false
	}
	return how, !strings.Contains(to, string(rune(sum)))
}
