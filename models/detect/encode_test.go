package detect

import (
	"math"

	"github.com/gneiss-go/gneiss/models/card"
)

const ultra128 = 3*256 + 2*64 + 2*16 + 3*4

// yolov5 returns a cell of the middle map, and the logits of its second anchor.
func (k *known) yolov5() (int, []float32) {
	x, y, w, h := k.centre()
	i, cx, cy := k.cell(8, 16)
	root := func(v float32) float32 { return unsigmoid(float32(math.Sqrt(float64(v))) / 2) }
	t := []float32{unsigmoid((x/16 - cx + 0.5) / 2), unsigmoid((y/16 - cy + 0.5) / 2), root(w / 62), root(h / 45),
		unsigmoid(0.95), -9, -9, -9}
	t[5+k.class] = unsigmoid(k.score / 0.95)
	return i, t
}

// distances are logits of distributions whose means are the sides' distances from a point: two neighbours share all.
func (k *known) distances(x, y, stride float32) []float32 {
	out := make([]float32, 32)
	for s, d := range []float32{x - k.x0, y - k.y0, k.x1 - x, k.y1 - y} {
		d /= stride
		at := int(d)
		for j := range 8 {
			out[8*s+j] = -40
		}
		out[8*s+at] = ln(1 - (d - float32(at)) + 1e-9)
		out[8*s+at+1] = ln(d - float32(at) + 1e-9)
	}
	return out
}

// offsets are those from a square anchor.
func (k *known) offsets(px, py, side float32) []float32 {
	x, y, w, h := k.centre()
	return []float32{(x - px) / (0.1 * side), (y - py) / (0.1 * side), ln(w/side) / 0.2, ln(h/side) / 0.2}
}

func ssdCard(kind string) card.Head {
	return card.Head{Kind: kind, Strides: []int{16, 32}, Anchors: [][]card.Anchor{
		{{Width: 24, Height: 24}, {Width: 40, Height: 40}}, {{Width: 64, Height: 64}}}}
}

func ssdOutputs(logits bool) []fake {
	const n = 2*64 + 16
	outs := []fake{tensor("loc", 0, 1, n, 4), tensor("conf", 0, 1, n, 4)}
	for i := range n {
		outs[1].set(i, 0, 1)
		if logits {
			outs[1].set(i, 0, 5)
		}
	}
	for _, k := range things {
		i, cx, cy := k.cell(8, 16)
		outs[0].set(2*i+1, 0, k.offsets(16*cx+8, 16*cy+8, 40)...)
		outs[1].set(2*i+1, 0, 1-k.score, 0, 0, 0)
		outs[1].set(2*i+1, 1+k.class, k.score)
		if logits {
			outs[1].set(2*i+1, 0, 0, -50, -50, -50)
			outs[1].set(2*i+1, 1+k.class, unsigmoid(k.score))
		}
	}
	return outs
}

func scrfdOutputs(points bool) []fake {
	var outs []fake
	for _, n := range []int{1, 4, 10} {
		for _, side := range []int{16, 8, 4} {
			if n < 10 || points {
				outs = append(outs, tensor("", 0, 2*side*side, n))
			}
		}
	}
	for _, k := range things {
		i, cx, cy := k.cell(8, 16)
		outs[1].set(2*i+1, 0, k.score)
		outs[4].set(2*i+1, 0, cx-k.x0/16, cy-k.y0/16, k.x1/16-cx, k.y1/16-cy)
		if points {
			p := k.points(5)
			for n := range p {
				p[n] = p[n]/16 - []float32{cx, cy}[n%2]
			}
			outs[7].set(2*i+1, 0, p...)
		}
	}
	return outs
}

func blazeOutputs(points int, cut bool) []fake {
	const first = 2 * 16 * 16
	outs := []fake{tensor("regressors", 0, 1, first+6*64, 4+2*points), tensor("classificators", -9, 1, first+6*64, 1)}
	for _, k := range things {
		x, y, w, h := k.centre()
		i, cx, cy := k.cell(8, 16)
		ax, ay := 16*cx+8, 16*cy+8
		t := []float32{x - ax, y - ay, w, h}
		for n, v := range k.points(points) {
			t = append(t, v-[]float32{ax, ay}[n%2])
		}
		outs[0].set(first+6*i+4, 0, t...)
		outs[1].set(first+6*i+4, 0, unsigmoid(k.score))
	}
	if cut {
		a, b := outs[0], outs[1]
		c := 4 + 2*points
		outs = []fake{{"", []int{1, first, c}, a.data[:first*c]}, {"", []int{1, first, 1}, b.data[:first]},
			{"", []int{1, 384, 1}, b.data[first:]}, {"", []int{1, 384, c}, a.data[first*c:]}}
	}
	return outs
}

func centerOutputs(logits bool) []fake {
	outs := []fake{tensor("hm", 0, 1, 3, 32, 32), tensor("wh", 0, 1, 2, 32, 32), tensor("reg", 0, 1, 2, 32, 32)}
	if logits {
		outs[0] = tensor("hm", -9, 1, 3, 32, 32)
	}
	for _, k := range things {
		x, y, w, h := k.centre()
		i, cx, cy := k.cell(32, 4)
		score := func(p float32) float32 {
			if logits {
				return unsigmoid(p)
			}
			return p
		}
		outs[0].put(i, k.class, score(k.score))
		outs[0].put(i+1, k.class, score(k.score-0.1)) // a neighbour is no thing of its own
		outs[0].put(i+32, k.class, score(k.score))    // nor is one as hot
		outs[1].put(i, 0, w/4, h/4)
		outs[2].put(i, 0, x/4-cx, y/4-cy)
	}
	return outs
}
