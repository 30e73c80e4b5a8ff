package detect

import (
	"math"
	"testing"

	"github.com/gneiss-go/gneiss/models/card"
	"github.com/gneiss-go/gneiss/runtime"
)

// known is a box that a family's outputs are made to say.
type known struct {
	x0, y0, x1, y1 float32
	class          int
	score          float32
}

// things are far apart, lie within every network's reach, and are not where a cell's middle is.
var things = []known{{21, 33, 51, 88, 2, 0.9}, {90, 14, 122, 50, 0, 0.75}, {66, 70, 110, 118, 1, 0.6}}

func (k *known) centre() (x, y, w, h float32) {
	return (k.x0 + k.x1) / 2, (k.y0 + k.y1) / 2, k.x1 - k.x0, k.y1 - k.y0
}

func ln(x float32) float32 { return float32(math.Log(float64(x))) }

// unsigmoid is the logit of a probability.
func unsigmoid(p float32) float32 { return ln(p / (1 - p)) }

// cell returns the cell of a map that has a box's centre, and its column and row.
func (k *known) cell(side, stride int) (i int, x, y float32) {
	cx, cy, _, _ := k.centre()
	x, y = float32(int(cx)/stride), float32(int(cy)/stride)
	return int(y)*side + int(x), x, y
}

// family makes outputs of a network of a kind, whose input is 128×128.
type family struct {
	name    string
	head    card.Head
	outs    func() []fake
	classes bool // there are several
	points  int
	exact   bool // too fine for levels of one byte
}

// point is where a family's key point k of a box is made to be.
func (k *known) point(n int) (x, y float32) { return k.x0 + float32(3*n), k.y0 + float32(2*n) }

func (k *known) points(n int) (out []float32) {
	for i := range n {
		x, y := k.point(i)
		out = append(out, x, y)
	}
	return out
}

const cells128 = 16*16 + 8*8 + 4*4

