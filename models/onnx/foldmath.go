package onnx

import (
	"fmt"
	"math"
	"slices"

	"github.com/gneiss-go/gneiss/runtime"
)

// unary is a function of one number: of floating point, and of integers where there is one.
type unary struct {
	real func(float64) float64
	int  func(int64) int64
}

var unaries = map[string]unary{
	"Abs":        {math.Abs, func(v int64) int64 { return max(v, -v) }},
	"Ceil":       {math.Ceil, nil},
	"Exp":        {expOf, nil},
	"Floor":      {math.Floor, nil},
	"Log":        {logOf, nil},
	"Neg":        {func(v float64) float64 { return -v }, func(v int64) int64 { return -v }},
	"Reciprocal": {func(v float64) float64 { return 1 / v }, nil},
	"Relu":       {func(v float64) float64 { return max(v, 0) }, func(v int64) int64 { return max(v, 0) }},
	"Round":      {math.RoundToEven, nil},
	"Sigmoid":    {func(v float64) float64 { return 1 / (1 + expOf(-v)) }, nil},
	"Sign":       {signOf, func(v int64) int64 { return min(max(v, -1), 1) }},
	"Sqrt":       {math.Sqrt, nil},
	"Tanh":       {tanhOf, nil},
}

func signOf(v float64) float64 {
	switch {
	case v > 0:
		return 1
	case v < 0:
		return -1
	}
	return v // 0 or NaN
}

func tanhOf(v float64) float64 {
	if math.Abs(v) < 1e-5 {
		return v
	}
	return 1 - 2/(1+expOf(2*v))
}

// dual is a function of two numbers, left to right of more; ok is false where integers have no result.
type dual struct {
	real func(a, b float64) float64
	int  func(a, b int64) (v int64, ok bool)
}

var binaries = map[string]dual{
	"Add": {func(a, b float64) float64 { return a + b }, func(a, b int64) (int64, bool) { return a + b, true }},
	"Div": {func(a, b float64) float64 { return a / b }, func(a, b int64) (int64, bool) {
		if b == 0 {
			return 0, false
		}
		return a / b, true
	}},
	"Max": {func(a, b float64) float64 { return max(a, b) }, func(a, b int64) (int64, bool) { return max(a, b), true }},
	"Min": {func(a, b float64) float64 { return min(a, b) }, func(a, b int64) (int64, bool) { return min(a, b), true }},
	"Mul": {func(a, b float64) float64 { return a * b }, func(a, b int64) (int64, bool) { return a * b, true }},
	"Sub": {func(a, b float64) float64 { return a - b }, func(a, b int64) (int64, bool) { return a - b, true }},
}

// comparisons are of two numbers; exactly one of less, equal and more is true, or none if one is a NaN.
var comparisons = map[string]func(less, equal, more bool) bool{
	"Equal":          func(_, equal, _ bool) bool { return equal },
	"Greater":        func(_, _, more bool) bool { return more },
	"GreaterOrEqual": func(_, equal, more bool) bool { return equal || more },
	"Less":           func(less, _, _ bool) bool { return less },
	"LessOrEqual":    func(less, equal, _ bool) bool { return less || equal },
}

// connectives are of two truths.
var connectives = map[string]func(a, b bool) bool{
	"And": func(a, b bool) bool { return a && b },
	"Or":  func(a, b bool) bool { return a || b },
	"Xor": func(a, b bool) bool { return a != b },
}

func registerFoldmath() {
	foldable("", foldUnary, "Abs", "Ceil", "Exp", "Floor", "Log", "Neg", "Not", "Reciprocal", "Relu", "Round",
		"Sigmoid", "Sign", "Sqrt", "Tanh")
	foldable("", foldBinary, "Add", "Div", "Max", "Mean", "Min", "Mul", "Sub", "Sum")
	foldable("", foldCompare, "And", "Equal", "Greater", "GreaterOrEqual", "Less", "LessOrEqual", "Or", "Xor")
	foldable("to | saturate round_mode", foldCast, "Cast")
	foldable("min max", foldClip, "Clip")
	foldable("fmod", foldMod, "Mod")
	foldable("", foldPow, "Pow")
	foldable("", foldWhere, "Where")
}

func foldUnary(f *folding) ([]*tensor, error) {
	t, err := f.need(0)
	if err != nil {
		return nil, err
	}
	out, err := f.blank(t.typ, t.dims)
	if err != nil {
		return nil, err
	}
	if f.n.op == "Not" {
		if t.typ != elemBool {
			return nil, fmt.Errorf("of %v: %w", t.typ, runtime.ErrShape)
		}
		for i := range out.raw {
			out.putInt(i, 1-t.int(i))
		}
		return single(out, nil)
	}
	u := unaries[f.n.op]
	switch {
	case t.typ.real():
		for i := range out.elements() {
			out.put(i, u.real(t.real(i)))
		}
	case u.int != nil && t.typ != elemBool && t.typ != elemUint64:
		for i := range out.elements() {
			out.putInt(i, u.int(t.int(i)))
		}
	default:
		return nil, refuse("constants of %v", t.typ)
	}
	return single(out, nil)
}

