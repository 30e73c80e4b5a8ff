package answer

import (
	"cmp"
	"math"
	"slices"

	"github.com/gneiss-go/gneiss/models/card"
	"github.com/gneiss-go/gneiss/models/preprocess"
	"github.com/gneiss-go/gneiss/models/segment"
	"github.com/gneiss-go/gneiss/runtime"
)

// masks reads what each pixel belongs to.
type masks struct {
	*segment.Segmenter
	r         *Reader
	threshold float32
}

// defaultThreshold is that of probability masks of which nobody says another.
const defaultThreshold = 0.5

func newMask(p *runtime.Plan, c card.Card, _ *Options) (*Reader, error) {
	c.Task = card.Segment
	s, err := segment.FromPlan(p, c)
	if err != nil {
		return nil, err
	}
	m := &masks{Segmenter: s, threshold: defaultThreshold}
	if c.Head != nil && c.Head.Threshold > 0 {
		m.threshold = c.Head.Threshold
	}
	m.r = &Reader{reading: m, labels: c.Labels, sess: s.Session()}
	if len(m.r.labels) == 0 && m.probability() {
		m.r.labels = []string{"background", "foreground"}
	}
	return m.r, nil
}

// probability reports whether the head tells one thing from the rest.
func (m *masks) probability() bool { return m.Kind() != segment.Scores && m.Kind() != segment.Labels }

func (m *masks) spec() preprocess.Spec { return m.Spec() }

func (m *masks) about() About {
	a := About{Kind: m.Kind(), Classes: len(m.r.labels)}
	if m.probability() {
		a.Threshold = m.threshold
	}
	return a
}

func (m *masks) read(w, h int, s *Settings, a *Answer) error {
	t := s.Threshold
	if t == 0 {
		t = m.threshold
	}
	m.SetThreshold(t)
	if most := s.MaskPixels; most > 0 && w > most/h {
		ratio := math.Sqrt(float64(most) / float64(w) / float64(h))
		w, h = max(1, int(float64(w)*ratio)), max(1, int(float64(h)*ratio))
		w, h = min(w, max(1, most/h)), min(h, max(1, most/w))
	}
	if err := m.Read(w, h, &a.mask); err != nil {
		return err
	}
	var counts [256]int
	for _, c := range a.mask.Classes {
		counts[c]++
	}
	a.Regions = []Region{}
	for class, n := range counts[:segment.Outside] {
		if n > 0 {
			a.Regions = append(a.Regions, Region{class, m.r.Label(class), float64(n) / float64(w*h)})
		}
	}
	slices.SortStableFunc(a.Regions, func(a, b Region) int { return cmp.Compare(b.Share, a.Share) })
	return nil
}
