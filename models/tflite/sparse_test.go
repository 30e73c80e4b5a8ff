package tflite

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	flatbuffers "github.com/google/flatbuffers/go"

	"github.com/gneiss-go/gneiss/kernels"
	"github.com/gneiss-go/gneiss/runtime"
)

// sparsity is how a constant's elements lie, to be written for a test.
type sparsity struct {
	order, blocks []int
	levels        []sparseLevel
}

// sparseLevel is a dense level of that size, or one of indices, which are int32, uint16 or uint8 (kind 1, 2, 3).
type sparseLevel struct {
	format, size, kind int
	segments, indices  []int
}

// write writes the schema's SparsityParameters.
func (s *sparsity) write(b *flatbuffers.Builder) flatbuffers.UOffsetT {
	var dims []flatbuffers.UOffsetT
	for _, l := range s.levels {
		var at [2]flatbuffers.UOffsetT
		for i, v := range [][]int{l.segments, l.indices} {
			if l.format == 0 {
				continue
			}
			size := []int{4, 4, 2, 1}[l.kind]
			b.StartVector(size, len(v), 4)
			for _, x := range slices.Backward(v) {
				switch size {
				case 4:
					b.PrependInt32(int32(x))
				case 2:
					b.PrependUint16(uint16(x))
				default:
					b.PrependUint8(uint8(x))
				}
			}
			values := b.EndVector(len(v))
			b.StartObject(1)
			b.PrependUOffsetTSlot(0, values, 0)
			at[i] = b.EndObject()
		}
		b.StartObject(6)
		b.PrependByteSlot(0, byte(l.format), 0)
		b.PrependInt32Slot(1, int32(l.size), 0)
		for i, v := range at {
			if v != 0 {
				b.PrependByteSlot(2+2*i, byte(l.kind), 0)
				b.PrependUOffsetTSlot(3+2*i, v, 0)
			}
		}
		dims = append(dims, b.EndObject())
	}
	order, levels := intsOf(b, s.order), refsOf(b, dims)
	var blocks flatbuffers.UOffsetT
	if s.blocks != nil {
		blocks = intsOf(b, s.blocks)
	}
	b.StartObject(3)
	b.PrependUOffsetTSlot(0, order, 0)
	b.PrependUOffsetTSlot(1, blocks, 0)
	b.PrependUOffsetTSlot(2, levels, 0)
	return b.EndObject()
}

// packed stores a dense constant of that shape: it finds, for each level, which indices have anything below them. A
// sparse level has that kind of indices, 0 is a dense one.
func packed(v []float32, shape []int, s *sparsity, kinds, blockSizes []int) (stored []float32) {
	n := len(shape)
	extent := slices.Concat(shape, blockSizes)
	for b, d := range s.blocks {
		extent[d] /= blockSizes[b]
	}
	place := func(path []int) int { // of an element by its indices in the order of traversal
		at := make([]int, len(s.order))
		for i, d := range s.order {
			at[d] = path[i]
		}
		for b, d := range s.blocks {
			at[d] = at[d]*blockSizes[b] + at[n+b]
		}
		p := 0
		for d := range n {
			p = p*shape[d] + at[d]
		}
		return p
	}
	var some func(path []int) bool
	some = func(path []int) bool {
		if len(path) == len(s.order) {
			return v[place(path)] != 0
		}
		for i := range extent[s.order[len(path)]] {
			if some(append(slices.Clone(path), i)) {
				return true
			}
		}
		return false
	}
	paths := [][]int{nil}
	for i, d := range s.order {
		l := sparseLevel{format: min(kinds[i], 1), kind: kinds[i], segments: []int{0}}
		if kinds[i] == 0 {
			l.size = extent[d]
		}
		var next [][]int
		for _, p := range paths {
			for j := range extent[d] {
				if q := append(slices.Clone(p), j); kinds[i] == 0 || some(q) {
					next, l.indices = append(next, q), append(l.indices, j)
				}
			}
			l.segments = append(l.segments, len(next))
		}
		s.levels, paths = append(s.levels, l), next
	}
	for _, p := range paths {
		stored = append(stored, v[place(p)])
	}
	return stored
}

