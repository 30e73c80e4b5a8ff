package preprocess

import (
	"fmt"
	"image"
	"math"

	"github.com/gneiss-go/gneiss/runtime"
)

// For returns the spec of an input that is quantised by q, whose levels say which range of numbers is wanted: s if its
// numbers fill that range, up to a tenth at either end; else one by which a pixel's value is its level, as converters
// of image networks write them, in RGB if there are colours.
func (s Spec) For(q runtime.Quant) Spec {
	lo, hi := float32(math.Inf(1)), float32(math.Inf(-1))
	for i := range s.Order.Channels() {
		scale := s.Scale[i]
		if scale == 0 {
			scale = 1
		}
		ends := [2]float32{-s.Mean[i] * scale, (255 - s.Mean[i]) * scale}
		lo, hi = min(lo, ends[0], ends[1]), max(hi, ends[0], ends[1])
	}
	zero := float32(q.Zero)
	room := 25.5 * q.Scale
	if near := lo + zero*q.Scale; -room <= near && near <= room {
		if near = hi - (255-zero)*q.Scale; -room <= near && near <= room {
			return s
		}
	}
	if s.Order == BGR {
		s.Order = RGB
	}
	s.Mean, s.Scale = [3]float32{zero, zero, zero}, [3]float32{q.Scale, q.Scale, q.Scale}
	return s
}

// Fill fills a session's input from img: floats, or the bytes that stand for them if the input is quantised. It is
// [Preparer.Into] for an input of either kind.
func (p *Preparer) Fill(t *runtime.Tensor, img image.Image) error {
	if f := t.Float32(); f != nil {
		return p.Into(f, img)
	}
	if len(p.real) != p.spec.Elements() {
		if err := p.spec.Check(); err != nil {
			return err
		}
		p.real = make([]float32, p.spec.Elements())
	}
	bytes, q := t.Uint8(), t.Info().Quant
	if len(bytes) != len(p.real) {
		return fmt.Errorf("input of %d elements, want %d×%d×%d: %w", len(bytes), p.spec.Height, p.spec.Width,
			p.spec.Order.Channels(), runtime.ErrShape)
	}
	if err := p.Into(p.real, img); err != nil {
		return err
	}
	for i, v := range p.real {
		bytes[i] = q.Level(v)
	}
	return nil
}
