package tflite

import (
	"fmt"
	"math"
	"slices"

	"github.com/gneiss-go/gneiss/kernels"
	"github.com/gneiss-go/gneiss/models/internal/axes"
	"github.com/gneiss-go/gneiss/runtime"
)

const (
	opResizeBilinear = 23
	opResizeNearest  = 97
)

func registerResize() {
	// The fields end with align_corners and half_pixel_centers; those of old files before them are a size.
	register(opResizeBilinear, form{handle: resizeBilinear, options: 15, fields: 4})
	register(opResizeNearest, form{handle: resizeNearest, options: 74, fields: 2})
}

// resized is the input of a resizing, and its new size.
func (n *node) resized() (x *axes.Tensor, size []int, err error) {
	if x, err = n.image(0); err != nil {
		return nil, nil, err
	}
	if size, err = n.integers(1); err != nil {
		return nil, nil, err
	}
	if len(size) != 2 {
		return nil, nil, fmt.Errorf("the new size %v is not two numbers: %w", size, runtime.ErrGraph)
	}
	if slices.Min(size) < 1 || slices.Max(size) > 1<<13 {
		return nil, nil, fmt.Errorf("to %v: %w", size, runtime.ErrShape)
	}
	return x, size, nil
}

// resizeNearest copies the nearest pixels; [runtime.Take] has the rules.
func resizeNearest(n *node) error {
	x, size, err := n.resized()
	if err != nil {
		return err
	}
	corners, half := n.options.byte(0) != 0, n.options.byte(1) != 0
	return n.emit(&runtime.Take{
		Rows: nearest(x.Dims[1], size[0], corners, half),
		Cols: nearest(x.Dims[2], size[1], corners, half),
	}, x)
}

// resizeBilinear weighs the four pixels around a point.
func resizeBilinear(n *node) error {
	x, size, err := n.resized()
	if err != nil {
		return err
	}
	corners, half := n.options.byte(2) != 0, n.options.byte(3) != 0
	var op runtime.Op = &runtime.Interpolate{
		Rows: linear(x.Dims[1], size[0], corners, half),
		Cols: linear(x.Dims[2], size[1], corners, half), HalfUp: true,
	}
	if x.DType == runtime.U8 {
		to, err := n.quantised()
		if err != nil {
			return err
		}
		op = &runtime.Quantised{Op: op, Out: to}
	}
	return n.emit(op, x)
}

// linear returns the two indices of the input around each of n output indices, and their weights.
func linear(in, n int, corners, half bool) kernels.Taps {
	scale := float32(in) / float32(n)
	if corners && n > 1 {
		scale = float32(in-1) / float32(n-1)
	}
	t := kernels.Taps{Per: 2}
	for i := range n {
		x := float32(i) * scale
		if half {
			x = float32((float32(i)+0.5)*scale) - 0.5
		}
		x = min(max(x, 0), float32(in-1))
		low := int32(x)
		part := x - float32(low)
		t.At = append(t.At, low, min(low+1, int32(in-1)))
		t.Weights = append(t.Weights, 1-part, part)
	}
	return t
}

// nearest returns the input's index for each of n output indices.
func nearest(in, n int, corners, half bool) []int32 {
	scale, offset := float32(in)/float32(n), float32(0)
	if corners && n > 1 {
		scale = float32(in-1) / float32(n-1)
	}
	if half {
		offset = 0.5
	}
	at := make([]int32, n)
	for i := range at {
		v := float64(float32((float32(i) + offset) * scale))
		if corners {
			v += 0.5
		}
		at[i] = int32(min(math.Floor(v), float64(in-1)))
	}
	return at
}
