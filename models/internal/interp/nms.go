package interp

import (
	"math"

	"github.com/gneiss-go/gneiss/runtime"
)

var _ = define(func(op *runtime.NMS, n *runtime.Node, in [][]float32, out []float32) {
	boxes, classes := n.In[0].Shape.W, n.In[1].Shape.W
	var rows []float32
	for b := range n.In[0].Shape.N {
		for class := range classes {
			var chosen []int
			row := in[1][(b*classes+class)*boxes:][:boxes]
			for _, i := range best(row, false) {
				high := row[i] > op.Least || row[i] == row[i] && math.IsInf(float64(op.Least), -1)
				if !high || len(chosen) == op.Most {
					continue
				}
				free := true
				for _, j := range chosen {
					share := overlap(op.Centre, in[0][(b*boxes+i)*4:], in[0][(b*boxes+j)*4:])
					free = free && !(share > op.IoU || op.AtLeast && share == op.IoU)
				}
				if free {
					chosen = append(chosen, i)
					rows = append(rows, float32(b), float32(class), float32(i))
				}
			}
		}
	}
	if op.Count {
		out[0] = float32(min(len(rows)/3, op.Rows))
		return
	}
	for i := range out {
		out[i] = -1
	}
	copy(out, rows)
})

// overlap is what two boxes have in common through what they cover; −∞ if one has no area.
func overlap(centre bool, p, q []float32) float32 {
	sides := func(v []float32, d int) (lo, hi float32) {
		lo, hi = v[d], v[d+2]
		if centre {
			lo, hi = v[d]-v[d+2]/2, v[d]+v[d+2]/2
		}
		return min(lo, hi), max(lo, hi)
	}
	common, one, two := float32(1), float32(1), float32(1)
	for d := range 2 {
		a, b := sides(p, d)
		x, y := sides(q, d)
		common *= max(0, min(b, y)-max(a, x))
		one, two = one*(b-a), two*(y-x)
	}
	if !(one > 0 && two > 0 && one+two-common > 0) {
		return float32(math.Inf(-1))
	}
	return common / (one + two - common)
}
