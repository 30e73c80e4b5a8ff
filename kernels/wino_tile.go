package kernels

import "unsafe"

// Winograd's minimal filtering (Lavin & Gray, arXiv 1509.09308) computes a tile of m×m outputs of a 3×3 convolution
// from (m+2)×(m+2) inputs by (m+2)² multiplications per channel instead of 9·m²:
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
// uint8 uses F(2,3), 16 multiplications for 36, because it is exact in integers: with G doubled (so that every
// product is four times the true one) transformed inputs lie within ±1020 and filters within ±1143, which are
// int16; the sums are taken modulo 2³², and four times the true sum fits int32:
//
//	     ⎡1  0 −1  0⎤         ⎡2  0 0⎤
//	Bᵀ = ⎢0  1  1  0⎥    2G = ⎢1  1 1⎥   Aᵀ = ⎡1 1  1  0⎤
//	     ⎢0 −1  1  0⎥         ⎢1 −1 1⎥        ⎣0 1 −1 −1⎦
//	     ⎣0  1  0 −1⎦         ⎣0  0 2⎦

// WinoInput is the argument of the input transform of one tile: v[pos][c] = (Bᵀ d B)[pos] for each channel.
type WinoInput struct {
	ptrs      unsafe.Pointer // [(m+2)²] addresses of the tile's pixels; those outside the input point at the border row
	dst       unsafe.Pointer // position 0, channel 0; float32, or int16 for uint8 inputs
	posStride int            // bytes from one position to the next
	c         int            // channels, a multiple of 8 (float32) or 16 (uint8)
	//lint:ignore U1000 assembly uses it
	tmp [36 * 8]float32
}

// WinoOutput is the argument of the output transform of one tile and one block of channels: for y < rows,
// x < columns, k < cols
//
//	float32: dst[y][x][k] = clamp((Aᵀ m A)[y][x] + bias[k])
//	uint8:   dst[y][x][k] = Requantize((Aᵀ m A)[y][x]/4 + bias[k], scale[k], lo, hi, zero)
type WinoOutput struct {
	src       unsafe.Pointer // position 0, channel 0 of the block; float32 or int32
	posStride int            // bytes from one position to the next
	bias      unsafe.Pointer // [block] float32 or int32
	scale     unsafe.Pointer // [block] float32; uint8 only
	dst       unsafe.Pointer // pixel (0, 0), channel 0 of the block
	rowStride int            // bytes
	pixStride int            // bytes
	rows      int            // 1…m
	columns   int            // 1…m
	cols      int            // channels, ≥ 1; src, bias and scale are padded to a multiple of 8
	lo, hi    float32
	zero      int32
	//lint:ignore U1000 assembly uses it
	tmp [24 * 8]float32
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

func winoInputF32Generic(a *WinoInput) {
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

func winoOutputF32Generic(a *WinoOutput) {
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
		for y := range a.rows {
			var m [6]float32
			for j := range m {
				m[j] = t[j][y]
			}
			o := winoA4(&m)
			for x := range a.columns {
				*(*float32)(unsafe.Add(a.dst, y*a.rowStride+x*a.pixStride+4*k)) = act.apply(o[x] + bias)
			}
		}
	}
}

// winoG4 is G g Gᵀ of one 3×3 filter for F(4,3), computed in binary64.
func winoG4(g *[9]float64) [36]float64 {
	row := func(a, b, c float64) [6]float64 {
		return [6]float64{a / 4, -(a + b + c) / 6, -(a - b + c) / 6, a/24 + b/12 + c/6, a/24 - b/12 + c/6, c}
	}
	var t [3][6]float64 // G applied to each column
	for j := range t {
		t[j] = row(g[j], g[3+j], g[6+j])
	}
	var u [36]float64
	for i := range 6 {
		r := row(t[0][i], t[1][i], t[2][i])
		copy(u[i*6:], r[:])
	}
	return u
}

// F(2,3) in integers.

func winoInputU8Generic(a *WinoInput) {
	ptrs := (*[16]unsafe.Pointer)(a.ptrs)
	b := func(d *[4]int16) [4]int16 { return [4]int16{d[0] - d[2], d[1] + d[2], d[2] - d[1], d[1] - d[3]} }
	for c := range a.c {
		var t [4][4]int16
		for j := range t {
			var d [4]int16
			for i := range d {
				d[i] = int16(*(*uint8)(unsafe.Add(ptrs[i*4+j], c)))
			}
			t[j] = b(&d)
		}
		for i := range 4 {
			d := [4]int16{t[0][i], t[1][i], t[2][i], t[3][i]}
			for j, v := range b(&d) {
				*(*int16)(unsafe.Add(a.dst, (i*4+j)*a.posStride+2*c)) = v
			}
		}
	}
}

// winoGemmGeneric is the matrix product of F(2,3): dst[row][k] = Σ_c v[row][c]·u[c/2][k][c%2] modulo 2³² in int32,
// with one tap per tile; groups counts pairs of channels. Bias, scale and bounds are not read.
func winoGemmGeneric(a *ConvTile) {
	ptrs := unsafe.Slice((*unsafe.Pointer)(a.ptrs), a.tiles*genericMR)
	u := unsafe.Slice((*int16)(a.w), a.groups*genericNR*2)
	for t := range a.tiles {
		for r := range a.rowsOf(t, genericMR) {
			v := unsafe.Slice((*int16)(ptrs[t*genericMR+r]), a.groups*2)
			var acc [genericNR]int32
			for c, x := range v {
				for k := range acc {
					acc[k] += int32(x) * int32(u[(c/2*genericNR+k)*2+c%2])
				}
			}
			*(*[genericNR]int32)(unsafe.Add(a.dst, (t*genericMR+r)*a.dstStride)) = acc
		}
	}
}

func winoOutputU8Generic(a *WinoOutput) {
	at := func(m *[4]int32) [2]int32 { return [2]int32{m[0] + m[1] + m[2], m[1] - m[2] - m[3]} }
	for k := range a.cols {
		var t [4][2]int32
		for j := range t {
			var m [4]int32
			for i := range m {
				m[i] = *(*int32)(unsafe.Add(a.src, (i*4+j)*a.posStride+4*k))
			}
			t[j] = at(&m)
		}
		bias, scale := *(*int32)(unsafe.Add(a.bias, 4*k)), *(*float32)(unsafe.Add(a.scale, 4*k))
		for y := range a.rows {
			o := at(&[4]int32{t[0][y], t[1][y], t[2][y], t[3][y]})
			for x := range a.columns {
				*(*uint8)(unsafe.Add(a.dst, y*a.rowStride+x*a.pixStride+k)) = Requantize(o[x]>>2+bias, scale, a.lo, a.hi, a.zero)
			}
		}
	}
}

// winoG2 is 4·G g Gᵀ of one 3×3 filter for F(2,3).
func winoG2(g *[9]int8) [16]int16 {
	row := func(a, b, c int16) [4]int16 { return [4]int16{2 * a, a + b + c, a - b + c, 2 * c} }
	var t [3][4]int16
	for j := range t {
		t[j] = row(int16(g[j]), int16(g[3+j]), int16(g[6+j]))
	}
	var u [16]int16
	for i := range 4 {
		r := row(t[0][i], t[1][i], t[2][i])
		copy(u[i*4:], r[:])
	}
	return u
}
