package kernels

import "unsafe"

// Winograd's transforms.
const (
	OpWino43Input  OpKind = "wino43input"  // F(4,3): input transform of a tile; func(*winoInputArgs)
	OpWino43Output OpKind = "wino43output" // its output transform; func(*winoOutputArgs)
	OpWino23Input  OpKind = "wino23input"  // F(2,3): input transform; func(*winoInputArgs)
	OpWino23Output OpKind = "wino23output" // its output transform; func(*winoOutputArgs)
	// F(2,5): output transform, the input transform being that of F(4,3); float only
	OpWino25Output OpKind = "wino25output"
	OpWino34Output OpKind = "wino34output" // F(3,4): likewise; for 7×7 of stride 2
)

// Winograd's minimal filtering (Lavin & Gray, arXiv 1509.09308) computes a tile of m×m outputs of a 3×3 convolution
// from (m+2)×(m+2) inputs by (m+2)² multiplications per channel instead of 9·m². It does so for filters of any size r,
// with tiles of m+r−1:
//
//	Y = Aᵀ [ (G g Gᵀ) ⊙ (Bᵀ d B) ] A
//
// The sum over channels is a matrix product for each of the (m+2)² positions.
//
// float32 uses F(4,3), 36 multiplications for 144:
//
//	     ⎡4  0 −5  0 1 0⎤        ⎡ 1/4    0    0 ⎤
//	     ⎢0 −4 −4  1 1 0⎥        ⎢−1/6 −1/6 −1/6⎥        ⎡1 1  1 1  1 0⎤
//	Bᵀ = ⎢0  4 −4 −1 1 0⎥    G = ⎢−1/6  1/6 −1/6⎥   Aᵀ = ⎢0 1 −1 2 −2 0⎥
//	     ⎢0 −2 −1  2 1 0⎥        ⎢1/24 1/12  1/6⎥        ⎢0 1  1 4  4 0⎥
//	     ⎢0  2 −1 −2 1 0⎥        ⎢1/24 −1/12 1/6⎥        ⎣0 1 −1 8 −8 1⎦
//	     ⎣0  4  0 −5 0 1⎦        ⎣  0     0    1 ⎦
//
// F(2,5), 36 multiplications for 100, takes its values at the same points 0, ±1, ±2 and ∞ as F(4,3), and so has the
// same Bᵀ:
//
//	    ⎡ 1/4    0    0    0    0 ⎤
//	    ⎢−1/6 −1/6 −1/6 −1/6 −1/6⎥
//	G = ⎢−1/6  1/6 −1/6  1/6 −1/6⎥   Aᵀ = ⎡1 1  1 1  1 0⎤
//	    ⎢1/24 1/12  1/6  1/3  2/3⎥        ⎣0 1 −1 2 −2 1⎦
//	    ⎢1/24 −1/12 1/6 −1/3  2/3⎥
//	    ⎣  0     0    0    0    1 ⎦
//
// F(3,4), 36 multiplications for 144, once more has that Bᵀ, and G's rows go on as powers of the points do:
//
//	    ⎡ 1/4    0    0    0 ⎤
//	    ⎢−1/6 −1/6 −1/6 −1/6⎥        ⎡1 1  1 1  1 0⎤
//	G = ⎢−1/6  1/6 −1/6  1/6⎥   Aᵀ = ⎢0 1 −1 2 −2 0⎥
//	    ⎢1/24 1/12  1/6  1/3⎥        ⎣0 1  1 4  4 1⎦
//	    ⎢1/24 −1/12 1/6 −1/3⎥
//	    ⎣  0     0    0    1 ⎦
//
// It computes 7×7 convolution of stride 2, as networks begin with, as one of 4×4 and stride 1: the four pixels of each
// 2×2 square are the channels of one pixel, the filter is 8×8 with a last row and column of zeros. conv_wino2.go.
//
// F(2,3), 16 multiplications for 36, serves maps so small that the filters of F(4,3) would take longer to read than
// they save; its matrices are those below with G halved.
//
// uint8 uses them with integers: rows of G are multiplied until they are whole, and the sums are taken modulo 2³², in
// which additions and multiplications are exact, so that of the result only a factor remains to be divided by. With
// F(2,3) and G doubled that is 4; transformed inputs lie within ±1020, filters within ±1152:
//
//	     ⎡1  0 −1  0⎤         ⎡2  0 0⎤
//	Bᵀ = ⎢0  1  1  0⎥    2G = ⎢1  1 1⎥   Aᵀ = ⎡1 1  1  0⎤
//	     ⎢0 −1  1  0⎥         ⎢1 −1 1⎥        ⎣0 1 −1 −1⎦
//	     ⎣0  1  0 −1⎦         ⎣0  0 2⎦
//
// With F(4,3) it is 24² = 576 = 9·64: multiplication by the inverse of 9 modulo 2³² divides by 9, the scale by 64. Its
// Bᵀ is that above; inputs lie within ±25500 and filters within ±18432:
//
//	     ⎡ 6  0  0⎤
//	     ⎢−4 −4 −4⎥        ⎡1 1  1 1  1 0⎤
//	G' = ⎢−4  4 −4⎥   Aᵀ = ⎢0 1 −1 2 −2 0⎥
//	     ⎢ 1  2  4⎥        ⎢0 1  1 4  4 0⎥
//	     ⎢ 1 −2  4⎥        ⎣0 1 −1 8 −8 2⎦
//	     ⎣ 0  0 12⎦

