package kernels

import "unsafe"

// A convolution's output channels are cut into blocks of NR. A block never straddles two segments (the outputs of
// merged siblings), so each block is written to one view.
type convBlock struct {
	segment int // which output view
	k       int // first filter, counted over all segments
	at      int // first channel within the segment
	cols    int // filters, 1…NR
	width   int // of its panel, cols ≤ width ≤ NR
}

// convBlocks cuts segments of the given sizes into blocks for a kernel: of NR, or where it takes panels of fewer
// channels into the same number of blocks as even as they can be.
func convBlocks(segments []int, kern *Kernel) []convBlock {
	step := kern.Narrow
	if step == 0 {
		step = kern.NR
	}
	var blocks []convBlock
	k := 0
	for i, n := range segments {
		steps, count := (n+step-1)/step, (n+kern.NR-1)/kern.NR
		for b := range count {
			at, end := part(b, count, steps)*step, part(b+1, count, steps)*step
			blocks = append(blocks, convBlock{segment: i, k: k + at, at: at, cols: min(end, n) - at, width: end - at})
		}
		k += n
	}
	return blocks
}

// widths is the sum of the blocks' widths.
func widths(blocks []convBlock) int {
	sum := 0
	for _, b := range blocks {
		sum += b.width
	}
	return sum
}

// convPanel is what the tile kernel reads for one block; the fields are those of convTileArgs.
type convPanel struct {
	_              uncompared
	w, bias, scale unsafe.Pointer
	size           int
	order          unsafe.Pointer
	lo, hi         float32
	zero           int32
	raise          int32
	plain          int
}

// lattice says where a block's filters lie: the elements from one position (of the window, or of a transform) to the
// next, and from one group of kr channels to the next. In a group, filters follow one another. What holds for elements
// holds for their bytes, with as many in place of one.
type lattice struct{ positions, pos, group, depth, kr int }

// of returns the lattice of elements of so many bytes.
func (l lattice) of(bytes int) lattice {
	return lattice{l.positions, l.pos * bytes, l.group * bytes, l.depth * bytes, l.kr * bytes}
}

// padding is what must be zero of panels that are packed for blocks, of so many bytes for each filter of their widths.
type padding struct {
	blocks []convBlock
	bytes  int
	lay    func(*convBlock) lattice
}

func (p *padding) zero(all []byte) bool {
	for b, panel := range cutPanels(all, p.blocks, p.bytes) {
		if !padded(panel, &p.blocks[b], p.lay(&p.blocks[b])) {
			return false
		}
	}
	return true
}

// padded reports whether a panel's bytes are zero where it has no filter or no channel.
func padded(panel []byte, blk *convBlock, l lattice) bool {
	groups, tail := (l.depth+l.kr-1)/l.kr, l.depth%l.kr
	if blk.cols == blk.width && tail == 0 {
		return true
	}
	for p := range l.positions {
		for g := range groups {
			group := panel[p*l.pos+g*l.group:][:blk.width*l.kr]
			if !zero(group[blk.cols*l.kr:]) {
				return false
			}
			for j := 0; tail > 0 && g == groups-1 && j < blk.cols; j++ {
				if !zero(group[j*l.kr+tail:][:l.kr-tail]) {
					return false
				}
			}
		}
	}
	return true
}

// number is an element of packed filters.
type number interface{ float32 | int8 | int16 | Half }

func zero[T number | byte](v []T) bool {
	for _, x := range v {
		if x != 0 {
			return false
		}
	}
	return true
}

