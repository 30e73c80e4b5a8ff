package frames

import (
	"context"

	"github.com/gneiss-go/gneiss/models/preprocess"
)

// pattern is a camera that is always there: coloured waves that move, in any raw format.
type pattern struct {
	f      preprocess.FrameFormat
	frames [][]byte // drawn beforehand, so that drawing does not count as the program's work
	n      int
	paced  pacer
}

// periods is how many frames are drawn.
const periods = 4

// NewPattern returns a pattern of fps frames per second; 0 means 30.
func NewPattern(f preprocess.FrameFormat, fps float64) (Source, error) {
	if err := f.Check(); err != nil {
		return nil, err
	}
	if fps == 0 {
		fps = 30
	}
	p := &pattern{f: f, paced: rate(fps)}
	for n := range periods {
		frame := make([]byte, f.Size())
		for i := range frame {
			frame[i] = byte(64 + (i/61+n*37)%128) // within the range of every layout
		}
		p.frames = append(p.frames, frame)
	}
	return p, nil
}

func (p *pattern) Format() Format { return Format{FrameFormat: p.f} }

func (p *pattern) Next(ctx context.Context, buf []byte) ([]byte, error) {
	if err := p.paced.wait(ctx); err != nil {
		return buf, err
	}
	p.n++
	return append(buf[:0], p.frames[p.n%periods]...), nil
}

func (p *pattern) Close() error { return nil }
