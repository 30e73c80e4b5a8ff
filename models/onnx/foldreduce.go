package onnx

import (
	"fmt"
	"math"
	"slices"

	"github.com/gneiss-go/gneiss/models/internal/axes"
	"github.com/gneiss-go/gneiss/models/internal/wire"
	"github.com/gneiss-go/gneiss/runtime"
)

func registerFoldreduce() {
	foldable("axes keepdims noop_with_empty_axes", foldReduce, "ReduceMax", "ReduceMean", "ReduceMin", "ReduceProd",
		"ReduceSum")
	foldable("value", foldConstantOfShape, "ConstantOfShape")
	foldable("exclusive reverse", foldCumSum, "CumSum")
	foldable("dtype k", foldEyeLike, "EyeLike")
	foldable("", foldMatMul, "MatMul")
	foldable("", foldNonZero, "NonZero")
	foldable("axis", foldOneHot, "OneHot")
	foldable("", foldRange, "Range")
	foldable("upper", foldTrilu, "Trilu")
}

func foldReduce(f *folding) ([]*tensor, error) {
	t, err := f.need(0)
	if err != nil {
		return nil, err
	}
	as, ok, err := f.list("axes", 1)
	if !ok || err != nil {
		return nil, cmpErr(err, "its axes are computed")
	}
	if len(as) == 0 && f.int("noop_with_empty_axes", 0) != 0 {
		return single(t, nil)
	}
	over, err := flagged(as, len(t.dims))
	if err != nil {
		return nil, err
	}
	dims, kept, keep := slices.Clone(t.dims), []int{}, f.int("keepdims", 1) != 0
	count := 1
	for i, d := range t.dims {
		if over[i] || len(as) == 0 {
			over[i], dims[i] = true, 1
			count *= d
			if !keep {
				continue
			}
		}
		kept = append(kept, dims[i])
	}
	if count == 0 || t.typ == elemBool || t.typ == elemUint64 {
		return nil, refuse("constants of %v %v", t.typ, t.dims)
	}
	reduced, err := f.reduce(t, dims, float64(count))
	if err != nil {
		return nil, err
	}
	return single(reduced.under(kept), nil)
}

// reduce combines the elements of t that fall on one of dims, which are 1 along some axes.
func (f *folding) reduce(t *tensor, dims []int, count float64) (*tensor, error) {
	how := map[string]string{"ReduceMax": "Max", "ReduceMin": "Min", "ReduceProd": "Mul"}[f.n.op]
	if how == "" {
		how = "Add"
	}
	b := binaries[how]
	out, err := f.blank(t.typ, dims)
	if err != nil {
		return nil, err
	}
	mean := f.n.op == "ReduceMean"
	if mean && !t.typ.real() {
		return nil, refuse("constants of %v", t.typ)
	}
	if err := f.im.b.Take(3 * out.elements()); err != nil { // sums are float64 until they are whole
		return nil, err
	}
	defer f.im.b.Grant(3 * out.elements())
	seen := make([]bool, out.elements())
	var reals []float64
	var ints []int64
	if t.typ.real() {
		reals = make([]float64, out.elements())
	} else {
		ints = make([]int64, out.elements())
	}
	to, _ := whole(dims).over(t.dims)
	i := 0
	to.each(func(at int) {
		switch first := !seen[at]; {
		case reals != nil && first:
			reals[at] = t.real(i)
		case reals != nil:
			reals[at] = b.real(reals[at], t.real(i))
		case first:
			ints[at] = t.int(i)
		default:
			ints[at], _ = b.int(ints[at], t.int(i))
		}
		seen[at] = true
		i++
	})
	for i, v := range reals {
		if mean {
			v /= count
		}
		out.put(i, v)
	}
	for i, v := range ints {
		out.putInt(i, v)
	}
	return out, nil
}

// tensorAttr reads an attribute that is a tensor; nil if it is not there.
func (c *call) tensorAttr(name string) (t *tensor) {
	c.each(name, func(f wire.Field) error {
		if f.Num != 5 {
			return nil
		}
		raw, err := f.Msg()
		if err == nil {
			t, err = decodeTensor(raw)
		}
		if err == nil && t.ext != nil {
			err = t.ext.missing()
		}
		return err
	})
	return t
}

