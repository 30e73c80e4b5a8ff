package models

import (
	"fmt"
	"image"
	"sync"

	"github.com/gneiss-go/gneiss/models/card"
	"github.com/gneiss-go/gneiss/models/preprocess"
	"github.com/gneiss-go/gneiss/runtime"
	"github.com/gneiss-go/gneiss/runtime/mapped"
)

// Model is a plan with its card: all that a program needs of a model file.
//
//	model, err := models.Load(file)
//	defer model.Close()
//	top, err := model.Classify(img)
//	fmt.Println(top[0].Label, top[0].Score)
//
// Plan and Card are to be read only. [Model.Classify] uses a session and a preparer that belong to the model, one call
// at a time; other sessions, as those of models/detect, are made of the plan and belong to who made them.
type Model struct {
	Plan *runtime.Plan
	Card card.Card // its Input is set if the first input can be an image, if need be by a guess, as Guessed says

	mu     sync.Mutex // of what follows
	sess   *runtime.Session
	prep   *preprocess.Preparer
	top    []runtime.Class
	closed bool
}

// Load makes a model of a .gneiss file's bytes, as [runtime.Load] does, with the same options and errors. A card that
// is damaged, or that does not fit the model's inputs and outputs, is an error too. A file without a card is taken as
// one that says nothing.
//
// Programs that use Load and not [Open] do not link the importers of other formats.
func Load(data []byte, opts ...runtime.Option) (*Model, error) {
	p, err := runtime.Load(data, opts...)
	if err != nil {
		return nil, err
	}
	return ofPlan(p)
}

// LoadFile is Load of a file, which is mapped into memory where the system can: see [mapped.Load]. Its errors are
// [*runtime.FileError].
func LoadFile(path string, opts ...runtime.Option) (*Model, error) {
	p, err := mapped.Load(path, opts...)
	if err != nil {
		return nil, err
	}
	m, err := ofPlan(p)
	return m, runtime.InFile(path, err)
}

// FromGraph compiles a graph, such as one that [Open] has imported, to a model with the graph's card.
func FromGraph(g *runtime.Graph, opts ...runtime.Option) (*Model, error) {
	c, err := cardOf(g, family(g, formatUnknown))
	if err != nil {
		return nil, err
	}
	p, err := runtime.Compile(g, opts...)
	if err != nil {
		return nil, err
	}
	return newModel(p, c)
}

func ofPlan(p *runtime.Plan) (*Model, error) {
	c, err := card.Decode(p.Card())
	if err != nil {
		return nil, err
	}
	if ins := p.Inputs(); len(ins) > 0 {
		guess(&c, port{ins[0].Shape, ins[0].DType, ins[0].Quant}, preprocess.ImageNet)
	}
	return newModel(p, c)
}

func newModel(p *runtime.Plan, c card.Card) (*Model, error) {
	var in, out runtime.Shape
	if ins := p.Inputs(); len(ins) > 0 {
		in = ins[0].Shape
	}
	if outs := p.Outputs(); len(outs) > 0 {
		out = outs[0].Shape
	}
	if err := fits(&c, in, out); err != nil {
		return nil, err
	}
	return &Model{Plan: p, Card: c}, nil
}

// CheckCard returns an error if a card is not one of the graph: if it makes an input of another shape, or, with the
// task classify, names another number of classes. It is a [*card.FieldError].
func CheckCard(g *runtime.Graph, c *card.Card) error {
	var in, out runtime.Shape
	if len(g.Inputs) > 0 {
		in = g.Inputs[0].Shape
	}
	if len(g.Outputs) > 0 {
		out = g.Outputs[0].Shape
	}
	return fits(c, in, out)
}

// fits is CheckCard of the first input and output, without elements if there is none.
func fits(c *card.Card, in, out runtime.Shape) error {
	if s := c.Input; s != nil {
		want := runtime.Shape{N: in.N, H: s.Height, W: s.Width, C: s.Order.Channels()}
		if in != want {
			return &card.FieldError{Field: "input", Err: fmt.Errorf("it makes %v, the model takes %v: %w", want, in,
				runtime.ErrShape)}
		}
	}
	if n := len(c.Labels); n > 0 && c.Task == card.Classify && out.C != n {
		return &card.FieldError{Field: "labels", Err: fmt.Errorf("%d for %d classes: %w", n, out.C, runtime.ErrShape)}
	}
	return nil
}

// Label is the name of a class, or "class 7" if the card has none.
func (m *Model) Label(class int) string {
	if name := m.Card.Label(class); name != "" {
		return name
	}
	return fmt.Sprintf("class %d", class)
}

// Class is a class with its name and score.
type Class struct {
	Index int     `json:"class"`
	Label string  `json:"label,omitempty"` // "" if the card has none
	Score float32 `json:"score"`
}

// topClasses is how many classes Classify returns, if there are so many.
const topClasses = 5

// Classify returns the five classes of the highest scores for an image, the best first. Scores are the network's own:
// probabilities if it ends with a softmax.
func (m *Model) Classify(img image.Image) ([]Class, error) {
	return m.AppendClassify(make([]Class, 0, topClasses), img)
}

// AppendClassify appends to dst as many classes as it has room for, or five if it has none, the best first, and returns
// it. With room it does not allocate from the second image of a size on. The first output must be one score a class;
// scores that are not numbers are left out. It may be called by several goroutines, which then wait for each other.
func (m *Model) AppendClassify(dst []Class, img image.Image) ([]Class, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.ready(); err != nil {
		return dst, err
	}
	if err := m.prep.Fill(m.sess.Input(0), img); err != nil {
		return dst, err
	}
	if err := m.sess.Run(); err != nil {
		return dst, err
	}
	k := cap(dst) - len(dst)
	if k == 0 {
		k = topClasses
	}
	m.top = m.sess.Output(0).TopK(k, m.top[:0])
	for _, c := range m.top {
		dst = append(dst, Class{c.Index, m.Card.Label(c.Index), c.Score})
	}
	return dst, nil
}

// ready makes the session that classifies.
func (m *Model) ready() error {
	switch {
	case m.closed:
		return runtime.ErrClosed
	case m.sess != nil:
		return nil
	}
	ins, outs := m.Plan.Inputs(), m.Plan.Outputs()
	if len(ins) != 1 || len(outs) == 0 || m.Card.Input == nil || ins[0].Shape.N != 1 {
		return fmt.Errorf("%s: %d inputs and %d outputs; a classifier takes one image: %w", m.Plan.Name(), len(ins),
			len(outs), runtime.ErrShape)
	}
	out := outs[0].Shape
	if out.Elements() != out.C {
		return fmt.Errorf("%s: the output is %v, not one score per class: %w", m.Plan.Name(), out, runtime.ErrShape)
	}
	if n := len(m.Card.Labels); n > 0 && n != out.C {
		return fmt.Errorf("%s: %d labels for %d classes: %w", m.Plan.Name(), n, out.C, runtime.ErrShape)
	}
	sess, err := m.Plan.NewSession()
	if err != nil {
		return err
	}
	m.sess, m.prep = sess, m.Card.Input.Preparer()
	return nil
}

// Close ends the session of Classify, which then returns [runtime.ErrClosed]. It may be called more than once.
func (m *Model) Close() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.closed = true
	if m.sess == nil {
		return nil
	}
	err := m.sess.Close()
	m.sess = nil
	return err
}
