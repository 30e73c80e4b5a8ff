package kernels

import "unsafe"

// spreadArgs is the argument of the kernels that make each element of the elements of some inputs, repeated where they
// are smaller: dst[i] = f(in[0][i·step[0]], in[1][i·step[1]], …) for i < n. What f is, how says to kernels of several.
// dst does not overlap an input.
type spreadArgs struct {
	_    uncompared
	dst  unsafe.Pointer
	in   [3]unsafe.Pointer
	step [3]int // 0 or 1
	n    int    // ≥ 1
	how  uint8
}

// outputs are the elements that one call writes.
func outputs[T any](a *spreadArgs) []T { return unsafe.Slice((*T)(a.dst), a.n) }

// operands are the elements of input k that one call reads.
func operands[T any](a *spreadArgs, k int) []T {
	return unsafe.Slice((*T)(a.in[k]), (a.n-1)*a.step[k]+1)
}

// spreading is an operation of spreadArgs. Where N, H, W or C of an input is 1 and the output's is not, its elements
// are repeated along that dimension.
type spreading struct {
	basic
	fn  func(*spreadArgs)
	how uint8
	in  []DType
	out DType
}

func newSpread(k *Kernel, fn func(*spreadArgs), how uint8, out DType, in ...DType) Op {
	return &spreading{basic{k}, fn, how, in, out}
}

func (o *spreading) Bind(in, out []View, _ []byte, workers int) Task {
	ok := len(in) == len(o.in) && len(out) == 1 && out[0].DType == o.out && out[0].Stride >= out[0].C
	for i := 0; ok && i < len(in); i++ {
		v := &in[i]
		ok = v.DType == o.in[i] && v.Stride >= v.C && repeats(v.N, out[0].N) && repeats(v.H, out[0].H) &&
			repeats(v.W, out[0].W) && repeats(v.C, out[0].C)
	}
	checkViews(string(o.kernel.Op), ok)
	t := &spreadTask{spreading: o, out: out[0], workers: make([]spreadWorker, workers)}
	copy(t.in[:], in)
	t.measure(len(in))
	return t
}

// spreadTask walks the output row by row. A row is as many of the last dimensions as lie without gaps in the output,
// and in each input either do so too or are 1.
type spreadTask struct {
	*spreading
	onlyTask
	out         View
	in          [3]View
	step        [3]int
	row, pixels int // elements and pixels of a row
	rows        int
	cuts        int // pieces of a row, of about unitElements each
	some        int // or rows of a unit, if they are short
	workers     []spreadWorker
}

type spreadWorker struct {
	args spreadArgs
	_    [64]byte
}

// measure makes the rows as long as can be.
func (t *spreadTask) measure(inputs int) {
	dims := func(v *View) [4]int { return [4]int{v.C, v.W, v.H, v.N} }
	d := dims(&t.out)
	for n := 1; n <= len(d); n++ { // the last n dimensions
		if n > 1 && !t.out.Dense() {
			break
		}
		var step [3]int
		fits := true
		for k := range inputs {
			v := &t.in[k]
			e := dims(v)
			whole, one := n == 1 || v.Dense(), true
			for j := range n {
				whole, one = whole && e[j] == d[j], one && e[j] == 1
			}
			if fits = fits && (whole || one); !one {
				step[k] = 1
			}
		}
		if !fits {
			break
		}
		t.step, t.row, t.pixels = step, 1, 1
		for j := range n {
			t.row *= d[j]
		}
		t.pixels = t.row / max(1, d[0])
	}
	t.rows = t.out.Pixels() / max(1, t.pixels)
	t.cuts = max(1, (t.row+unitElements-1)/unitElements)
	t.some = max(1, unitElements/max(1, t.row))
}

func (t *spreadTask) Units() int {
	if t.cuts > 1 {
		return t.rows * t.cuts
	}
	return (t.rows + t.some - 1) / t.some
}

func (t *spreadTask) Run(worker, lo, hi int, stop *Stop) {
	a := &t.workers[worker].args
	a.step, a.how = t.step, t.how
	for u := lo; u < hi && !stop.Asked(); u++ {
		if t.cuts > 1 {
			at := u % t.cuts * unitElements
			t.piece(a, u/t.cuts, at, min(unitElements, t.row-at))
			continue
		}
		for r := u * t.some; r < min(t.rows, (u+1)*t.some); r++ {
			t.piece(a, r, 0, t.row)
		}
	}
}

// piece computes n elements of a row from at on.
func (t *spreadTask) piece(a *spreadArgs, row, at, n int) {
	p := row * t.pixels
	a.n, a.dst = n, t.out.at(p*t.out.Stride+at)
	i, y, x := p/(t.out.H*t.out.W), p/t.out.W%t.out.H, p%t.out.W
	for k := range t.spreading.in {
		a.in[k] = t.in[k].repeated(i, y, x, at*t.step[k])
	}
	t.fn(a)
}

// repeats reports whether a dimension of n can be repeated to one of m.
func repeats(n, m int) bool { return n == m || n == 1 }

// repeated returns the address of channel c of pixel (n, y, x) of a view whose dimensions of 1 are repeated.
func (v *View) repeated(n, y, x, c int) unsafe.Pointer {
	n, y, x = min(n, v.N-1), min(y, v.H-1), min(x, v.W-1)
	return v.at(((n*v.H+y)*v.W+x)*v.Stride + c)
}
