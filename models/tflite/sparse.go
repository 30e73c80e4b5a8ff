package tflite

import (
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/gneiss-go/gneiss/models/internal/axes"
	"github.com/gneiss-go/gneiss/runtime"
)

const opDensify = 124

func registerSparse() { register(opDensify, form{handle: densify, options: 99}) }

// densify is DENSIFY: its output is the constant that its input is, and becomes dense where it is read.
func densify(n *node) error {
	out, err := n.output()
	if err != nil {
		return err
	}
	t := n.tensor(0)
	switch {
	case t == nil || len(n.inputs) != 1 || !t.constant():
		return fmt.Errorf("its input is no constant: %w", runtime.ErrGraph)
	case out.constant() || n.values[out.number] != nil:
		return corrupt("its output %q has a value before it", out.name)
	case out.dtype != t.dtype || !slices.Equal(out.shape, t.shape):
		return fmt.Errorf("%v of shape %v becomes %v of shape %v: %w", t.dtype, t.shape, out.dtype, out.shape,
			runtime.ErrShape)
	}
	out.data, out.sparse = t.data, t.sparse
	return nil
}

// maxSparseRank bounds the walk from level to level for each element.
const maxSparseRank = 8

// densify writes a sparse constant's elements to their places among zeros. The constant is dense from then on.
func (im *importer) densify(t *tensor, size int) error {
	some := func(zero int64) bool { return zero != 0 }
	if len(t.shape) > maxSparseRank {
		return fmt.Errorf("sparse constant %q of %d dimensions: %w", t.name, len(t.shape), runtime.ErrLimit)
	}
	if t.dtype != typeFloat32 && t.dtype != typeFloat16 && t.dtype != typeInt8 || slices.ContainsFunc(t.zero, some) {
		return fmt.Errorf("constant %q is sparse, of %v with zero points %v: %w", t.name, t.dtype, t.zero,
			runtime.ErrGraph)
	}
	elements := 1
	for _, d := range t.shape {
		if d < 1 {
			return corrupt("sparse constant %q has the shape %v", t.name, t.shape)
		}
		if elements > im.limits.MaxWeights/d {
			return fmt.Errorf("sparse constant %q has the shape %v: %w", t.name, t.shape, runtime.ErrLimit)
		}
		elements *= d
	}
	if err := im.b.Take(elements); err != nil {
		return err
	}
	levels, stored, err := t.levels()
	if err != nil {
		return fmt.Errorf("sparse constant %q of shape %v: %w", t.name, t.shape, err)
	}
	if stored*size != len(t.data) {
		return corrupt("sparse constant %q has %d bytes for %d elements", t.name, len(t.data), stored)
	}
	dense := make([]byte, elements*size)
	scatter(levels, 0, 0, func(from, to int) { copy(dense[to*size:(to+1)*size], t.data[from*size:]) })
	t.data, t.sparse = dense, table{}
	im.left += len(dense)
	return nil
}

// level is a dimension of a sparse constant, or of the blocks that it consists of.
type level struct {
	extent, step int // indices are below extent; those of neighbours are step elements apart
	// segments are where the entries of each entry of the level before begin in indices; nil if every index has an entry
	segments, indices []int
}

// scatter calls put with the number of each element that is stored, and its place in the dense constant: those under
// entry number entry of the level before levels, whose elements begin at at.
func scatter(levels []level, entry, at int, put func(from, to int)) {
	if len(levels) == 0 {
		put(entry, at)
		return
	}
	l := &levels[0]
	if l.segments == nil {
		for i := range l.extent {
			scatter(levels[1:], entry*l.extent+i, at+i*l.step, put)
		}
		return
	}
	for e := l.segments[entry]; e < l.segments[entry+1]; e++ {
		scatter(levels[1:], e, at+l.indices[e]*l.step, put)
	}
}