// packWeights lays filters [K][taps][depth] out as [block][taps][⌈depth/kr⌉][width][kr], zeros where there is no
// filter or no channel, and returns each block's part. Filters gives n of them, the k-th and those after it.
func packWeights[T number](p *Packing, filters func(k, n int) []T, taps, depth int, blocks []convBlock, kr int) [][]T {
	groups, bytes := (depth+kr-1)/kr, int(unsafe.Sizeof(*new(T)))
	size := taps * groups * kr
	all := packed(p, widths(blocks)*size, func(all []T) {
		for b, panel := range cutPanels(all, blocks, size) {
			fillPanel(panel, filters(blocks[b].k, blocks[b].cols), taps, depth, &blocks[b], kr)
		}
	}, (&padding{blocks, size * bytes, func(blk *convBlock) lattice {
		group := blk.width * kr
		return lattice{taps, groups * group, group, depth, kr}.of(bytes)
	}}).zero)
	return cutPanels(all, blocks, size)
}

// cutPanels returns each block's part of what is packed: size elements for each filter of its width.
//
//go:noinline
func cutPanels[T any](all []T, blocks []convBlock, size int) [][]T {
	panels := make([][]T, len(blocks))
	for b, blk := range blocks {
		n := size * blk.width
		panels[b], all = all[:n:n], all[n:]
	}
	return panels
}

// filtersOf are k filters in a row as [packWeights] takes them.
func filtersOf[T number](weights []T, k int) func(from, n int) []T {
	return func(from, n int) []T { return weights[from*(len(weights)/k):][:n*(len(weights)/k)] }
}

// fillPanel lays a block's filters out.
func fillPanel[T number](panel, filters []T, taps, depth int, blk *convBlock, kr int) {
	groups, nr := (depth+kr-1)/kr, blk.width
	if kr*int(unsafe.Sizeof(filters[0])) == 4 && depth%kr == 0 { // groups are words
		packWords(words(panel), words(filters), taps*groups, blk.cols, nr)
		return
	}
	for j := range blk.cols {
		filter := filters[j*taps*depth:]
		for t := range taps {
			for c, w := range filter[t*depth:][:depth] {
				panel[((t*groups+c/kr)*nr+j)*kr+c%kr] = w
			}
		}
	}
}

// packWords is fillPanel of a block whose groups are four bytes: filters [cols][words] become [words][nr].
func packWords(dst, src [][4]byte, words, cols, nr int) {
	const run = 16 // words of a filter at a time, so that what is written stays in the L1 cache meanwhile
	for i := 0; i < words; i += run {
		n := min(run, words-i)
		j := 0
		for ; j+4 <= cols; j += 4 {
			w0, w1 := src[j*words+i:][:n], src[(j+1)*words+i:][:n]
			w2, w3 := src[(j+2)*words+i:][:n], src[(j+3)*words+i:][:n]
			at := i*nr + j
			for k, w := range w0 {
				d := (*[4][4]byte)(dst[at:])
				d[0], d[1], d[2], d[3] = w, w1[k], w2[k], w3[k]
				at += nr
			}
		}
		for ; j < cols; j++ {
			at := i*nr + j
			for _, w := range src[j*words+i:][:n] {
				dst[at] = w
				at += nr
			}
		}
	}
}

// words views numbers as words of four bytes.
func words[T number](v []T) [][4]byte {
	return unsafe.Slice((*[4]byte)(unsafe.Pointer(unsafe.SliceData(v))), len(v)*int(unsafe.Sizeof(*new(T)))/4)
}

// packRow lays one number per filter out as [blocks][nr]; nil is all zeros.
func packRow[T float32 | int32](row []T, blocks []convBlock, nr int) []T {
	packed := aligned[T](len(blocks) * nr)
	if row != nil {
		for b, blk := range blocks {
			copy(packed[b*nr:], row[blk.k:][:blk.cols])
		}
	}
	return packed
}

// aligned returns n zero elements starting on a cache line. It is called where things are made: not worth its code.
//
//go:noinline
func aligned[T any](n int) []T {
	const line = 64
	size := int(unsafe.Sizeof(*new(T)))
	buf := make([]T, n+line/size)
	skip := int(-uintptr(unsafe.Pointer(unsafe.SliceData(buf)))%line) / size
	return buf[skip:][:n:n]
}

// addr is the address of a slice's first element.
func addr[T any](s []T) unsafe.Pointer { return unsafe.Pointer(unsafe.SliceData(s)) }
