package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync/atomic"
	"time"

	"github.com/gneiss-go/gneiss/internal/app/frames"
)

// capturer moves frames from a source to the mailbox, and opens the source again when a camera falls silent or is
// unplugged.
type capturer struct {
	src      frames.Source
	reopen   func() (frames.Source, error) // nil for files, which are not worth another try
	box      *mailbox
	captured atomic.Int64 // frames
	reopened atomic.Int64
	pause    time.Duration // the first one before reopening; the next are twice as long, up to 16 times
}

// run captures until the source ends or fails for good, or ctx is done, and closes the mailbox and the source.
func (c *capturer) run(ctx context.Context) {
	for {
		f := c.box.empty()
		var err error
		f.data, err = c.src.Next(ctx, f.data)
		if err == nil {
			f.at = time.Now()
			c.captured.Add(1)
			c.box.put(f)
			continue
		}
		c.box.release(f)
		if ctx.Err() == nil && !errors.Is(err, io.EOF) && c.reopen != nil {
			if err = c.again(ctx, err); err == nil {
				continue
			}
		}
		if c.src != nil {
			c.src.Close()
		}
		c.box.close(err)
		return
	}
}

// again opens the source until it is there, because of the error why.
func (c *capturer) again(ctx context.Context, why error) error {
	old := c.src.Format()
	c.src.Close()
	c.src = nil
	for pause := c.pause; ; pause = min(2*pause, 16*c.pause) {
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return ctx.Err()
		}
		src, err := c.reopen()
		if err != nil {
			continue
		}
		c.src = src
		c.reopened.Add(1)
		if src.Format() != old {
			return fmt.Errorf("after %w: frames were %v and are %v now", why, old, src.Format())
		}
		return nil
	}
}
