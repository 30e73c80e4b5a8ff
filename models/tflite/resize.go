package tflite

import (
	"fmt"
	"math"

	"github.com/gneiss-go/gneiss/runtime"
)

const opResizeNearest = 97

// The fields are align_corners and half_pixel_centers.
var _ = register(opResizeNearest, form{handle: resizeNearest, options: 74, fields: 2})

// resizeNearest copies the nearest pixels; [runtime.Take] has the rules.
func resizeNearest(n *node) error {
	x, err := n.image(0)
	if err != nil {
		return err
	}
	t := n.tensor(1)
	if t == nil || len(t.shape) != 1 || t.shape[0] != 2 {
		return fmt.Errorf("the new size is no constant of two numbers: %w", runtime.ErrGraph)
	}
	size, err := n.int32s(t)
	if err != nil {
		return err
	}
	for _, v := range size {
		if v < 1 || v > 1<<13 {
			return fmt.Errorf("to %v: %w", size, runtime.ErrShape)
		}
	}
	if x.DType == runtime.U8 { // bytes are moved: both sides mean the same by one
		out, err := n.output()
		if err != nil {
			return err
		}
		if q, err := out.quant(); err != nil || q != x.Quant() {
			return fmt.Errorf("from %v to another scale, %v: %w", x.Quant(), q, runtime.ErrGraph)
		}
	}
	corners, half := n.options.byte(0) != 0, n.options.byte(1) != 0
	return n.emit(&runtime.Take{
		Rows: nearest(x.Dims[1], int(size[0]), corners, half),
		Cols: nearest(x.Dims[2], int(size[1]), corners, half),
	}, x)
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
