package kernels

import (
	"math"
	"testing"

	"github.com/gneiss-go/gneiss/internal/test/guard"
)

// TestNMS compares with a search for the best box that is left, again and again.
func TestNMS(t *testing.T) {
	forKernels(t, OpNMS, F32, func(t *testing.T, k *Kernel) {
		r := newRand(t)
		for trial := range 150 {
			n := NMS{Boxes: 1 + r.IntN(30), Most: 1 + r.IntN(6), Rows: 1 + r.IntN(20), IoU: float32(r.IntN(5)) / 4,
				Least: negInf, Centre: trial&1 != 0, AtLeast: trial&2 != 0, Count: trial&4 != 0}
			if trial&8 != 0 {
				n.Least = float32(r.IntN(8)) / 8
			}
			images, classes := 1+r.IntN(2), 1+r.IntN(3)
			boxes, scores := integers[float32](r, images*n.Boxes*4, -3, 4), integers[float32](r, images*classes*n.Boxes, 0, 8)
			for i := range scores {
				if scores[i] /= 8; r.IntN(20) == 0 {
					scores[i] = []float32{negInf, posInf, float32(math.NaN())}[r.IntN(3)]
				}
			}
			overlap := func(image, i, j int) bool {
				return n.overlap(boxes[(image*n.Boxes+i)*4:][:4], boxes[(image*n.Boxes+j)*4:][:4])
			}
			var want []int32
			for image := range images {
				for class := range classes {
					row := scores[(image*classes+class)*n.Boxes:][:n.Boxes]
					var chosen []int
					gone := make([]bool, n.Boxes)
					for len(chosen) < n.Most {
						best := -1
						for i, s := range row {
							if !gone[i] && s == s && (s > n.Least || n.Least == negInf) && (best < 0 || s > row[best]) {
								best = i
							}
						}
						if best < 0 {
							break
						}
						gone[best] = true
						free := true
						for _, j := range chosen {
							free = free && !overlap(image, best, j)
						}
						if free {
							chosen = append(chosen, best)
							want = append(want, int32(image), int32(class), int32(best))
						}
					}
				}
			}
			count := min(len(want)/3, n.Rows)
			want = want[:3*count]
			for len(want) < 3*n.Rows {
				want = append(want, -1)
			}
			rows, c := n.Rows, 3
			if n.Count {
				want, rows, c = []int32{int32(count)}, 1, 1
			}
			op, err := NewNMS(n, k.ISA)
			if err != nil {
				t.Fatal(err)
			}
			side := guard.Sides[trial/16%2]
			in := set(newTensor(t, side, F32, images, 1, n.Boxes, 4, 4+r.IntN(2)), boxes)
			by := set(newTensor(t, side, F32, images, 1, classes, n.Boxes, n.Boxes+r.IntN(2)), scores)
			out := newTensor(t, side, S32, 1, 1, rows, c, c+r.IntN(2))
			runTask(t, op, []*tensor{in, by}, []*tensor{out})
			equalBits(t, "chosen", get[int32](out), want)
		}
	})
	for _, bad := range []NMS{{}, {Boxes: 1, Most: 1}, {Boxes: 1, Rows: 1}, {Most: 1, Rows: 1},
		{Boxes: 1, Most: 1, Rows: 1, IoU: float32(math.NaN())}} {
		if _, err := NewNMS(bad, 0); err == nil {
			t.Errorf("%+v", bad)
		}
	}
}

// overlap is that of nmsArgs, in binary64 up to the quotient: of small whole numbers and halves all is exact.
func (n NMS) overlap(a, b []float32) bool {
	edges := func(b []float32) (v [4]float64) { // least and largest y, least and largest x
		for d := range 2 {
			p, q := float64(b[d]), float64(b[d+2])
			if n.Centre {
				p, q = p-q/2, p+q/2
			}
			v[2*d], v[2*d+1] = min(p, q), max(p, q)
		}
		return v
	}
	p, q := edges(a), edges(b)
	area := func(v [4]float64) float64 { return (v[1] - v[0]) * (v[3] - v[2]) }
	common := max(min(p[1], q[1])-max(p[0], q[0]), 0) * max(min(p[3], q[3])-max(p[2], q[2]), 0)
	all := area(p) + area(q) - common
	if area(p) <= 0 || area(q) <= 0 || all <= 0 {
		return false
	}
	share := float32(common) / float32(all)
	return share > n.IoU || n.AtLeast && share == n.IoU
}
