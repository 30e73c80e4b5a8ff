// Package score measures how well boxes that were found are those that there are, as the COCO data set's evaluation
// does (cocodataset.org, "Detection evaluate"; Lin and others, "Microsoft COCO: common objects in context", ECCV 2014).
//
//	r, err := score.Measure(truths, found)
//	fmt.Println(r.AP50, r.AP)
//
// For each class and each threshold of intersection over union, boxes found are taken by score, the best first over all
// images; one counts as right if it overlaps a box of its class and image that none before has taken, by the threshold
// or more: of several that with the greatest overlap. Precision is the share of right ones so far, recall the share of
// boxes that are taken. The average precision (AP) of a class is the mean, over the 101 recalls 0, 0.01 … 1, of the
// best precision at that recall or beyond; AP50 is that at the threshold 0.5, AP75 at 0.75, and AP the mean over 0.5,
// 0.55 … 0.95. The result is the mean over classes of which there are boxes.
package score

import (
	"fmt"
	"math"
	"slices"
	"sort"

	"github.com/gneiss-go/gneiss/runtime"
)

// Box is a rectangle in pixels.
type Box struct{ X0, Y0, X1, Y1 float64 }

// Truth is a box that there is.
type Truth struct {
	Image, Class int
	Box
	Ignore bool // it is neither to be found nor wrong to find, as what VOC calls difficult
	Crowd  bool // many things in one box: it is ignored, and what lies inside it overlaps it wholly
}

// Found is a box that was found.
type Found struct {
	Image, Class int
	Box
	Score float64
}

// PerImage is how many boxes of an image count for each class: the best.
const PerImage = 100

// Thresholds are those of intersection over union whose mean AP is.
var Thresholds = []float64{0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95}

// Point is one of a curve of precision over recall.
type Point struct{ Recall, Precision, Score float64 }

// Class is the result of one class, from 0 to 1.
type Class struct {
	Class          int
	Truths, Found  int // without those ignored
	AP, AP50, AP75 float64
	Curve          []Point // at 0.5: one for each box found, the best score first
}

// Result is the mean over classes of which there are boxes, from 0 to 1.
type Result struct {
	AP, AP50, AP75 float64
	Classes        []Class // in order, those of which there are boxes
}

// Measure compares what was found with what there is. Boxes whose sides are no finite numbers, or scores that are none,
// are an error that wraps [runtime.ErrShape].
func Measure(truths []Truth, found []Found) (*Result, error) {
	for i := range truths {
		if err := truths[i].check(); err != nil {
			return nil, fmt.Errorf("box %d that there is: %w", i, err)
		}
	}
	for i := range found {
		err := found[i].check()
		if err == nil && math.IsNaN(found[i].Score) {
			err = fmt.Errorf("its score is no number: %w", runtime.ErrShape)
		}
		if err != nil {
			return nil, fmt.Errorf("box %d that was found: %w", i, err)
		}
	}
	byClass := map[int]*class{}
	for _, t := range truths {
		c := byClass[t.Class]
		if c == nil {
			c = &class{truths: map[int][]Truth{}}
			byClass[t.Class] = c
		}
		c.truths[t.Image] = append(c.truths[t.Image], t)
		if !t.Ignore && !t.Crowd {
			c.count++
		}
	}
	for _, f := range found {
		if c := byClass[f.Class]; c != nil {
			c.found = append(c.found, f)
		}
	}
	r := &Result{}
	for id, c := range byClass {
		if c.count > 0 {
			r.Classes = append(r.Classes, c.measure(id))
		}
	}
	slices.SortFunc(r.Classes, func(a, b Class) int { return a.Class - b.Class })
	for _, c := range r.Classes {
		n := float64(len(r.Classes))
		r.AP, r.AP50, r.AP75 = r.AP+c.AP/n, r.AP50+c.AP50/n, r.AP75+c.AP75/n
	}
	return r, nil
}

// Recalls is how many recalls a curve's precision is taken at: 0, 0.01 … 1.
const Recalls = 101

