package onnx

import (
	"errors"
	"fmt"
	"slices"

	"github.com/gneiss-go/gneiss/kernels"
	"github.com/gneiss-go/gneiss/models/internal/axes"
	"github.com/gneiss-go/gneiss/runtime"
)

func registerMatmul() {
	register("Gemm", operator{handle: gemm, heeds: "alpha beta transA transB", takes: onQuanta})
	register("MatMul", operator{handle: matMul, takes: onQuanta, old: true})
}

// product makes a fully connected layer of activation a and matrix w, of [in][out] or, transposed, [out][in]. own is
// the constant that bias comes from, if it comes from it unchanged.
func (c *call) product(a *axes.Tensor, w *value, transposed bool, alpha float32, bias []float32, own *value) (*value,
	error) {
	d := w.c.dims
	v, _, err := c.im.b.Unflat(a)
	if err != nil {
		return nil, err
	}
	in, out := d[0], d[1]
	if transposed {
		in, out = out, in
	}
	ch, hw := v.Shape.C, v.Shape.H*v.Shape.W
	if in != ch*hw || in != a.Dims[len(a.Dims)-1] {
		return nil, fmt.Errorf("a matrix %v over %v: %w", d, a.Dims, runtime.ErrShape)
	}
	if c.quanta {
		l, err := c.levels(w, own, order{k: out, c: ch, rs: hw, transposed: !transposed}, v.Quant.Scale)
		if err != nil {
			return nil, err
		}
		if l != nil && l.fits(v.Quant, runtime.Quant{Scale: 1}) && alpha == 1 && (bias == nil || own != nil) {
			c.quanta = false // from here on it is float
			val, err := c.done(c.im.b.AddValues(c.name(), &runtime.QFC{K: out, Weights: l.weights, WScale: l.scale,
				Bias: l.bias}, len(a.Dims), v))
			if val != nil {
				val.fresh = bias == nil
			}
			return val, err
		}
		c.quanta = false
		if a, err = c.im.dequantise(a.Name()+"/dequantized", a); err != nil {
			return nil, err
		}
		if v, _, err = c.im.b.Unflat(a); err != nil {
			return nil, err
		}
	}
	op := &runtime.FC{K: out, Bias: bias}
	if op.Weights, err = c.im.b.FCWeights(w.src, out, ch, hw, !transposed); err != nil {
		return nil, err
	}
	if op.Weights, err = c.im.b.Scaled(op.Weights, alpha); err != nil {
		return nil, err
	}
	val, err := c.done(c.im.b.AddValues(c.name(), op, len(a.Dims), v))
	if val != nil {
		val.fresh = bias == nil
	}
	return val, err
}

func matMul(c *call) (*value, error) { return c.matMul(runtime.MatMul{}) }

// matMul is the product of two factors, either of which may be a constant.
func (c *call) matMul(how runtime.MatMul) (*value, error) {
	if !c.has(0) || !c.has(1) {
		return nil, fmt.Errorf("a factor is missing: %w", runtime.ErrGraph)
	}
	x, y := c.in[0], c.in[1]
	switch {
	case x.c != nil && y.c != nil:
		c.unsupported("a product of constants; fold it before export")
		return nil, nil
	case x.c != nil || y.c != nil:
		return c.matMulConst(how)
	case x.t == nil || y.t == nil:
		return nil, nil
	}
	if c.quanta {
		a, b := x.t, y.t
		return &value{typ: elemFloat, lazy: &lazy{float: func(act runtime.Clamp) (*axes.Tensor, error) {
			ts, err := c.floats(a, b)
			if err != nil {
				return nil, err
			}
			t, err := c.im.b.MatMul(c.name(), ts[0], ts[1], how, nil)
			if err != nil || !act.On {
				return t, err
			}
			return c.im.b.Each(c.name()+"/activation", &runtime.Activation{Act: act}, t)
		}, quant: func(to runtime.Quant, act runtime.Clamp) (*axes.Tensor, error) {
			if act.On || !hasQuantised(&how, to, []*axes.Tensor{a, b}) {
				return nil, nil
			}
			return c.im.b.MatMul(c.name(), a, b, how, &to)
		}}}, nil
	}
	return c.refused(c.im.b.MatMul(c.name(), x.t, y.t, how, nil))
}

