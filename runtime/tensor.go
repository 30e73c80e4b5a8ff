package runtime

import "unsafe"

// Tensor is an input or output of a session: dense NHWC memory in its arena.
type Tensor struct {
	info TensorInfo
	data unsafe.Pointer
}

// Info returns name, shape, type and quantisation.
func (t *Tensor) Info() TensorInfo { return t.info }

// Shape returns the shape, N×H×W×C.
func (t *Tensor) Shape() Shape { return t.info.Shape }

// Float32 returns the elements of a float tensor, NHWC, not copied; nil if the tensor is not float.
func (t *Tensor) Float32() []float32 {
	if t.info.DType != F32 {
		return nil
	}
	return unsafe.Slice((*float32)(t.data), t.info.Shape.Elements())
}

// Uint8 returns the elements of a quantised tensor, NHWC, not copied; nil if the tensor is not quantised.
func (t *Tensor) Uint8() []uint8 {
	if t.info.DType != U8 {
		return nil
	}
	return unsafe.Slice((*uint8)(t.data), t.info.Shape.Elements())
}

// Int32 returns the elements of a tensor of whole numbers, NHWC, not copied; nil if the tensor is of another type. A
// bool of the model is 0 or 1.
func (t *Tensor) Int32() []int32 {
	if t.info.DType != I32 {
		return nil
	}
	return unsafe.Slice((*int32)(t.data), t.info.Shape.Elements())
}

// Class is an index and its score.
type Class struct {
	Index int     `json:"index"`
	Score float32 `json:"score"`
}

// TopK returns the k elements of the first image with the highest scores, best first: fewer if the image has fewer.
// Equal scores stand in the order of their index, and NaNs are left out. Quantised elements are dequantised, whole
// numbers rounded to float32. The result is in buf's memory, whatever buf held, so that a buffer that is given back
// each time neither grows nor is allocated anew; nil does too.
func (t *Tensor) TopK(k int, buf []Class) []Class { return t.AppendTopK(buf[:0], k) }

// AppendTopK appends what TopK returns to buf. It does not allocate if buf has room.
func (t *Tensor) AppendTopK(buf []Class, k int) []Class {
	if k < 1 {
		return buf
	}
	base := len(buf)
	n := t.info.Shape.Elements() / t.info.Shape.N
	f, q, w := t.Float32(), t.Uint8(), t.Int32()
	for i := range n {
		var v float32
		switch {
		case f != nil:
			v = f[i]
		case w != nil:
			v = float32(w[i])
		default:
			v = float32(int32(q[i])-int32(t.info.Quant.Zero)) * t.info.Quant.Scale
		}
		if v != v {
			continue
		}
		top := buf[base:]
		if len(top) == k {
			if !(v > top[k-1].Score) {
				continue
			}
		} else {
			buf = append(buf, Class{})
			top = buf[base:]
		}
		j := len(top) - 1
		for ; j > 0 && v > top[j-1].Score; j-- {
			top[j] = top[j-1]
		}
		top[j] = Class{i, v}
	}
	return buf
}
