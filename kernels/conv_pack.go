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

// packConvF32 lays filters out as the tile kernel reads them: [blocks][taps·c][nr] with zeros for the filters a
// partial block lacks. Weights are [K][taps·c].
func packConvF32(weights []float32, depth int, blocks []convBlock, nr int) []float32 {
	packed := alignedF32(len(blocks) * depth * nr)
	for b, blk := range blocks {
		panel := packed[b*depth*nr:][:depth*nr]
		for j := range blk.cols {
			for i, w := range weights[(blk.k+j)*depth:][:depth] {
				panel[i*nr+j] = w
			}
		}
	}
	return packed
}

// packBiasF32 lays biases out as [blocks][nr]; nil biases are zeros.
func packBiasF32(bias []float32, blocks []convBlock, nr int) []float32 {
	packed := alignedF32(len(blocks) * nr)
	if bias != nil {
		for b, blk := range blocks {
			copy(packed[b*nr:], bias[blk.k:][:blk.cols])
		}
	}
	return packed
}

// alignedF32 returns n zero floats starting on a cache line.
func alignedF32(n int) []float32 {
	const line = 64
	buf := make([]float32, n+line/4-1)
	skip := int(-uintptr(unsafe.Pointer(unsafe.SliceData(buf)))%line) / 4
	return buf[skip:][:n:n]
}
