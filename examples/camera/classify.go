package main

import (
	"context"
	"fmt"

	"github.com/gneiss-go/gneiss/models/cifar10"
	"github.com/gneiss-go/gneiss/models/imagefile"
	"github.com/gneiss-go/gneiss/models/preprocess"
	"github.com/gneiss-go/gneiss/runtime"
)

// classifier says what frames show. For another network, change this file.
type classifier struct {
	sess *runtime.Session
	fill func([]byte) error // makes the network's input of a frame
	top  [1]runtime.Class
}

// newClassifier binds the network that is in this program's file to a source's frames.
func newClassifier(f format) (*classifier, error) {
	graph, err := cifar10.Int8()
	if err != nil {
		return nil, err
	}
	plan, err := runtime.Compile(graph)
	if err != nil {
		return nil, err
	}
	sess, err := plan.NewSession()
	if err != nil {
		return nil, err
	}
	c := &classifier{sess: sess}
	spec, input := cifar10.Preprocess, sess.Input(0)
	if f.Coded {
		p := spec.Preparer()
		c.fill = func(file []byte) error {
			img, err := imagefile.DecodeBytes(context.Background(), file, imagefile.DefaultLimits)
			if err != nil {
				return err
			}
			return p.Into(input.Float32(), img)
		}
		return c, nil
	}
	frame, err := preprocess.NewFrame(f.FrameFormat, spec, input)
	if err != nil {
		sess.Close()
		return nil, err
	}
	c.fill = frame.Fill
	return c, nil
}

// classify returns the best class of a frame. A frame that cannot be read is a *badFrame error. Nothing is allocated
// for raw frames.
func (c *classifier) classify(frame []byte) (runtime.Class, error) {
	if err := c.fill(frame); err != nil {
		return runtime.Class{}, &badFrame{err}
	}
	if err := c.sess.Run(); err != nil {
		return runtime.Class{}, err
	}
	if top := c.sess.Output(0).TopK(1, c.top[:0]); len(top) == 1 {
		return top[0], nil
	}
	return runtime.Class{}, fmt.Errorf("the network gave no number")
}

func (c *classifier) close() error { return c.sess.Close() }

// badFrame is a frame that was cut off or damaged on its way; the next one may be good.
type badFrame struct{ err error }

func (e *badFrame) Error() string { return "bad frame: " + e.err.Error() }
func (e *badFrame) Unwrap() error { return e.err }