var families = []family{
	{name: "yolov5", classes: true, exact: true, outs: func() []fake { // exported rows, in pixels
		f := tensor("output", 0, 1, 3*cells128, 8)
		for n, k := range things {
			x, y, w, h := k.centre()
			f.set(100*n, 0, x, y, w, h, 0.95)
			f.set(100*n, 5+k.class, k.score/0.95)
		}
		return []fake{f}
	}},
	{name: "yolov5", classes: true, outs: func() []fake { // the same in shares of the input
		f := tensor("output", 0, 1, 3*cells128, 8)
		for n, k := range things {
			x, y, w, h := k.centre()
			f.set(100*n, 0, x/128, y/128, w/128, h/128, 0.95)
			f.set(100*n, 5+k.class, k.score/0.95)
		}
		return []fake{f}
	}},
	{name: "yolov5", classes: true, exact: true, outs: func() []fake { // maps of logits, [1, 3, h, w, 8]
		outs := []fake{tensor("a", -9, 1, 3, 16, 16, 8), tensor("b", -9, 1, 3, 8, 8, 8), tensor("c", -9, 1, 3, 4, 4, 8)}
		for _, k := range things {
			i, t := k.yolov5()
			outs[1].set(64+i, 0, t...) // the second anchor
		}
		return outs
	}},
	{name: "yolov5", classes: true, exact: true, outs: func() []fake { // maps of logits, [1, 24, h, w]
		outs := []fake{tensor("a", -9, 1, 24, 16, 16), tensor("b", -9, 1, 24, 8, 8), tensor("c", -9, 1, 24, 4, 4)}
		for _, k := range things {
			i, t := k.yolov5()
			outs[1].put(i, 8, t...)
		}
		return outs
	}},
	{name: "yolov8", classes: true, exact: true, outs: func() []fake {
		f := tensor("output0", 0, 1, 7, cells128)
		for n, k := range things {
			x, y, w, h := k.centre()
			f.put(7+100*n, 0, x, y, w, h)
			f.put(7+100*n, 4+k.class, k.score)
		}
		return []fake{f}
	}},
	{name: "yolov8", classes: true, head: card.Head{Classes: 3}, outs: func() []fake { // transposed, in shares
		f := tensor("output0", 0, 1, cells128, 7)
		for n, k := range things {
			x, y, w, h := k.centre()
			f.set(7+100*n, 0, x/128, y/128, w/128, h/128)
			f.set(7+100*n, 4+k.class, k.score)
		}
		return []fake{f}
	}},
	{name: "yolov8", points: 17, exact: true, head: card.Head{Kind: "yolov8", Points: 17}, outs: func() []fake {
		f := tensor("output0", 0, 1, 4+1+51, cells128)
		for n, k := range things {
			x, y, w, h := k.centre()
			f.put(7+100*n, 0, x, y, w, h, k.score)
			for p := range 17 {
				px, py := k.point(p)
				f.put(7+100*n, 5+3*p, px, py, 1)
			}
		}
		return []fake{f}
	}},
	{name: "yolov10", classes: true, exact: true, outs: func() []fake {
		f := tensor("output0", 0, 1, 300, 6)
		for n, k := range things {
			f.set(n, 0, k.x0, k.y0, k.x1, k.y1, k.score, float32(k.class))
		}
		return []fake{f}
	}},
	{name: "yolox", classes: true, head: card.Head{Classes: 3}, outs: func() []fake {
		f := tensor("output", 0, 1, cells128, 8)
		for _, k := range things {
			x, y, w, h := k.centre()
			i, cx, cy := k.cell(8, 16)
			f.set(256+i, 0, x/16-cx, y/16-cy, ln(w/16), ln(h/16), 0.95)
			f.set(256+i, 5+k.class, k.score/0.95)
		}
		return []fake{f}
	}},
	{name: "nanodet", classes: true, exact: true, head: card.Head{Classes: 3}, outs: func() []fake {
		f := tensor("output", 0, 1, cells128, 3+32)
		for _, k := range things {
			i, cx, cy := k.cell(8, 16)
			f.set(256+i, k.class, k.score)
			f.set(256+i, 3, k.distances((cx+0.5)*16, (cy+0.5)*16, 16)...)
		}
		return []fake{f}
	}},
	{name: "nanodet", classes: true, exact: true, outs: func() []fake { // cut by map
		var outs []fake
		for _, n := range []int{256, 64, 16} {
			outs = append(outs, tensor("cls_pred", 0, 1, n, 3), tensor("dis_pred", 0, 1, n, 32))
		}
		for _, k := range things {
			i, cx, cy := k.cell(8, 16)
			outs[2].set(i, k.class, k.score)
			outs[3].set(i, 0, k.distances((cx+0.5)*16, (cy+0.5)*16, 16)...)
		}
		return outs
	}},
	{name: "nanodet-plus", classes: true, exact: true, head: card.Head{Classes: 3}, outs: func() []fake {
		f := tensor("output", 0, 1, cells128+4, 3+32)
		for _, k := range things {
			i, cx, cy := k.cell(8, 16)
			f.set(256+i, k.class, k.score)
			f.set(256+i, 3, k.distances(cx*16, cy*16, 16)...)
		}
		return []fake{f}
	}},
	{name: "fastestdet", classes: true, exact: true, outs: func() []fake {
		f := tensor("758", 0, 1, 9, 8, 8)
		for _, k := range things {
			x, y, w, h := k.centre()
			i, cx, cy := k.cell(8, 16)
			atanh := func(v float32) float32 { return float32(math.Atanh(float64(v))) }
			f.put(i, 0, k.score, atanh(x/16-cx), atanh(y/16-cy), unsigmoid(w/128), unsigmoid(h/128))
			f.put(i, 5+k.class, k.score)
		}
		return []fake{f}
	}},
	{name: "ssd", classes: true, head: ssdCard("ssd"), exact: true, outs: func() []fake { return ssdOutputs(false) }},
	{name: "ssd-logits", classes: true, head: ssdCard("ssd-logits"), exact: true,
		outs: func() []fake { return ssdOutputs(true) }},
	{name: "ssd-postprocess", classes: true, outs: func() []fake {
		outs := []fake{tensor("boxes", 0, 1, 10, 4), tensor("classes", 0, 1, 10), tensor("scores", 0, 1, 10),
			tensor("count", 3, 1)}
		for n, k := range things {
			outs[0].set(n, 0, k.y0/128, k.x0/128, k.y1/128, k.x1/128)
			outs[1].set(0, n, float32(k.class))
			outs[2].set(0, n, k.score)
		}
		outs[2].set(0, 3, 0.99) // beyond the count
		return outs
	}},
	{name: "ssd-postprocess", classes: true, outs: func() []fake { // in the order of TensorFlow 2
		outs := []fake{tensor("scores", 0, 1, 10), tensor("boxes", 0, 1, 10, 4), tensor("count", 3, 1),
			tensor("classes", 0, 1, 10)}
		for n, k := range things {
			outs[1].set(n, 0, k.y0/128, k.x0/128, k.y1/128, k.x1/128)
			outs[3].set(0, n, float32(k.class))
			outs[0].set(0, n, k.score)
		}
		return outs
	}},
	{name: "ultraface", outs: func() []fake { // decoded
		outs := []fake{tensor("scores", 0, 1, ultra128, 2), tensor("boxes", 0, 1, ultra128, 4)}
		for n, k := range things {
			outs[0].set(10+n, 0, 1-k.score, k.score)
			outs[1].set(10+n, 0, k.x0/128, k.y0/128, k.x1/128, k.y1/128)
		}
		return outs
	}},
	{name: "ultraface", exact: true, outs: func() []fake { // offsets
		outs := []fake{tensor("scores", 0, 1, ultra128, 2), tensor("boxes", -0.1, 1, ultra128, 4)}
		outs[1].set(0, 0, 1) // the first one's right is left of its left
		for _, k := range things {
			i, cx, cy := k.cell(8, 16)
			n := 3*256 + 2*i + 1
			outs[0].set(n, 0, 1-k.score, k.score)
			outs[1].set(n, 0, k.offsets(16*cx+8, 16*cy+8, 48)...)
		}
		return outs
	}},
	{name: "yunet", points: 5, exact: true, outs: func() []fake {
		var outs []fake
		for _, c := range []struct {
			name string
			n    int
		}{{"cls", 1}, {"obj", 1}, {"bbox", 4}, {"kps", 10}} {
			for _, side := range []int{16, 8, 4} {
				outs = append(outs, tensor(c.name, 0, 1, side*side, c.n))
			}
		}
		for _, k := range things {
			x, y, w, h := k.centre()
			i, cx, cy := k.cell(8, 16)
			outs[1].set(i, 0, 0.98)
			outs[4].set(i, 0, k.score*k.score/0.98)
			outs[7].set(i, 0, x/16-cx, y/16-cy, ln(w/16), ln(h/16))
			p := k.points(5)
			for n := range p {
				p[n] = p[n]/16 - []float32{cx, cy}[n%2]
			}
			outs[10].set(i, 0, p...)
		}
		return outs
	}},
	{name: "scrfd", points: 5, outs: func() []fake { return scrfdOutputs(true) }},
	{name: "scrfd", outs: func() []fake { return scrfdOutputs(false) }},
	{name: "retinaface", points: 5, exact: true, outs: func() []fake {
		outs := []fake{tensor("loc", 0, 1, 2*cells128, 4), tensor("conf", 0, 1, 2*cells128, 2),
			tensor("landms", 0, 1, 2*cells128, 10)}
		for _, k := range things {
			i, cx, cy := k.cell(8, 16)
			n, px, py := 2*256+2*i, 16*cx+8, 16*cy+8
			outs[0].set(n, 0, k.offsets(px, py, 64)...)
			outs[1].set(n, 0, 1-k.score, k.score)
			p := k.points(5)
			for j := range p {
				p[j] = (p[j] - []float32{px, py}[j%2]) / 6.4
			}
			outs[2].set(n, 0, p...)
		}
		return outs
	}},
	{name: "blazeface", points: 6, outs: func() []fake { return blazeOutputs(6, false) }},
	{name: "blazeface", points: 6, outs: func() []fake { return blazeOutputs(6, true) }},
	{name: "palm", points: 7, outs: func() []fake { return blazeOutputs(7, false) }},
	{name: "centernet", classes: true, outs: func() []fake { return centerOutputs(false) }},
	{name: "centernet", classes: true, exact: true, outs: func() []fake { return centerOutputs(true) }},
}