func foldConstantOfShape(f *folding) ([]*tensor, error) {
	dims, err := f.dimList(0)
	if err != nil {
		return nil, err
	}
	value := f.tensorAttr("value")
	if f.err != nil {
		return nil, f.err
	}
	if value == nil {
		value = &tensor{typ: elemFloat, raw: make([]byte, 4)}
	}
	if len(value.raw) == 0 || value.elements() != 1 {
		return nil, refuse("a value of %v %v", value.typ, value.dims)
	}
	v, _ := whole(nil).over(dims)
	return single(f.viewed(value, v))
}

func foldRange(f *folding) ([]*tensor, error) {
	typ, err := f.alike()
	if err != nil {
		return nil, err
	}
	if len(f.in) != 3 || f.in[1] == nil || f.in[2] == nil {
		return nil, fmt.Errorf("%d inputs: %w", len(f.in), runtime.ErrGraph)
	}
	from, to, step := f.in[0], f.in[1], f.in[2]
	if from.elements()*to.elements()*step.elements() != 1 || step.real(0) == 0 {
		return nil, fmt.Errorf("from %v to %v by %v elements: %w", from.dims, to.dims, step.dims, runtime.ErrShape)
	}
	n := math.Ceil((to.real(0) - from.real(0)) / step.real(0))
	if !(n <= math.MaxInt32) {
		return nil, fmt.Errorf("%v numbers: %w", n, runtime.ErrLimit)
	}
	out, err := f.blank(typ, []int{int(max(n, 0))})
	if err != nil {
		return nil, err
	}
	for i := range out.elements() {
		if typ.real() {
			out.put(i, from.real(0)+float64(float64(i)*step.real(0)))
		} else {
			out.putInt(i, from.int(0)+int64(i)*step.int(0))
		}
	}
	return single(out, nil)
}

func foldCumSum(f *folding) ([]*tensor, error) {
	t, err := f.plain(0)
	if err != nil {
		return nil, err
	}
	a, err := f.number(1)
	if err != nil {
		return nil, err
	}
	if a, err = axis(a, len(t.dims)); err != nil {
		return nil, err
	}
	if t.typ == elemBool {
		return nil, refuse("constants of %v", t.typ)
	}
	out, err := f.blank(t.typ, t.dims)
	if err != nil {
		return nil, err
	}
	n, step := t.dims[a], axes.Elements(t.dims[a+1:])
	reverse, exclusive := f.int("reverse", 0) != 0, f.int("exclusive", 0) != 0
	whole(t.dims).cut(a, 0, min(n, 1), 1).each(func(at int) {
		real, whole := 0., int64(0)
		for i := range n {
			if reverse {
				i = n - 1 - i
			}
			j := at + i*step
			if exclusive {
				out.putAny(j, real, whole)
			}
			if t.typ.real() {
				real += t.real(j)
			} else {
				whole += t.int(j)
			}
			if !exclusive {
				out.putAny(j, real, whole)
			}
		}
	})
	return single(out, nil)
}

// putAny sets an element to the number that is of its type.
func (t *tensor) putAny(i int, real float64, whole int64) {
	if t.typ.real() {
		t.put(i, real)
	} else {
		t.putInt(i, whole)
	}
}

func foldEyeLike(f *folding) ([]*tensor, error) {
	t, err := f.need(0)
	if err != nil {
		return nil, err
	}
	if len(t.dims) != 2 {
		return nil, fmt.Errorf("of %v: %w", t.dims, runtime.ErrShape)
	}
	out, err := f.blank(elem(f.int("dtype", int(t.typ))), t.dims)
	if err != nil {
		return nil, err
	}
	k := f.int("k", 0)
	for i := range t.dims[0] {
		if j := i + k; j >= 0 && j < t.dims[1] {
			out.putInt(i*t.dims[1]+j, 1)
		}
	}
	return single(out, nil)
}

func foldTrilu(f *folding) ([]*tensor, error) {
	t, err := f.plain(0)
	if err != nil {
		return nil, err
	}
	k := 0
	if f.has(1) {
		if k, err = f.number(1); err != nil {
			return nil, err
		}
	}
	r := len(t.dims)
	if r < 2 {
		return nil, fmt.Errorf("of %v: %w", t.dims, runtime.ErrShape)
	}
	out, err := f.viewed(t, whole(t.dims))
	if err != nil {
		return nil, err
	}
	upper, rows, cols, size := f.int("upper", 1) != 0, t.dims[r-2], t.dims[r-1], t.typ.size()
	for i := range out.elements() {
		row, col := i/cols%rows, i%cols
		if upper && col-row < k || !upper && col-row > k {
			clear(out.raw[i*size:][:size])
		}
	}
	return single(out, nil)
}

