package ncnn

import (
	"fmt"
	"math"
	"slices"

	"github.com/gneiss-go/gneiss/kernels"
	"github.com/gneiss-go/gneiss/models/internal/axes"
	"github.com/gneiss-go/gneiss/runtime"
)

func registerArithmetic() {
	register("BinaryOp", kind{several: true, knows: []int{0, 1, 2}, handle: binaryOp})
	register("Eltwise", kind{several: true, knows: []int{0, 1}, handle: eltwise})
	register("BatchNorm", kind{knows: []int{0, 1}, handle: batchNorm, arrays: func(r *reader) []array {
		return slices.Repeat([]array{raw(r.int(0, 0))}, 4)
	}})
	register("Scale", kind{several: true, knows: []int{0, 1}, handle: scale, arrays: func(r *reader) []array {
		n := r.int(0, 0)
		switch {
		case n == computed:
			return nil
		case r.bool(1, 0):
			return []array{raw(n), raw(n)}
		}
		return []array{raw(n)}
	}})
	register("Bias", kind{knows: []int{0}, handle: bias,
		arrays: func(r *reader) []array { return []array{raw(r.int(0, 0))} }})
	register("MatMul", kind{several: true, knows: []int{0}, handle: matMul})
}

// computed is the size of a Scale's factors that are its second input.
const computed = -233

var plus = runtime.Binary{How: kernels.Plus}

// constant makes numbers that were decoded a source again.
func constant(v []float32, dims ...int) *axes.Source {
	return &axes.Source{Dims: dims, Decode: func(dst []float32, from int) { copy(dst, v[from:]) }}
}

// scalar is arithmetic with one number, which may be the first operand.
func scalar(how kernels.Arithmetic, v float32, first bool) *runtime.Binary {
	return &runtime.Binary{How: how, Of: []float32{v}, Shape: runtime.Shape{N: 1, H: 1, W: 1, C: 1}, First: first}
}

// operations are those of BinaryOp, and whether the second operand comes first.
var operations = []struct {
	how      kernels.Arithmetic
	reversed bool
}{{kernels.Plus, false}, {kernels.Minus, false}, {kernels.Times, false}, {kernels.Over, false}, {kernels.Larger, false},
	{kernels.Smaller, false}, {kernels.Power, false}, {kernels.Minus, true}, {kernels.Over, true}, {kernels.Power, true},
	{kernels.Angle, false}, {kernels.Angle, true}}

func binaryOp(c *call) ([]*axes.Tensor, error) {
	of, one, b := c.int(0, 0), c.bool(1, 0), c.float(2, 0)
	switch {
	case c.err != nil:
		return nil, c.err
	case of < 0 || of >= len(operations):
		return c.unsupported("op_type %d", of)
	case one && len(c.in) != 1 || !one && len(c.in) != 2:
		return nil, fmt.Errorf("%d inputs: %w", len(c.in), runtime.ErrShape)
	}
	op := operations[of]
	if one {
		return done(c.b.Each(c.name, scalar(op.how, b, op.reversed), c.in[0]))
	}
	x, y := c.in[0], c.in[1]
	if op.reversed {
		x, y = y, x
	}
	return done(c.binary(c.name, op.how, x, y))
}

// binary appends arithmetic as ncnn repeats elements: dimensions are aligned at the slowest, so [c] goes with each
// channel of [w h c].
func (c *call) binary(name string, how kernels.Arithmetic, x, y *axes.Tensor) (*axes.Tensor, error) {
	rank := max(len(x.Dims), len(y.Dims))
	for _, t := range []**axes.Tensor{&x, &y} {
		if d := (*t).Dims; len(d) < rank {
			var err error
			*t, err = c.b.Rearrange(name+"/aligned", *t, nil, append(slices.Clone(d), slices.Repeat([]int{1}, rank-len(d))...))
			if err != nil {
				return nil, err
			}
		}
	}
	if how == kernels.Plus && slices.Equal(x.Dims, y.Dims) {
		return c.b.Add(name, &runtime.Add{}, x, y)
	}
	return c.b.Binary(name, runtime.Binary{How: how}, x, y)
}

