package serve

import (
	"context"
	"errors"
	"image"
	goruntime "runtime"

	"github.com/gneiss-go/gneiss/models/imagefile"
	"github.com/gneiss-go/gneiss/models/preprocess"
	"github.com/gneiss-go/gneiss/runtime"
)

// Memory of decoding: a picture is large if it takes more than a sixteenth of what the largest may.
const (
	bytesPerPixel = 8 // enough for a progressive JPEG with halved colours, or a JPEG that has to be turned
	largePart     = 16
)

// decoder turns the body of a request into numbers, for one request at a time.
type decoder struct {
	prep   *preprocess.Preparer // of the model that it was last used for
	limits imagefile.Limits
	large  bool // it is the one for large pictures
}

// preparer prepares pictures by the spec. Tables of another spec are dropped.
func (d *decoder) preparer(spec preprocess.Spec) *preprocess.Preparer {
	if d.prep == nil || d.prep.Spec() != spec {
		d.prep = spec.Preparer()
	}
	return d.prep
}

// decoders is a fixed number of them, apart from the sessions: while one decodes, the sessions run other requests. One
// more is for large pictures, so that these take memory one at a time and small ones need not wait behind them.
type decoders struct {
	small   chan *decoder // idle ones
	large   chan *decoder
	waiting chan struct{} // taken by requests with a large picture
	size    int
}

// newDecoders makes n decoders and the large one, for which at most half of that many places may wait.
func newDecoders(l imagefile.Limits, n, places int) *decoders {
	d := &decoders{small: make(chan *decoder, n), large: make(chan *decoder, 1), size: n}
	d.waiting = make(chan struct{}, max(1, places/2))
	d.large <- &decoder{limits: l, large: true}
	l.MaxMemory /= largePart
	for range n {
		d.small <- &decoder{limits: l}
	}
	return d
}

// busy is how many decoders are in use.
func (d *decoders) busy() int { return d.size + 1 - len(d.small) - len(d.large) }

// errLarge is what a function returns to be called again with the decoder for large pictures.
var errLarge = errors.New("a large picture")

// do calls f with a decoder, and once more if the picture is large. The context is that of waiting.
func (d *decoders) do(ctx context.Context, f func(*decoder) error) error {
	err := with(ctx, d.small, f)
	if !errors.Is(err, errLarge) {
		return err
	}
	select {
	case d.waiting <- struct{}{}:
		defer func() { <-d.waiting }()
		return with(ctx, d.large, func(one *decoder) error {
			defer goruntime.GC() // before the next one begins, which is not to be beside what is left of this
			return f(one)
		})
	default:
		return errFull
	}
}

// with calls f with one of idle. Who need not wait is served though the context may have ended.
func with[T any](ctx context.Context, idle chan T, f func(T) error) error {
	var one T
	select {
	case one = <-idle:
	default:
		select {
		case one = <-idle:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	defer func() { idle <- one }()
	return f(one)
}

// decode decodes a picture under the limits of the server. It returns errLarge for one that the decoder is too small
// for.
func (s *Server) decode(ctx context.Context, d *decoder, data []byte) (image.Image, error) {
	img, err := imagefile.DecodeBytes(ctx, data, d.limits)
	if !errors.Is(err, runtime.ErrLimit) || d.large {
		return img, err
	}
	ended, cancel := context.WithCancel(ctx)
	cancel() // so that nothing is decoded: is it within the limits?
	if _, err = imagefile.DecodeBytes(ended, data, s.limits()); errors.Is(err, context.Canceled) {
		return nil, errLarge
	}
	return nil, err
}
