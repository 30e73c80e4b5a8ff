package axes

import (
	"fmt"
	"slices"

	"github.com/gneiss-go/gneiss/runtime"
)

// ErrRepeated is wrapped where matrices are repeated in a way that is not done.
var ErrRepeated = fmt.Errorf("matrices are repeated in too many ways: %w", runtime.ErrShape)

// product is one of matrices: dimensions before the last two are of batches, which are repeated where they are 1. A
// lone dimension is a row before the product and a column behind it, and is no dimension of the result.
type product struct {
	x, y, out []int // with the batches' dimensions of both, of one number
	left      []int // the result's dimensions
}

// productOf aligns the dimensions of two factors, given transposed or not.
func productOf(x, y []int, how runtime.MatMul) (*product, error) {
	bad := func() (*product, error) {
		return nil, fmt.Errorf("the product of %v and %v: %w", x, y, runtime.ErrShape)
	}
	if len(x) == 0 || len(y) == 0 || len(x) == 1 && how.TransA || len(y) == 1 && how.TransB {
		return bad()
	}
	p := &product{x: slices.Clone(x), y: slices.Clone(y)}
	if len(x) == 1 {
		p.x = []int{1, x[0]}
	}
	if len(y) == 1 {
		p.y = []int{y[0], 1}
	}
	for len(p.x) < len(p.y) {
		p.x = slices.Insert(p.x, 0, 1)
	}
	for len(p.y) < len(p.x) {
		p.y = slices.Insert(p.y, 0, 1)
	}
	batches := len(p.x) - 2
	for i := range batches {
		if p.x[i] != p.y[i] && p.x[i] != 1 && p.y[i] != 1 {
			return bad()
		}
		p.out = append(p.out, max(p.x[i], p.y[i]))
	}
	m, k, l, n := p.x[batches], p.x[batches+1], p.y[batches], p.y[batches+1]
	if how.TransA {
		m, k = k, m
	}
	if how.TransB {
		l, n = n, l
	}
	if k != l {
		return bad()
	}
	p.left = append([]int{}, p.out...)
	if len(x) > 1 {
		p.left = append(p.left, m)
	}
	if len(y) > 1 {
		p.left = append(p.left, n)
	}
	p.out = append(p.out, m, n)
	return p, nil
}

// two brings the dimensions of batches to two, joining those that are repeated alike. It reports false if that are more.
func (p *product) two() bool {
	kind := func(i int) int { // 0: of both; 1, 2: repeated; 3: whatever
		switch {
		case p.out[i] == 1:
			return 3
		case p.x[i] == 1:
			return 1
		case p.y[i] == 1:
			return 2
		}
		return 0
	}
	for i := 0; i+1 < len(p.out)-2; {
		if a, b := kind(i), kind(i+1); a != b && a != 3 && b != 3 {
			i++
			continue
		}
		for _, d := range []*[]int{&p.x, &p.y, &p.out} {
			(*d)[i] *= (*d)[i+1]
			*d = slices.Delete(*d, i+1, i+2)
		}
	}
	for len(p.out) < 4 {
		p.x, p.y, p.out = slices.Insert(p.x, 0, 1), slices.Insert(p.y, 0, 1), slices.Insert(p.out, 0, 1)
	}
	return len(p.out) == 4
}

// MatMul appends the product of two tensors as NumPy has it. With to it is quantised so; both are then.
func (b *Builder) MatMul(name string, x, y *Tensor, how runtime.MatMul, to *runtime.Quant) (*Tensor, error) {
	p, err := productOf(x.Dims, y.Dims, how)
	if err != nil {
		return nil, err
	}
	if !p.two() {
		return nil, fmt.Errorf("the product of %v and %v: %w", x.Dims, y.Dims, ErrRepeated)
	}
	in := [2]*Tensor{x, y}
	for i, dims := range [][]int{p.x, p.y} {
		if in[i], err = b.As(name, in[i], runtime.AsWritten); err == nil {
			in[i], err = b.Rearrange(fmt.Sprintf("%s/factor%d", name, i), in[i], nil, dims)
		}
		if err != nil {
			return nil, err
		}
	}
	var op runtime.Op = &how
	if to != nil {
		op = &runtime.Quantised{Op: op, Out: *to}
	}
	t, err := b.Add(name, op, in[0], in[1])
	if err != nil {
		return nil, err
	}
	return b.Rearrange(name+"/shaped", t, nil, p.left)
}

