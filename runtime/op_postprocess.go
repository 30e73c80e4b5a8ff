package runtime

import (
	"github.com/gneiss-go/gneiss/arch"
	"github.com/gneiss-go/gneiss/kernels"
)

var _ = register(30, func() Op { return new(PostProcess) })

// PostProcess makes detections of a single-shot detector's encoded boxes and scores, the first and second input, which
// have a pixel for each box; [kernels.PostProcess] describes it, and its parameters. Its output is one row: room for
// Detections·PerDetection boxes (top, left, bottom, right), as many classes, as many scores, and how many detections
// there are. What is not filled is zero.
type PostProcess kernels.PostProcess

func (*PostProcess) Kind() string { return "PostProcess" }

func (p *PostProcess) infer(in []Shape, _ *Limits) (Shape, error) {
	if len(in) != 2 || in[0].N != 1 || in[1].N != 1 || in[0].H*in[0].W != in[1].H*in[1].W {
		return Shape{}, errorf("boxes and scores of shapes %v: %w", in, ErrShape)
	}
	q := (*kernels.PostProcess)(p)
	if err := q.Check(in[0].H*in[0].W, in[0].C, in[1].C); err != nil {
		return Shape{}, errorf("%w: %w", err, ErrShape)
	}
	return Shape{1, 1, 1, 6*q.Rows() + 1}, nil
}

func (*PostProcess) outType(in []*Value) (DType, Quant, error) { return floats(in) }

func (p *PostProcess) cost(in []Shape, _ Shape) Cost {
	work := (*kernels.PostProcess)(p).Work(in[0].H * in[0].W)
	return Cost{Work: work}.holding(len(p.Anchors), 4*len(p.Anchors))
}

func (*PostProcess) traits() traits { return traits{apart, pixels, sameBits, FloatOnly} }

func (p *PostProcess) fields(f *fields) {
	array(f, &p.Anchors)
	for i := range p.Scale {
		f.float(&p.Scale[i])
	}
	f.ints(&p.Classes, &p.Detections, &p.PerDetection, &p.PerClass)
	const regular, candidates = 1, 2
	var bits byte
	for bit, on := range map[byte]bool{regular: p.Regular, candidates: p.Candidates > 0} {
		if on {
			bits |= bit
		}
	}
	if f.byte(&bits); f.in != nil {
		if bits > regular|candidates {
			f.in.fail("bits %#x of detections", bits)
		}
		p.Regular = bits&regular != 0
	}
	f.float(&p.MinScore)
	f.float(&p.MaxOverlap)
	if bits&candidates != 0 {
		f.ints(&p.Candidates)
	}
}

func (p *PostProcess) lower(s *step, isa arch.ISA, _ *packer) (kernels.Op, error) {
	boxes, scores := s.in[0].Shape, s.in[1].Shape
	return kernels.NewPostProcess(boxes.H*boxes.W, boxes.C, scores.C, kernels.PostProcess(*p), isa)
}