// winoInputArgs is the argument of the input transform of one tile: v[pos][c] = (Bᵀ d B)[pos] for each channel.
type winoInputArgs struct {
	_         uncompared
	ptrs      unsafe.Pointer // [(m+2)²] addresses of the tile's pixels; those outside the input point at the border row
	dst       unsafe.Pointer // position 0, channel 0; of the inputs' type, or int16 for uint8 ones
	posStride int            // bytes from one position to the next
	c         int            // channels, a multiple of 8 (float32, float16) or 16 (uint8)
	//lint:ignore U1000 assembly uses it
	tmp [36 * 8]float32
}

// winoOutputArgs is the argument of the output transform of one tile and one block of channels: for y < rows,
// x < columns, k < cols
//
//	float32: dst[y][x][k] = clamp((Aᵀ m A)[y][x] + bias[k])
//	float16: dst[y][x][k] = ToHalf(clamp(float32((Aᵀ m A)[y][x]) + bias[k]))
//	uint8:   dst[y][x][k] = Requantize((Aᵀ m A)[y][x] + bias[k] …, scale[k], lo, hi, zero)
//
// uint8's sums are f times those of the convolution, modulo 2³², f = 4 for F(2,3); so is the bias, and the scale is
// divided by f. For F(4,3), f = 576, they are multiplied by 1/9 modulo 2³², which makes them 64 times those of the
// convolution; the scale is divided by 64. A power of two changes nothing in float32's rounding. No product with the
// scale reaches 2³⁰, so conversions back do not overflow.
type winoOutputArgs struct {
	_         uncompared
	src       unsafe.Pointer // position 0, channel 0 of the block; float32, float16 or int32
	posStride int            // bytes from one position to the next
	bias      unsafe.Pointer // [block] float32 or int32
	scale     unsafe.Pointer // [block] float32; uint8 only
	dst       unsafe.Pointer // pixel (0, 0), channel 0 of the block
	rowStride int            // bytes
	pixStride int            // bytes
	ahead     int            // bytes from dst to pixels that are to be fetched; float32 only
	rows      int            // 1…m; of F(4,3), 2 are the first and the last of four
	columns   int            // likewise
	cols      int            // channels, ≥ 1; src, bias and scale are padded to a multiple of 8, for AVX-512 of 16
	lo, hi    float32
	zero      int32
	//lint:ignore U1000 assembly uses it
	tmp [24 * 8]float32
}

// winoFilterArgs is the argument of the transform of uint8's filters, two rows of positions of some filters at a time:
//
//	dst[i][j][…][lane] = (G' g G'ᵀ)[rows[i]][j] for the filter g = src[…][9][lane] and i < 2, j < m+2
//
// A lane is a filter and one of kr channels; … stands for groups of those. The rows are those of winoRows.
type winoFilterArgs struct {
	_         uncompared
	src       unsafe.Pointer // [groups][9][lanes] int8
	dst       unsafe.Pointer // [2·(m+2)] × posStride bytes of [groups][lanes] int16
	posStride int            // bytes
	groups    int            // ≥ 1
	lanes     int            // a multiple of 16, but for the generic kernel
	pair      int            // of rows
}

