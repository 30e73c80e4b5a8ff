package runtime

import (
	"math"

	"github.com/gneiss-go/gneiss/arch"
	"github.com/gneiss-go/gneiss/kernels"
)

var _ = register(33, func() Op { return new(NMS) })

// NMS chooses among boxes by their scores and leaves out what overlaps better ones (non-maximum suppression). Of each
// image, the first value has N boxes (B×1×N×4) and the second a score of each for each class (B×1×C×N).
//
// The output has Rows rows of three whole numbers: image, class and index of each box that was chosen, image by image,
// class by class, the best first and of equal ones the first. How many there are is known in the run only: what is left
// of the rows is −1, and boxes beyond them are dropped. With Count the output is their number instead.
type NMS struct {
	Most    int     // of a class of an image, at most
	Rows    int     // of the output
	IoU     float32 // boxes whose overlap, of what they have in common through all that they cover, is more are left out
	Least   float32 // scores are to be above; −∞ asks for none
	Centre  bool    // boxes are x, y of the centre, width and height; else y, x of two corners
	AtLeast bool    // an overlap of IoU is too much already
	Count   bool
}

func (*NMS) Kind() string { return "NMS" }

func (n *NMS) infer(in []Shape, _ *Limits) (Shape, error) {
	if len(in) != 2 {
		return Shape{}, errorf("%d inputs, want 2: %w", len(in), ErrShape)
	}
	boxes, scores := in[0], in[1]
	if boxes.H != 1 || boxes.C != 4 || scores != (Shape{boxes.N, 1, scores.W, boxes.W}) || n.Most < 1 || n.Rows < 1 ||
		math.IsNaN(float64(n.IoU)) || math.IsNaN(float64(n.Least)) {
		return boxes, errorf("%d of boxes %v by scores %v in %d rows, overlap %v, score %v: %w", n.Most, boxes, scores,
			n.Rows, n.IoU, n.Least, ErrShape)
	}
	if n.Count {
		return Shape{1, 1, 1, 1}, nil
	}
	return Shape{1, 1, n.Rows, 3}, nil
}

func (*NMS) outType(in []*Value) (DType, Quant, error) { return I32, Quant{}, wantType(in, F32) }

func (n *NMS) cost(in []Shape, out Shape) Cost {
	boxes := in[0].W
	c := each(in[1], moveWork*kernels.TopKWork(boxes)) // in order
	c.add(each(in[1], times2(binaryWork, min(n.Most, boxes))))
	c.add(each(out, 1))
	return c
}

// times2 is a product that is an int.
func times2(a, b int) int { return int(min(times(int64(a), b), math.MaxInt)) }

func (*NMS) traits() traits { return traits{apart, pixels, sameBits, FloatOnly} }

func (n *NMS) fields(f *fields) {
	f.ints(&n.Most, &n.Rows)
	f.float(&n.IoU)
	f.float(&n.Least)
	f.bool(&n.Centre)
	f.bool(&n.AtLeast)
	f.bool(&n.Count)
}

func (n *NMS) lower(s *step, isa arch.ISA, _ *packer) (kernels.Op, error) {
	return kernels.NewNMS(kernels.NMS{Boxes: s.in[0].Shape.W, Most: n.Most, Rows: n.Rows, IoU: n.IoU, Least: n.Least,
		Centre: n.Centre, AtLeast: n.AtLeast, Count: n.Count}, isa)
}
