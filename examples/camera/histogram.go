package main

import (
	"math/bits"
	"time"
)

// histogram counts durations in buckets of at most 1/16 of their size, in fixed memory: 16 buckets for each power of
// two of microseconds.
type histogram struct {
	count   int
	buckets [16 * 36]int // up to 2³⁹ µs, six days
}

// bucket returns the index for us microseconds: itself below 32, then its four bits after the first.
func bucket(us uint64) int {
	if us < 32 {
		return int(us)
	}
	shift := bits.Len64(us) - 5
	return shift*16 + int(us>>shift)
}

// middle returns the duration in the middle of a bucket, the inverse of bucket.
func middle(i int) time.Duration {
	if i < 32 {
		return time.Duration(i) * time.Microsecond
	}
	shift := i/16 - 1
	return (time.Duration(i%16+16)<<shift + time.Duration(1)<<shift/2) * time.Microsecond
}

// add counts a duration.
func (h *histogram) add(d time.Duration) {
	h.buckets[min(bucket(uint64(max(d, 0)/time.Microsecond)), len(h.buckets)-1)]++
	h.count++
}

// merge adds the counts of another histogram.
func (h *histogram) merge(o *histogram) {
	for i, n := range o.buckets {
		h.buckets[i] += n
	}
	h.count += o.count
}

// quantile returns the least duration that is not exceeded by the share p of all, 0 < p ≤ 1; 0 if there are none.
func (h *histogram) quantile(p float64) time.Duration {
	left := int(p*float64(h.count) + 0.999999)
	for i, n := range h.buckets {
		if left -= n; n > 0 && left <= 0 {
			return middle(i)
		}
	}
	return 0
}
