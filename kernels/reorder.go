package kernels

import "unsafe"

// OpReorder copies a box of elements from one order to another: func(*reorderArgs); by element size, as OpCopy.
const OpReorder OpKind = "reorder"

// reorderArgs is the argument of copying a box: for all i, j, k below n,
//
//	dst[i·dstStep[0] + j·dstStep[1] + k·dstStep[2]] = src[i·srcStep[0] + j·srcStep[1] + k·srcStep[2]]
//
// dst and src do not overlap. Steps are in elements, ≥ 0.
type reorderArgs struct {
	_                uncompared
	dst, src         unsafe.Pointer
	n                [3]int // ≥ 1
	dstStep, srcStep [3]int
}

func reorder32Generic(b *reorderArgs) { reorderGeneric[uint32](b) }
func reorder16Generic(b *reorderArgs) { reorderGeneric[uint16](b) }
func reorder8Generic(b *reorderArgs)  { reorderGeneric[uint8](b) }

// shortRow is up to how many elements are copied one by one: a call of copy takes as long.
const shortRow = 12

func reorderGeneric[T uint8 | uint16 | uint32](b *reorderArgs) {
	size := int(unsafe.Sizeof(T(0)))
	for i := range b.n[0] {
		for j := range b.n[1] {
			dst := unsafe.Add(b.dst, (i*b.dstStep[0]+j*b.dstStep[1])*size)
			src := unsafe.Add(b.src, (i*b.srcStep[0]+j*b.srcStep[1])*size)
			if b.dstStep[2] == 1 && b.srcStep[2] == 1 && b.n[2] > shortRow {
				copy(unsafe.Slice((*T)(dst), b.n[2]), unsafe.Slice((*T)(src), b.n[2]))
				continue
			}
			for k := range b.n[2] {
				*(*T)(unsafe.Add(dst, k*b.dstStep[2]*size)) = *(*T)(unsafe.Add(src, k*b.srcStep[2]*size))
			}
		}
	}
}

// tidy says the same in fewer dimensions and an order that serves: those of one index come first, two that are as one
// become one, the last lies side by side in dst, the middle one in src, if any do.
func (b *reorderArgs) tidy() {
	for range 2 {
		for d := 2; d > 0; d-- {
			if b.n[d] == 1 || b.n[d-1] > 1 && b.dstStep[d-1] == b.n[d]*b.dstStep[d] && b.srcStep[d-1] == b.n[d]*b.srcStep[d] {
				if b.n[d] == 1 {
					b.dstStep[d], b.srcStep[d] = b.dstStep[d-1], b.srcStep[d-1]
				}
				b.n[d] *= b.n[d-1]
				b.n[d-1] = 1
			}
		}
	}
	for d := range 2 {
		if b.dstStep[2] != 1 && b.n[d] > 1 && b.dstStep[d] == 1 {
			b.swap(d, 2)
		}
	}
	if b.srcStep[1] != 1 && b.n[0] > 1 && b.srcStep[0] == 1 {
		b.swap(0, 1)
	}
}

func (b *reorderArgs) swap(i, j int) {
	b.n[i], b.n[j] = b.n[j], b.n[i]
	b.dstStep[i], b.dstStep[j] = b.dstStep[j], b.dstStep[i]
	b.srcStep[i], b.srcStep[j] = b.srcStep[j], b.srcStep[i]
}

// reorderOrder is what assembly knows of a box.
type reorderOrder uint8

const (
	reorderAny       reorderOrder = iota
	reorderRows                   // rows of elements that lie side by side in both
	reorderZip                    // two rows of src become one, element by element
	reorderUnzip                  // and back
	reorderTranspose              // rows of src are columns of dst, of at least 8×8
	reorderPairs                  // the same, where two columns that lie side by side in src go to places of their own
)

func (b *reorderArgs) order() reorderOrder {
	switch {
	case b.dstStep[2] != 1:
	case b.srcStep[2] == 1:
		return reorderRows
	case b.srcStep[1] != 1:
	case b.n[2] == 2 && b.dstStep[1] == 2:
		return reorderZip
	case b.n[1] == 2 && b.srcStep[2] == 2:
		return reorderUnzip
	case b.n[1] >= 8 && b.n[2] >= 8:
		return reorderTranspose
	case b.n[1] == 2 && b.srcStep[0] == 2 && b.n[0] >= 4 && b.n[2] >= 8:
		return reorderPairs
	}
	return reorderAny
}

// inner returns the first i by j by k of a box.
func (b *reorderArgs) inner(i, j, k int) reorderArgs {
	part := *b
	part.n = [3]int{i, j, k}
	return part
}

// reorderEdges copies what inner(i, j, k) leaves.
func reorderEdges[T uint8 | uint16 | uint32](b *reorderArgs, i, j, k int) {
	size := int(unsafe.Sizeof(T(0)))
	done := [3]int{i, j, k}
	rest := *b
	for d := 2; d >= 0; d-- { // of dimension d, and of those above only what was done
		if part := rest; done[d] < b.n[d] {
			part.n[d] -= done[d]
			part.dst, part.src = unsafe.Add(b.dst, done[d]*b.dstStep[d]*size), unsafe.Add(b.src, done[d]*b.srcStep[d]*size)
			reorderGeneric[T](&part)
		}
		if rest.n[d] = done[d]; done[d] == 0 {
			return
		}
	}
}

// transposeArgs is the argument of transposing: for l < layers, r < rows and c < cols,
//
//	dst[l·dstLayer + column(c) + r] = src[l·srcLayer + r·srcRow + c]    column(c) = c/4·col4 + c/2%2·col2 + c%2·col1
//
// Places are in bytes, but r and c are elements. dst and src are changed.
type transposeArgs struct {
	_                          uncompared
	dst, src                   unsafe.Pointer
	layers, rows, cols         int // ≥ 1
	srcLayer, dstLayer, srcRow int
	col1, col2, col4           int
}

// transposed returns the first part of a box, of rows and columns that are multiples of 8, in an order that is
// transposition; rows of pairs are half as many columns.
func (b *reorderArgs) transposed(order reorderOrder, size int) (t transposeArgs, i, j, k int) {
	i, j, k = b.n[0], b.n[1]&^7, b.n[2]&^7
	d, s := b.dstStep, b.srcStep
	t = transposeArgs{dst: b.dst, src: b.src, layers: i, rows: k, cols: j, srcLayer: size * s[0], dstLayer: size * d[0],
		srcRow: size * s[2], col1: size * d[1], col2: size * 2 * d[1], col4: size * 4 * d[1]}
	if order == reorderPairs {
		i, j = b.n[0]&^3, 2
		t.layers, t.cols, t.col2, t.col4 = 1, 2*i, size*d[0], size*2*d[0]
	}
	return t, i, j, k
}
