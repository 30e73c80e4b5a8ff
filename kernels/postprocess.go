package kernels

import (
	"math"
	"math/bits"

	"github.com/gneiss-go/gneiss/arch"
)

// OpPostProcess is what single-shot detectors end with: boxes from encodings and anchors. func(*boxArgs).
const OpPostProcess OpKind = "postprocess"

// boxArgs is the argument of the kernel of boxes. For each encoding e and its anchor a, both y, x, height and width,
//
//	centre = float32(e.y/s.y·a.h + a.y)
//	half   = float32(½·exp(e.h/s.h)·a.h)
//	dst    = centre − half, centre + half
//
// and likewise for x and width. centre and half are computed in IEEE binary64, and each step of that is rounded; dst is
// computed in binary32. dst is top, left, bottom, right.
type boxArgs struct {
	_            uncompared
	dst, anchors []float32 // [boxes][4]
	src          View
	first        int // box of src that dst and anchors begin with
	scale        [4]float32
}

func boxesGeneric(b *boxArgs) {
	for i := range len(b.dst) / 4 {
		e, a, out := floats(b.src.at((b.first+i)*b.src.Stride), 0, 4), b.anchors[4*i:][:4], b.dst[4*i:][:4]
		for k := range 2 { // y, x
			at, size := float64(a[k]), float64(a[2+k])
			centre := float32(float64(float64(e[k])/float64(b.scale[k])*size) + at)
			grown := exp64(min(max(float64(e[2+k])/float64(b.scale[2+k]), -700), 700))
			half := float32(0.5 * grown * size)
			out[k], out[2+k] = centre-half, centre+half
		}
	}
}

// PostProcess is how boxes and scores become detections: TensorFlow Lite's TFLite_Detection_PostProcess.
//
// A score counts from MinScore on. Boxes are taken from the highest score down, of equal scores the first one first,
// unless they overlap with one that was taken, of the same class if it is Regular, in more than MaxOverlap of their
// union. Otherwise a box has its highest score, and its PerDetection highest classes are given.
type PostProcess struct {
	Anchors      []float32  // [boxes][4]: y, x, height, width
	Scale        [4]float32 // by which encodings of y, x, height and width are divided
	Classes      int        // scores of a box; one more before them, of the background, is passed over
	Detections   int        // at most
	PerDetection int        // classes given of each detection
	Regular      bool       // overlaps count within a class only
	PerClass     int        // if Regular: detections of each class, at most
	MinScore     float32
	MaxOverlap   float32 // 0 < … ≤ 1
	Candidates   int     // only so many boxes of the highest scores count, of each class if Regular; 0 stands for all
}

// Rows is the number of detections that there is room for in the output.
func (q *PostProcess) Rows() int { return q.Detections * q.PerDetection }

const maxDetections = 1 << 16

// Check says why there is no such operation over boxes of so many numbers, and scores.
func (q *PostProcess) Check(boxes, numbers, scores int) error {
	if len(q.Anchors)/4 != boxes || len(q.Anchors)%4 != 0 || numbers < 4 || q.Classes < 1 || scores != q.Classes &&
		scores != q.Classes+1 {
		return errorf("%w: %d boxes of %d numbers and %d scores, with %d anchors and %d classes", ErrShape, boxes,
			numbers, scores, len(q.Anchors)/4, q.Classes)
	}
	if q.Detections < 1 || q.PerDetection < 1 || q.Detections > maxDetections || q.PerDetection > maxDetections ||
		q.Rows() > maxDetections || q.Regular && q.PerClass < 1 {
		return errorf("%w: %d detections of %d classes, %d of each", ErrShape, q.Detections, q.PerDetection, q.PerClass)
	}
	for _, s := range q.Scale {
		if !(s > 0) || s > math.MaxFloat32 {
			return errorf("%w: encodings over %v", ErrShape, q.Scale)
		}
	}
	if q.Candidates < 0 {
		return errorf("%w: %d candidates", ErrShape, q.Candidates)
	}
	if !(q.MaxOverlap > 0 && q.MaxOverlap <= 1) || q.MinScore != q.MinScore {
		return errorf("%w: scores from %v on, overlaps up to %v", ErrShape, q.MinScore, q.MaxOverlap)
	}
	return nil
}

// Work is about how many steps it takes.
func (q *PostProcess) Work(boxes int) int64 {
	n, sets := int64(boxes), int64(1)
	each, most := int64(q.Classes)*int64(min(q.PerDetection, q.Classes)), int64(q.Detections)
	if q.Regular {
		sets, each, most = int64(q.Classes), int64(q.Classes), int64(min(q.PerClass, q.Detections))
	}
	return n*(each+128) + sets*n*(2*int64(bits.Len(uint(boxes)))+8*min(most, n))
}

