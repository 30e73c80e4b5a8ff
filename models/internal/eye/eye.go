// Package eye shows pictures and frames to a network: it prepares them, runs the network, and says where its pixels lie
// in the picture. It is what detectors, segmenters and pose estimators have in common.
package eye

import (
	"fmt"
	"image"

	"github.com/gneiss-go/gneiss/models/preprocess"
	"github.com/gneiss-go/gneiss/runtime"
)

// Eye is a session and what prepares its first input. It belongs to one goroutine at a time.
type Eye struct {
	sess     *runtime.Session
	prepare  *preprocess.Preparer
	frame    *preprocess.Frame // of the last format; nil before the first one
	geometry preprocess.Geometry
}

// New makes a session of the plan, whose one input must be a picture of the spec's size. Its errors wrap
// [runtime.ErrShape].
func New(plan *runtime.Plan, spec preprocess.Spec) (*Eye, error) {
	if err := spec.Check(); err != nil {
		return nil, err
	}
	in, err := Input(plan)
	if err != nil {
		return nil, err
	}
	want := runtime.Shape{N: 1, H: spec.Height, W: spec.Width, C: spec.Order.Channels()}
	if in.Shape != want || in.DType == runtime.I32 {
		return nil, fmt.Errorf("input %q is %v, pictures are made as %v: %w", in.Name, in.Shape, want, runtime.ErrShape)
	}
	sess, err := plan.NewSession()
	if err != nil {
		return nil, err
	}
	return &Eye{sess: sess, prepare: spec.Preparer()}, nil
}

// Input returns the plan's one input. The error wraps [runtime.ErrShape].
func Input(plan *runtime.Plan) (runtime.TensorInfo, error) {
	in := plan.Inputs()
	if len(in) != 1 {
		return runtime.TensorInfo{}, fmt.Errorf("%d inputs, want one picture: %w", len(in), runtime.ErrShape)
	}
	return in[0], nil
}

// Session returns the session, for those who fill and run it themselves.
func (e *Eye) Session() *runtime.Session { return e.sess }

// Spec returns what prepares pictures.
func (e *Eye) Spec() preprocess.Spec { return e.prepare.Spec() }

// Close ends the session.
func (e *Eye) Close() error { return e.sess.Close() }

// Image runs the network on a picture and returns its size. It allocates where the size differs from the last
// picture's.
func (e *Eye) Image(img image.Image) (w, h int, err error) {
	if err := e.prepare.Fill(e.sess.Input(0), img); err != nil {
		return 0, 0, err
	}
	return img.Bounds().Dx(), img.Bounds().Dy(), e.sess.Run()
}

// Frame runs the network on a camera's frame and returns its size. It allocates where the format is not the last one's.
// A frame that does not fit its format is a [*preprocess.FrameError], and the next one may be good.
func (e *Eye) Frame(f preprocess.FrameFormat, frame []byte) (w, h int, err error) {
	if e.frame == nil || e.frame.Format() != f {
		bound, err := preprocess.NewFrame(f, e.Spec(), e.sess.Input(0))
		if err != nil {
			return 0, 0, err
		}
		e.frame = bound
	}
	if err := e.frame.Fill(frame); err != nil {
		return 0, 0, err
	}
	return f.Width, f.Height, e.sess.Run()
}

// Geometry returns where the network's pixels lie in a picture of w×h.
func (e *Eye) Geometry(w, h int) (*preprocess.Geometry, error) {
	if e.geometry.W != w || e.geometry.H != h {
		g, err := e.Spec().Geometry(w, h)
		if err != nil {
			return nil, err
		}
		e.geometry = g
	}
	return &e.geometry, nil
}
