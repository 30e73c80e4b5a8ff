package answer

import (
	"errors"
	"fmt"
	"slices"

	"github.com/gneiss-go/gneiss/models/card"
	"github.com/gneiss-go/gneiss/models/pose"
	"github.com/gneiss-go/gneiss/models/preprocess"
	"github.com/gneiss-go/gneiss/models/segment"
	"github.com/gneiss-go/gneiss/runtime"
)

// maker makes a reader for a task. Its error says why the network is none for it.
type maker struct {
	task  card.Task
	kinds func() []string // of heads that tell of the task
	make  func(*runtime.Plan, card.Card, *Options) (*Reader, error)
}

// makers are in the order in which a network is tried that does not say what it is for.
var makers = []maker{
	{card.Classify, func() []string { return nil }, newClasses},
	{card.Detect, boxKinds, newBoxes},
	{card.Keypoints, pose.Kinds, newPoints},
	{card.Segment, segment.Kinds, newMask},
}

// New makes a session of the plan and finds out how its outputs are read: as the options say, or else the card, or else
// by their shapes. A network that is said to be for something must be: else it is an error. One of which nobody says
// anything, and whose outputs are nothing that is known, is one of tensors.
func New(p *runtime.Plan, c card.Card, o Options) (*Reader, error) {
	if o.Head != "" {
		head := card.Head{}
		if c.Head != nil {
			head = *c.Head
		}
		head.Kind = o.Head
		c.Head, c.Task = &head, ""
	}
	if o.Task != "" {
		c.Task = o.Task
	}
	kind := ""
	if c.Head != nil {
		kind = c.Head.Kind
	}
	var reasons []error
	for _, m := range makers {
		switch {
		case c.Task != "" && c.Task != m.task:
			continue
		case c.Task == "" && kind != "" && !slices.Contains(m.kinds(), kind):
			continue
		}
		r, err := changed(m, p, c, &o)
		if err == nil {
			r.task = m.task
			return r, nil
		}
		reasons = append(reasons, fmt.Errorf("%s: %w", m.task, err))
	}
	switch {
	case c.Task == card.Embed || c.Task == card.Other:
		return newTensors(p, c.Task)
	case c.Task == "" && len(reasons) == 0 && kind != "":
		return nil, fmt.Errorf("no head is called %q: %w", kind, runtime.ErrGraph)
	case len(reasons) == 0:
		return nil, fmt.Errorf("%q is no task that is known here: %w", c.Task, runtime.ErrGraph)
	case c.Task != "" || kind != "":
		return nil, errors.Join(reasons...)
	}
	r, err := newTensors(p, card.Other)
	if r != nil {
		r.why = errors.Join(reasons...)
	}
	return r, err
}

// changed makes a reader, and makes it again if the options change how pictures are prepared.
func changed(m maker, p *runtime.Plan, c card.Card, o *Options) (*Reader, error) {
	if n := len(p.Inputs()); n != 1 {
		return nil, fmt.Errorf("%d inputs; want one, an image: %w", n, runtime.ErrGraph)
	}
	r, err := m.make(p, c, o)
	if err != nil || o.Change == nil {
		return r, err
	}
	spec, err := o.Change(r.Spec())
	if err != nil || spec == r.Spec() {
		return r, err
	}
	r.Close()
	c.Input, c.Guessed = &spec, false
	return m.make(p, c, o)
}

func newTensors(p *runtime.Plan, task card.Task) (*Reader, error) {
	sess, err := p.NewSession()
	if err != nil {
		return nil, err
	}
	return &Reader{task: task, sess: sess}, nil
}

func newClasses(p *runtime.Plan, c card.Card, o *Options) (*Reader, error) {
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
	in := p.Inputs()[0]
	if c.Input == nil {
		return preprocess.Spec{}, fmt.Errorf("nobody says how an image becomes the input: %w", runtime.ErrGraph)
	}
	if err := c.Input.Check(); err != nil {
		return preprocess.Spec{}, err
	}
	if in.Shape.N != 1 || in.Shape.Elements() != c.Input.Elements() {
		return preprocess.Spec{}, fmt.Errorf("the input is %v %v; images are made %v: %w", in.DType, in.Shape, *c.Input,
			runtime.ErrShape)
	}
	return *c.Input, nil
}
