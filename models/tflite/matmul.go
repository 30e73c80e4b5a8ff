package tflite

import (
	"fmt"
	"slices"

	"github.com/gneiss-go/gneiss/kernels"
	"github.com/gneiss-go/gneiss/models/internal/axes"
	"github.com/gneiss-go/gneiss/runtime"
)

const opBatchMatMul = 126

func registerMatmul() {
	register(opBatchMatMul, form{handle: batchMatMul, options: 101,
		fields: 3}) // adj_x, adj_y, asymmetric_quantize_inputs of hybrid kernels
}

// adj_x, adj_y, asymmetric_quantize_inputs of hybrid kernels

// batchMatMul is the product of matrices, of which either may be a constant.
func batchMatMul(n *node) error {
	if len(n.inputs) != 2 {
		return fmt.Errorf("%d inputs: %w", len(n.inputs), runtime.ErrGraph)
	}
	how := runtime.MatMul{TransA: n.options.byte(0) != 0, TransB: n.options.byte(1) != 0}
	for i := range 2 {
		if t := n.tensor(i); t != nil && t.constant() {
			return n.matMulConst(t, i == 0, how)
		}
	}
	x, err := n.input(0)
	if err != nil {
		return err
	}
	y, err := n.input(1)
	if err != nil {
		return err
	}
	return n.is(n.matMul(x, y, how))
}

// matMul is a product of computed factors, quantised if they are.
func (n *node) matMul(x, y *axes.Tensor, how runtime.MatMul) (*axes.Tensor, error) {
	if x.DType == runtime.U8 && y.DType == runtime.U8 {
		to, err := n.quantised()
		if err != nil {
			return nil, err
		}
		return n.b.MatMul(n.name, x, y, how, &to)
	}
	var err error
	if x, err = n.real(x); err == nil {
		y, err = n.real(y)
	}
	if err != nil {
		return nil, err
	}
	return n.b.MatMul(n.name, x, y, how, nil)
}

// matMulConst is the product with a constant, which is in float.
func (n *node) matMulConst(t *tensor, left bool, how runtime.MatMul) error {
	i := 1
	if !left {
		i = 0
	}
	x, err := n.input(i)
	if err != nil {
		return err
	}
	if _, ok := axes.Product(1<<28, t.shape...); !ok {
		return fmt.Errorf("a constant of shape %v: %w", t.shape, runtime.ErrShape)
	}
	k, err := n.floatWeights(t)
	if err != nil {
		return err
	}
	if len(k) != axes.Elements(t.shape) {
		return fmt.Errorf("%d numbers of a constant of shape %v: %w", len(k), t.shape, runtime.ErrShape)
	}
	if x, err = n.real(x); err != nil {
		return err
	}
	src := &axes.Source{Dims: t.shape, Decode: func(dst []float32, from int) { copy(dst, k[from:]) }}
	return n.isReal(n.b.MatMulConst(n.name, x, src, left, how))
}

// computedWeights is FULLY_CONNECTED whose weights are computed: rows times a transposed matrix, and a bias.
func (n *node) computedWeights(x, w *axes.Tensor, keep bool, clamp runtime.Clamp) error {
	if len(w.Dims) != 2 || len(x.Dims) == 0 || axes.Elements(x.Dims)%w.Dims[1] != 0 {
		return fmt.Errorf("weights %v over %v: %w", w.Dims, x.Dims, runtime.ErrShape)
	}
	rows := []int{axes.Elements(x.Dims) / w.Dims[1], w.Dims[1]}
	dims := []int{rows[0], w.Dims[0]}
	if keep {
		r := len(x.Dims) - 1
		if x.Dims[r] != rows[1] {
			return fmt.Errorf("weights %v over %v: %w", w.Dims, x.Dims, runtime.ErrShape)
		}
		dims = append(slices.Clone(x.Dims[:r]), w.Dims[0])
	}
	x, err := n.b.Rearrange(n.name+"/rows", x, nil, rows)
	if err != nil {
		return err
	}
	how, bias := runtime.MatMul{TransB: true}, n.tensor(2)
	if bias == nil && !clamp.On {
		y, err := n.matMul(x, w, how)
		if err != nil {
			return err
		}
		return n.is(n.b.Rearrange(n.name+"/shaped", y, nil, dims))
	}
	if x, err = n.real(x); err == nil {
		w, err = n.real(w)
	}
	if err != nil {
		return err
	}
	y, err := n.b.MatMul(n.name+"/product", x, w, how, nil)
	switch {
	case err != nil || bias == nil:
	case bias.constant():
		var f []float32
		if f, err = n.reals(bias); err == nil {
			y, err = n.b.Affine(n.name+"/bias", y, nil, f)
		}
	default:
		var b *axes.Tensor
		if b, err = n.input(2); err == nil {
			y, err = n.b.Binary(n.name+"/bias", runtime.Binary{How: kernels.Plus}, y, b)
		}
	}
	if err == nil && clamp.On {
		y, err = n.b.Add(n.name+"/clamped", &runtime.Activation{Act: clamp}, y)
	}
	if err != nil {
		return err
	}
	return n.isReal(n.b.Rearrange(n.name+"/shaped", y, nil, dims))
}
