package detect

import (
	"slices"

	"github.com/gneiss-go/gneiss/models/card"
)

// DefaultMost is how many boxes a picture has at most, unless [WithMost] says otherwise.
const DefaultMost = 100

// settings are what may be changed from frame to frame.
type settings struct {
	threshold, overlap float32 // negative: as the card or the kind has it
	most               int
	classes            []bool // those wanted; nil for all
	suppression        Suppression
	unclipped          bool
}

type config struct {
	settings
	head card.Head
}

// Option changes how a network's outputs are read.
type Option func(*config)

// WithHead says how the outputs are read, in place of the card's head. If its Kind is "", it is recognised.
func WithHead(h card.Head) Option { return func(c *config) { c.head = h } }

// WithKind names the kind of head, one of [Kinds]; the rest is as the card has it.
func WithKind(name string) Option { return func(c *config) { c.head.Kind = name } }

// WithThreshold sets the least score of a box, from 0 to 1.
func WithThreshold(score float32) Option { return func(c *config) { c.threshold = mark(score) } }

// WithOverlap sets the intersection over union, from 0 to 1, beyond which the weaker of two boxes goes.
func WithOverlap(iou float32) Option { return func(c *config) { c.overlap = mark(iou) } }

// mark keeps what is no share apart from "not given", so that it is refused.
func mark(v float32) float32 {
	if !(v >= 0) {
		return 2
	}
	return v
}

// WithMost sets the number of boxes of a picture, at most.
func WithMost(n int) Option { return func(c *config) { c.most = n } }

// WithClasses leaves out boxes of other classes than these; without any, all are wanted.
func WithClasses(classes ...int) Option {
	return func(c *config) { c.settings.classes = wanted(classes) }
}

// WithSuppression says which of overlapping boxes stay; without it [BestOfClass].
func WithSuppression(s Suppression) Option { return func(c *config) { c.suppression = s } }

// WithoutClip leaves boxes as they are where they reach beyond the picture.
func WithoutClip() Option { return func(c *config) { c.unclipped = true } }

// maxClass bounds the number of a class.
const maxClass = 1 << 16

func wanted(classes []int) []bool {
	if len(classes) == 0 {
		return nil
	}
	out := make([]bool, min(max(slices.Max(classes), 0), maxClass)+1)
	for _, c := range classes {
		if c >= 0 && c < len(out) {
			out[c] = true
		}
	}
	return out
}

func (s *settings) wants(class int32) bool {
	return class >= 0 && (s.classes == nil || int(class) < len(s.classes) && s.classes[class])
}

// setDefaults fills in what nobody gave: the card's, else the kind's.
func (s *settings) setDefaults(k *kind, h *card.Head) {
	if s.threshold < 0 {
		if s.threshold = h.Threshold; s.threshold == 0 {
			s.threshold = k.threshold
		}
	}
	if s.overlap < 0 {
		if s.overlap = h.Overlap; s.overlap == 0 {
			s.overlap = k.overlap
		}
	}
}

func (s *settings) check() error {
	if s.most < 1 || s.suppression > Everything {
		return unfit("at most %d boxes, suppression %v", s.most, s.suppression)
	}
	return errorOf(checkShare("threshold", s.threshold), checkShare("overlap", s.overlap))
}

// Threshold returns the least score of a box.
func (s *settings) Threshold() float32 { return s.threshold }

// Overlap returns the intersection over union beyond which the weaker of two boxes goes.
func (s *settings) Overlap() float32 { return s.overlap }

// SetThreshold changes the least score of a box, from the next frame on; what lies outside of 0 to 1 is the nearer of
// them, a NaN 1.
func (s *settings) SetThreshold(score float32) { s.threshold = share(score) }

// SetOverlap changes the intersection over union beyond which the weaker of two boxes goes, as SetThreshold does.
func (s *settings) SetOverlap(iou float32) { s.overlap = share(iou) }

func share(v float32) float32 {
	if !(v <= 1) {
		return 1
	}
	return max(v, 0)
}

// SetMost changes the number of boxes of a picture; it is at least 1.
func (s *settings) SetMost(n int) { s.most = max(n, 1) }

// SetClasses changes which classes are wanted, as [WithClasses] does.
func (s *settings) SetClasses(classes ...int) { s.classes = wanted(classes) }

// SetSuppression changes which of overlapping boxes stay; one that is unknown is [BestOfClass].
func (s *settings) SetSuppression(way Suppression) {
	if way > Everything {
		way = BestOfClass
	}
	s.suppression = way
}