// spread returns a result of type typ beside views of all inputs, broadcast together.
func (f *folding) spread(typ elem) (out *tensor, vs []view, err error) {
	var dims []int
	for i := range f.in {
		t, err := f.need(i)
		if err != nil {
			return nil, nil, err
		}
		joined, ok := joint(dims, t.dims)
		if !ok {
			return nil, nil, fmt.Errorf("constants of %v and %v: %w", dims, t.dims, runtime.ErrShape)
		}
		dims = joined
	}
	if out, err = f.blank(typ, dims); err != nil {
		return nil, nil, err
	}
	for _, t := range f.in {
		v, _ := whole(t.dims).over(dims)
		vs = append(vs, v)
	}
	return out, vs, nil
}

// alike returns the type that all inputs have.
func (f *folding) alike() (elem, error) {
	first, err := f.need(0)
	if err != nil {
		return 0, err
	}
	for _, t := range f.in {
		if t != nil && t.typ != first.typ {
			return 0, fmt.Errorf("constants of %v and %v: %w", first.typ, t.typ, runtime.ErrShape)
		}
	}
	return first.typ, nil
}

// combine computes each element of the result of two or more broadcast inputs, from left to right.
func (f *folding) combine(typ elem, b dual) ([]*tensor, error) {
	order := int64(0) // makes the order of uint64 that of int64
	switch unsigned := typ == elemUint64; {
	case unsigned && (f.n.op == "Max" || f.n.op == "Min"):
		order = math.MinInt64
	case typ == elemBool || unsigned && (f.n.op == "Div" || f.n.op == "Mod"):
		return nil, refuse("constants of %v", typ)
	}
	out, vs, err := f.spread(typ)
	if err != nil {
		return nil, err
	}
	i, all := 0, true
	walk(out.dims, func(at []int) {
		if typ.real() {
			v := f.in[0].real(at[0])
			for j := 1; j < len(at); j++ {
				v = b.real(v, f.in[j].real(at[j]))
			}
			out.put(i, v)
		} else {
			v := f.in[0].int(at[0]) ^ order
			for j := 1; j < len(at); j++ {
				var ok bool
				v, ok = b.int(v, f.in[j].int(at[j])^order)
				all = all && ok
			}
			out.putInt(i, v^order)
		}
		i++
	}, vs...)
	if !all {
		return nil, fmt.Errorf("integers divided by zero: %w", runtime.ErrShape)
	}
	return single(out, nil)
}

func foldBinary(f *folding) ([]*tensor, error) {
	typ, err := f.alike()
	if err != nil {
		return nil, err
	}
	op, mean := f.n.op, f.n.op == "Mean"
	if mean || op == "Sum" {
		op = "Add"
	}
	b, found := binaries[op]
	if !found || mean && !typ.real() {
		return nil, refuse("constants of %v", typ)
	}
	outs, err := f.combine(typ, b)
	if err != nil || !mean {
		return outs, err
	}
	for i := range outs[0].elements() {
		outs[0].put(i, outs[0].real(i)/float64(len(f.in)))
	}
	return outs, nil
}

func foldMod(f *folding) ([]*tensor, error) {
	typ, err := f.alike()
	if err != nil {
		return nil, err
	}
	if fmod := f.int("fmod", 0) != 0; fmod || typ.real() {
		if !fmod {
			return nil, fmt.Errorf("of %v without fmod: %w", typ, runtime.ErrShape)
		}
		return f.combine(typ, dual{math.Mod, func(a, b int64) (int64, bool) {
			if b == 0 {
				return 0, false
			}
			return a % b, true // the sign is the dividend's
		}})
	}
	return f.combine(typ, dual{nil, func(a, b int64) (int64, bool) {
		if b == 0 {
			return 0, false
		}
		if a %= b; a != 0 && (a < 0) != (b < 0) { // the sign is the divisor's
			a += b
		}
		return a, true
	}})
}

func foldPow(f *folding) ([]*tensor, error) {
	x, err := f.need(0)
	if err != nil {
		return nil, err
	}
	y, err := f.need(1)
	if err != nil {
		return nil, err
	}
	if x.typ == elemBool || x.typ == elemUint64 || y.typ == elemBool || y.typ == elemUint64 {
		return nil, refuse("constants of %v and %v", x.typ, y.typ)
	}
	out, vs, err := f.spread(x.typ)
	if err != nil {
		return nil, err
	}
	i := 0
	walk(out.dims, func(at []int) {
		a, b := x.real(at[0]), y.real(at[1])
		if x.typ.real() {
			out.put(i, powOf(a, b))
		} else if y.typ.real() || y.int(at[1]) < 0 {
			out.putInt(i, int64(powOf(a, b)))
		} else {
			out.putInt(i, powInt(x.int(at[0]), y.int(at[1])))
		}
		i++
	}, vs...)
	return single(out, nil)
}

