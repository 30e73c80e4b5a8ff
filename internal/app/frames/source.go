// Package frames gives the frames of cameras, of raw video and of folders of pictures, one after the other.
//
//	src, err := frames.OpenCamera("/dev/video0", "", 1280, 720, 0, 3*time.Second)
//	for err == nil {
//		buf, err = src.Next(ctx, buf) // in the format src.Format()
//	}
//
// It belongs to the programs of this module; to use it elsewhere, copy it.
package frames

import (
	"context"
	"errors"
	"time"

	"github.com/gneiss-go/gneiss/models/preprocess"
)

// Format is what a source's frames are.
type Format struct {
	preprocess.FrameFormat      // of raw frames
	Coded                  bool // each frame is a JPEG or PNG file; nothing else is known
}

func (f Format) String() string {
	if f.Coded {
		return "JPEG or PNG"
	}
	return f.FrameFormat.String()
}

// Source gives frames. It belongs to one goroutine.
type Source interface {
	// Format is the same as long as the source is open.
	Format() Format
	// Next waits for a frame and copies it over buf, which it may make anew. The error is io.EOF at the end,
	// ErrTimeout if the source is silent, or that of ctx.
	Next(ctx context.Context, buf []byte) ([]byte, error)
	Close() error
}

// ErrTimeout means that a camera has given no frame for too long.
var ErrTimeout = errors.New("no frame in time")

// pacer holds files to a rate of frames.
type pacer struct {
	every time.Duration
	due   time.Time
	timer *time.Timer
}

// wait returns when the next frame is due, at once for the first, or if there is no rate.
func (p *pacer) wait(ctx context.Context) error {
	if p.every == 0 {
		return ctx.Err()
	}
	now := time.Now()
	if p.due.IsZero() || now.Sub(p.due) > time.Second { // never catch up with a long pause
		p.due = now
	}
	if p.timer == nil {
		p.timer = time.NewTimer(p.due.Sub(now))
	} else {
		p.timer.Reset(p.due.Sub(now))
	}
	p.due = p.due.Add(p.every)
	select {
	case <-p.timer.C:
		return ctx.Err()
	case <-ctx.Done():
		return ctx.Err()
	}
}

// rate makes a pacer of frames per second; 0 means no rate.
func rate(fps float64) pacer {
	if fps <= 0 {
		return pacer{}
	}
	return pacer{every: time.Duration(float64(time.Second) / fps)}
}
