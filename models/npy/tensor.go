package npy

import (
	"fmt"
	"math"
	"slices"

	"github.com/gneiss-go/gneiss/runtime"
)

// Fill fills a tensor of a session. The array must be of the model's own dimensions and type: levels, uint8 or int8 as
// the model has them, for a quantised tensor, whole numbers of the model's type for one of whole numbers, floats of any
// size for a float one. Its errors wrap [runtime.ErrShape] or [runtime.ErrType].
func (a *Array) Fill(t *runtime.Tensor) error {
	if err := a.fits(t); err != nil {
		return err
	}
	info := t.Info()
	if want := TypeOf(info); a.Type() != want && (want != "float32" || !a.floats()) {
		return fmt.Errorf("input %q is %s, the array %s: %w", info.Name, want, a.Type(), runtime.ErrType)
	}
	if info.DType == runtime.U8 {
		return t.CopyFrom(a.Data)
	}
	return a.numbersInto(t)
}

// FillReal is Fill with numbers of any type: those that a quantised tensor rounds to its levels, which must be floats,
// and those that a tensor of floats or of whole numbers has exactly.
func (a *Array) FillReal(t *runtime.Tensor) error {
	if err := a.fits(t); err != nil {
		return err
	}
	if info := t.Info(); info.DType == runtime.U8 && !a.floats() {
		return fmt.Errorf("input %q is quantised, and %s may be meant as its levels: %w", info.Name, a.Type(),
			runtime.ErrType)
	}
	return a.numbersInto(t)
}

// fits is an error if the array has other dimensions than the tensor.
func (a *Array) fits(t *runtime.Tensor) error {
	if info := t.Info(); !slices.Equal(info.Dims, a.Dims) {
		return fmt.Errorf("input %q is %v, the array %v: %w", info.Name, info.Dims, a.Dims, runtime.ErrShape)
	}
	return nil
}

// numbersInto copies numbers into a tensor, which takes those that it can have.
func (a *Array) numbersInto(t *runtime.Tensor) error {
	switch d := a.Data.(type) {
	case []float32, []int64:
		return t.CopyFrom(d)
	case []float64, []Float16:
		return t.CopyFrom(a.float32())
	case []uint64:
		return t.CopyFrom(whole(d, func(v uint64) int64 { return int64(min(v, math.MaxInt64)) })) // which none can have
	}
	at := a.number()
	w := make([]int64, a.Len())
	for i := range w {
		w[i] = int64(at(i)) // of at most 32 bits
	}
	return t.CopyFrom(w)
}

func whole[S, D any](from []S, of func(S) D) []D {
	to := make([]D, len(from))
	for i, v := range from {
		to[i] = of(v)
	}
	return to
}

// Of returns what a tensor holds, in the model's own dimensions, order and type.
func Of(t *runtime.Tensor) (*Array, error) {
	n := t.Info().Shape.Elements()
	switch typ := TypeOf(t.Info()); typ {
	case "uint32", "uint64": // which tensors copy as int64
		w := make([]int64, n)
		a, err := copied(t, w)
		if err == nil && typ == "uint32" {
			a.Data = whole(w, func(v int64) uint32 { return uint32(v) })
		} else if err == nil {
			a.Data = whole(w, func(v int64) uint64 { return uint64(v) })
		}
		return a, err
	default:
		k := kinds[slices.IndexFunc(kinds, func(k kind) bool { return k.name == typ })]
		return copied(t, k.new(n))
	}
}

// OfReal is Of, in float32 of a quantised tensor.
func OfReal(t *runtime.Tensor) (*Array, error) {
	if t.Info().DType != runtime.U8 {
		return Of(t)
	}
	return copied(t, make([]float32, t.Info().Shape.Elements()))
}

func copied(t *runtime.Tensor, data any) (*Array, error) {
	if err := t.CopyTo(data); err != nil {
		return nil, err
	}
	return &Array{slices.Clone(t.Info().Dims), data}, nil
}

// TypeOf returns the type that a tensor's array has: "float32", "int8" or "uint8" of levels, or that of whole numbers
// as the model has them, from "bool" to "int64".
func TypeOf(info runtime.TensorInfo) string {
	switch {
	case info.DType == runtime.F32:
		return "float32"
	case info.Elem != runtime.ElemSame:
		return info.Elem.String()
	case info.DType == runtime.I32:
		return "int32"
	}
	return "uint8"
}

func (a *Array) floats() bool {
	switch a.Data.(type) {
	case []float32, []float64, []Float16:
		return true
	}
	return false
}

// float32 returns the elements as float32: not copied if they are, rounded if they are longer.
func (a *Array) float32() []float32 {
	if f, ok := a.Data.([]float32); ok {
		return f
	}
	f := make([]float32, a.Len())
	at := a.number()
	for i := range f {
		f[i] = float32(at(i))
	}
	return f
}

// number returns a function that gives an element as a number.
func (a *Array) number() func(i int) float64 {
	switch d := a.Data.(type) {
	case []bool:
		return func(i int) float64 {
			if d[i] {
				return 1
			}
			return 0
		}
	case []Float16:
		return func(i int) float64 { return float64(d[i].Float32()) }
	case []float32:
		return numbers(d)
	case []float64:
		return numbers(d)
	case []int8:
		return numbers(d)
	case []int16:
		return numbers(d)
	case []int32:
		return numbers(d)
	case []int64:
		return numbers(d)
	case []uint8:
		return numbers(d)
	case []uint16:
		return numbers(d)
	case []uint32:
		return numbers(d)
	case []uint64:
		return numbers(d)
	}
	return func(int) float64 { return 0 }
}

func numbers[T int8 | int16 | int32 | int64 | uint8 | uint16 | uint32 | uint64 | float32 | float64](
	d []T) func(int) float64 {
	return func(i int) float64 { return float64(d[i]) }
}