// sparseNet is a 1×1 convolution to eight channels of six, whose weights are sparse and in half precision, made dense
// and then float.
func sparseNet(s *sparsity, stored []float32) *file {
	var f file
	var data []byte
	for _, v := range stored {
		data = binary.LittleEndian.AppendUint16(data, uint16(kernels.ToHalf(v)))
	}
	shape := []int{8, 1, 1, 6}
	x := f.tensor(tensorSpec{name: "x", shape: []int{1, 2, 3, 6}})
	w := f.tensor(tensorSpec{name: "sparse", shape: shape, dtype: typeFloat16, data: data, sparse: s})
	w = f.op(opDensify, nil, f.tensor(tensorSpec{name: "dense", shape: shape, dtype: typeFloat16}), w)
	w = f.op(opDequantize, nil, f.tensor(tensorSpec{name: "w", shape: shape}), w)
	y := f.op(opConv2D, options(opt{1, int32(1)}, opt{2, int32(1)}),
		f.tensor(tensorSpec{name: "y", shape: []int{1, 2, 3, 8}}), x, w)
	f.inputs, f.outputs = []int{x}, []int{y}
	return &f
}

// sparseWeights are eight filters of six, about a third of them not zero.
func sparseWeights() []float32 {
	r := rand.New(rand.NewPCG(3, 4))
	v := make([]float32, 48)
	for i := range v {
		if r.IntN(3) == 0 {
			v[i] = float32(r.IntN(64)-32) / 16
		}
	}
	return v
}

// blocked are they in blocks of 4×2, by rows of blocks.
func blocked() (*sparsity, []float32) {
	s := &sparsity{order: []int{0, 1, 2, 3, 4, 5}, blocks: []int{0, 3}}
	return s, packed(sparseWeights(), []int{8, 1, 1, 6}, s, []int{0, 0, 0, 3, 0, 0}, []int{4, 2})
}

// TestSparse: weights in every form of sparsity are those of the dense model.
func TestSparse(t *testing.T) {
	shape, w := []int{8, 1, 1, 6}, sparseWeights()
	x := make([]float32, 36)
	for i := range x {
		x[i] = float32(i*5%13) - 6
	}
	for _, c := range []struct {
		order, blocks, kinds, sizes []int
	}{
		{[]int{0, 1, 2, 3}, nil, []int{0, 0, 0, 1}, nil}, {[]int{0, 1, 2, 3}, nil, []int{0, 0, 0, 2}, nil},
		{[]int{0, 1, 2, 3}, nil, []int{0, 0, 0, 3}, nil}, {[]int{0, 1, 2, 3}, nil, []int{3, 0, 1, 2}, nil},
		{[]int{3, 1, 0, 2}, nil, []int{0, 3, 3, 0}, nil}, {[]int{3, 2, 1, 0}, nil, []int{0, 0, 0, 0}, nil},
		{[]int{0, 1, 2, 3, 4, 5}, []int{0, 3}, []int{0, 0, 0, 3, 0, 0}, []int{4, 2}},
		{[]int{3, 1, 2, 0, 5, 4}, []int{0, 3}, []int{0, 0, 0, 1, 0, 0}, []int{2, 3}},
		{[]int{0, 1, 2, 3, 4}, []int{3}, []int{2, 0, 0, 3, 0}, []int{3}},
	} {
		t.Run(fmt.Sprint(c), func(t *testing.T) {
			s := &sparsity{order: c.order, blocks: c.blocks}
			g, err := Load(sparseNet(s, packed(w, shape, s, c.kinds, c.sizes)).bytes())
			if err != nil {
				t.Fatal(err)
			}
			for i, v := range run(t, g, x) {
				want := float32(0) // exact: sixteenths
				for j := range 6 {
					want += x[i/8*6+j] * w[i%8*6+j]
				}
				if v != want {
					t.Fatalf("output %d is %v, want %v", i, v, want)
				}
			}
		})
	}
}