// levels reads the schema's SparsityParameters, in the order in which elements are stored, and returns how many are.
// traversal_order has the n dimensions first, then those of the blocks, which block_map gives a dimension each. All is
// checked: no two elements have one place, and every place is in the shape, whose product does not overflow.
func (t *tensor) levels() (levels []level, stored int, err error) {
	s, n := t.sparse, len(t.shape)
	order, blocks, dims := s.ints(0), s.ints(1), s.tables(2)
	all := n + len(blocks)
	if n < 1 || len(blocks) > n || len(order) != all || len(dims) != all || s.beyond(3) >= 0 ||
		!axes.Permutes(order[:n], n) || !axes.Permutes(order, all) {
		return nil, 0, corrupt("dimensions %v, blocks of %v, %d levels", order, blocks, len(dims))
	}
	levels = make([]level, all) // by dimension
	for d, step := n-1, 1; d >= 0; d-- {
		levels[d] = level{extent: t.shape[d], step: step}
		step *= t.shape[d]
	}
	for b, d := range blocks {
		at := order[n+b]
		if order[at] != n+b { // which size is whose is read in two ways
			return nil, 0, fmt.Errorf("blocks in the order %v: %w", order[n:], runtime.ErrGraph)
		}
		if d < 0 || d >= n || b > 0 && d <= blocks[b-1] {
			return nil, 0, corrupt("blocks of dimensions %v", blocks)
		}
		of, size := &levels[d], dims[at].int(1, 0)
		if size < 1 || of.extent%size != 0 {
			return nil, 0, corrupt("blocks of %d in %d", size, of.extent)
		}
		levels[n+b] = level{extent: size, step: of.step}
		of.extent, of.step = of.extent/size, of.step*size
	}
	walked := make([]level, all)
	stored = 1
	for i, d := range order {
		walked[i] = levels[d]
		if stored, err = walked[i].read(dims[i], stored, i >= n); err != nil {
			return nil, 0, fmt.Errorf("level %d: %w", i, err)
		}
	}
	return walked, stored, nil
}

// read reads a level's DimensionMetadata under that many entries of the level before, and returns how many it has.
func (l *level) read(m table, before int, block bool) (entries int, err error) {
	switch format := m.byte(0); {
	case m.beyond(6) >= 0 || block && format != 0:
		return 0, fmt.Errorf("a form of sparsity that is not known: %w", runtime.ErrGraph)
	case format == 0 && m.int(1, 0) == l.extent:
		return before * l.extent, nil
	case format != 1:
		return 0, corrupt("format %d, size %d of %d", format, m.int(1, 0), l.extent)
	}
	if l.segments, err = m.indices(2, before+1); err != nil {
		return 0, err
	}
	if l.indices, err = m.indices(4, before*l.extent); err != nil {
		return 0, err
	}
	if len(l.segments) != before+1 || l.segments[0] != 0 || l.segments[before] != len(l.indices) ||
		!slices.IsSorted(l.segments) {
		return 0, corrupt("%d segments that do not divide %d indices in %d", len(l.segments), len(l.indices), before)
	}
	for e := range before {
		last := -1
		for _, i := range l.indices[l.segments[e]:l.segments[e+1]] {
			if i <= last || i >= l.extent {
				return 0, corrupt("index %d after %d, of %d", i, last, l.extent)
			}
			last = i
		}
	}
	return len(l.indices), nil
}

// indices reads a vector of at most that many, of int32, uint16 or uint8: the union whose type is field n.
func (t table) indices(n, most int) ([]int, error) {
	kind, v := t.byte(n), t.table(n+1)
	if kind < 1 || kind > 3 {
		return nil, corrupt("indices of type %d", kind)
	}
	size := [...]int{1: 4, 2: 2, 3: 1}[kind]
	at, length := v.vector(0, size)
	if length > most {
		return nil, corrupt("%d indices where %d can be", length, most)
	}
	out := make([]int, length)
	for i := range out {
		switch b := v.Bytes[at+size*i:]; size {
		case 4:
			out[i] = int(int32(binary.LittleEndian.Uint32(b)))
		case 2:
			out[i] = int(binary.LittleEndian.Uint16(b))
		default:
			out[i] = int(b[0])
		}
	}
	return out, nil
}
