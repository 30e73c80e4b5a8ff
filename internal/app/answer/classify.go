package answer

import (
	"github.com/gneiss-go/gneiss/models/preprocess"
	"github.com/gneiss-go/gneiss/runtime"
)

// classes reads one score a class.
type classes struct {
	r             *Reader
	input         preprocess.Spec
	probabilities bool
}

func (c *classes) spec() preprocess.Spec { return c.input }

func (c *classes) about() About {
	return About{Classes: c.r.sess.Output(0).Shape().C, Probabilities: c.probabilities}
}

// defaultTop is how many classes are answered.
const defaultTop = 5

func (c *classes) read(_, _ int, s *Settings, a *Answer) error {
	top := s.Top
	if top == 0 {
		top = defaultTop
	}
	a.Probabilities, a.Top = &c.probabilities, []Scored{}
	a.top = c.r.sess.Output(0).TopK(top, a.top)
	if len(a.top) == 0 {
		return ErrNaN
	}
	for _, k := range a.top {
		if !c.probabilities || k.Score >= s.Threshold {
			a.Top = append(a.Top, Scored{k.Index, c.r.Label(k.Index), k.Score})
		}
	}
	return nil
}

// scores reports whether the plan's first output has one score a class.
func scores(p *runtime.Plan) bool {
	outs := p.Outputs()
	return len(outs) > 0 && outs[0].Shape.Elements() == outs[0].Shape.C
}