// refused is done, but notes shapes that are not done rather than wrong.
func (c *call) refused(t *axes.Tensor, err error) (*value, error) {
	if errors.Is(err, axes.ErrRepeated) {
		c.unsupported("%v", err)
		return nil, nil
	}
	return c.done(t, err)
}

// matMulConst is the product of an activation and a constant.
func (c *call) matMulConst(how runtime.MatMul) (*value, error) {
	ki := 1
	if c.in[0].c != nil {
		ki = 0
	}
	k, err := c.real(ki)
	if err != nil {
		return nil, err
	}
	t, err := c.any(1 - ki)
	if k == nil || t == nil || err != nil {
		return nil, err
	}
	d := k.c.dims
	right := ki == 1 && len(d) == 2 && !how.TransA
	if right && (len(t.Dims) == 1 || len(t.Dims) == 2) {
		if t, err = c.im.b.As(c.name(), t, runtime.ChannelsLast); err != nil {
			return nil, err
		}
		return c.product(t, k, how.TransB, 1, nil, nil)
	}
	in := t.Dims
	if right && c.quanta && len(in) > 0 && in[len(in)-1] == d[0] && !how.TransB {
		if t, err = c.im.b.As(c.name(), t, runtime.AsWritten); err != nil {
			return nil, err
		}
		return c.put(func(runtime.Clamp, ...*axes.Tensor) (runtime.Op, error) {
			w, err := c.im.b.FCWeights(k.src, d[1], d[0], 1, true)
			return &runtime.Conv{Window: runtime.Window{R: 1, S: 1}, K: d[1], Weights: w}, err
		}, func(to runtime.Quant, act runtime.Clamp) (runtime.Op, error) {
			l, err := c.levels(k, nil, order{k: d[1], c: d[0], rs: 1, transposed: true}, t.Quant().Scale)
			if l == nil || err != nil || !l.fits(t.Quant(), to) {
				return nil, err
			}
			op := &runtime.QConv{Window: runtime.Window{R: 1, S: 1}, K: d[1], Weights: l.weights, WScale: l.scale, Out: to}
			op.Lo, op.Hi = act.Levels(to)
			return op, nil
		}, t), nil
	}
	if c.quanta {
		ts, err := c.floats(t)
		if err != nil {
			return nil, err
		}
		t = ts[0]
	}
	return c.refused(c.im.b.MatMulConst(c.name(), t, k.src, ki == 0, how))
}

// gemm is alpha·A·B + beta·C. Where B is a constant, and C one number for each column or none, it is a fully connected
// layer.
func gemm(c *call) (*value, error) {
	how := runtime.MatMul{TransA: c.int("transA", 0) != 0, TransB: c.int("transB", 0) != 0}
	if !c.has(0) || !c.has(1) {
		return nil, fmt.Errorf("a factor is missing: %w", runtime.ErrGraph)
	}
	if c.in[1].c == nil || c.in[0].c != nil || c.has(2) && !c.columns(how) {
		return c.gemmOf(how)
	}
	alpha, beta := c.float("alpha", 1), c.float("beta", 1)
	w, err := c.real(1)
	if err != nil {
		return nil, err
	}
	a, err := c.tensor(0)
	if w == nil || a == nil || err != nil {
		return nil, err
	}
	if len(w.c.dims) != 2 || len(a.Dims) != 2 {
		return nil, fmt.Errorf("%v × %v, want matrices: %w", a.Dims, w.c.dims, runtime.ErrShape)
	}
	if how.TransA {
		if a, err = c.im.b.Rearrange(c.name()+"/transposed", a, []int{1, 0}, []int{a.Dims[1], a.Dims[0]}); err != nil {
			return nil, err
		}
	}
	out := w.c.dims[1]
	if how.TransB {
		out = w.c.dims[0]
	}
	var bias []float32
	var b *value
	if c.has(2) {
		b, err = c.real(2)
		if b == nil || err != nil {
			return nil, err
		}
		f, ok, err := c.perChannel(b, []int{a.Dims[0], out})
		if !ok || err != nil {
			return nil, err
		}
		if bias, err = c.im.b.Spread(f, out, 0); err != nil {
			return nil, err
		}
		if bias, err = c.im.b.Scaled(bias, beta); err != nil {
			return nil, err
		}
	}
	if b != nil && (beta != 1 || b.c.elements() != out) {
		b = nil
	}
	return c.product(a, w, how.TransB, alpha, bias, b)
}

