package detect

import (
	"fmt"
	"math"

	"github.com/gneiss-go/gneiss/runtime"
)

// view is a network's output, or a part of it, as candidates of numbers: number c of candidate i is the element
// base + i·row + c·col, wherever the model has its dimensions.
type view struct {
	output int // which
	n, c   int // candidates, and numbers of each
	base   int
	row    int
	col    int
	quant  runtime.Quant
	f      []float32 // one of the two, once bound
	u      []uint8
}

// hit is a candidate whose score may do.
type hit struct {
	index, class int32
	value        float32
}

// bind takes the output's elements, floats or levels.
func (v *view) bind(f []float32, u []uint8) { v.f, v.u = f, u }

// at returns number c of candidate i.
func (v *view) at(i, c int) float32 {
	e := v.base + i*v.row + c*v.col
	if v.u != nil {
		return v.real(v.u[e])
	}
	return v.f[e]
}

func (v *view) real(level uint8) float32 {
	return float32(int32(level)-int32(v.quant.Zero)) * v.quant.Scale
}

// level returns the least level whose number is least or more; not ok if there is none.
func (v *view) level(least float32) (level uint8, ok bool) {
	lo, hi := 0, 256
	for lo < hi {
		if mid := (lo + hi) / 2; v.real(uint8(mid)) >= least {
			hi = mid
		} else {
			lo = mid + 1
		}
	}
	return uint8(lo), lo < 256
}

// peaks appends the candidates whose greatest number of columns first…first+count is least or more, in their order,
// with that number and its column from first; of equal numbers the first counts, and a NaN never does. Levels are
// compared as they are: only what is appended becomes a float.
func (v *view) peaks(dst []hit, first, count int, least float32) []hit {
	from := v.base + first*v.col
	if v.u == nil {
		return peaks(dst, v.f[from:], v.n, count, v.row, v.col, least)
	}
	level, ok := v.level(least)
	if !ok {
		return dst
	}
	old := len(dst)
	dst = peaks(dst, v.u[from:], v.n, count, v.row, v.col, level)
	for i := old; i < len(dst); i++ {
		dst[i].value = v.real(uint8(dst[i].value))
	}
	return dst
}

// best returns the greatest of columns first…first+count of one candidate, −1 and −∞ if all are NaN.
func (v *view) best(i, first, count int) (class int32, value float32) {
	class, value = -1, float32(math.Inf(-1))
	for c := range count {
		if x := v.at(i, first+c); x > value || class < 0 && x == value {
			class, value = int32(c), x
		}
	}
	return class, value
}

// block is how many candidates are looked at together where a column's numbers are next to each other.
const block = 128

func peaks[T uint8 | float32](dst []hit, data []T, n, count, row, col int, least T) []hit {
	if count > 1 && row < col {
		return peaksByColumn(dst, data, n, count, row, col, least)
	}
	for i := range n {
		e := i * row
		class, best := int32(-1), least
		for c := range count {
			if x := data[e]; x >= best && (x > best || class < 0) {
				class, best = int32(c), x
			}
			e += col
		}
		if class >= 0 {
			dst = append(dst, hit{int32(i), class, float32(best)})
		}
	}
	return dst
}

func peaksByColumn[T uint8 | float32](dst []hit, data []T, n, count, row, col int, least T) []hit {
	var best [block]T
	var class [block]int32
	for from := 0; from < n; from += block {
		m := min(block, n-from)
		for j := range m {
			best[j], class[j] = least, -1
		}
		for c := range count {
			e := from*row + c*col
			for j := range m {
				if x := data[e]; x >= best[j] && (x > best[j] || class[j] < 0) {
					best[j], class[j] = x, int32(c)
				}
				e += row
			}
		}
		for j := range m {
			if class[j] >= 0 {
				dst = append(dst, hit{int32(from + j), class[j], float32(best[j])})
			}
		}
	}
	return dst
}

// most returns the greatest number of a column, NaNs left out; of levels the greatest that they could stand for.
func (v *view) most(c int) float32 {
	if v.u != nil {
		return v.real(255)
	}
	top := float32(math.Inf(-1))
	for i, e := 0, v.base+c*v.col; i < v.n; i, e = i+1, e+v.row {
		if x := v.f[e]; x > top {
			top = x
		}
	}
	return top
}

// strides returns the distance of neighbours along each dimension, in elements.
func strides(info *runtime.TensorInfo) []int {
	out := make([]int, len(info.Dims))
	order, step := info.Layout.Order(len(info.Dims)), 1
	for i := len(order) - 1; i >= 0; i-- {
		out[order[i]] = step
		step *= info.Dims[order[i]]
	}
	return out
}

// shaped returns a view of an output's dimensions: candidates along those of along, which must lie one after the other
// in memory, numbers along one.
func shaped(output int, info *runtime.TensorInfo, along []int, numbers int) *view {
	step := strides(info)
	v := &view{output: output, n: 1, c: info.Dims[numbers], col: step[numbers], row: 1, quant: info.Quant}
	for i := len(along) - 1; i >= 0; i-- {
		d := along[i]
		if info.Dims[d] != 1 && v.n == 1 {
			v.row = step[d]
		} else if info.Dims[d] != 1 && step[d] != v.row*v.n {
			return nil
		}
		v.n *= info.Dims[d]
	}
	return v
}

// describe says what an output is, for errors.
func describe(info *runtime.TensorInfo) string { return fmt.Sprintf("%q %v", info.Name, info.Dims) }