// Precisions returns, for each of the recalls, the mean over classes of the best precision at it or beyond, at the
// threshold 0.5. The mean of these is AP50.
func (r *Result) Precisions() (out [Recalls]float64) {
	for _, c := range r.Classes {
		p := precisions(c.Curve)
		for i, v := range p {
			out[i] += v / float64(len(r.Classes))
		}
	}
	return out
}

func (b *Box) check() error {
	for _, v := range []float64{b.X0, b.Y0, b.X1, b.Y1} {
		if math.IsNaN(v) || math.Abs(v) > 1e9 {
			return fmt.Errorf("%v: %w", *b, runtime.ErrShape)
		}
	}
	return nil
}

func (b *Box) area() float64 { return max(b.X1-b.X0, 0) * max(b.Y1-b.Y0, 0) }

// overlap is the intersection over union, of a crowd over the box found.
func (t *Truth) overlap(f *Found) float64 {
	both := max(min(t.X1, f.X1)-max(t.X0, f.X0), 0) * max(min(t.Y1, f.Y1)-max(t.Y0, f.Y0), 0)
	over := f.area()
	if !t.Crowd {
		over += t.area() - both
	}
	if !(both > 0 && over > 0) {
		return 0
	}
	return both / over
}

// class is what there is and was found of one class.
type class struct {
	truths map[int][]Truth // by image
	found  []Found
	count  int // truths that are not ignored
}

func (c *class) measure(id int) Class {
	c.best()
	out := Class{Class: id, Truths: c.count}
	for _, t := range Thresholds {
		curve := c.curve(t)
		ap := average(curve)
		out.AP += ap / float64(len(Thresholds))
		switch t {
		case 0.5:
			out.AP50, out.Curve, out.Found = ap, curve, len(curve)
		case 0.75:
			out.AP75 = ap
		}
	}
	return out
}

// best leaves the best of each image, sorted by score; of equal ones the first image's first.
func (c *class) best() {
	sort.SliceStable(c.found, func(i, j int) bool {
		a, b := &c.found[i], &c.found[j]
		return a.Score > b.Score || a.Score == b.Score && a.Image < b.Image
	})
	seen := map[int]int{}
	c.found = slices.DeleteFunc(c.found, func(f Found) bool {
		seen[f.Image]++
		return seen[f.Image] > PerImage
	})
}

// curve takes the boxes found one after the other. Those that fit only what is ignored are left out.
func (c *class) curve(threshold float64) []Point {
	taken := map[int][]bool{}
	for image, t := range c.truths {
		taken[image] = make([]bool, len(t))
	}
	var out []Point
	right := 0
	for i := range c.found {
		f := &c.found[i]
		best, at, ignored := threshold-1e-10, -1, -1
		for k := range c.truths[f.Image] {
			t := &c.truths[f.Image][k]
			over := t.overlap(f)
			switch {
			case t.Ignore || t.Crowd:
				if over >= threshold-1e-10 {
					ignored = k
				}
			case !taken[f.Image][k] && over >= best && (over > best || at < 0):
				best, at = over, k
			}
		}
		if at >= 0 {
			taken[f.Image][at] = true
			right++
		} else if ignored >= 0 {
			continue
		}
		out = append(out, Point{float64(right) / float64(c.count), float64(right) / float64(len(out)+1), f.Score})
	}
	return out
}

// precisions returns the best precision at each recall or beyond.
func precisions(curve []Point) (out [Recalls]float64) {
	best := 0.0
	k := len(curve) - 1
	for i := Recalls - 1; i >= 0; i-- {
		for ; k >= 0 && curve[k].Recall >= float64(i)/(Recalls-1)-1e-12; k-- {
			best = max(best, curve[k].Precision)
		}
		out[i] = best
	}
	return out
}

func average(curve []Point) (mean float64) {
	for _, p := range precisions(curve) {
		mean += p / Recalls
	}
	return mean
}
