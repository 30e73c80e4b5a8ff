package onnx

import (
	"fmt"
	"math"

	"github.com/gneiss-go/gneiss/runtime"
)

var (
	_ = register("Resize", operator{handle: resize, takes: onQuanta, integers: true,
		heeds: "antialias axes coordinate_transformation_mode keep_aspect_ratio_policy mode nearest_mode" +
			" | cubic_coeff_a exclude_outside extrapolation_value"}) // of other modes
	_ = register("Upsample", operator{handle: resize, heeds: "mode", takes: onQuanta, integers: true})
)

// resize imports Resize and Upsample of rows and columns by the nearest neighbour; [runtime.Take] has the rules.
func resize(c *call) (*value, error) {
	t, err := c.tensor(0)
	if t == nil || err != nil {
		return nil, err
	}
	if mode := c.str("mode", "nearest"); mode != "nearest" {
		c.unsupported("mode %q; only nearest", mode)
		return nil, nil
	}
	if len(t.Dims) != 4 || c.int("antialias", 0) != 0 || c.str("keep_aspect_ratio_policy", "stretch") != "stretch" ||
		len(c.ints("axes")) != 0 {
		c.unsupported("of %d dimensions, with axes or a policy; only rows and columns of four dimensions, by scales or sizes",
			len(t.Dims))
		return nil, nil
	}
	rule, rounding := "asymmetric", "floor" // before set 11
	if c.n.op == "Resize" && c.im.m.opset >= 11 {
		rule, rounding = c.str("coordinate_transformation_mode", "half_pixel"), c.str("nearest_mode", "round_prefer_floor")
	}
	size, scale, err := c.sizes(t.Dims)
	if size == nil || err != nil {
		return nil, err
	}
	if _, err := c.im.b.Fill(size[2]+size[3], 0); err != nil { // the file's budget pays for rows and columns
		return nil, err
	}
	op := &runtime.Take{}
	for i, axis := range []*[]int32{&op.Rows, &op.Cols} {
		in, s := t.Dims[2+i], scale[2+i]
		if c.im.m.opset < 11 && s < 1 {
			c.unsupported("to fewer pixels, before operator set 11")
			return nil, nil
		}
		at, ok := nearest(in, size[2+i], s, rule, rounding)
		if !ok {
			c.unsupported("coordinate_transformation_mode %q with nearest_mode %q", rule, rounding)
			return nil, nil
		}
		*axis = at
	}
	return c.add(op, t)
}

// sizes returns the dimensions of the result and their quotients by those of the input, as the file gives one or the
// other; nil if they are not constants, or not of rows and columns only.
func (c *call) sizes(dims []int) (size []int, scale []float32, err error) {
	at, last := 1, -1 // of the scales, and of the sizes if there are any
	if c.n.op == "Resize" && c.im.m.opset >= 11 {
		at, last = 2, 3
	}
	size, scale = make([]int, len(dims)), make([]float32, len(dims))
	if last > 0 && c.has(last) {
		given, ok, err := c.list("", last)
		if !ok || err != nil {
			return nil, nil, err
		}
		if len(given) != len(dims) {
			return nil, nil, fmt.Errorf("%d sizes of %d dimensions: %w", len(given), len(dims), runtime.ErrShape)
		}
		for i, d := range given {
			size[i], scale[i] = d, float32(d)/float32(dims[i])
		}
	} else {
		if !c.has(at) {
			c.unsupported("without scales as an input")
			return nil, nil, nil
		}
		given, err := c.vector(at, len(dims))
		if given == nil || err != nil {
			return nil, nil, err
		}
		for i, s := range given {
			v := float32(dims[i]) * s
			if !(s > 0) || !(v < 1<<24) {
				return nil, nil, fmt.Errorf("scales %v of %v: %w", given, dims, runtime.ErrShape)
			}
			size[i], scale[i] = int(v), s
		}
	}
	for i, d := range size {
		if d < 1 || d >= 1<<24 {
			return nil, nil, fmt.Errorf("sizes %v: %w", size, runtime.ErrShape)
		}
		if i < 2 && d != dims[i] {
			c.unsupported("of %v to %v; only rows and columns", dims, size)
			return nil, nil, nil
		}
	}
	return size, scale, nil
}

// nearest returns the input's index for each of n output indices; false for a rule or rounding that is not known.
func nearest(in, n int, scale float32, rule, rounding string) ([]int32, bool) {
	round := map[string]func(float32) float64{
		"round_prefer_floor": func(x float32) float64 { return math.Ceil(float64(x) - 0.5) },
		"round_prefer_ceil":  func(x float32) float64 { return math.Floor(float64(x) + 0.5) },
		"floor":              func(x float32) float64 { return math.Floor(float64(x)) },
		"ceil":               func(x float32) float64 { return math.Ceil(float64(x)) },
	}[rounding]
	from := map[string]func(i float32) float32{
		"half_pixel":         func(i float32) float32 { return (i+0.5)/scale - 0.5 },
		"asymmetric":         func(i float32) float32 { return i / scale },
		"align_corners":      func(i float32) float32 { return float32(i*float32(in-1)) / float32(max(n-1, 1)) },
		"pytorch_half_pixel": func(i float32) float32 { return ((i+0.5)/scale - 0.5) * float32(min(n-1, 1)) },
	}[rule]
	if round == nil || from == nil {
		return nil, false
	}
	at := make([]int32, n)
	for i := range at {
		at[i] = int32(min(max(round(from(float32(i))), 0), float64(in-1)))
	}
	return at, true
}
