package ncnn

import (
	"fmt"
	"math"

	"github.com/gneiss-go/gneiss/kernels"
	"github.com/gneiss-go/gneiss/models/internal/axes"
	"github.com/gneiss-go/gneiss/runtime"
)

func registerEach() {
	register("ReLU", kind{knows: []int{0}, handle: func(c *call) ([]*axes.Tensor, error) {
		return c.function(2, []float32{c.float(0, 0)})
	}})
	register("Clip", kind{knows: []int{0, 1}, handle: func(c *call) ([]*axes.Tensor, error) {
		return c.function(3, []float32{c.float(0, -math.MaxFloat32), c.float(1, math.MaxFloat32)})
	}})
	register("Sigmoid", kind{handle: func(c *call) ([]*axes.Tensor, error) { return c.function(4, nil) }})
	register("Mish", kind{handle: func(c *call) ([]*axes.Tensor, error) { return c.function(5, nil) }})
	register("HardSwish", kind{knows: []int{0, 1}, handle: func(c *call) ([]*axes.Tensor, error) {
		return c.function(6, []float32{c.float(0, 0.2), c.float(1, 0.5)})
	}})
	register("TanH", kind{handle: curveOf(kernels.Tanh)})
	register("Swish", kind{handle: curveOf(kernels.SiLU)})
	register("AbsVal", kind{handle: curveOf(kernels.Abs)})
	register("BNLL", kind{handle: curveOf(kernels.Softplus)})
	register("Softplus", kind{handle: curveOf(kernels.Softplus)})
	register("ELU", kind{knows: []int{0}, handle: func(c *call) ([]*axes.Tensor, error) {
		return c.curve(&runtime.Curve{Of: kernels.Elu, A: c.float(0, 0.1)})
	}})
	register("SELU", kind{knows: []int{0, 1}, handle: func(c *call) ([]*axes.Tensor, error) {
		return c.curve(&runtime.Curve{Of: kernels.Selu, A: c.float(0, 1.67326324), B: c.float(1, 1.050700987)})
	}})
	register("HardSigmoid", kind{knows: []int{0, 1}, handle: func(c *call) ([]*axes.Tensor, error) {
		return c.curve(&runtime.Curve{Of: kernels.HardSigmoid, A: c.float(0, 0.2), B: c.float(1, 0.5)})
	}})
	register("GELU", kind{knows: []int{0}, handle: func(c *call) ([]*axes.Tensor, error) {
		of := kernels.Gelu
		if c.bool(0, 0) {
			of = kernels.GeluTanh
		}
		return c.curve(&runtime.Curve{Of: of})
	}})
	register("Dropout", kind{knows: []int{0}, handle: func(c *call) ([]*axes.Tensor, error) {
		if s := c.float(0, 1); s != 1 && c.err == nil {
			return done(c.b.Each(c.name, scalar(kernels.Times, s, false), c.in[0]))
		}
		return done(c.in[0], nil)
	}})
	register("UnaryOp", kind{knows: []int{0}, handle: unary})
	register("PReLU", kind{knows: []int{0}, handle: prelu,
		arrays: func(r *reader) []array { return []array{raw(r.int(0, 0))} }})
}

func curveOf(of kernels.Curve) func(c *call) ([]*axes.Tensor, error) {
	return func(c *call) ([]*axes.Tensor, error) { return c.curve(&runtime.Curve{Of: of}) }
}

func (c *call) curve(op *runtime.Curve) ([]*axes.Tensor, error) {
	if c.err != nil {
		return nil, c.err
	}
	return done(c.b.Each(c.name, op, c.in[0]))
}

var unaries = []kernels.Curve{kernels.Abs, kernels.Neg, kernels.Floor, kernels.Ceil, kernels.Square, kernels.Sqrt,
	kernels.Rsqrt, kernels.Exp, kernels.Log, kernels.Sin, kernels.Cos, kernels.Tan, kernels.Asin, kernels.Acos,
	kernels.Atan, kernels.Reciprocal, kernels.Tanh}