// winoRows returns a pair of rows of positions: the first and the last have no sums, others share theirs.
func winoRows(pair, side int) [2]int {
	if pair == 0 {
		return [2]int{0, side - 1}
	}
	return [2]int{2*pair - 1, 2 * pair}
}

// F(4,3) in float32.

func winoB4(d *[6]float32) [6]float32 {
	a, b := d[4]-4*d[2], d[3]-4*d[1]
	c, e := d[4]-d[2], 2*(d[3]-d[1])
	return [6]float32{4*d[0] + (d[4] - 5*d[2]), a + b, a - b, c + e, c - e, 4*d[1] + (d[5] - 5*d[3])}
}

func winoA4(m *[6]float32) [4]float32 {
	s, d := m[1]+m[2], m[1]-m[2]
	p, q := m[3]+m[4], m[3]-m[4]
	return [4]float32{m[0] + s + p, d + 2*q, s + 4*p, d + 8*q + m[5]}
}

func wino43InputF32Generic(a *winoInputArgs) {
	ptrs := (*[36]unsafe.Pointer)(a.ptrs)
	for c := range a.c {
		var t [6][6]float32 // columns transformed, [column][row]
		for j := range t {
			var d [6]float32
			for i := range d {
				d[i] = *(*float32)(unsafe.Add(ptrs[i*6+j], 4*c))
			}
			t[j] = winoB4(&d)
		}
		for i := range 6 {
			var d [6]float32
			for j := range d {
				d[j] = t[j][i]
			}
			for j, v := range winoB4(&d) {
				*(*float32)(unsafe.Add(a.dst, (i*6+j)*a.posStride+4*c)) = v
			}
		}
	}
}

// winoOutputs returns which rows or columns of four an output transform of F(4,3) writes; see winograd.lay.
func winoOutputs(n int) []int {
	if n == 2 {
		return []int{0, 3}
	}
	return []int{0, 1, 2, 3}[:n]
}

func wino43OutputF32Generic(a *winoOutputArgs) {
	act := Clamp{a.lo, a.hi}
	for k := range a.cols {
		var t [6][4]float32
		for j := range t {
			var m [6]float32
			for i := range m {
				m[i] = *(*float32)(unsafe.Add(a.src, (i*6+j)*a.posStride+4*k))
			}
			t[j] = winoA4(&m)
		}
		bias := *(*float32)(unsafe.Add(a.bias, 4*k))
		for y, i := range winoOutputs(a.rows) {
			var m [6]float32
			for j := range m {
				m[j] = t[j][i]
			}
			o := winoA4(&m)
			for x, j := range winoOutputs(a.columns) {
				*(*float32)(unsafe.Add(a.dst, y*a.rowStride+x*a.pixStride+4*k)) = act.apply(o[j] + bias)
			}
		}
	}
}

// realFilter is a filter of r² weights, and room for its transform.
type realFilter struct {
	_   uncompared
	g   [25]float64
	t   [5][6]float64 // G applied to each column
	in  [5]float64
	out [6]float64
}

// winoG applies the rows of G to the columns, then to the rows of an r×r filter, in binary64: side is their number.
func winoG(f *realFilter, r, side int, row func(g []float64, out []float64), put func(int, float64)) {
	t, in := &f.t, f.in[:r]
	for j := range r {
		for i := range in {
			in[i] = f.g[i*r+j]
		}
		row(in, t[j][:side])
	}
	out := f.out[:side]
	for i := range side {
		for j := range in {
			in[j] = t[j][i]
		}
		row(in, out)
		for j, v := range out {
			put(i*side+j, v)
		}
	}
}

// winoRow6 is G of F(4,3), F(3,4) and F(2,5): the filter as a polynomial, at 0, ±1, ±2 and ∞.
func winoRow6(g, out []float64) {
	var even, odd, even2, odd2 float64 // sums of even and odd powers at 1 and 2
	power := 1.0
	for i, v := range g {
		if i%2 == 0 {
			even, even2 = even+v, even2+power*v
		} else {
			odd, odd2 = odd+v, odd2+power*v
		}
		power *= 2
	}
	out[0], out[5] = g[0]/4, g[len(g)-1]
	out[1], out[2] = -(even+odd)/6, -(even-odd)/6
	out[3], out[4] = (even2+odd2)/24, (even2-odd2)/24
}