// TestSparseRefuses: indices that lead elsewhere, and all that does not fit.
func TestSparseRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		change func(f *file, s *sparsity, l *sparseLevel)
		want   error
	}{
		"an index beyond": {func(_ *file, _ *sparsity, l *sparseLevel) { l.indices[2] = 200 }, runtime.ErrCorrupt},
		"twice": {func(_ *file, _ *sparsity, l *sparseLevel) { l.indices[1] = l.indices[0] },
			runtime.ErrCorrupt},
		"a negative index": {func(_ *file, _ *sparsity, l *sparseLevel) { l.kind, l.indices[0] = 1, -1 },
			runtime.ErrCorrupt},
		"an index less": {func(_ *file, _ *sparsity, l *sparseLevel) { l.indices = l.indices[1:] },
			runtime.ErrCorrupt},
		"a late start": {func(_ *file, _ *sparsity, l *sparseLevel) { l.segments[0] = 1 }, runtime.ErrCorrupt},
		"backwards":    {func(_ *file, _ *sparsity, l *sparseLevel) { l.segments[1] = 99 }, runtime.ErrCorrupt},
		"a segment more": {func(_ *file, _ *sparsity, l *sparseLevel) { l.segments = append(l.segments, 4) },
			runtime.ErrCorrupt},
		"no indices": {func(_ *file, _ *sparsity, l *sparseLevel) { l.segments, l.indices = nil, nil },
			runtime.ErrCorrupt},
		"no such format":  {func(_ *file, _ *sparsity, l *sparseLevel) { l.format = 2 }, runtime.ErrCorrupt},
		"a dense size":    {func(_ *file, s *sparsity, _ *sparseLevel) { s.levels[0].size++ }, runtime.ErrCorrupt},
		"a block's size":  {func(_ *file, s *sparsity, _ *sparseLevel) { s.levels[4].size = 5 }, runtime.ErrCorrupt},
		"blocks of none":  {func(_ *file, s *sparsity, _ *sparseLevel) { s.levels[4].size = 0 }, runtime.ErrCorrupt},
		"a block's place": {func(_ *file, s *sparsity, _ *sparseLevel) { s.blocks[1] = 4 }, runtime.ErrCorrupt},
		"one place":       {func(_ *file, s *sparsity, _ *sparseLevel) { s.blocks[1] = 0 }, runtime.ErrCorrupt},
		"no permutation":  {func(_ *file, s *sparsity, _ *sparseLevel) { s.order[1] = 0 }, runtime.ErrCorrupt},
		"a level less": {func(_ *file, s *sparsity, _ *sparseLevel) { s.levels = s.levels[:5] },
			runtime.ErrCorrupt},
		"an element less": {func(f *file, _ *sparsity, _ *sparseLevel) { f.tensors[1].data = f.tensors[1].data[2:] },
			runtime.ErrCorrupt},
		"sparse blocks": {func(_ *file, s *sparsity, _ *sparseLevel) {
			s.levels[5] = sparseLevel{format: 1, size: 2, kind: 3, segments: []int{0}}
		}, runtime.ErrGraph},
		"another type": {func(f *file, _ *sparsity, _ *sparseLevel) { f.tensors[2].dtype = typeFloat32 },
			runtime.ErrShape},
		"another shape": {func(f *file, _ *sparsity, _ *sparseLevel) { f.tensors[2].shape = []int{48} },
			runtime.ErrShape},
		"a value before it": {func(f *file, _ *sparsity, _ *sparseLevel) { f.tensors[2].data = make([]byte, 96) },
			runtime.ErrCorrupt},
		"huge": {func(f *file, _ *sparsity, _ *sparseLevel) {
			f.tensors[1].shape, f.tensors[2].shape = []int{8, 1 << 14, 1 << 14, 6}, []int{8, 1 << 14, 1 << 14, 6}
		}, runtime.ErrLimit},
		"many dimensions": {func(f *file, _ *sparsity, _ *sparseLevel) {
			f.tensors[1].shape = append(f.tensors[1].shape, slices.Repeat([]int{1}, 100_000)...)
			f.tensors[2].shape = f.tensors[1].shape
		}, runtime.ErrLimit},
		"out of all proportion": {func(f *file, _ *sparsity, _ *sparseLevel) {
			f.tensors[1].shape, f.tensors[2].shape = []int{8, 1 << 10, 1 << 10, 6}, []int{8, 1 << 10, 1 << 10, 6}
		}, runtime.ErrLimit},
	} {
		s, stored := blocked()
		f := sparseNet(s, stored)
		c.change(f, s, &s.levels[3])
		if _, err := Load(f.bytes()); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestSparseDamaged: any damage is refused or harmless.
func TestSparseDamaged(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 10))
	good := sparseNet(blocked()).bytes()
	for range 5_000 {
		bad := slices.Clone(good)
		for range 1 + r.IntN(3) {
			bad[r.IntN(len(bad))] ^= 1 << r.IntN(8)
		}
		if g, err := Load(bad, WithLimits(small)); err == nil && len(g.Outputs) == 0 {
			t.Fatal("a graph without outputs")
		}
	}
}
