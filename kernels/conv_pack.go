package kernels

import "unsafe"

// A convolution's output channels are cut into blocks of NR. A block never straddles two segments (the outputs of
// merged siblings), so each block is written to one view.
type convBlock struct {
	segment int // which output view
	k       int // first filter, counted over all segments
	at      int // first channel within the segment
	cols    int // filters, 1…NR
}

// convBlocks cuts segments of the given sizes into blocks of nr.
func convBlocks(segments []int, nr int) []convBlock {
	var blocks []convBlock
	k := 0
	for i, n := range segments {
		for at := 0; at < n; at += nr {
			blocks = append(blocks, convBlock{segment: i, k: k + at, at: at, cols: min(nr, n-at)})
		}
		k += n
	}
	return blocks
}

// convPanel is what the tile kernel reads for one block; the fields are those of ConvTile.
type convPanel struct {
	w, bias, scale unsafe.Pointer
	extra          unsafe.Pointer
	extras         int
	lo, hi         float32
	zero           int32
	plain          int
}

// packWeights lays filters [K][taps][depth] out as [block][taps][⌈depth/kr⌉][nr][kr], zeros where there is no
// filter or no channel, and returns each block's part.
func packWeights[T float32 | int8 | int16](p *Packing, weights func() []T, taps, depth int, blocks []convBlock, nr, kr int) [][]T {
	groups := (depth + kr - 1) / kr
	size := taps * groups * nr * kr
	all := packed(p, len(blocks)*size, func(all []T) { fillPanels(all, weights(), taps, depth, blocks, nr, kr) })
	panels := make([][]T, len(blocks))
	for b := range blocks {
		panels[b] = all[b*size:][:size:size]
	}
	return panels
}

func fillPanels[T float32 | int8 | int16](all, weights []T, taps, depth int, blocks []convBlock, nr, kr int) {
	groups := (depth + kr - 1) / kr
	size := taps * groups * nr * kr
	for b, blk := range blocks {
		panel := all[b*size:][:size:size]
		if kr*int(unsafe.Sizeof(weights[0])) == 4 && depth%kr == 0 { // groups are words
			packWords(panel, weights[blk.k*taps*depth:][:blk.cols*taps*depth], taps*groups, blk.cols, nr)
			continue
		}
		for j := range blk.cols {
			filter := weights[(blk.k+j)*taps*depth:]
			for t := range taps {
				for c, w := range filter[t*depth:][:depth] {
					panel[((t*groups+c/kr)*nr+j)*kr+c%kr] = w
				}
			}
		}
	}
}

// packWords is fillPanels of a block whose groups are four bytes: filters [cols][words] become [words][nr].
func packWords[T float32 | int8 | int16](panel, filters []T, words, cols, nr int) {
	dst := unsafe.Slice((*[4]byte)(unsafe.Pointer(unsafe.SliceData(panel))), words*nr)
	src := unsafe.Slice((*[4]byte)(unsafe.Pointer(unsafe.SliceData(filters))), words*cols)
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

// aligned returns n zero elements starting on a cache line.
func aligned[T any](n int) []T {
	const line = 64
	size := int(unsafe.Sizeof(*new(T)))
	buf := make([]T, n+line/size)
	skip := int(-uintptr(unsafe.Pointer(unsafe.SliceData(buf)))%line) / size
	return buf[skip:][:n:n]
}

// addr is the address of a slice's first element.
func addr[T any](s []T) unsafe.Pointer { return unsafe.Pointer(unsafe.SliceData(s)) }
