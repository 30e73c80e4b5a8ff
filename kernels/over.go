package kernels

import "unsafe"

// Axes are dimensions of a view.
type Axes struct{ N, H, W, C bool }

// of returns the sizes that are left of n, h, w and c, and how many numbers become one.
func (a Axes) of(v *View) (n, h, w, c, cells int) {
	n, h, w, c, cells = v.N, v.H, v.W, v.C, 1
	for _, d := range []struct {
		over bool
		size *int
	}{{a.N, &n}, {a.H, &h}, {a.W, &w}, {a.C, &c}} {
		if d.over {
			cells *= *d.size
			*d.size = 1
		}
	}
	return n, h, w, c, cells
}

// wide takes pixels of a row as channels of one, where neither are reduced and no view has gaps.
func (a Axes) wide(views ...*View) {
	ok := !a.W && !a.C
	for _, v := range views {
		ok = ok && v.Dense()
	}
	for i := 0; ok && i < len(views); i++ {
		v := views[i]
		v.C, v.Stride, v.W = v.W*v.C, v.W*v.C, 1
	}
}

// overAll is an operation that makes numbers of each set of pixels and channels, and then of each number of the set
// another: softmax and normalisation over any axes.
type overAll interface {
	// sums makes what last needs of all that belongs to set p, channels c0 and up.
	sums(t *overTask, w *overWorker, p, c0 int, stop *Stop)
	// last makes c numbers of others.
	last(w *overWorker, dst, src unsafe.Pointer, c int)
}

// bindOver binds such an operation. In place is allowed.
func bindOver(of overAll, o *reduce, in, out []View, workers int) Task {
	checkViews(string(o.kernel.Op), len(in) == 1 && len(out) == 1 && in[0].DType == F32 && out[0].DType == F32 &&
		sameShape(&in[0], &out[0]))
	t := &overTask{of: of, dst: out[0], workers: make([]overWorker, workers)}
	t.reduceTask = reduceTask{reduce: o, in: in[0]}
	o.over.wide(&t.in, &t.dst)
	sums := &t.out // only a shape
	sums.N, sums.H, sums.W, sums.C, t.numbers = o.over.of(&t.in)
	t.blocks = (sums.C + reduceBlock - 1) / reduceBlock
	return t
}

type overTask struct {
	reduceTask
	of      overAll
	dst     View
	workers []overWorker
}

type overWorker struct {
	reduceWorker
	softmax   softmaxOverArgs
	normalise normaliseArgs
	sums      [reduceBlock]float32
	factors   [reduceBlock]float64
	_         [64]byte
}

// step is 0 where one number serves all channels of a set.
func (t *overTask) step() int {
	if t.over.C {
		return 0
	}
	return 1
}

func (t *overTask) Run(worker, lo, hi int, stop *Stop) {
	w := &t.workers[worker]
	w.args = reduceArgs{acc: unsafe.Pointer(&w.acc), most: unsafe.Pointer(&w.most), mean: unsafe.Pointer(&w.mean),
		lanes: t.over.C}
	for u := lo; u < hi && !stop.Asked(); u++ {
		p, c0 := u/t.blocks, u%t.blocks*reduceBlock
		t.of.sums(t, w, p, c0, stop)
		t.write(w, p, c0, stop)
	}
}

// fold is one pass over all that belongs to set p: channels c0 and up.
func (t *overTask) fold(w *overWorker, how Reduction, p, c0 int, stop *Stop) {
	for i := range w.acc {
		w.acc[i] = how.start()
	}
	w.args.how = how
	t.pass(&w.reduceWorker, p, c0, stop)
	if w.args.lanes {
		how.joinLanes(&w.acc)
		for i := range w.acc[1:reduceLanes] {
			w.acc[1+i] = w.acc[0]
		}
	}
}

// write is the last pass.
func (t *overTask) write(w *overWorker, p, c0 int, stop *Stop) {
	b := t.box(p)
	channels, block := t.in.C, heed
	if !w.args.lanes {
		channels, block = min(reduceBlock, t.in.C-c0), reduceBlock
	}
	for n := b.n0; n < b.n1; n++ {
		for y := b.y0; y < b.y1; y++ {
			for x := b.x0; x < b.x1; x++ {
				at := (n*t.in.H+y)*t.in.W + x
				for c := 0; c < channels; c += block {
					if stop.Asked() {
						return
					}
					t.of.last(w, t.dst.at(at*t.dst.Stride+c0+c), t.in.at(at*t.in.Stride+c0+c), min(block, channels-c))
				}
			}
		}
	}
}
