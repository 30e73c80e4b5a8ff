package kernels

import (
	"fmt"
	"slices"

	"github.com/gneiss-go/gneiss/arch"
)

// winogradFits reports whether the form can compute the convolution.
func winogradFits(s *ConvShape, f *winoForm) bool {
	if s.R != s.S || s.DilationH != 1 || s.DilationW != 1 || s.Groups != 1 {
		return false
	}
	if f == &winoF34 {
		return (s.R+1)/2 == f.r && s.StrideH == 2 && s.StrideW == 2 && 2*s.C <= f.channels
	}
	if f.lean != nil {
		if n, _, _ := f.tiles(s); n > f.lean.perRun {
			return false
		}
	}
	return s.R == f.window() && s.StrideH == 1 && s.StrideW == 1 && s.C%f.channels == 0
}

// winoForm is one of Winograd's minimal filterings, F(m,r), of a type, and the kernels of its transforms.
type winoForm struct {
	name          string
	m, r          int
	channels      int // the input transform takes as many at a time
	pixels        int // of output, from which on it wins
	input, output OpKind
	filter        OpKind                                      // quantised only
	g             func(f *realFilter, put func(int, float64)) // G g Gᵀ of a filter of r² weights; float only
	gU8           func(g *[9]int8, put func(int, int16))      // the same, scaled to integers; quantised only
	factor        int32                                       // quantised only: by which sums are multiplied
	unit          int                                         // quantised only: the power of two in it
	// quantised only: up to how many tiles filters are transformed in each run
	perRun int
	lean   *winoForm // the form with perRun that this one is without it
	parts  bool      // filters are 5×5, taken in parts; see partFilters
}

// window is the size of the filters that the form serves, F(3,4) apart.
func (f *winoForm) window() int {
	if f.parts {
		return 5
	}
	return f.r
}

var (
	winoF43 = winoForm{name: "4x3", m: 4, r: 3, channels: 8, pixels: 150, input: OpWino43Input, output: OpWino43Output,
		g: winoG43}
	winoF23 = winoForm{name: "2x3", m: 2, r: 3, channels: 8, pixels: 40, input: OpWino23Input, output: OpWino23Output,
		g: winoG23}
	winoF34 = winoForm{name: "3x4", m: 3, r: 4, channels: 8, pixels: 1000, input: OpWino43Input, output: OpWino34Output,
		g: winoG34}
	winoF25 = winoForm{name: "2x5", m: 2, r: 5, channels: 8, pixels: 40, input: OpWino43Input, output: OpWino25Output,
		g: winoG25}

	winoU8F43 = winoForm{name: "4x3", m: 4, r: 3, channels: 16, pixels: 40, input: OpWino43Input, filter: OpWino43Filter,
		output: OpWino43Output,
		gU8:    winoG43U8, factor: 576, unit: 64, perRun: 24}
	winoU8F23 = winoForm{name: "2x3", m: 2, r: 3, channels: 16, pixels: 40, input: OpWino23Input, filter: OpWino23Filter,
		output: OpWino23Output,
		gU8:    winoG23U8, factor: 4, unit: 4, perRun: 24}

	winoU8Parts                      = winoU8F43.inParts()
	winoU8F43Packed, winoU8F23Packed = winoU8F43.packed(), winoU8F23.packed()
)

// formsF32 are the forms of float convolution, the best first. F(4,3) has four times as many filters to read as direct
// convolution: on maps of few tiles it waits for them, and F(2,3) with less than twice as many is faster than both.
var formsF32 = []*winoForm{&winoF43, &winoF23, &winoF25, &winoF34}

// formsU8 are those of quantised convolution.
var formsU8 = []*winoForm{&winoU8F43, &winoU8F23, &winoU8Parts, &winoU8F43Packed, &winoU8F23Packed}

// packed is the form without perRun: faster, for memory.
func (f winoForm) packed() winoForm {
	p := f
	p.name, p.perRun, p.lean = f.name+"packed", 0, &f
	return p
}

// inParts is the form of 3×3 for filters of 5×5.
func (f winoForm) inParts() winoForm {
	f.name, f.parts = f.name+"parts", true
	return f
}

// tiles returns how many there are of the output, and how many in a column and a row of it.
func (f *winoForm) tiles(s *ConvShape) (n, h, w int) {
	h, w = (s.OutH()+f.m-1)/f.m, (s.OutW()+f.m-1)/f.m
	return s.N * h * w, h, w
}

// fitting returns those of the forms that can compute a convolution and have vector kernels.
func fitting(forms []*winoForm, s *ConvShape, dt DType, limit arch.ISA) (fit []*winoForm) {
	for _, f := range forms {
		if winogradFits(s, f) && f.vector(dt, limit) {
			fit = append(fit, f)
		}
	}
	return fit
}

// whyNot says why the form is not faster than direct convolution, or nothing; the thresholds come from bench's
// BenchmarkConv.
func (f *winoForm) whyNot(s *ConvShape) string {
	switch {
	case s.K < 16 || s.C < 16 && f != &winoF34:
		return fmt.Sprintf("%d → %d channels are too few", s.C, s.K)
	case s.OutH()*s.OutW() < f.pixels:
		return fmt.Sprintf("%d×%d pixels are too few for its filters", s.OutH(), s.OutW())
	case f.lean != nil:
		return fmt.Sprintf("its filters take %d bytes in place of %d", 2*(f.m+f.r-1)*(f.m+f.r-1), f.r*f.r)
	}
	return ""
}

// saving says what the form saves.
func (f *winoForm) saving(s *ConvShape) string {
	side, squares := f.m+f.r-1, 1
	if f == &winoF34 || f.parts {
		squares = 4
	}
	products := side * side * squares
	if f.parts {
		products -= 4*side - 1 // see depthAt
	}
	return fmt.Sprintf("%d products in place of %d", products, f.m*f.m*s.R*s.S)
}

// vector reports whether there are vector kernels for the transforms: in scalar code they cost more than the
// multiplications they save.
func (f *winoForm) vector(dt DType, limit arch.ISA) bool {
	in, _ := Select[func(*winoInputArgs)](f.input, dt, limit)
	out, _ := Select[func(*winoOutputArgs)](f.output, dt, limit)
	return !in.Portable() && !out.Portable()
}

// exactU8 reports whether the form gives every accumulator exactly: unit times it must fit an int32, and no product
// with a scale may overflow one. Of an accumulator, most·255 is the largest possible.
func (f *winoForm) exactU8(most int, scale []float32) bool {
	return int64(most)*255*int64(f.unit) < 1<<31 && float64(most)*255*float64(slices.Max(scale)) < 1<<30
}

// largest returns 1/255 of the largest accumulator that there can be, rounded up.
func (q *ConvU8) largest(s *ConvShape) int {
	bias := int64(0)
	for _, b := range q.Bias {
		bias = max(bias, int64(b), -int64(b))
	}
	return q.largestSum(s) + int((bias+254)/255)
}

// largestSum returns the largest Σ|w| of a filter, or what it was when the weights were recorded.
func (q *ConvU8) largestSum(s *ConvShape) int {
	v := packed(q.pack, 1, func(v []int64) {
		depth := s.R * s.S * s.C
		for k := range s.K {
			_, abs, _ := weightSums(q.Weights[k*depth:][:depth])
			v[0] = max(v[0], int64(abs))
		}
	}, nil)
	return int(v[0])
}