// MatMulConst appends the product of t and a constant, which is the first factor if it is left. A constant of several
// batches has filters for each, over the channels that t's batches become.
func (b *Builder) MatMulConst(name string, t *Tensor, k *Source, left bool, how runtime.MatMul) (*Tensor, error) {
	x, y := t.Dims, k.Dims
	if left {
		x, y = y, x
	}
	p, err := productOf(x, y, how)
	if err != nil {
		return nil, err
	}
	// A first factor that is constant multiplies rows too: those of t, transposed, to a result that is.
	own, constant, turned, outMajor := p.x, p.y, how.TransA, how.TransB
	if left {
		own, constant, turned, outMajor = p.y, p.x, !how.TransB, !how.TransA
	}
	if len(own) > MaxRank {
		if t, err = b.As(name, t, runtime.AsWritten); err != nil {
			return nil, err
		}
	}
	if t, err = b.Rearrange(name+"/factor", t, nil, own); err == nil && turned {
		t, err = b.swap(name+"/rows", t)
	}
	if err == nil {
		t, err = b.rows(name, t, constant, k, outMajor)
	}
	if err == nil && left {
		t, err = b.swap(name+"/turned", t)
	}
	if err != nil {
		return nil, err
	}
	return b.Rearrange(name+"/shaped", t, nil, p.left)
}

// swap transposes matrices.
func (b *Builder) swap(name string, t *Tensor) (*Tensor, error) {
	r := len(t.Dims)
	perm := make([]int, r)
	for i := range perm {
		perm[i] = i
	}
	perm[r-1], perm[r-2] = r-2, r-1
	return b.Transpose(name, t, perm)
}

// rows multiplies t's rows by constant matrices [in][out], or [out][in], of as many dimensions.
func (b *Builder) rows(name string, t *Tensor, constant []int, k *Source, outMajor bool) (*Tensor, error) {
	r := len(t.Dims)
	in, groups, shared := t.Dims[r-1], 1, true
	out := Elements(constant[r-2:]) / in
	var outer, inner []int // batches that share matrices, and those of one each
	for i, d := range constant[:r-2] {
		if d == 1 {
			outer = append(outer, i)
			continue
		}
		inner, groups = append(inner, i), groups*d
		if t.Dims[i] != 1 {
			shared = false
		}
	}
	for _, i := range inner {
		if !shared && t.Dims[i] == 1 {
			return nil, fmt.Errorf("constant matrices %v over %v: %w", k.Dims, t.Dims, ErrRepeated)
		}
	}
	weights, err := b.matrices(k, groups, in, out, outMajor)
	if err != nil {
		return nil, err
	}
	if r == 2 {
		if t, err = b.As(name, t, runtime.AsWritten); err != nil {
			return nil, err
		}
		return b.Add(name, &runtime.FC{K: out, Weights: weights}, t)
	}
	op := &runtime.Conv{Window: runtime.Window{R: 1, S: 1}, K: groups * out, Groups: groups, Weights: weights}
	if shared {
		op.Groups = 1
	}
	perm := slices.Concat(outer, []int{r - 2}, inner, []int{r - 1})
	if len(inner) > 0 {
		if t, err = b.Transpose(name+"/batches", t, perm); err != nil {
			return nil, err
		}
	}
	if t, err = b.As(name, t, runtime.AsWritten); err != nil {
		return nil, err
	}
	if len(inner) == 0 {
		return b.Add(name, op, t)
	}
	dims := t.Dims[:len(outer)+1]
	if t, err = b.Rearrange(name+"/channels", t, nil, append(slices.Clone(dims), Elements(t.Dims[len(dims):]))); err != nil {
		return nil, err
	}
	if t, err = b.Add(name, op, t); err != nil {
		return nil, err
	}
	dims = slices.Clone(dims)
	for _, i := range inner {
		dims = append(dims, constant[i])
	}
	if t, err = b.Rearrange(name+"/split", t, nil, append(dims, out)); err != nil {
		return nil, err
	}
	back := make([]int, r)
	for j, d := range perm {
		back[d] = j
	}
	return b.Transpose(name+"/back", t, back)
}

// matrices returns constant matrices as filters, [out][in] one after the other.
func (b *Builder) matrices(k *Source, groups, in, out int, outMajor bool) ([]float32, error) {
	f, err := b.Floats(k)
	if err != nil || outMajor {
		return f, err
	}
	w, err := b.alloc(len(f))
	for g := range w {
		i, j, m := g%in, g/in%out, g/in/out
		w[g] = f[(m*in+i)*out+j]
	}
	return w, err
}
