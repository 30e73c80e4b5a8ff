package runtime

import (
	"errors"
)

// ErrType is wrapped when a tensor cannot be copied from or to a slice of that type.
var ErrType = errors.New("type does not fit the tensor")

// CopyFrom fills the tensor from src, whose elements are in the order of the model's own dimensions, [TensorInfo.Dims]:
// nothing is to be transposed by hand. What src may be depends on the tensor:
//
//	float       []float32, or whole numbers: []uint8, []int8, []int32 and []int64 up to 2²⁴ in size
//	quantised   []uint8, or []int8 if the model has it as int8: levels; []float32: numbers, quantised by [Quantize]'s rule
//	whole       []int8, []uint8, []int16, []uint16, []int32, []int64, and []float32: numbers of the model's type ([Elem]),
//	            as far as it is int32; []bool if the model has it as bool
//
// It does not allocate. Its errors wrap [ErrType] or, if src has another number of elements, [ErrShape].
func (t *Tensor) CopyFrom(src any) error {
	if t.info.DType == I32 {
		return t.wholeFrom(src)
	}
	switch s := src.(type) {
	case []float32:
		if t.info.DType == U8 {
			return copyIn(t, t.Uint8(), s, t.quantise)
		}
		return copySame(t, t.Float32(), s, true)
	case []uint8:
		if t.info.DType == U8 && !t.info.Signed {
			return copySame(t, t.Uint8(), s, true)
		} else if t.info.DType == F32 {
			return copyIn(t, t.Float32(), s, func(v uint8) float32 { return float32(v) })
		}
	case []int8:
		if t.info.DType == U8 && t.info.Signed {
			return copyIn(t, t.Uint8(), s, func(v int8) uint8 { return uint8(v) ^ 128 })
		} else if t.info.DType == F32 {
			return copyIn(t, t.Float32(), s, func(v int8) float32 { return float32(v) })
		}
	case []int32:
		if t.info.DType == F32 {
			return copyWhole(t, s)
		}
	case []int64:
		if t.info.DType == F32 {
			return copyWhole(t, s)
		}
	}
	return t.unfit(typeName(src))
}

// CopyTo fills dst from the tensor, in the order of the model's own dimensions. dst may be []float32, which dequantises
// what is quantised, or for levels []uint8, and []int8 if the model has them as int8. For whole numbers it may be
// []int32, []int64, []float32, of which each is the nearest, or what the model has: []bool, []int8, []uint8, []int16 or
// []uint16; a bool may be a []uint8 too. It does not allocate; its errors are those of CopyFrom.
func (t *Tensor) CopyTo(dst any) error {
	if t.info.DType == I32 {
		return t.wholeTo(dst)
	}
	switch d := dst.(type) {
	case []float32:
		if t.info.DType == U8 {
			return copyOut(t, d, t.Uint8(), t.dequantise)
		}
		return copySame(t, t.Float32(), d, false)
	case []uint8:
		if t.info.DType == U8 && !t.info.Signed {
			return copySame(t, t.Uint8(), d, false)
		}
	case []int8:
		if t.info.DType == U8 && t.info.Signed {
			return copyOut(t, d, t.Uint8(), func(v uint8) int8 { return int8(v ^ 128) })
		}
	}
	return t.unfit(typeName(dst))
}

// typeName names a type without keeping hold of the value, which would then have to be allocated.
func typeName(x any) string {
	switch x.(type) {
	case []float32:
		return "[]float32"
	case []uint8:
		return "[]uint8"
	case []int8:
		return "[]int8"
	case []int32:
		return "[]int32"
	case []int64:
		return "[]int64"
	case []int16:
		return "[]int16"
	case []uint16:
		return "[]uint16"
	case []bool:
		return "[]bool"
	}
	return "value that is no slice of float32, bool or whole numbers up to 64 bits"
}

func (t *Tensor) unfit(x string) error {
	return errorf("tensor %q of type %s and a %s: %w", t.info.Name, t.typeName(), x, ErrType)
}

func (t *Tensor) quantise(v float32) uint8 { return t.info.Quant.Level(v) }

func (t *Tensor) dequantise(v uint8) float32 {
	return float32(int32(v)-int32(t.info.Quant.Zero)) * t.info.Quant.Scale
}

// planes returns how memory and the model's order differ: images of so many channels of so many pixels, which lie pixel
// by pixel in memory and channel by channel in the model; of one channel or pixel they are the same.
func (t *Tensor) planes(elements int) (images, channels, pixels int, err error) {
	s := t.info.Shape
	if elements != s.Elements() {
		return 0, 0, 0, errorf("tensor %q has %d elements, %v; given are %d: %w",
			t.info.Name, s.Elements(), t.info.Dims, elements, ErrShape)
	}
	if t.info.Layout == AsWritten || s.C == 1 || s.H*s.W == 1 {
		return 1, 1, elements, nil
	}
	return s.N, s.C, s.H * s.W, nil
}

// copySame copies elements of the tensor's own type, in or out.
func copySame[T float32 | uint8 | int32](t *Tensor, memory, model []T, in bool) error {
	n, c, p, err := t.planes(len(model))
	if err != nil {
		return err
	}
	if c == 1 {
		if in {
			copy(memory, model)
		} else {
			copy(model, memory)
		}
		return nil
	}
	for range n {
		for i := range c {
			plane := model[i*p:][:p]
			if in {
				for j, v := range plane {
					memory[j*c+i] = v
				}
			} else {
				for j := range plane {
					plane[j] = memory[j*c+i]
				}
			}
		}
		memory, model = memory[c*p:], model[c*p:]
	}
	return nil
}

// copyIn converts each element on the way into the tensor.
func copyIn[D, S any](t *Tensor, memory []D, model []S, of func(S) D) error {
	n, c, p, err := t.planes(len(model))
	if err != nil {
		return err
	}
	for range n {
		for i := range c {
			for j, v := range model[i*p:][:p] {
				memory[j*c+i] = of(v)
			}
		}
		memory, model = memory[c*p:], model[c*p:]
	}
	return nil
}

// copyOut converts each element on the way out of the tensor.
func copyOut[D, S any](t *Tensor, model []D, memory []S, of func(S) D) error {
	n, c, p, err := t.planes(len(model))
	if err != nil {
		return err
	}
	for range n {
		for i := range c {
			plane := model[i*p:][:p]
			for j := range plane {
				plane[j] = of(memory[j*c+i])
			}
		}
		memory, model = memory[c*p:], model[c*p:]
	}
	return nil
}

// copyWhole copies whole numbers into a float tensor, if they are floats exactly.
func copyWhole[S int32 | int64](t *Tensor, src []S) error {
	const most = 1 << 24
	for i, v := range src {
		if v < -most || v > most {
			return errorf("tensor %q: element %d, %d, is no float32: %w", t.info.Name, i, v, ErrType)
		}
	}
	return copyIn(t, t.Float32(), src, func(v S) float32 { return float32(v) })
}
