package detect

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/gneiss-go/gneiss/models/card"
	"github.com/gneiss-go/gneiss/runtime"
)

// layout is what a kind looks at to see whether a network is of its family, and what it keeps of the outputs.
type layout struct {
	card    card.Head
	w, h    int // of the network's input, in pixels
	outs    []runtime.TensorInfo
	classes int  // that labels or the card name; 0 if they do not
	named   bool // the kind is the user's or the card's choice: no guess is needed
	views   []*view
}

// unfit says why a network is not of a family.
func unfit(format string, args ...any) error {
	return fmt.Errorf(format+": %w", append(args, runtime.ErrShape)...)
}

// keep notes a view that is to be bound to each run's outputs.
func (l *layout) keep(v *view) *view {
	if v != nil {
		l.views = append(l.views, v)
	}
	return v
}

// dims returns an output's dimensions without those of 1 at the front, and the index of the first that is left.
func dims(info *runtime.TensorInfo, least int) ([]int, int) {
	d, first := info.Dims, 0
	for len(d) > least && d[0] == 1 {
		d, first = d[1:], first+1
	}
	return d, first
}

// rows returns output i as [candidates, numbers]; nil if it has other dimensions.
func (l *layout) rows(i int) *view {
	d, first := dims(&l.outs[i], 2)
	if len(d) != 2 {
		return nil
	}
	return l.keep(shaped(i, &l.outs[i], []int{first}, first+1))
}

// columns returns output i as [numbers, candidates]; nil if it has other dimensions.
func (l *layout) columns(i int) *view {
	d, first := dims(&l.outs[i], 2)
	if len(d) != 2 {
		return nil
	}
	return l.keep(shaped(i, &l.outs[i], []int{first + 1}, first))
}

// rowsOf returns the outputs as rows, one for each of n anchors, by how many numbers a row of each has.
func (l *layout) rowsOf(n int, sizes ...int) ([]*view, error) {
	found := make([]*view, len(sizes))
	for i := range l.outs {
		v := l.rows(i)
		if v == nil || v.n != n {
			return nil, unfit("output %s is no row for each of %d anchors", describe(&l.outs[i]), n)
		}
		if k := slices.Index(sizes, v.c); k >= 0 {
			found[k] = v
		}
	}
	if slices.Contains(found, nil) {
		return nil, unfit("no rows of each of %v numbers", sizes)
	}
	return found, nil
}

// plane returns output i as a map of h×w pixels, each a candidate: [numbers, h, w] or [h, w, numbers], after a
// dimension of 1 or none; nil if it is neither.
func (l *layout) plane(i, w, h int) *view {
	info := &l.outs[i]
	d, first := info.Dims, 0
	if len(d) == 4 && d[0] == 1 {
		d, first = d[1:], 1
	}
	if len(d) != 3 {
		return nil
	}
	front, back := d[1] == h && d[2] == w, d[0] == h && d[1] == w
	if front && back { // as many channels as pixels a side: the model's own habit decides
		back = info.Layout == runtime.AsWritten
		front = !back
	}
	switch {
	case front:
		return l.keep(shaped(i, info, []int{first + 1, first + 2}, first))
	case back:
		return l.keep(shaped(i, info, []int{first, first + 1}, first+2))
	}
	return nil
}

// one is an error unless there is one output.
func (l *layout) one() error {
	if len(l.outs) != 1 {
		return unfit("%d outputs, want 1", len(l.outs))
	}
	return nil
}

// grids returns the cells of maps of the card's strides, or of these.
func (l *layout) grids(strides ...int) grids {
	if len(l.card.Strides) > 0 {
		strides = l.card.Strides
	}
	var out grids
	for _, s := range strides {
		g := cells{stride: s, w: (l.w + s - 1) / s, h: (l.h + s - 1) / s, first: out.count()}
		out = append(out, g)
	}
	return out
}

// cells are those of one map of a network, row by row.
type cells struct {
	stride, w, h int
	first        int // index of the first among all maps' cells
}

type grids []cells

func (g grids) count() int {
	if len(g) == 0 {
		return 0
	}
	last := g[len(g)-1]
	return last.first + last.w*last.h
}

// at returns column, row and stride of cell i.
func (g grids) at(i int) (x, y, stride float32) {
	k := len(g) - 1
	for k > 0 && i < g[k].first {
		k--
	}
	i -= g[k].first
	return float32(i % g[k].w), float32(i / g[k].w), float32(g[k].stride)
}

// numberOfClasses checks columns of which fixed are no classes. Who names no kind must say how many there are, or have
// the 80 of COCO: families differ by one number only.
func (l *layout) numberOfClasses(columns, fixed int) (int, error) {
	n := columns - fixed
	switch {
	case n < 1:
		return 0, unfit("%d numbers a candidate, want more than %d", columns, fixed)
	case l.classes > 0 && n != l.classes:
		return 0, unfit("%d numbers a candidate, want %d and one for each of %d classes", columns, fixed, l.classes)
	case l.classes == 0 && !l.named && n != coco:
		return 0, unfit("%d numbers a candidate and no word of how many classes there are", columns)
	}
	return n, nil
}

// coco is the number of classes that most published detectors have.
const coco = 80

// checkHead refuses a card's numbers that no head can have.
func checkHead(h card.Head) error {
	if h.Kind == "" {
		h.Kind = kinds[0].name // to be recognised
	}
	if err := (&card.Card{Head: &h}).Check(); err != nil {
		return err
	}
	if h.Points > MaxPoints {
		return &card.FieldError{Field: "head.points", Err: fmt.Errorf("%d, more than %d: %w", h.Points, MaxPoints,
			runtime.ErrLimit)}
	}
	return nil
}

func errorOf(errs ...error) error {
	if i := slices.IndexFunc(errs, func(err error) bool { return err != nil }); i >= 0 {
		return errs[i]
	}
	return nil
}

// checkShare refuses what is not from 0 to 1.
func checkShare(name string, v float32) error {
	if !(v >= 0 && v <= 1) {
		return fmt.Errorf("%s %v, want 0 to 1: %w", name, v, runtime.ErrShape)
	}
	return nil
}

func finite(v float32) bool { return !math.IsNaN(float64(v)) && !math.IsInf(float64(v), 0) }

// variances returns the card's, or these for centre and size.
func (l *layout) variances(centre, size float32) [4]float32 {
	out := [4]float32{centre, centre, size, size}
	if v := l.card.Variances; len(v) == 4 {
		out = [4]float32(v)
	}
	return out
}

// list writes the outputs, for errors.
func (l *layout) list() string {
	var words []string
	for i := range l.outs {
		words = append(words, describe(&l.outs[i]))
	}
	return strings.Join(words, ", ")
}
