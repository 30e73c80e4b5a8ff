// Package mutate makes hostile model files of good ones, for tests. It knows the structure of each format: lengths and
// checksums of what it writes are right, so that a change reaches the code behind the parser, where random bytes would
// be refused at once.
package mutate

import (
	"math"
	"math/rand/v2"
)

// Format is a format of model files.
type Format uint8

// The formats.
const (
	Gneiss    Format = iota // gneiss's own
	Proto                   // protocol buffers: ONNX models and caffemodels
	Flat                    // flatbuffers: TFLite models
	Prototext               // protocol buffers as text: prototxt
	Param                   // text, a zero byte, and weights: the .param and .bin of ncnn
)

// Mutator changes files, at random. It belongs to one goroutine at a time.
type Mutator struct{ r *rand.Rand }

// New returns a mutator. The same seed and calls give the same files.
func New(seed uint64) *Mutator { return &Mutator{rand.New(rand.NewPCG(seed, 0x9e3779b97f4a7c15))} }

// Mutate returns a changed copy of a file, with `others` as a store of parts. A file that is not what its format says,
// as one that was changed before may be, has bytes changed.
func (m *Mutator) Mutate(f Format, file []byte, others [][]byte) []byte {
	changes := 1 + m.r.IntN(3)
	var out []byte
	switch f {
	case Gneiss:
		out = m.gneiss(file, changes)
	case Proto:
		out = m.proto(file, others, changes)
	case Flat:
		out = m.flat(file, changes)
	case Prototext:
		out = m.text(file, changes)
	case Param:
		out = m.param(file, changes)
	}
	if out == nil || m.r.IntN(50) == 0 {
		out = m.bytes(append([]byte(nil), file...))
	}
	return out
}

// bytes changes a few bytes in place, or cuts the end off.
func (m *Mutator) bytes(b []byte) []byte {
	if len(b) == 0 {
		return b
	}
	if m.r.IntN(8) == 0 {
		return b[:m.r.IntN(len(b))]
	}
	for range 1 + m.r.IntN(4) {
		b[m.r.IntN(len(b))] = byte(m.interesting())
	}
	return b
}

// sizes are numbers at which shapes, strides and counts go wrong: around powers of two, limits and tiles.
var sizes = []int64{0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 48, 63, 64, 65, 127, 128, 129, 255, 256, 257,
	1000, 1023, 4095, 4096,
	1 << 14, 1<<14 + 1, 1<<15 - 1, 1 << 16, 1<<16 + 1, 1 << 20, 1 << 24, 1<<28 - 1, 1 << 28, 1 << 30, math.MaxInt32,
	1 << 31, math.MaxUint32,
	1 << 32, 1 << 40, 1 << 62, math.MaxInt64, -1, -2, -3, -128, math.MinInt32, math.MinInt64}

// interesting is a number likely to be refused wrongly, or taken wrongly.
func (m *Mutator) interesting() int64 {
	switch m.r.IntN(3) {
	case 0:
		return sizes[m.r.IntN(len(sizes))]
	case 1:
		return int64(m.r.IntN(12))
	}
	return int64(m.r.Uint64() >> m.r.IntN(64))
}

// near is a number made of another.
func (m *Mutator) near(v int64) int64 {
	switch m.r.IntN(8) {
	case 0:
		return v + 1
	case 1:
		return v - 1
	case 2:
		return 2 * v
	case 3:
		return v / 2
	case 4:
		return -v
	}
	return m.interesting()
}

var floats = []float32{0, float32(math.Copysign(0, -1)), 1, -1, 0.5, 0.75, 6, 1e-30, 1e30, math.MaxFloat32,
	math.SmallestNonzeroFloat32,
	float32(math.Inf(1)), float32(math.Inf(-1)), float32(math.NaN()), 1.17549435e-38, 255, 256, -128}

// float is a number that arithmetic handles in its own way.
func (m *Mutator) float() float32 {
	if m.r.IntN(3) > 0 {
		return floats[m.r.IntN(len(floats))]
	}
	return math.Float32frombits(m.r.Uint32())
}
