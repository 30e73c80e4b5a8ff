package kernels

import (
	"unsafe"

	"github.com/gneiss-go/gneiss/arch"
)

// OpNMS chooses boxes: func(*nmsArgs).
const OpNMS OpKind = "nms"

// nmsArgs is the argument of choosing boxes of one class: of n boxes, those whose scores are above least, the best
// first and of equal ones the first, but none that overlaps a chosen one by more than iou, and at most `most`. A NaN is
// no score. chosen gets their indices; the kernel sets found.
//
// Boxes are two opposite corners, y, x, y, x in whatever order, or with centre their centre and size, x, y, w, h. The
// overlap is the area of what two have in common through that of both together, in IEEE binary32, each operation
// rounded; that of a box without area is 0. With atLeast an overlap of iou is too much already.
type nmsArgs struct {
	_               uncompared
	boxes, scores   unsafe.Pointer // [n][boxStride]float32, [n]float32
	order, chosen   unsafe.Pointer // [n]int32, [most]int32
	boxStride       int            // elements
	n, most, found  int
	least, iou      float32
	centre, atLeast bool
	stop            *Stop
}

func nmsGeneric(a *nmsArgs) {
	scores, order := floats(a.scores, 0, a.n), unsafe.Slice((*int32)(a.order), a.n)
	chosen := unsafe.Slice((*int32)(a.chosen), a.most)
	left := order[:0]
	a.found = 0
	for i, s := range scores {
		if i%heed == 0 && a.stop.Asked() {
			return
		}
		if s > a.least || s == s && a.least == negInf {
			left = append(left, int32(i))
		}
	}
	h := heapOf[float32]{scores, left, false}
	for i := len(left)/2 - 1; i >= 0 && !a.stop.Asked(); i-- {
		h.best(i, len(left))
	}
	for n := len(left); n > 0 && a.found < a.most && !a.stop.Asked(); n-- {
		i := left[0]
		left[0] = left[n-1]
		h.best(0, n-1)
		free := true
		for _, j := range chosen[:a.found] {
			if free = !a.overlap(int(i), int(j)); !free {
				break
			}
		}
		if free {
			chosen[a.found] = i
			a.found++
		}
	}
}

// best moves element i of a heap of n down, whose root is the best.
func (h *heapOf[T]) best(i, n int) {
	for {
		top := i
		for _, j := range [2]int{2*i + 1, 2*i + 2} {
			if j < n && h.before(h.at[j], h.at[top]) {
				top = j
			}
		}
		if top == i {
			return
		}
		h.at[top], h.at[i] = h.at[i], h.at[top]
		i = top
	}
}

// corners returns a box as its least and largest coordinates.
func (a *nmsArgs) corners(i int) (lo, hi [2]float32) {
	b := floats(a.boxes, 4*i*a.boxStride, 4)
	for d := range 2 {
		p, q := b[d], b[d+2]
		if a.centre {
			half := q / 2
			p, q = p-half, p+half
		}
		lo[d], hi[d] = min(p, q), max(p, q)
	}
	return lo, hi
}

func (a *nmsArgs) overlap(i, j int) bool {
	p0, p1 := a.corners(i)
	q0, q1 := a.corners(j)
	var common [2]float32
	for d := range 2 {
		common[d] = max(min(p1[d], q1[d])-max(p0[d], q0[d]), 0)
	}
	one, two := (p1[0]-p0[0])*(p1[1]-p0[1]), (q1[0]-q0[0])*(q1[1]-q0[1])
	both := float32(common[0] * common[1])
	all := float32(one) + float32(two) - both
	if !(one > 0 && two > 0 && all > 0) {
		return false
	}
	share := both / all
	return share > a.iou || a.atLeast && share == a.iou
}

// NMS says which boxes [NewNMS] chooses.
type NMS struct {
	Boxes      int     // of an image
	Most       int     // of a class of an image
	Rows       int     // of the output
	IoU, Least float32 // see nmsArgs; a Least of −∞ is none
	Centre     bool
	AtLeast    bool
	Count      bool // the output is how many were chosen
}

