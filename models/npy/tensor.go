package npy

import (
	"fmt"
	"slices"

	"github.com/gneiss-go/gneiss/runtime"
)

// Fill fills a tensor of a session. The array must be of the model's own dimensions and type: levels, uint8 or int8 as
// the model has them, for a quantised tensor, floats of any size for a float one. Its errors wrap [runtime.ErrShape] or
// [runtime.ErrType].
func (a *Array) Fill(t *runtime.Tensor) error {
	if err := a.fits(t); err != nil {
		return err
	}
	if want := TypeOf(t.Info()); a.Type() != want && (want != "float32" || !a.floats()) {
		return fmt.Errorf("input %q is %s, the array %s: %w", t.Info().Name, want, a.Type(), runtime.ErrType)
	}
	if a.floats() {
		return t.CopyFrom(a.float32())
	}
	return t.CopyFrom(a.Data)
}

// FillReal is Fill with real numbers: floats, which a quantised tensor rounds to its levels, or whole numbers for a
// float tensor.
func (a *Array) FillReal(t *runtime.Tensor) error {
	if err := a.fits(t); err != nil {
		return err
	}
	if info := t.Info(); info.DType == runtime.U8 && !a.floats() {
		return fmt.Errorf("input %q is quantised, and %s may be meant as its levels: %w", info.Name, a.Type(),
			runtime.ErrType)
	}
	switch d := a.Data.(type) {
	case []uint8, []int8, []int32, []int64:
		return t.CopyFrom(d)
	}
	return t.CopyFrom(a.float32())
}

// fits is an error if the array has other dimensions than the tensor.
func (a *Array) fits(t *runtime.Tensor) error {
	if info := t.Info(); !slices.Equal(info.Dims, a.Dims) {
		return fmt.Errorf("input %q is %v, the array %v: %w", info.Name, info.Dims, a.Dims, runtime.ErrShape)
	}
	return nil
}

// Of returns what a tensor holds, in the model's own dimensions, order and type.
func Of(t *runtime.Tensor) (*Array, error) {
	info := t.Info()
	k := kinds[slices.IndexFunc(kinds, func(k kind) bool { return k.name == TypeOf(info) })]
	return copied(t, k.new(info.Shape.Elements()))
}

// OfReal is Of in float32, whatever the tensor is.
func OfReal(t *runtime.Tensor) (*Array, error) {
	return copied(t, make([]float32, t.Info().Shape.Elements()))
}

func copied(t *runtime.Tensor, data any) (*Array, error) {
	if err := t.CopyTo(data); err != nil {
		return nil, err
	}
	return &Array{slices.Clone(t.Info().Dims), data}, nil
}

// TypeOf returns the type that a tensor's array has: "float32", "uint8" or "int8".
func TypeOf(info runtime.TensorInfo) string {
	switch {
	case info.DType == runtime.F32:
		return "float32"
	case info.Signed:
		return "int8"
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