func powInt(x, n int64) int64 {
	p := int64(1)
	for ; n > 0; n >>= 1 {
		if n&1 != 0 {
			p *= x
		}
		x *= x
	}
	return p
}

func foldCompare(f *folding) ([]*tensor, error) {
	typ, err := f.alike()
	if err != nil {
		return nil, err
	}
	if len(f.in) != 2 {
		return nil, fmt.Errorf("%d inputs: %w", len(f.in), runtime.ErrGraph)
	}
	join := connectives[f.n.op]
	if join != nil && typ != elemBool {
		return nil, fmt.Errorf("of %v: %w", typ, runtime.ErrShape)
	}
	out, vs, err := f.spread(elemBool)
	if err != nil {
		return nil, err
	}
	x, y := f.in[0], f.in[1]
	is := comparisons[f.n.op]
	i := 0
	walk(out.dims, func(at []int) {
		var truth bool
		switch {
		case join != nil:
			truth = join(x.raw[at[0]] != 0, y.raw[at[1]] != 0)
		case typ.real():
			a, b := x.real(at[0]), y.real(at[1])
			truth = is(a < b, a == b, a > b)
		case typ == elemUint64:
			a, b := uint64(x.int(at[0])), uint64(y.int(at[1]))
			truth = is(a < b, a == b, a > b)
		default:
			a, b := x.int(at[0]), y.int(at[1])
			truth = is(a < b, a == b, a > b)
		}
		if truth {
			out.raw[i] = 1
		}
		i++
	}, vs...)
	return single(out, nil)
}

func foldWhere(f *folding) ([]*tensor, error) {
	if len(f.in) != 3 || f.in[0] == nil || f.in[1] == nil || f.in[2] == nil {
		return nil, fmt.Errorf("%d inputs: %w", len(f.in), runtime.ErrGraph)
	}
	if f.in[0].typ != elemBool || f.in[1].typ != f.in[2].typ {
		return nil, fmt.Errorf("%v, %v and %v elements: %w", f.in[0].typ, f.in[1].typ, f.in[2].typ, runtime.ErrShape)
	}
	for i := range 2 {
		var err error
		if f.in[i+1], err = f.plain(i + 1); err != nil {
			return nil, err
		}
	}
	out, vs, err := f.spread(f.in[1].typ)
	if err != nil {
		return nil, err
	}
	i, size := 0, out.typ.size()
	walk(out.dims, func(at []int) {
		from := 2
		if f.in[0].raw[at[0]] != 0 {
			from = 1
		}
		copy(out.raw[i*size:][:size], f.in[from].raw[at[from]*size:])
		i++
	}, vs...)
	return single(out, nil)
}

func foldCast(f *folding) ([]*tensor, error) {
	t, err := f.need(0)
	if err != nil {
		return nil, err
	}
	to := elem(f.int("to", 0))
	if to == t.typ {
		return single(t, nil)
	}
	out, err := f.blank(to, t.dims)
	if err != nil {
		return nil, err
	}
	for i := range out.elements() {
		if err := t.converted(i, out); err != nil {
			return nil, err
		}
	}
	return single(out, nil)
}

func foldClip(f *folding) ([]*tensor, error) {
	t, err := f.need(0)
	if err != nil {
		return nil, err
	}
	bounds := []*tensor{nil, nil}
	for i, name := range []string{"min", "max"} {
		switch {
		case i+1 < len(f.in) && f.in[i+1] != nil:
			bounds[i] = f.in[i+1]
		case f.n.find(name) != nil:
			bounds[i] = &tensor{typ: elemFloat, raw: make([]byte, 4)}
			bounds[i].put(0, float64(f.float(name, 0)))
		}
	}
	out := t
	for i, op := range []string{"Max", "Min"} { // the lower bound is a maximum
		if bounds[i] == nil {
			continue
		}
		f.in = []*tensor{out, bounds[i]}
		if bounds[i].elements() != 1 || bounds[i].typ != t.typ {
			return nil, fmt.Errorf("bounds of %v %v for %v: %w", bounds[i].typ, bounds[i].dims, t.typ, runtime.ErrShape)
		}
		outs, err := f.combine(t.typ, binaries[op])
		if err != nil {
			return nil, err
		}
		out = outs[0].under(slices.Clone(t.dims))
	}
	return single(out, nil)
}
