package segment

import (
	"fmt"
	"math"

	"github.com/gneiss-go/gneiss/kernels"
	"github.com/gneiss-go/gneiss/models/internal/eye"
	"github.com/gneiss-go/gneiss/runtime"
)

// tap says which of the network's pixels a row or column of the picture lies between.
type tap struct {
	at, next int     // -1: the network has not seen it
	part     float32 // of next; that of at is 1 − part
}

// Read makes a mask of the session's last answer, for a picture of w×h pixels: half of [Segmenter.Image], for those who
// fill and run the [Segmenter.Session] themselves. Its errors wrap [runtime.ErrShape] if the answer is not what the
// head's kind says: probabilities that are none, or labels beyond 254.
func (s *Segmenter) Read(w, h int, m *Mask) error {
	g, err := s.Geometry(w, h)
	if err != nil {
		return err
	}
	if err := m.resize(w, h, s.head.mask()); err != nil {
		return err
	}
	if s.of != *g {
		s.of = *g
		spec := s.Spec()
		s.cols = taps(s.cols, w, g.ScaleX, g.OffsetX, spec.Width, s.head.W, s.nearest)
		s.rows = taps(s.rows, h, g.ScaleY, g.OffsetY, spec.Height, s.head.H, s.nearest)
	}
	t := s.Session().Output(s.head.output)
	info := t.Info()
	switch {
	case info.DType == runtime.I32:
		err = readLabels(s, t.Int32(), m)
	case s.head.kind == Labels:
		err = readLabels(s, t.Float32(), m)
	case s.head.mask() && info.DType == runtime.U8:
		err = readMask(s, t.Uint8(), info.Quant, m)
	case s.head.mask():
		err = readMask(s, t.Float32(), runtime.Quant{}, m)
	case info.DType == runtime.U8:
		readScores(s, t.Uint8(), m)
	default:
		readScores(s, t.Float32(), m)
	}
	if err != nil {
		return fmt.Errorf("segment: output %q: %w", info.Name, err)
	}
	return nil
}

// taps fills the taps of n pixels of a picture that the network sees by scale and offset as seen pixels, and answers as
// size of them.
func taps(t []tap, n int, scale, offset float32, seen, size int, nearest bool) []tap {
	if cap(t) < n {
		t = make([]tap, n)
	}
	t = t[:n]
	for i := range t {
		at := (float64(i) + 0.5 - float64(offset)) / float64(scale) // among what the network sees,
		if at < 0 || at > float64(seen) {
			t[i] = tap{-1, -1, 0}
			continue
		}
		at = float64(at*float64(size))/float64(seen) - 0.5 // and among its answers' centres
		if nearest {
			at = math.Floor(at + 0.5)
		}
		at = min(max(at, 0), float64(size-1))
		first := int(at)
		t[i] = tap{first, min(first+1, size-1), float32(at - float64(first))}
	}
	return t
}

// number is what scores are compared as.
type number interface{ ~float32 | ~uint8 | ~int32 }

// readScores makes the mask of the best classes. Where the network's four pixels around a pixel have one class that is
// the best of all, so is it between them; only elsewhere scores are interpolated. Of equal scores the first class
// counts, and a NaN is less than any.
func readScores[T number](s *Segmenter, scores []T, m *Mask) {
	h := &s.head
	for y := range h.H {
		for x := range h.W {
			s.best[y*h.W+x] = best(scores[y*h.Row+x*h.Col:], h.C, h.Channel)
		}
	}
	for y, r := range s.rows {
		out := m.Classes[y*m.W:][:m.W]
		if r.at < 0 {
			fill(out, Outside)
			continue
		}
		above, below := s.best[r.at*h.W:][:h.W], s.best[r.next*h.W:][:h.W]
		blended := false
		for x, c := range s.cols {
			if c.at < 0 {
				out[x] = Outside
				continue
			}
			k := above[c.at]
			if c.part == 0 && r.part == 0 || k == above[c.next] && k == below[c.at] && k == below[c.next] {
				out[x] = k
				continue
			}
			if !blended {
				blend(s.line, scores, h, r)
				blended = true
			}
			out[x] = between(s.line[c.at*h.C:][:h.C], s.line[c.next*h.C:][:h.C], c.part)
		}
	}
}

// best returns the channel of the highest score.
func best[T number](scores []T, channels, step int) uint8 {
	k, most := 0, scores[0]
	for c := 1; c < channels; c++ {
		if v := scores[c*step]; v > most || most != most && v == v {
			k, most = c, v
		}
	}
	return uint8(k)
}

