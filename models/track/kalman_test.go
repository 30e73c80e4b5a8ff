package track

import (
	"math"
	"math/rand/v2"
	"testing"
)

// dense is the filter as the paper's program has it: eight states, whole matrices, nothing known of their zeros.
type dense struct {
	x [8]float64
	p [8][8]float64
}

func (d *dense) start(z [4]float64) {
	*d = dense{}
	copy(d.x[:], z[:])
	h := z[3]
	for i, s := range [8]float64{2 * place * h, 2 * place * h, 1e-2, 2 * place * h, 10 * motion * h, 10 * motion * h, 1e-5,
		10 * motion * h} {
		d.p[i][i] = s * s
	}
}

func (d *dense) predict() {
	var f [8][8]float64
	for i := range f {
		f[i][i] = 1
		if i < 4 {
			f[i][i+4] = 1
		}
	}
	h := d.x[3]
	var x [8]float64
	var fp, p [8][8]float64
	for i := range f {
		for k := range f {
			x[i] += f[i][k] * d.x[k]
			for j := range f {
				fp[i][j] += f[i][k] * d.p[k][j]
			}
		}
	}
	for i := range f {
		for j := range f {
			for k := range f {
				p[i][j] += fp[i][k] * f[j][k]
			}
		}
	}
	for i, s := range [8]float64{place * h, place * h, 1e-2, place * h, motion * h, motion * h, 1e-5, motion * h} {
		p[i][i] += s * s
	}
	d.x, d.p = x, p
}

// correct solves for the gain by elimination: K·S = P·Hᵀ.
func (d *dense) correct(z [4]float64) {
	h := d.x[3]
	var s [4][4]float64
	for i := range s {
		for j := range s {
			s[i][j] = d.p[i][j]
		}
	}
	for i, r := range [4]float64{place * h, place * h, 1e-1, place * h} {
		s[i][i] += r * r
	}
	inv := invert(s)
	var k [8][4]float64
	for i := range k {
		for j := range s {
			for l := range s {
				k[i][j] += d.p[i][l] * inv[l][j]
			}
		}
	}
	var x [8]float64
	p := d.p
	for i := range k {
		x[i] = d.x[i]
		for j := range s {
			x[i] += k[i][j] * (z[j] - d.x[j])
			for c := range p {
				p[i][c] -= k[i][j] * d.p[j][c]
			}
		}
	}
	d.x, d.p = x, p
}

func invert(m [4][4]float64) (inv [4][4]float64) {
	for i := range inv {
		inv[i][i] = 1
	}
	for i := range m {
		v := m[i][i]
		for j := range m {
			m[i][j] /= v
			inv[i][j] /= v
		}
		for r := range m {
			if f := m[r][i]; r != i {
				for j := range m {
					m[r][j] -= f * m[i][j]
					inv[r][j] -= f * inv[i][j]
				}
			}
		}
	}
	return inv
}

// TestKalman: four filters of two states are the one of eight.
func TestKalman(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 50 {
		var k kalman
		var d dense
		z := [4]float64{r.Float64() * 1000, r.Float64() * 700, 0.3 + r.Float64(), 20 + r.Float64()*300}
		vx, vy := r.NormFloat64()*8, r.NormFloat64()*4
		at := func() rect {
			w := z[2] * z[3]
			return rect{z[0] - w/2, z[1] - z[3]/2, z[0] + w/2, z[1] + z[3]/2}
		}
		k.start(at())
		d.start(z)
		for frame := range 60 {
			z[0], z[1], z[3] = z[0]+vx+r.NormFloat64(), z[1]+vy+r.NormFloat64(), max(z[3]+r.NormFloat64(), 10)
			k.predict(true)
			d.predict()
			if frame%7 != 3 {
				k.correct(at())
				d.correct(z)
			}
			for i, a := range []axis{k.cx, k.cy, k.ratio, k.height} {
				for j, pair := range [][2]float64{{a.x, d.x[i]}, {a.v, d.x[i+4]}, {a.pxx, d.p[i][i]}, {a.pxv, d.p[i][i+4]},
					{a.pvv, d.p[i+4][i+4]}} {
					if math.Abs(pair[0]-pair[1]) > 1e-9*max(1, math.Abs(pair[1])) {
						t.Fatalf("frame %d, state %d, number %d: %v, want %v", frame, i, j, pair[0], pair[1])
					}
				}
			}
		}
	}
}

// TestKalmanConverges: what moves evenly is predicted to a hundredth of a pixel.
func TestKalmanConverges(t *testing.T) {
	var k kalman
	box := rect{10, 20, 50, 120}
	k.start(box)
	for range 200 {
		box = rect{box.x0 + 3, box.y0 - 1, box.x1 + 3, box.y1 - 1}
		k.predict(true)
		k.correct(box)
	}
	k.predict(true)
	got, want := k.box(), rect{box.x0 + 3, box.y0 - 1, box.x1 + 3, box.y1 - 1}
	for _, d := range []float64{got.x0 - want.x0, got.y0 - want.y0, got.x1 - want.x1, got.y1 - want.y1,
		k.cx.v - 3, k.cy.v + 1} {
		if math.Abs(d) > 0.01 {
			t.Errorf("%+v, want %+v; velocity %v, %v", got, want, k.cx.v, k.cy.v)
		}
	}
}