func winoG43(f *realFilter, put func(int, float64)) { winoG(f, 3, 6, winoRow6, put) }
func winoG34(f *realFilter, put func(int, float64)) { winoG(f, 4, 6, winoRow6, put) }
func winoG25(f *realFilter, put func(int, float64)) { winoG(f, 5, 6, winoRow6, put) }

func winoG23(f *realFilter, put func(int, float64)) {
	winoG(f, 3, 4, func(g, out []float64) {
		out[0], out[1], out[2], out[3] = g[0], (g[0]+g[1]+g[2])/2, (g[0]-g[1]+g[2])/2, g[2]
	}, put)
}

// F(2,5) and F(2,3) in float32.

func wino25OutputF32Generic(a *winoOutputArgs) {
	wino2Output(a, 6, func(m []float32) [2]float32 {
		s, p := m[1]+m[2], m[3]+m[4]
		return [2]float32{m[0] + s + p, m[1] - m[2] + 2*(m[3]-m[4]) + m[5]}
	})
}

func wino23OutputF32Generic(a *winoOutputArgs) {
	wino2Output(a, 4, func(m []float32) [2]float32 { return [2]float32{m[0] + m[1] + m[2], m[1] - m[2] - m[3]} })
}

// wino2Output is the output transform to 2×2 pixels from side² positions, at applying Aᵀ to a column or row of them.
func wino2Output(a *winoOutputArgs, side int, at func([]float32) [2]float32) {
	act := Clamp{a.lo, a.hi}
	var t [2][6]float32
	var m [6]float32
	for k := range a.cols {
		for j := range side {
			for i := range side {
				m[i] = *(*float32)(unsafe.Add(a.src, (i*side+j)*a.posStride+4*k))
			}
			col := at(m[:side])
			t[0][j], t[1][j] = col[0], col[1]
		}
		bias := *(*float32)(unsafe.Add(a.bias, 4*k))
		for y := range a.rows {
			o := at(t[y][:side])
			for x := range a.columns {
				*(*float32)(unsafe.Add(a.dst, y*a.rowStride+x*a.pixStride+4*k)) = act.apply(o[x] + bias)
			}
		}
	}
}

func wino34OutputF32Generic(a *winoOutputArgs) {
	act := Clamp{a.lo, a.hi}
	at := func(m *[6]float32) [3]float32 {
		s, p := m[1]+m[2], m[3]+m[4]
		return [3]float32{m[0] + s + p, m[1] - m[2] + 2*(m[3]-m[4]), s + 4*p + m[5]}
	}
	for k := range a.cols {
		var t [3][6]float32
		for j := range 6 {
			var m [6]float32
			for i := range m {
				m[i] = *(*float32)(unsafe.Add(a.src, (i*6+j)*a.posStride+4*k))
			}
			for y, v := range at(&m) {
				t[y][j] = v
			}
		}
		bias := *(*float32)(unsafe.Add(a.bias, 4*k))
		for y := range a.rows {
			o := at(&t[y])
			for x := range a.columns {
				*(*float32)(unsafe.Add(a.dst, y*a.rowStride+x*a.pixStride+4*k)) = act.apply(o[x] + bias)
			}
		}
	}
}

func wino23InputF32Generic(a *winoInputArgs) {
	ptrs := (*[16]unsafe.Pointer)(a.ptrs)
	b := func(d *[4]float32) [4]float32 { return [4]float32{d[0] - d[2], d[1] + d[2], d[2] - d[1], d[1] - d[3]} }
	for c := range a.c {
		var t [4][4]float32 // columns transformed, [column][row]
		for j := range t {
			var d [4]float32
			for i := range d {
				d[i] = *(*float32)(unsafe.Add(ptrs[i*4+j], 4*c))
			}
			t[j] = b(&d)
		}
		for i := range 4 {
			for j, v := range b(&[4]float32{t[0][i], t[1][i], t[2][i], t[3][i]}) {
				*(*float32)(unsafe.Add(a.dst, (i*4+j)*a.posStride+4*c)) = v
			}
		}
	}
}
