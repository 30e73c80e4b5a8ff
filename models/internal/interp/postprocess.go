package interp

import (
	"math"
	"sort"

	"github.com/gneiss-go/gneiss/runtime"
)

var _ = define(func(op *runtime.PostProcess, n *runtime.Node, in [][]float32, out []float32) {
	boxes, scores := n.In[0].Shape, n.In[1].Shape
	count, rows := boxes.H*boxes.W, op.Detections*op.PerDetection
	corner := make([][4]float32, count)
	score := make([][]float32, count) // without the background
	for i := range corner {
		e, a := in[0][i*boxes.C:], op.Anchors[4*i:]
		for k := range 2 {
			centre := float32(float64(e[k])/float64(op.Scale[k])*float64(a[2+k]) + float64(a[k]))
			half := float32(0.5 * math.Exp(float64(e[2+k])/float64(op.Scale[2+k])) * float64(a[2+k]))
			corner[i][k], corner[i][2+k] = centre-half, centre+half
		}
		score[i] = in[1][i*scores.C:][:scores.C][scores.C-op.Classes:]
	}
	row, found := 0, 0
	put := func(box, class int) {
		copy(out[4*row:], corner[box][:])
		out[4*rows+row], out[5*rows+row] = float32(class), score[box][class]
		row++
	}
	if op.Regular {
		type detection struct{ box, class int }
		var all []detection
		for c := range op.Classes {
			of := func(box int) float32 { return score[box][c] }
			for _, box := range suppressed(op, corner, of, min(op.PerClass, op.Detections)) {
				all = append(all, detection{box, c})
			}
		}
		sort.SliceStable(all, func(i, j int) bool { // of equal scores the later class first
			a, b := all[i], all[j]
			return score[a.box][a.class] > score[b.box][b.class] ||
				score[a.box][a.class] == score[b.box][b.class] && a.class > b.class
		})
		for _, d := range all[:min(len(all), op.Detections)] {
			put(d.box, d.class)
			found++
		}
	} else {
		order := func(box int) []int {
			classes := make([]int, op.Classes)
			for c := range classes {
				classes[c] = c
			}
			sort.SliceStable(classes, func(i, j int) bool { return score[box][classes[i]] > score[box][classes[j]] })
			return classes
		}
		best := func(box int) float32 { return score[box][order(box)[0]] }
		for i, box := range suppressed(op, corner, best, op.Detections) {
			row = i * op.PerDetection
			for _, c := range order(box)[:min(op.PerDetection, op.Classes)] {
				put(box, c)
			}
			found++
		}
	}
	out[6*rows] = float32(found)
})

// suppressed are boxes by their scores, the highest first, without those that overlap with one before them.
func suppressed(op *runtime.PostProcess, corner [][4]float32, score func(box int) float32, most int) (taken []int) {
	var order []int
	for i := range corner {
		if score(i) >= op.MinScore {
			order = append(order, i)
		}
	}
	sort.SliceStable(order, func(i, j int) bool { return score(order[i]) > score(order[j]) })
	if op.Candidates > 0 {
		order = order[:min(len(order), op.Candidates)]
	}
	area := func(top, left, bottom, right float32) float64 {
		return float64(max(bottom-top, 0)) * float64(max(right-left, 0))
	}
	for _, i := range order {
		a, free := corner[i], len(taken) < most
		for _, j := range taken {
			b := corner[j]
			both := area(max(a[0], b[0]), max(a[1], b[1]), min(a[2], b[2]), min(a[3], b[3]))
			union := area(a[0], a[1], a[2], a[3]) + area(b[0], b[1], b[2], b[3]) - both
			if union > 0 && both/union > float64(op.MaxOverlap) {
				free = false
			}
		}
		if free {
			taken = append(taken, i)
		}
	}
	return taken
}
