package answer

import (
	"fmt"

	"github.com/gneiss-go/gneiss/models/card"
	"github.com/gneiss-go/gneiss/models/preprocess"
	"github.com/gneiss-go/gneiss/runtime"
)

// New makes a session of the plan and finds out how its outputs are read: as the options say, or else the card, or else
// by their shapes. A network for which nobody says that it is for images, and whose outputs are nothing that is known,
// is one of tensors; it is an error only where somebody said otherwise.
func New(p *runtime.Plan, c card.Card, o Options) (*Reader, error) {
	task := o.Task
	if task == "" {
		task = c.Task
	}
	switch task {
	case card.Classify:
		return newClasses(p, c, o)
	case card.Embed, card.Other:
		return newTensors(p, task)
	case "":
		if r, err := newClasses(p, c, o); err == nil {
			return r, nil
		}
		return newTensors(p, card.Other)
	}
	return nil, fmt.Errorf("%q is no task that is known here: %w", task, runtime.ErrGraph)
}

func newTensors(p *runtime.Plan, task card.Task) (*Reader, error) {
	sess, err := p.NewSession()
	if err != nil {
		return nil, err
	}
	return &Reader{task: task, sess: sess}, nil
}

func newClasses(p *runtime.Plan, c card.Card, o Options) (*Reader, error) {
	if !scores(p) {
		return nil, fmt.Errorf("the output is not one score per class: %w", runtime.ErrShape)
	}
	spec, err := imageSpec(p, c)
	if err != nil {
		return nil, err
	}
	r, err := newTensors(p, card.Classify)
	if err != nil {
		return nil, err
	}
	r.labels = c.Labels
	r.reading = &classes{r: r, input: spec, probabilities: o.Probabilities}
	return r, nil
}

// imageSpec is how an image becomes the input, by the card.
func imageSpec(p *runtime.Plan, c card.Card) (preprocess.Spec, error) {
	ins := p.Inputs()
	if len(ins) != 1 {
		return preprocess.Spec{}, fmt.Errorf("%d inputs; want one, an image: %w", len(ins), runtime.ErrGraph)
	}
	if c.Input == nil {
		return preprocess.Spec{}, fmt.Errorf("nobody says how an image becomes the input: %w", runtime.ErrGraph)
	}
	if err := c.Input.Check(); err != nil {
		return preprocess.Spec{}, err
	}
	if in := ins[0].Shape; in.N != 1 || in.Elements() != c.Input.Elements() {
		return preprocess.Spec{}, fmt.Errorf("the input is %v %v; images are made %v: %w", ins[0].DType, in, *c.Input,
			runtime.ErrShape)
	}
	return *c.Input, nil
}
