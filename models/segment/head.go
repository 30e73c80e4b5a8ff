package segment

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gneiss-go/gneiss/models/card"
	"github.com/gneiss-go/gneiss/models/internal/eye"
	"github.com/gneiss-go/gneiss/models/preprocess"
	"github.com/gneiss-go/gneiss/runtime"
)

// The kinds of heads.
const (
	Scores      = "scores"      // a score for each class, of which the highest counts: DeepLab and its kin
	Labels      = "labels"      // the number of the class, whole: networks that end in ArgMax
	Probability = "probability" // one channel from 0 to 1: selfie segmentation
	Sigmoid     = "sigmoid"     // one channel of which the probability is the sigmoid
	Softmax     = "softmax"     // two channels of which softmax makes probabilities; the second is the mask's
	Pair        = "pair"        // two channels that are probabilities already
)

// Kinds are the names that a card's head may have, or "" where the outputs' shapes say: whole numbers are labels, one
// channel is a probability, two are a softmax (probabilities already if the network ends in one), more are scores.
func Kinds() []string { return []string{Scores, Labels, Probability, Sigmoid, Softmax, Pair} }

// head is an output and how it is read.
type head struct {
	eye.Map
	kind   string
	output int
}

// mask reports whether the head gives probabilities.
func (h *head) mask() bool { return h.kind != Scores && h.kind != Labels }

// maxClasses is what a byte of a mask tells apart beside Outside.
const maxClasses = Outside

// recognise finds the output that is a mask, what it means, and how pictures are prepared.
func recognise(plan *runtime.Plan, c *card.Card, output string) (head, preprocess.Spec, error) {
	kind, classes := "", len(c.Labels)
	if c.Head != nil {
		kind = c.Head.Kind
		if c.Head.Classes > 0 {
			classes = c.Head.Classes
		}
	}
	if kind != "" && !slices.Contains(Kinds(), kind) {
		return head{}, preprocess.Spec{}, fmt.Errorf("no head %q; there are %s: %w", kind, strings.Join(Kinds(), ", "),
			runtime.ErrShape)
	}
	in, err := eye.Input(plan)
	if err != nil {
		return head{}, preprocess.Spec{}, err
	}
	spec := preprocess.Spec{Width: in.Shape.W, Height: in.Shape.H}
	if c.Input != nil {
		spec = *c.Input
	}
	var found []head
	var names []string
	var why error
	for i, t := range plan.Outputs() {
		if output != "" && t.Name != output {
			continue
		}
		h, err := headOf(plan, i, t, kind, spec, classes)
		if err != nil {
			why = err
			continue
		}
		found, names = append(found, h), append(names, t.Name)
	}
	switch {
	case len(found) == 1:
	case len(found) > 1:
		return head{}, spec, fmt.Errorf("outputs %q may each be a mask; name one: %w", names, runtime.ErrShape)
	case why != nil:
		return head{}, spec, why
	default:
		return head{}, spec, fmt.Errorf("no output %q: %w", output, runtime.ErrShape)
	}
	if c.Input == nil || c.Guessed {
		spec = prepared(in, &found[0])
	}
	return found[0], spec, nil
}

// headOf returns the head that an output is.
func headOf(plan *runtime.Plan, i int, t runtime.TensorInfo, kind string, spec preprocess.Spec,
	classes int) (head, error) {
	want := map[string]int{Labels: 1, Probability: 1, Sigmoid: 1, Softmax: 2, Pair: 2}[kind]
	m, err := eye.MapOf(t, spec, max(want, classes*(1-min(want, 1))))
	if err != nil {
		return head{}, err
	}
	h := head{m, kind, i}
	if kind == "" {
		h.kind = guess(plan, t, m.C)
	}
	switch {
	case want != 0 && m.C != want:
		err = fmt.Errorf("%d channels, %s has %d", m.C, kind, want)
	case (h.kind == Labels) != (t.DType == runtime.I32) && (h.kind != Labels || t.DType != runtime.F32):
		err = fmt.Errorf("it is of type %v, and the head of %s", t.DType, h.kind)
	case m.C > maxClasses:
		err = fmt.Errorf("%d classes, want at most %d", m.C, maxClasses)
	}
	if err != nil {
		return head{}, fmt.Errorf("output %q of %v: %w: %w", t.Name, t.Dims, err, runtime.ErrShape)
	}
	return h, nil
}

// guess returns the kind that an output's type and channels tell.
func guess(plan *runtime.Plan, t runtime.TensorInfo, channels int) string {
	switch {
	case t.DType == runtime.I32:
		return Labels
	case channels == 1:
		return Probability
	case channels > 2:
		return Scores
	}
	for _, s := range plan.Report().Steps {
		if strings.HasPrefix(s.Op, "Softmax") && len(s.Out) == 1 && s.Out[0].Elements() == t.Shape.Elements() {
			return Pair
		}
	}
	return Softmax
}

// prepared returns how networks of a kind have their pictures, where nobody says: those of masks from 0 to 1, DeepLab's
// from −1 to 1, and those whose channels come first, as PyTorch has them, as torchvision does.
func prepared(in runtime.TensorInfo, h *head) preprocess.Spec {
	s := preprocess.Spec{Width: in.Shape.W, Height: in.Shape.H}
	switch {
	case in.Shape.C == 1:
		s.Order, s.Scale = preprocess.Gray, [3]float32{1. / 255}
	case h.mask():
		s.Scale = [3]float32{1. / 255, 1. / 255, 1. / 255}
	case in.Layout == runtime.ChannelsLast:
		s.Mean, s.Scale = preprocess.ImageNet.Mean, preprocess.ImageNet.Scale
	default:
		s.Mean, s.Scale = [3]float32{127.5, 127.5, 127.5}, [3]float32{1 / 127.5, 1 / 127.5, 1 / 127.5}
	}
	if in.DType == runtime.U8 {
		s = s.For(in.Quant)
	}
	return s
}
