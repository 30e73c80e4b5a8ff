package detect

import (
	"math"
	"sort"
	"testing"
)

// What follows reads networks' outputs a second time, by plain loops in float64 over the tensors as their frameworks
// have them. Nothing of it is shared with the decoders.

// plainBox is a box of the network's input: left, top, right, bottom, and x and y of its points.
type plainBox struct {
	corners [4]float64
	score   float64
	class   int
	points  []float64
}

func plainCentre(cx, cy, w, h float64) [4]float64 {
	return [4]float64{cx - w/2, cy - h/2, cx + w/2, cy + h/2}
}

func plainSigmoid(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

// plainSuppress keeps of overlapping boxes of a class the best, and scales from an input of iw×ih to a picture of
// pw×ph.
func plainSuppress(in []plainBox, threshold, overlap float64, all bool, iw, ih, pw, ph int) []plainBox {
	sx, sy := float64(pw)/float64(iw), float64(ph)/float64(ih)
	var boxes []plainBox
	for _, b := range in {
		if b.score >= threshold {
			boxes = append(boxes, b)
		}
	}
	sort.SliceStable(boxes, func(i, j int) bool { // of equal scores the lesser class, then what comes first
		return boxes[i].score > boxes[j].score || boxes[i].score == boxes[j].score && boxes[i].class < boxes[j].class
	})
	var kept []plainBox
	for _, b := range boxes {
		ok := true
		for _, k := range kept {
			l, t := math.Max(b.corners[0], k.corners[0]), math.Max(b.corners[1], k.corners[1])
			r, u := math.Min(b.corners[2], k.corners[2]), math.Min(b.corners[3], k.corners[3])
			inter := math.Max(0, r-l) * math.Max(0, u-t)
			union := (b.corners[2]-b.corners[0])*(b.corners[3]-b.corners[1]) +
				(k.corners[2]-k.corners[0])*(k.corners[3]-k.corners[1]) - inter
			if !all && b.class == k.class && inter/union > overlap {
				ok = false
			}
		}
		if ok {
			kept = append(kept, b)
		}
	}
	var out []plainBox
	for _, b := range kept[:min(len(kept), DefaultMost)] {
		c := b
		c.points = nil
		for i := range 4 {
			side, scale := pw, sx
			if i%2 == 1 {
				side, scale = ph, sy
			}
			c.corners[i] = math.Min(math.Max(b.corners[i]*scale, 0), float64(side))
		}
		if c.corners[0] >= c.corners[2] || c.corners[1] >= c.corners[3] {
			continue
		}
		for i, p := range b.points {
			if i%2 == 0 {
				c.points = append(c.points, p*sx)
			} else {
				c.points = append(c.points, p*sy)
			}
		}
		out = append(out, c)
	}
	return out
}

func plainPostProcess(_ *testing.T, outs [][]float64) (boxes []plainBox) {
	for i := range int(outs[3][0]) {
		b := outs[0][4*i:]
		boxes = append(boxes, plainBox{corners: [4]float64{b[1] * 300, b[0] * 300, b[3] * 300, b[2] * 300}, score: outs[2][i],
			class: int(outs[1][i])})
	}
	return boxes
}

func plainYOLOX(_ *testing.T, outs [][]float64) (boxes []plainBox) {
	at := 0
	for _, stride := range []int{8, 16, 32} {
		for j := 0; j < 416/stride; j++ {
			for i := 0; i < 416/stride; i++ {
				t := outs[0][at*85 : at*85+85]
				at++
				class := 0
				for c := range 80 {
					if t[5+c] > t[5+class] {
						class = c
					}
				}
				s := float64(stride)
				boxes = append(boxes, plainBox{corners: plainCentre((t[0]+float64(i))*s, (t[1]+float64(j))*s,
					math.Exp(t[2])*s, math.Exp(t[3])*s), score: t[4] * t[5+class], class: class})
			}
		}
	}
	return boxes
}

func plainFastestDet(_ *testing.T, outs [][]float64) (boxes []plainBox) {
	at := func(c, j, i int) float64 { return outs[0][(c*22+j)*22+i] }
	for j := range 22 {
		for i := range 22 {
			class := 0
			for c := range 80 {
				if at(5+c, j, i) > at(5+class, j, i) {
					class = c
				}
			}
			cx := (math.Tanh(at(1, j, i)) + float64(i)) / 22
			cy := (math.Tanh(at(2, j, i)) + float64(j)) / 22
			w, h := plainSigmoid(at(3, j, i)), plainSigmoid(at(4, j, i))
			boxes = append(boxes, plainBox{corners: plainCentre(cx*352, cy*352, w*352, h*352), class: class,
				score: math.Pow(at(0, j, i), 0.6) * math.Pow(at(5+class, j, i), 0.4)})
		}
	}
	return boxes
}

func plainYOLOv8(_ *testing.T, outs [][]float64) (boxes []plainBox) {
	const n = 24*24 + 12*12 + 6*6
	for i := range n {
		o := outs[0]
		boxes = append(boxes, plainBox{corners: plainCentre(o[i]*192, o[n+i]*192, o[2*n+i]*192, o[3*n+i]*192),
			score: o[4*n+i]})
	}
	return boxes
}

// plainUltraFace reads scores and offsets; anchors as fd_config.py and box_utils.py make them, in shares of the input.
func plainUltraFace(_ *testing.T, outs [][]float64) (boxes []plainBox) {
	minBoxes := [][]float64{{10, 16, 24}, {32, 48}, {64, 96}, {128, 192, 256}}
	k := 0
	for level, shrink := range []float64{8, 16, 32, 64} {
		fw, fh := int(math.Ceil(320/shrink)), int(math.Ceil(240/shrink))
		for j := range fh {
			for i := range fw {
				for _, m := range minBoxes[level] {
					px, py := (float64(i)+0.5)/(320/shrink), (float64(j)+0.5)/(240/shrink)
					pw, ph := m/320, m/240
					t := outs[1][4*k : 4*k+4]
					cx, cy := t[0]*0.1*pw+px, t[1]*0.1*ph+py
					w, h := math.Exp(t[2]*0.2)*pw, math.Exp(t[3]*0.2)*ph
					boxes = append(boxes, plainBox{corners: plainCentre(cx*320, cy*240, w*320, h*240), score: outs[0][2*k+1]})
					k++
				}
			}
		}
	}
	return boxes
}

func plainYuNet(_ *testing.T, outs [][]float64) (boxes []plainBox) {
	for level, stride := range []int{8, 16, 32} {
		side, s := 320/stride, float64(stride)
		for k := range side * side {
			i, j := float64(k%side), float64(k/side)
			b, p := outs[6+level][4*k:], outs[9+level][10*k:]
			box := plainBox{score: math.Sqrt(outs[level][k] * outs[3+level][k]),
				corners: plainCentre((i+b[0])*s, (j+b[1])*s, math.Exp(b[2])*s, math.Exp(b[3])*s)}
			for n := range 5 {
				box.points = append(box.points, (p[2*n]+i)*s, (p[2*n+1]+j)*s)
			}
			boxes = append(boxes, box)
		}
	}
	return boxes
}

// plainBlaze reads what one map's anchors say; cells have each anchors, all at their centre.
func plainBlaze(boxes []plainBox, scores, numbers []float64, input, side, each, points int) []plainBox {
	width := 4 + 2*points
	for k := range side * side * each {
		cell := k / each
		ax := (float64(cell%side) + 0.5) / float64(side) * float64(input)
		ay := (float64(cell/side) + 0.5) / float64(side) * float64(input)
		t := numbers[k*width:]
		b := plainBox{corners: plainCentre(ax+t[0], ay+t[1], t[2], t[3]), score: plainSigmoid(scores[k])}
		for n := range points {
			b.points = append(b.points, ax+t[4+2*n], ay+t[5+2*n])
		}
		boxes = append(boxes, b)
	}
	return boxes
}

func plainBlazeFace(_ *testing.T, outs [][]float64) []plainBox {
	boxes := plainBlaze(nil, outs[1], outs[0], 128, 16, 2, 6)
	return plainBlaze(boxes, outs[2], outs[3], 128, 8, 6, 6)
}

func plainPalm(_ *testing.T, outs [][]float64) []plainBox {
	boxes := plainBlaze(nil, outs[0][:24*24*2], outs[1], 192, 24, 2, 7)
	return plainBlaze(boxes, outs[0][24*24*2:], outs[1][24*24*2*18:], 192, 12, 6, 7)
}