// columns reports whether C is a constant of one number for each column, or of one number.
func (c *call) columns(how runtime.MatMul) bool {
	k, w := c.in[2].c, c.in[1].c.dims
	if k == nil || len(w) != 2 {
		return false
	}
	out := w[1]
	if how.TransB {
		out = w[0]
	}
	n := k.elements()
	return n == 1 || n == out && k.dims[len(k.dims)-1] == out
}

// gemmOf is gemm as a product of matrices and a sum.
func (c *call) gemmOf(how runtime.MatMul) (*value, error) {
	alpha, beta := c.float("alpha", 1), c.float("beta", 1)
	for i := range 2 {
		if v := c.in[i]; v.c != nil && len(v.c.dims) != 2 || v.t != nil && len(v.t.Dims) != 2 {
			return nil, fmt.Errorf("factor %d is no matrix: %w", i+1, runtime.ErrShape)
		}
	}
	name, out := c.name(), *c.n
	out.out = []string{name + "/product"}
	sub := &call{im: c.im, n: &out, in: c.in[:2], quanta: c.quanta}
	v, err := sub.matMul(how)
	if err == nil {
		v, err = c.im.plain(v)
	}
	if v == nil || err != nil {
		return nil, err
	}
	c.quanta = false
	t := v.t
	if alpha != 1 {
		if t, err = c.im.b.Affine(name+"/alpha", t, []float32{alpha}, nil); err != nil {
			return nil, err
		}
	}
	switch {
	case !c.has(2):
		return c.done(t, nil)
	case c.in[2].c != nil:
		k, err := c.real(2)
		if k == nil || err != nil {
			return nil, err
		}
		src := k.src
		if beta != 1 {
			src = &axes.Source{Dims: k.src.Dims, Decode: func(dst []float32, from int) {
				k.src.Decode(dst, from)
				for i := range dst {
					dst[i] *= beta
				}
			}}
		}
		return c.added(t, func(op runtime.Binary) (*axes.Tensor, error) { return c.im.b.Beside(name, op, t, src) })
	}
	u := c.in[2].t
	if u == nil {
		return nil, nil
	}
	if u.DType == runtime.U8 {
		if u, err = c.im.dequantise(u.Name()+"/dequantized", u); err != nil {
			return nil, err
		}
	}
	if beta != 1 {
		if u, err = c.im.b.Affine(name+"/beta", u, []float32{beta}, nil); err != nil {
			return nil, err
		}
	}
	return c.added(t, func(op runtime.Binary) (*axes.Tensor, error) { return c.im.b.Binary(name, op, t, u) })
}

// added is the sum of a matrix and a term that must not be larger.
func (c *call) added(t *axes.Tensor, sum func(runtime.Binary) (*axes.Tensor, error)) (*value, error) {
	y, err := sum(runtime.Binary{How: kernels.Plus})
	if err == nil && !slices.Equal(y.Dims, t.Dims) {
		err = fmt.Errorf("a product of %v and a term that makes %v of it: %w", t.Dims, y.Dims, runtime.ErrShape)
	}
	return c.done(y, err)
}