// TestFamilies: boxes that outputs are made to say are found, whatever the outputs' layout, of floats and of levels.
func TestFamilies(t *testing.T) {
	seen := map[string]bool{}
	for _, f := range families {
		seen[f.name] = true
		for _, l := range []runtime.Layout{runtime.AsWritten, runtime.ChannelsLast} {
			for _, levels := range []bool{false, true} {
				if levels && f.exact {
					continue
				}
				d := fakes(t, f.head, 128, 128, f.outs(), l, levels, WithThreshold(0.5))
				if d.Kind() != f.name {
					t.Errorf("%s is recognised as %s", f.name, d.Kind())
				}
				got := d.decode(itself(128, 128), nil)
				check(t, &f, got, l, levels)
			}
		}
	}
	for _, k := range kinds {
		if !seen[k.name] && k.name != "yolox-first" {
			t.Errorf("kind %s is not tested", k.name)
		}
	}
}

func check(t *testing.T, f *family, got []Box, l runtime.Layout, levels bool) {
	t.Helper()
	if len(got) != len(things) {
		t.Errorf("%s, %v, levels %v: %d boxes %v", f.name, l, levels, len(got), got)
		return
	}
	far, off := 0.01, 0.001
	if levels {
		far, off = 1.5, 0.01
	}
	for i, k := range things {
		g := &got[i]
		class := k.class
		if !f.classes {
			class = 0
		}
		worst := 0.0
		for _, v := range []float32{g.X0 - k.x0, g.Y0 - k.y0, g.X1 - k.x1, g.Y1 - k.y1} {
			worst = max(worst, math.Abs(float64(v)))
		}
		for p := range g.Count {
			x, y := k.point(p)
			worst = max(worst, math.Abs(float64(g.Points[p].X-x)), math.Abs(float64(g.Points[p].Y-y)))
		}
		if worst > far || math.Abs(float64(g.Score-k.score)) > off || g.Class != class || g.Count != f.points {
			t.Errorf("%s, %v, levels %v: %+v, want %+v", f.name, l, levels, *g, k)
		}
	}
}
