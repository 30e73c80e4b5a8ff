package kernels

import "unsafe"

// Winograd's minimal filtering F(4×4, 3×3) (Lavin & Gray, arXiv 1509.09308) computes a 4×4 tile of outputs from a
// 6×6 tile of inputs by 36 multiplications per channel instead of 144:
//
//	Y = Aᵀ [ (G g Gᵀ) ⊙ (Bᵀ d B) ] A
//
//	     ⎡4  0 −5  0 1 0⎤        ⎡ 1/4    0    0 ⎤
//	     ⎢0 −4 −4  1 1 0⎥        ⎢−1/6 −1/6 −1/6⎥        ⎡1 1  1 1  1 0⎤
//	Bᵀ = ⎢0  4 −4 −1 1 0⎥    G = ⎢−1/6  1/6 −1/6⎥   Aᵀ = ⎢0 1 −1 2 −2 0⎥
//	     ⎢0 −2 −1  2 1 0⎥        ⎢1/24 1/12  1/6⎥        ⎢0 1  1 4  4 0⎥
//	     ⎢0  2 −1 −2 1 0⎥        ⎢1/24 −1/12 1/6⎥        ⎣0 1 −1 8 −8 1⎦
//	     ⎣0  4  0 −5 0 1⎦        ⎣  0     0    1 ⎦
//
// The sum over channels is a matrix product for each of the 36 positions, done by the convolution tile kernel.
const (
	winoIn  = 6 // rows and columns of an input tile
	winoOut = 4 // of an output tile
	winoPos = winoIn * winoIn
)

// WinoInputF32 is the argument of the input transform of one tile: v[pos][c] = (Bᵀ d B)[pos] for each channel.
type WinoInputF32 struct {
	ptrs      unsafe.Pointer // [36] addresses of the tile's pixels; those outside the input point at zeros
	dst       unsafe.Pointer // position 0, channel 0
	posStride int            // bytes from one position to the next
	c         int            // channels, a multiple of 8
	tmp       [winoPos * 8]float32
}

// WinoOutputF32 is the argument of the output transform of one tile and one block of channels:
// dst[y][x][k] = clamp((Aᵀ m A)[y][x] + bias[k]) for y < rows, x < columns, k < cols.
type WinoOutputF32 struct {
	src       unsafe.Pointer // position 0, channel 0 of the block
	posStride int            // bytes from one position to the next
	bias      unsafe.Pointer // [block] float32
	dst       unsafe.Pointer // pixel (0, 0), channel 0 of the block
	rowStride int            // bytes
	pixStride int            // bytes
	rows      int            // 1…4
	columns   int            // 1…4
	cols      int            // channels, ≥ 1; src and bias are padded to a multiple of 8
	lo, hi    float32
	tmp       [winoOut * winoIn * 8]float32
}

// winoB is Bᵀ·d for six numbers.
func winoB(d *[winoIn]float32) [winoIn]float32 {
	a, b := d[4]-4*d[2], d[3]-4*d[1]
	c, e := d[4]-d[2], 2*(d[3]-d[1])
	return [winoIn]float32{4*d[0] + (d[4] - 5*d[2]), a + b, a - b, c + e, c - e, 4*d[1] + (d[5] - 5*d[3])}
}

// winoA is Aᵀ·m for six numbers.
func winoA(m *[winoIn]float32) [winoOut]float32 {
	s, d := m[1]+m[2], m[1]-m[2]
	p, q := m[3]+m[4], m[3]-m[4]
	return [winoOut]float32{m[0] + s + p, d + 2*q, s + 4*p, d + 8*q + m[5]}
}

func winoInputF32Generic(a *WinoInputF32) {
	ptrs := (*[winoPos]unsafe.Pointer)(a.ptrs)
	for c := range a.c {
		var t [winoIn][winoIn]float32 // columns transformed, [column][row]
		for j := range winoIn {
			var d [winoIn]float32
			for i := range d {
				d[i] = *(*float32)(unsafe.Add(ptrs[i*winoIn+j], 4*c))
			}
			t[j] = winoB(&d)
		}
		for i := range winoIn {
			var d [winoIn]float32
			for j := range d {
				d[j] = t[j][i]
			}
			for j, v := range winoB(&d) {
				*(*float32)(unsafe.Add(a.dst, (i*winoIn+j)*a.posStride+4*c)) = v
			}
		}
	}
}

func winoOutputF32Generic(a *WinoOutputF32) {
	act := Clamp{a.lo, a.hi}
	for k := range a.cols {
		var t [winoIn][winoOut]float32
		for j := range winoIn {
			var m [winoIn]float32
			for i := range m {
				m[i] = *(*float32)(unsafe.Add(a.src, (i*winoIn+j)*a.posStride+4*k))
			}
			t[j] = winoA(&m)
		}
		bias := *(*float32)(unsafe.Add(a.bias, 4*k))
		for y := range a.rows {
			var m [winoIn]float32
			for j := range m {
				m[j] = t[j][y]
			}
			o := winoA(&m)
			for x := range a.columns {
				*(*float32)(unsafe.Add(a.dst, y*a.rowStride+x*a.pixStride+4*k)) = act.apply(o[x] + bias)
			}
		}
	}
}

// winoG is G g Gᵀ of one 3×3 filter, computed in binary64.
func winoG(g *[9]float64) [winoPos]float64 {
	row := func(a, b, c float64) [winoIn]float64 {
		return [winoIn]float64{a / 4, -(a + b + c) / 6, -(a - b + c) / 6, a/24 + b/12 + c/6, a/24 - b/12 + c/6, c}
	}
	var t [3][winoIn]float64 // G applied to each column
	for j := range 3 {
		t[j] = row(g[j], g[3+j], g[6+j])
	}
	var u [winoPos]float64
	for i := range winoIn {
		r := row(t[0][i], t[1][i], t[2][i])
		copy(u[i*winoIn:], r[:])
	}
	return u
}