// NewNMS returns the operation that chooses among boxes, B×1×N×4, by scores, B×1×C×N, for each image and class in turn;
// nmsArgs defines it. Its output, of int32, is 1×1×Rows×3: image, class and index of each that was chosen, and −1 in
// what is left; those beyond are dropped. Or it is their number, 1×1×1×1.
func NewNMS(n NMS, limit arch.ISA) (Op, error) {
	if n.Boxes < 1 || n.Most < 1 || n.Rows < 1 || n.IoU != n.IoU || n.Least != n.Least {
		return nil, errorf("%w: %d boxes of %d, overlap %v, score %v", ErrShape, n.Most, n.Rows, n.IoU, n.Least)
	}
	o := &nms{NMS: n}
	o.Most = min(n.Most, n.Boxes)
	o.kernel, o.fn = Select[func(*nmsArgs)](OpNMS, F32, limit)
	return o, nil
}

type nms struct {
	basic
	NMS
	fn func(*nmsArgs)
}

// Scratch has room for the order of the boxes and those that are chosen.
func (o *nms) Scratch(int) int { return roundUp(4*o.Boxes, 64) + roundUp(4*o.Most, 64) }

func (o *nms) Bind(in, out []View, scratch []byte, _ int) Task {
	checkViews("nms", len(in) == 2 && len(out) == 1 && len(scratch) >= o.Scratch(1))
	boxes, scores, want := in[0], in[1], View{N: 1, H: 1, W: o.Rows, C: 3, Stride: 3}
	if o.Count {
		want.W, want.C = 1, 1
	}
	checkViews("nms", boxes.DType == F32 && scores.DType == F32 && out[0].DType == S32 && boxes.H == 1 &&
		scores.H == 1 && boxes.C == 4 && boxes.N == scores.N && boxes.W == o.Boxes && scores.C == o.Boxes &&
		boxes.Stride >= 4 && scores.Stride >= scores.C && sameShape(&out[0], &want))
	return &nmsTask{nms: o, boxes: boxes, scores: scores, out: out[0], args: nmsArgs{n: o.Boxes, most: o.Most,
		least: o.Least, iou: o.IoU, centre: o.Centre, atLeast: o.AtLeast, boxStride: boxes.Stride,
		order: unsafe.Pointer(&scratch[0]), chosen: unsafe.Pointer(&scratch[roundUp(4*o.Boxes, 64)])}}
}

// nmsTask is a single piece: where a box goes depends on how many were chosen before.
type nmsTask struct {
	*nms
	onlyTask
	boxes, scores, out View
	args               nmsArgs
}

func (t *nmsTask) Units() int { return 1 }

func (t *nmsTask) Run(_, lo, hi int, stop *Stop) {
	a, row := &t.args, 0
	if lo >= hi {
		return
	}
	a.stop = stop
	for n := range t.boxes.N {
		for class := 0; class < t.scores.W && !stop.Asked(); class++ {
			a.boxes = t.boxes.at(n * t.boxes.W * t.boxes.Stride)
			a.scores = t.scores.at((n*t.scores.W + class) * t.scores.Stride)
			t.fn(a)
			for _, i := range unsafe.Slice((*int32)(a.chosen), a.found) {
				if !t.Count && row < t.Rows {
					copy(t.row(row), []int32{int32(n), int32(class), i})
				}
				row++
			}
		}
	}
	if t.Count {
		t.row(0)[0] = int32(min(row, t.Rows))
		return
	}
	for ; row < t.Rows; row++ {
		copy(t.row(row), []int32{-1, -1, -1})
	}
}

// row is a pixel of the output.
func (t *nmsTask) row(i int) []int32 {
	return unsafe.Slice((*int32)(t.out.at(i*t.out.Stride)), t.out.C)
}
