package kernels

import (
	"encoding/binary"
	"math"
	"unsafe"
)

// weightSums returns Σ w and Σ |w|, and whether every weight is above −128. Loading a model goes over all its weights,
// so it takes eight at a time in one register: sixteen-bit lanes add up the bytes of up to 128 words before they could
// overflow.
func weightSums(w []int8) (sum, abs int, ok bool) {
	const ones, low, high = 0x0101010101010101, 0x00ff00ff00ff00ff, 0x8080808080808080
	b := unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(w))), len(w))
	var bad uint64
	words := len(w) / 8
	for at := 0; at < words; at += 128 {
		n := min(128, words-at)
		var sums, sizes uint64 // lanes
		for i := at; i < at+n; i++ {
			v := binary.LittleEndian.Uint64(b[8*i:])
			negative := v >> 7 & ones
			size := (v ^ negative*255) + negative // |w|, at most 128: bytes do not carry
			bad |= size
			sizes += size&low + size>>8&low
			v ^= high // w + 128
			sums += v&low + v>>8&low
		}
		sum += lanes(sums) - 8*128*n
		abs += lanes(sizes)
	}
	ok = bad&high == 0
	for _, v := range w[8*words:] {
		sum += int(v)
		abs += max(int(v), -int(v))
		ok = ok && v != -128
	}
	return sum, abs, ok
}

// lanes adds four sixteen-bit lanes.
func lanes(v uint64) int { return int(v&0xffff + v>>16&0xffff + v>>32&0xffff + v>>48) }

// weightTotal is weightSums without Σ |w|.
func weightTotal(w []int8) (sum int, ok bool) {
	const ones, low, high = 0x0101010101010101, 0x00ff00ff00ff00ff, 0x8080808080808080
	b := unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(w))), len(w))
	var bad uint64
	for len(b) >= 16 {
		part := b[:min(len(b)&^15, 1024)]
		b = b[len(part):]
		sum -= 128 * len(part)
		var even, odd uint64 // lanes
		for ; len(part) >= 16; part = part[16:] {
			v := binary.LittleEndian.Uint64(part) ^ high // w + 128
			u := binary.LittleEndian.Uint64(part[8:]) ^ high
			bad |= (v-ones)&^v | (u-ones)&^u // a byte of v or u is zero
			even += v&low + u&low
			odd += v>>8&low + u>>8&low
		}
		sum += lanes(even) + lanes(odd)
	}
	ok = bad&high == 0
	for _, v := range b {
		sum += int(int8(v))
		ok = ok && v != 128
	}
	return sum, ok
}

// Overflows returns the first of k filters whose sums an int32 may not hold, or −1. Every partial sum of
// Bias + Σ (in − zero)·w, in any order, lies within 255·Σ|w| + |Bias|, and kernels add modulo 2³²: what wraps on the
// way comes back. Weights are in −127…127; no bias is nil.
func Overflows(weights []int8, bias []int32, k int) int {
	depth := len(weights) / k
	for i := range k {
		b := int32(0)
		if bias != nil {
			b = bias[i]
		}
		if !SumFits(127*int64(depth), b) { // then Σ |w| decides
			if _, abs, _ := weightSums(weights[i*depth:][:depth]); !SumFits(int64(abs), b) {
				return i
			}
		}
	}
	return -1
}

// SumFits reports whether an int32 holds every sum of a filter of that Σ|w| and bias, whatever the inputs.
func SumFits(abs int64, bias int32) bool {
	return 255*abs+max(int64(bias), -int64(bias)) <= math.MaxInt32
}

// ValidWeights reports whether weights are in −127…127: kernels for uint8 activations need that.
func ValidWeights(w []int8) bool {
	_, ok := weightTotal(w)
	return ok
}