// blend makes a row of scores between two of the network's, [x][channel].
func blend[T number](line []float32, scores []T, h *head, r tap) {
	above, below := scores[r.at*h.Row:], scores[r.next*h.Row:]
	for x := range h.W {
		out := line[x*h.C:][:h.C]
		for c := range out {
			i := x*h.Col + c*h.Channel
			a, b := float32(above[i]), float32(below[i])
			out[c] = a + float32(r.part*(b-a))
		}
	}
}

// between returns the best channel of a part of the way from a to b.
func between(a, b []float32, part float32) uint8 {
	k, most := 0, float32(math.Inf(-1))
	for c, v := range a {
		if v += float32(part * (b[c] - v)); v > most {
			k, most = c, v
		}
	}
	return uint8(k)
}

// readLabels makes the mask of the nearest labels: between two classes there is none.
func readLabels[T int32 | float32](s *Segmenter, labels []T, m *Mask) error {
	h := &s.head
	for y := range h.H {
		for x := range h.W {
			v := labels[y*h.Row+x*h.Col]
			if !(v >= 0 && v < maxClasses) || v != T(uint8(v)) {
				return fmt.Errorf("label %v is no number from 0 to %d: %w", v, maxClasses-1, runtime.ErrShape)
			}
			s.best[y*h.W+x] = uint8(v)
		}
	}
	for y, r := range s.rows {
		out := m.Classes[y*m.W:][:m.W]
		if r.at < 0 {
			fill(out, Outside)
			continue
		}
		line := s.best[near(r)*h.W:][:h.W]
		for x, c := range s.cols {
			if out[x] = Outside; c.at >= 0 {
				out[x] = line[near(c)]
			}
		}
	}
	return nil
}

// near returns the nearer of a tap's two.
func near(t tap) int {
	if t.part >= 0.5 {
		return t.next
	}
	return t.at
}

// readMask makes the mask of probabilities, interpolated after they have been made of the network's numbers. Softmax of
// two is the sigmoid of their difference.
func readMask[T number](s *Segmenter, numbers []T, q runtime.Quant, m *Mask) error {
	h := &s.head
	scale, zero := float32(1), float32(0)
	if q.Scale != 0 {
		scale, zero = q.Scale, float32(q.Zero)
	}
	for y := range h.H {
		out := s.prob[y*h.W:][:h.W]
		for x := range out {
			i := y*h.Row + x*h.Col
			v := (float32(numbers[i]) - zero) * scale
			switch h.kind {
			case Softmax:
				v = (float32(numbers[i+h.Channel]) - float32(numbers[i])) * scale
			case Pair:
				b := (float32(numbers[i+h.Channel]) - zero) * scale
				if sum := v + b; !(sum >= 1-1./16 && sum <= 1+1./16) {
					return fmt.Errorf("%v and %v are no probabilities of two; is the head of kind %s? %w", v, b, Softmax,
						runtime.ErrShape)
				}
				v = b
			}
			out[x] = v
		}
	}
	if h.kind == Sigmoid || h.kind == Softmax {
		kernels.Function{Of: kernels.Sigmoid}.Apply(s.prob, s.prob)
	}
	const slack = 1.0 / 256 // levels end beside 0 and 1
	for i, v := range s.prob {
		if !(v >= -slack && v <= 1+slack) {
			return fmt.Errorf("%v is no probability; is the head of kind %s or %s? %w", v, Sigmoid, Softmax, runtime.ErrShape)
		}
		s.prob[i] = min(max(v, 0), 1)
	}
	s.spread(m)
	return nil
}

// spread interpolates probabilities and sets them beside the threshold.
func (s *Segmenter) spread(m *Mask) {
	one := head{Map: eye.Map{H: s.head.H, W: s.head.W, C: 1, Row: s.head.W, Col: 1}}
	for y, r := range s.rows {
		out, scores := m.Classes[y*m.W:][:m.W], m.Scores[y*m.W:][:m.W]
		if r.at < 0 {
			fill(out, Outside)
			clear(scores)
			continue
		}
		blend(s.line, s.prob, &one, r)
		for x, c := range s.cols {
			if c.at < 0 {
				out[x], scores[x] = Outside, 0
				continue
			}
			v := s.line[c.at]
			v += float32(c.part * (s.line[c.next] - v))
			if out[x], scores[x] = 0, v; v >= s.threshold {
				out[x] = 1
			}
		}
	}
}

func fill(b []uint8, v uint8) {
	for i := range b {
		b[i] = v
	}
}