// eltwise is the product, sum or maximum of any number of inputs of one shape.
func eltwise(c *call) ([]*axes.Tensor, error) {
	hows := []kernels.Arithmetic{kernels.Times, kernels.Plus, kernels.Larger}
	of, coeffs := c.int(0, 0), c.floats(1)
	switch {
	case c.err != nil:
		return nil, c.err
	case of < 0 || of >= len(hows):
		return c.unsupported("op_type %d", of)
	case len(c.in) < 2 || len(coeffs) > 0 && (len(coeffs) != len(c.in) || hows[of] != kernels.Plus):
		return nil, fmt.Errorf("%d inputs, %d coefficients: %w", len(c.in), len(coeffs), runtime.ErrShape)
	}
	var acc *axes.Tensor
	for i, t := range c.in {
		var err error
		if len(coeffs) > 0 && coeffs[i] != 1 {
			if t, err = c.b.Each(fmt.Sprintf("%s/part%d", c.name, i), scalar(kernels.Times, coeffs[i], false), t); err != nil {
				return nil, err
			}
		}
		name := c.name
		if i < len(c.in)-1 {
			name = fmt.Sprintf("%s/%d", c.name, i)
		}
		switch {
		case acc == nil:
			acc = t
			continue
		case !slices.Equal(acc.Dims, t.Dims):
			return nil, fmt.Errorf("inputs of %v and %v: %w", acc.Dims, t.Dims, runtime.ErrShape)
		}
		if acc, err = c.binary(name, hows[of], acc, t); err != nil {
			return nil, err
		}
	}
	return done(acc, nil)
}

// batchNorm has slopes, means, variances and biases.
func batchNorm(c *call) ([]*axes.Tensor, error) {
	n, eps := c.int(0, 0), c.float(1, 0)
	if c.err != nil {
		return nil, c.err
	}
	var of [4][]float32
	for i := range of {
		var err error
		if of[i], err = c.vector(i, n); err != nil {
			return nil, err
		}
	}
	mul, err := c.b.Fill(n, 0)
	if err != nil {
		return nil, err
	}
	add, err := c.b.Fill(n, 0)
	if err != nil {
		return nil, err
	}
	for i := range mul {
		s := float64(of[0][i]) / math.Sqrt(float64(of[2][i])+float64(eps))
		shift := float64(float64(of[1][i]) * s)
		mul[i], add[i] = float32(s), float32(float64(of[3][i])-shift)
	}
	return c.affine(n, mul, add)
}

// affine appends factors and terms of n channels.
func (c *call) affine(n int, mul, add []float32) ([]*axes.Tensor, error) {
	t, err := c.last(0)
	if err != nil {
		return nil, err
	}
	if n != 1 && n != t.Dims[1] {
		return nil, fmt.Errorf("%d numbers for %d channels: %w", n, t.Dims[1], runtime.ErrShape)
	}
	return done(c.b.Affine(c.name, t, mul, add))
}

// scale has a factor for each channel, and a term, or takes the factors from its second input.
func scale(c *call) ([]*axes.Tensor, error) {
	n, hasBias := c.int(0, 0), c.bool(1, 0)
	switch {
	case c.err != nil:
		return nil, c.err
	case n == computed && hasBias:
		return c.unsupported("computed factors with a bias")
	case n == computed && len(c.in) == 2:
		return done(c.binary(c.name, kernels.Times, c.in[0], c.in[1]))
	case n == computed || len(c.in) != 1:
		return nil, fmt.Errorf("%d inputs: %w", len(c.in), runtime.ErrShape)
	}
	mul, err := c.vector(0, n)
	if err != nil {
		return nil, err
	}
	var add []float32
	if hasBias {
		if add, err = c.vector(1, n); err != nil {
			return nil, err
		}
	}
	return c.affine(n, mul, add)
}

func bias(c *call) ([]*axes.Tensor, error) {
	n := c.int(0, 0)
	add, err := c.vector(0, n)
	if err != nil {
		return nil, err
	}
	return c.affine(n, nil, add)
}

// matMul is the product of matrices, the second one transposed where parameter 0 says so.
func matMul(c *call) ([]*axes.Tensor, error) {
	how := runtime.MatMul{TransB: c.bool(0, 0)}
	switch {
	case c.err != nil:
		return nil, c.err
	case len(c.in) != 2:
		return nil, fmt.Errorf("%d inputs: %w", len(c.in), runtime.ErrShape)
	case len(c.in[0].Dims) < 3 || len(c.in[0].Dims) != len(c.in[1].Dims):
		return c.unsupported("a product of %d and %d dimensions", len(c.in[0].Dims)-1, len(c.in[1].Dims)-1)
	}
	return done(c.b.MatMul(c.name, c.in[0], c.in[1], how, nil))
}