func foldNonZero(f *folding) ([]*tensor, error) {
	t, err := f.need(0)
	if err != nil {
		return nil, err
	}
	var found []int
	if err := f.im.b.Take(4 * t.elements()); err != nil {
		return nil, err
	}
	for i := range t.elements() {
		if t.real(i) != 0 {
			found = append(found, i)
		}
	}
	f.im.b.Grant(4 * t.elements())
	out, err := f.blank(elemInt64, []int{len(t.dims), len(found)})
	if err != nil {
		return nil, err
	}
	w := whole(t.dims)
	for d := range t.dims {
		for j, i := range found {
			out.putInt(d*len(found)+j, int64(i/w.steps[d]%t.dims[d]))
		}
	}
	return single(out, nil)
}

func foldOneHot(f *folding) ([]*tensor, error) {
	t, err := f.need(0)
	if err != nil {
		return nil, err
	}
	depth, err := f.need(1)
	if err != nil {
		return nil, err
	}
	values, err := f.plain(2)
	if err != nil {
		return nil, err
	}
	if depth.elements() != 1 || values.elements() != 2 || !(depth.real(0) >= 1 && depth.real(0) <= math.MaxInt32) {
		return nil, fmt.Errorf("depth %v, values %v: %w", depth.dims, values.dims, runtime.ErrShape)
	}
	n := int(depth.real(0))
	a, err := axis(f.int("axis", -1), len(t.dims)+1)
	if err != nil {
		return nil, err
	}
	dims := slices.Insert(slices.Clone(t.dims), a, n)
	off, _ := whole(nil).over(dims)
	out, err := f.viewed(values.under(nil), off)
	if err != nil {
		return nil, err
	}
	size, inner := values.typ.size(), axes.Elements(t.dims[a:])
	for i := range t.elements() {
		k := t.real(i)
		if k < 0 {
			k += float64(n)
		}
		if k >= 0 && k < float64(n) {
			at := (i/inner*n+int(k))*inner + i%inner
			copy(out.raw[at*size:][:size], values.raw[size:])
		}
	}
	return single(out, nil)
}

// foldMatMul multiplies matrices, broadcast along what is before their last two axes.
func foldMatMul(f *folding) ([]*tensor, error) {
	typ, err := f.alike()
	if err != nil {
		return nil, err
	}
	if len(f.in) != 2 || f.in[1] == nil || !typ.real() {
		return nil, refuse("constants of %v", typ)
	}
	x, y := f.in[0], f.in[1]
	a, b := x.dims, y.dims
	if len(a) == 0 || len(b) == 0 {
		return nil, fmt.Errorf("%v times %v: %w", a, b, runtime.ErrShape)
	}
	if len(a) == 1 {
		a = []int{1, a[0]}
	}
	if len(b) == 1 {
		b = []int{b[0], 1}
	}
	m, k, n := a[len(a)-2], a[len(a)-1], b[len(b)-1]
	outer, ok := joint(a[:len(a)-2], b[:len(b)-2])
	if !ok || b[len(b)-2] != k {
		return nil, fmt.Errorf("%v times %v: %w", x.dims, y.dims, runtime.ErrShape)
	}
	out, err := f.blank(typ, slices.Concat(outer, []int{m, n}))
	if err != nil {
		return nil, err
	}
	if total, ok := axes.Product(math.MaxInt32, max(1, out.elements()), max(1, k)); !ok || f.spend(total) != nil {
		return nil, refuse("constants of %v and %v, too large to multiply", x.dims, y.dims)
	}
	va, _ := view{dims: a[:len(a)-2], steps: whole(a).steps[:len(a)-2]}.over(outer)
	vb, _ := view{dims: b[:len(b)-2], steps: whole(b).steps[:len(b)-2]}.over(outer)
	to := 0
	walk(outer, func(at []int) {
		for i := range m {
			for j := range n {
				sum := 0.
				for l := range k {
					sum += float64(x.real(at[0]+i*k+l) * y.real(at[1]+l*n+j))
				}
				out.put(to, sum)
				to++
			}
		}
	}, va, vb)
	dims := outer
	if len(x.dims) > 1 {
		dims = append(dims, m)
	}
	if len(y.dims) > 1 {
		dims = append(dims, n)
	}
	return single(out.under(slices.Clone(dims)), nil)
}
