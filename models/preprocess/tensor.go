package preprocess

import (
	"fmt"
	"image"

	"github.com/gneiss-go/gneiss/runtime"
)

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
