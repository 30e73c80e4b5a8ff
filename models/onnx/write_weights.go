package onnx

import "encoding/binary"

// weights adds the int8 weights [K][R·S][C] of a layer and their dequantisation, of that rank.
func (q *writer) weights(name string, w []int8, scale []float32, k, c, r, s, rank int) string {
	name += "_weight"
	dims := []int{k, c, r, s}
	if rank == 2 {
		dims = []int{k, c * r * s}
	}
	laid := toKCRS(w, k, c, r*s)
	raw := make([]byte, len(laid))
	for i, v := range laid {
		raw[i] = byte(v)
	}
	out := q.unused(name + "_dequantized")
	q.op("DequantizeLinear", out, []string{q.constant(name+"_quantized", elemInt8, raw, dims...),
		q.float32s(name+"_scale", scale, k),
		q.constant(name+"_zero_point", elemInt8, make([]byte, k), k)}, intAttr("axis", 0))
	return out
}

// bias adds int32 biases in units of in·scale and their dequantisation.
func (q *writer) bias(name string, b []int32, in float32, scale []float32) string {
	name += "_bias"
	raw, units := make([]byte, 0, 4*len(b)), make([]float32, len(b))
	for k, v := range b {
		raw = binary.LittleEndian.AppendUint32(raw, uint32(v))
		units[k] = in * scale[k]
	}
	out := q.unused(name + "_dequantized")
	q.op("DequantizeLinear", out, []string{q.constant(name+"_quantized", elemInt32, raw, len(b)),
		q.float32s(name+"_scale", units, len(b)),
		q.constant(name+"_zero_point", elemInt32, make([]byte, 4*len(b)), len(b))}, intAttr("axis", 0))
	return out
}

// toKCRS returns weights [K][RS][C] as [K][C][RS].
func toKCRS[T any](w []T, k, c, rs int) []T {
	out := make([]T, len(w))
	for i := range k {
		for j := range rs {
			for l := range c {
				out[(i*c+l)*rs+j] = w[(i*rs+j)*c+l]
			}
		}
	}
	return out
}