// NewPostProcess returns the operation over boxes: encodings, of which the first four numbers count, and scores, both a
// pixel for each box. Its output is one row: as many boxes (top, left, bottom, right) as [PostProcess.Rows] says, their
// classes, their scores, and how many detections there are. What is not filled is zero.
func NewPostProcess(boxes, numbers, scores int, q PostProcess, limit arch.ISA) (Op, error) {
	if err := q.Check(boxes, numbers, scores); err != nil {
		return nil, err
	}
	o := &postProcess{q: q, boxes: boxes, scores: scores}
	o.kernel, o.fn = Select[func(*boxArgs)](OpPostProcess, F32, limit)
	return o, nil
}

type postProcess struct {
	basic
	fn            func(*boxArgs)
	q             PostProcess
	boxes, scores int
}

func (o *postProcess) PackedBytes() int { return 4 * len(o.q.Anchors) }

func (o *postProcess) Bind(in, out []View, _ []byte, _ int) Task {
	checkViews("detections", len(in) == 2 && len(out) == 1 && in[0].DType == F32 && in[1].DType == F32 &&
		out[0].DType == F32 && in[0].Pixels() == o.boxes && in[0].C >= 4 && in[0].Stride >= in[0].C &&
		in[1].Pixels() == o.boxes && in[1].C == o.scores && in[1].Stride >= in[1].C &&
		out[0].Pixels() == 1 && out[0].C == 6*o.q.Rows()+1)
	q := &o.q
	t := &postProcessTask{postProcess: o, boxes: in[0], scores: in[1],
		out: floats(out[0].Data, 0, out[0].C), decoded: make([]float32, 4*o.boxes), best: make([]float32, o.boxes),
		queue: make([]int32, 0, o.boxes)}
	most := min(q.Detections, o.boxes)
	if q.Regular {
		most = min(q.PerClass, q.Detections)
		t.found, t.spare = make([]detection, 0, q.Detections), make([]detection, 0, q.Detections)
	} else {
		t.classes = make([]int32, 0, min(q.PerDetection, q.Classes))
	}
	t.taken = make([]int32, 0, min(most, o.boxes))
	return t
}

type postProcessTask struct {
	*postProcess
	onlyTask
	boxes, scores View
	out           []float32
	decoded       []float32 // [boxes][4]
	best          []float32 // scores by which boxes are taken
	queue         []int32   // a heap of boxes, the highest score first
	taken         []int32
	classes       []int32     // of a box, the highest first
	found, spare  []detection // of all classes so far, the highest first
	args          boxArgs
}

// detection is a box of a class.
type detection struct {
	box, class int32
	score      float32
}

// Units: boxes are compared with each other, so the work is one piece.
func (t *postProcessTask) Units() int { return 1 }

func (t *postProcessTask) Run(_, lo, hi int, stop *Stop) {
	if lo >= hi {
		return
	}
	const some = 512 // boxes at a time
	for at := 0; at < t.postProcess.boxes && !stop.Asked(); at += some {
		end := min(at+some, t.postProcess.boxes)
		t.args = boxArgs{dst: t.decoded[4*at : 4*end], anchors: t.q.Anchors[4*at : 4*end], src: t.boxes, first: at,
			scale: t.q.Scale}
		t.fn(&t.args)
	}
	clear(t.out)
	if t.q.Regular {
		t.regular(stop)
	} else {
		t.fast(stop)
	}
}

// score returns a box's scores without the background's.
func (t *postProcessTask) score(box int) []float32 {
	return floats(t.scores.at(box*t.scores.Stride), 0, t.postProcess.scores)[t.postProcess.scores-t.q.Classes:]
}

// fast takes boxes by their highest scores.
func (t *postProcessTask) fast(stop *Stop) {
	for i := range t.best {
		if i%64 == 0 && stop.Asked() {
			return
		}
		s := t.score(i)
		t.best[i] = s[0]
		for _, v := range s[1:] {
			if v > t.best[i] {
				t.best[i] = v
			}
		}
	}
	t.suppress(t.q.Detections, stop)
	for i, box := range t.taken {
		if stop.Asked() {
			return
		}
		s := t.score(int(box))
		t.highest(s)
		for j, c := range t.classes {
			t.put(i*t.q.PerDetection+j, detection{box, c, s[c]})
		}
	}
	t.out[len(t.out)-1] = float32(len(t.taken))
}