func unary(c *call) ([]*axes.Tensor, error) {
	switch of := c.int(0, 0); {
	case c.err != nil:
		return nil, c.err
	case of == 18:
		return c.curve(&runtime.Curve{Of: kernels.Round})
	case of < 0 || of >= len(unaries):
		return c.unsupported("op_type %d", of)
	default:
		return c.curve(&runtime.Curve{Of: unaries[of]})
	}
}

// activated appends what make gives, of the name that it is to have, and the layer's own activation.
func (c *call) activated(make func(name string) (*axes.Tensor, error)) ([]*axes.Tensor, error) {
	typ, params := c.int(9, 0), c.floats(10)
	if c.err != nil {
		return nil, c.err
	}
	name := c.name
	if typ != 0 {
		name += "/" + "linear"
	}
	t, err := make(name)
	if err != nil {
		return nil, err
	}
	t, err = c.activation(typ, params, t)
	if t == nil && err == nil {
		return nil, nil
	}
	return done(t, err)
}

// function is an activation of the layer's input.
func (c *call) function(typ int, params []float32) ([]*axes.Tensor, error) {
	if c.err != nil {
		return nil, c.err
	}
	return done(c.activation(typ, params, c.in[0]))
}

// activation appends a function by the number that fused ones have; nil if there is none, which is noted.
func (c *call) activation(typ int, params []float32, t *axes.Tensor) (*axes.Tensor, error) {
	if want := map[int]int{2: 1, 3: 2, 6: 2}[typ]; len(params) < want {
		return nil, fmt.Errorf("activation %d with %d parameters: %w", typ, len(params), runtime.ErrCorrupt)
	}
	var op runtime.Op
	switch {
	case typ == 0:
		return t, nil
	case typ == 1 || typ == 2 && params[0] == 0:
		op = &runtime.Activation{Act: runtime.ReLU}
	case typ == 2:
		op = &runtime.Curve{Of: kernels.LeakyRelu, A: params[0]}
	case typ == 3:
		op = &runtime.Activation{Act: runtime.Clamp{On: true, Lo: unbounded(params[0]), Hi: unbounded(params[1])}}
	case typ == 4:
		op = &runtime.Curve{Of: kernels.Sigmoid}
	case typ == 5:
		op = &runtime.Curve{Of: kernels.Mish}
	case typ == 6 && math.Abs(float64(params[0])-1./6) < 1e-6 && params[1] == 0.5: // a sixth, as it is written
		op = &runtime.Curve{Of: kernels.HardSwish}
	case typ == 6:
		gate, err := c.b.Each(c.name+"/gate", &runtime.Curve{Of: kernels.HardSigmoid, A: params[0], B: params[1]}, t)
		if err != nil {
			return nil, err
		}
		return c.b.Binary(c.name, runtime.Binary{How: kernels.Times}, t, gate)
	default:
		c.b.Unsupported(c.typ, c.name, "activation_type %d", typ)
		return nil, nil
	}
	return c.b.Each(c.name, op, t)
}

// unbounded is a bound of a clamp, none where it is the largest number.
func unbounded(v float32) float32 {
	if math.Abs(float64(v)) >= 3.4e38 {
		return float32(math.Copysign(math.Inf(1), float64(v)))
	}
	return v
}

// prelu has a slope for each channel, or one for all.
func prelu(c *call) ([]*axes.Tensor, error) {
	n := c.int(0, 0)
	t, err := c.last(0)
	if err != nil {
		return nil, err
	}
	if n != 1 && n != t.Dims[1] {
		return nil, fmt.Errorf("%d slopes for %d channels: %w", n, t.Dims[1], runtime.ErrShape)
	}
	slope, err := c.vector(0, n)
	if err != nil {
		return nil, err
	}
	return done(c.b.Add(c.name, &runtime.Binary{How: kernels.Sloped, Of: slope,
		Shape: runtime.Shape{N: 1, H: 1, W: 1, C: n}}, t))
}
