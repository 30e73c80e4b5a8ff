package npy

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"

	"github.com/gneiss-go/gneiss/runtime"
)

// Difference says how far an array is from the one that is wanted.
type Difference struct {
	Elements int `json:"elements"`
	Differ   int `json:"differ"` // elements that are not equal
	Beyond   int `json:"beyond"` // elements further off than is allowed

	Largest Number `json:"largest"` // the largest difference; infinite beside a NaN
	At      []int  `json:"at"`      // where it is
	Got     Number `json:"got"`     // what is there
	Want    Number `json:"want"`    // and what should be

	Peak   Number `json:"peak"`   // the largest finite number wanted, without its sign
	Levels bool   `json:"levels"` // the numbers are levels or other whole numbers, not floats
}

// Number is a float64 that is NaN or infinite in JSON as a word.
type Number float64

// MarshalJSON returns the number, or a word in quotes for one that JSON has not.
func (n Number) MarshalJSON() ([]byte, error) {
	if f := float64(n); math.IsNaN(f) || math.IsInf(f, 0) {
		return json.Marshal(fmt.Sprint(f))
	}
	return json.Marshal(float64(n))
}

// small is a largest number below which the tolerance of floats does not fall with it: that of zeros would be none.
const small = 1e-3

// Compare compares two arrays element by element. Floats may differ by tolerance times the largest number wanted, or
// times 0.001 if that is larger; whole numbers by tolerance itself. Both arrays must have the same dimensions, and be
// floats or of one type.
func Compare(got, want *Array, tolerance float64) (Difference, error) {
	d := Difference{Elements: got.Len(), Levels: !got.floats()}
	if !slices.Equal(got.Dims, want.Dims) {
		return d, fmt.Errorf("the dimensions are %v, expected are %v: %w", got.Dims, want.Dims, runtime.ErrShape)
	}
	if got.Type() != want.Type() && !(got.floats() && want.floats()) {
		return d, fmt.Errorf("the type is %s, expected is %s: %w", got.Type(), want.Type(), runtime.ErrType)
	}
	x, y := got.number(), want.number()
	peak := 0.0
	for i := range d.Elements {
		if v := math.Abs(y(i)); v > peak && !math.IsInf(v, 0) {
			peak = v
		}
	}
	allowed := tolerance
	if !d.Levels {
		allowed *= max(peak, small)
	}
	worst, at := 0.0, 0
	for i := range d.Elements {
		off := apart(x(i), y(i))
		if off > 0 {
			d.Differ++
		}
		if off > allowed {
			d.Beyond++
		}
		if off > worst {
			worst, at = off, i
		}
	}
	d.Peak, d.Largest = Number(peak), Number(worst)
	if d.Elements > 0 {
		d.Got, d.Want, d.At = Number(x(at)), Number(y(at)), index(got.Dims, at)
	}
	return d, nil
}

// apart is how far two numbers are apart: NaN from all but NaN, and an infinity from all but itself, by infinity.
func apart(x, y float64) float64 {
	switch off := math.Abs(x - y); {
	case x == y || x != x && y != y:
		return 0
	case off != off:
		return math.Inf(1)
	default:
		return off
	}
}

// index returns where element i is.
func index(dims []int, i int) []int {
	at := make([]int, len(dims))
	for j := len(dims) - 1; j >= 0; j-- {
		at[j], i = i%dims[j], i/dims[j]
	}
	return at
}

// String says in a sentence what differs, and where most.
func (d Difference) String() string {
	if d.Differ == 0 {
		return fmt.Sprintf("all %d elements are equal", d.Elements)
	}
	off := fmt.Sprintf("%.3g", float64(d.Largest))
	if d.Levels {
		off = fmt.Sprintf("%v", float64(d.Largest))
	} else if d.Peak > 0 {
		off += fmt.Sprintf(", %.1e of the largest", float64(d.Largest/d.Peak))
	}
	return fmt.Sprintf("%d of %d elements differ, at most by %s: at %v %.7g, expected %.7g", d.Differ, d.Elements, off,
		d.At, float64(d.Got), float64(d.Want))
}

// Range returns the smallest and the largest element that is a number, and how many are NaN; lo is above hi if there is
// none.
func (a *Array) Range() (lo, hi float64, nans int) {
	at := a.number()
	lo, hi = math.Inf(1), math.Inf(-1)
	for i := range a.Len() {
		v := at(i)
		if v != v {
			nans++
			continue
		}
		lo, hi = min(lo, v), max(hi, v)
	}
	return lo, hi, nans
}
