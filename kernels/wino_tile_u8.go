package kernels

import "unsafe"

// Quantised Winograd alone.
const (
	OpWino43Filter OpKind = "wino43filter" // F(4,3), of filters in each run: their transform; func(*winoFilterArgs)
	OpWino23Filter OpKind = "wino23filter" // likewise for F(2,3)
	OpWinoGemm     OpKind = "winogemm"     // the int16 products; func(*convTileArgs)
)

// The transforms of wino_tile.go in integers, for uint8 activations and int8 filters: F(2,3), then F(4,3).

func wino23InputU8Generic(a *winoInputArgs) {
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

// winoGemmGeneric is the matrix product of either: dst[row][k] = Σ_c v[row][c]·u[c/2][k][c%2] modulo 2³² in int32,
// with one tap per tile; groups counts pairs of channels. Bias, scale and bounds are not read.
func winoGemmGeneric(a *convTileArgs) {
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

func wino23OutputU8Generic(a *winoOutputArgs) {
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
				*(*uint8)(unsafe.Add(a.dst, y*a.rowStride+x*a.pixStride+k)) = Requantize(o[x]+bias, scale, a.lo, a.hi, a.zero)
			}
		}
	}
}

// winoG23U8 is 4·G g Gᵀ of one 3×3 filter for F(2,3).
func winoG23U8(g *[9]int8, put func(int, int16)) {
	row := func(a, b, c int16) [4]int16 { return [4]int16{2 * a, a + b + c, a - b + c, 2 * c} }
	var t [3][4]int16
	for j := range t {
		t[j] = row(int16(g[j]), int16(g[3+j]), int16(g[6+j]))
	}
	for i := range 4 {
		for j, v := range row(t[0][i], t[1][i], t[2][i]) {
			put(i*4+j, v)
		}
	}
}

// F(4,3) in integers.

func wino43InputU8Generic(a *winoInputArgs) {
	ptrs := (*[36]unsafe.Pointer)(a.ptrs)
	b := func(d *[6]int16) [6]int16 {
		a, b := d[4]-4*d[2], d[3]-4*d[1]
		c, e := d[4]-d[2], 2*(d[3]-d[1])
		return [6]int16{4*d[0] - 5*d[2] + d[4], a + b, a - b, c + e, c - e, 4*d[1] - 5*d[3] + d[5]}
	}
	for c := range a.c {
		var t [6][6]int16 // columns transformed, [column][row]
		for j := range t {
			var d [6]int16
			for i := range d {
				d[i] = int16(*(*uint8)(unsafe.Add(ptrs[i*6+j], c)))
			}
			t[j] = b(&d)
		}
		for i := range 6 {
			for j, v := range b(&[6]int16{t[0][i], t[1][i], t[2][i], t[3][i], t[4][i], t[5][i]}) {
				*(*int16)(unsafe.Add(a.dst, (i*6+j)*a.posStride+2*c)) = v
			}
		}
	}
}

func wino43OutputU8Generic(a *winoOutputArgs) {
	at := func(m *[6]int32) [4]int32 {
		s, d := m[1]+m[2], m[1]-m[2]
		p, q := m[3]+m[4], m[3]-m[4]
		return [4]int32{m[0] + s + p, d + 2*q, s + 4*p, d + 8*q + 2*m[5]}
	}
	const ninth = 954437177 // 9·ninth = 1 modulo 2³²
	for k := range a.cols {
		var t [6][4]int32
		for j := range t {
			var m [6]int32
			for i := range m {
				m[i] = *(*int32)(unsafe.Add(a.src, (i*6+j)*a.posStride+4*k))
			}
			t[j] = at(&m)
		}
		bias, scale := *(*int32)(unsafe.Add(a.bias, 4*k)), *(*float32)(unsafe.Add(a.scale, 4*k))
		for y, i := range winoOutputs(a.rows) {
			o := at(&[6]int32{t[0][i], t[1][i], t[2][i], t[3][i], t[4][i], t[5][i]})
			for x, j := range winoOutputs(a.columns) {
				*(*uint8)(unsafe.Add(a.dst, y*a.rowStride+x*a.pixStride+k)) = Requantize((o[j]+bias)*ninth, scale, a.lo, a.hi,
					a.zero)
			}
		}
	}
}

// winoG43U8 is 576·G g Gᵀ of one 3×3 filter for F(4,3), but for the factors 2 and 4 that Aᵀ makes up for.
func winoG43U8(g *[9]int8, put func(int, int16)) {
	row := func(a, b, c int16) [6]int16 {
		return [6]int16{6 * a, -4 * (a + b + c), -4 * (a - b + c), a + 2*b + 4*c, a - 2*b + 4*c, 12 * c}
	}
	var t [3][6]int16
	for j := range t {
		t[j] = row(int16(g[j]), int16(g[3+j]), int16(g[6+j]))
	}
	for i := range 6 {
		for j, v := range row(t[0][i], t[1][i], t[2][i]) {
			put(i*6+j, v)
		}
	}
}

func wino43FilterGeneric(a *winoFilterArgs) { winoFilter(a, 6, winoG43U8) }
func wino23FilterGeneric(a *winoFilterArgs) { winoFilter(a, 4, winoG23U8) }

func winoFilter(a *winoFilterArgs, side int, transform func(*[9]int8, func(int, int16))) {
	src := unsafe.Slice((*int8)(a.src), a.groups*9*a.lanes)
	rows := winoRows(a.pair, side)
	var to int // in each position
	put := func(pos int, v int16) {
		for i, row := range rows {
			if pos/side == row {
				*(*int16)(unsafe.Add(a.dst, (i*side+pos%side)*a.posStride+2*to)) = v
			}
		}
	}
	for to = range a.groups * a.lanes {
		var g [9]int8
		for t := range g {
			g[t] = src[(to/a.lanes*9+t)*a.lanes+to%a.lanes]
		}
		transform(&g, put)
	}
}