// highest makes t.classes the highest of scores, of equal ones the first one first.
func (t *postProcessTask) highest(scores []float32) {
	t.classes = t.classes[:0]
	for c, v := range scores {
		j := len(t.classes)
		for j > 0 && v > scores[t.classes[j-1]] {
			j--
		}
		if j == cap(t.classes) {
			continue
		}
		if len(t.classes) < cap(t.classes) {
			t.classes = t.classes[:len(t.classes)+1]
		}
		copy(t.classes[j+1:], t.classes[j:])
		t.classes[j] = int32(c)
	}
}

// regular takes boxes class by class, and of all classes the highest scores; of equal ones those of the later class.
func (t *postProcessTask) regular(stop *Stop) {
	t.found = t.found[:0]
	for c := range t.q.Classes {
		for i := range t.best {
			if i%heed == 0 && stop.Asked() {
				return
			}
			t.best[i] = t.score(i)[c]
		}
		t.suppress(cap(t.taken), stop)
		if stop.Asked() {
			return
		}
		all, rest := t.spare[:0], t.found
		for _, box := range t.taken {
			for len(rest) > 0 && rest[0].score > t.best[box] && len(all) < cap(all) {
				all, rest = append(all, rest[0]), rest[1:]
			}
			if len(all) < cap(all) {
				all = append(all, detection{box, int32(c), t.best[box]})
			}
		}
		all = append(all, rest[:min(len(rest), cap(all)-len(all))]...)
		t.found, t.spare = all, t.found[:0]
	}
	for i, d := range t.found {
		t.put(i, d)
	}
	t.out[len(t.out)-1] = float32(len(t.found))
}

// put writes row i of the output.
func (t *postProcessTask) put(i int, d detection) {
	rows := t.q.Rows()
	copy(t.out[4*i:], t.decoded[4*d.box:][:4])
	t.out[4*rows+i], t.out[5*rows+i] = float32(d.class), d.score
}

// suppress makes t.taken up to so many boxes, by t.best.
func (t *postProcessTask) suppress(most int, stop *Stop) {
	t.taken, t.queue = t.taken[:0], t.queue[:0]
	for i, v := range t.best {
		if i%heed == 0 && stop.Asked() {
			return
		}
		if v >= t.q.MinScore {
			t.queue = append(t.queue, int32(i))
		}
	}
	for i := len(t.queue)/2 - 1; i >= 0; i-- {
		if i%1024 == 0 && stop.Asked() {
			return
		}
		t.sink(i)
	}
	left := len(t.queue)
	if t.q.Candidates > 0 {
		left = min(left, t.q.Candidates)
	}
	for ; left > 0 && len(t.taken) < min(most, cap(t.taken)) && !stop.Asked(); left-- {
		box, last := t.queue[0], len(t.queue)-1
		t.queue[0] = t.queue[last]
		t.queue = t.queue[:last]
		t.sink(0)
		overlaps := false
		for _, other := range t.taken {
			if overlap(t.decoded[4*other:][:4], t.decoded[4*box:][:4]) > t.q.MaxOverlap {
				overlaps = true
				break
			}
		}
		if !overlaps {
			t.taken = append(t.taken, box)
		}
	}
}

// before reports whether box a is taken before b.
func (t *postProcessTask) before(a, b int32) bool {
	return t.best[a] > t.best[b] || t.best[a] == t.best[b] && a < b
}

// sink restores the heap below its element i.
func (t *postProcessTask) sink(i int) {
	for {
		child := 2*i + 1
		if child >= len(t.queue) {
			return
		}
		if child+1 < len(t.queue) && t.before(t.queue[child+1], t.queue[child]) {
			child++
		}
		if !t.before(t.queue[child], t.queue[i]) {
			return
		}
		t.queue[i], t.queue[child] = t.queue[child], t.queue[i]
		i = child
	}
}

// overlap is the intersection of two boxes over their union; 0 if one has no area.
func overlap(a, b []float32) float32 {
	areaA, areaB := float32((a[2]-a[0])*(a[3]-a[1])), float32((b[2]-b[0])*(b[3]-b[1]))
	if areaA <= 0 || areaB <= 0 {
		return 0
	}
	h, w := min(a[2], b[2])-max(a[0], b[0]), min(a[3], b[3])-max(a[1], b[1])
	both := float32(max(h, 0) * max(w, 0))
	return both / (areaA + areaB - both)
}
