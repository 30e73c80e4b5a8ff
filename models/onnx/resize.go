package onnx

import (
	"fmt"
	"math"

	"github.com/gneiss-go/gneiss/models/internal/axes"
	"github.com/gneiss-go/gneiss/runtime"
)

func registerResize() {
	register("Resize", operator{handle: resize, takes: onQuanta, integers: true,
		heeds: "antialias axes coordinate_transformation_mode cubic_coeff_a exclude_outside extrapolation_value" +
			" keep_aspect_ratio_policy mode nearest_mode"})
	register("Upsample", operator{handle: resize, heeds: "mode scales", takes: onQuanta, integers: true})
}

// resizing is what Resize and Upsample do with each dimension: [runtime.Take] has the rules.
type resizing struct {
	mode, rule, rounding string
	cubic                float64
	excludes, antialias  bool
	roi                  []float32 // starts, then ends, of tf_crop_and_resize
	dims, size           []int
	scale                []float32
	width                []float32 // of the result, before it is rounded
}

// resize imports Resize and Upsample.
func resize(c *call) (*value, error) {
	t, err := c.any(0)
	if t == nil || err != nil {
		return nil, err
	}
	r := &resizing{mode: c.str("mode", "nearest"), rule: "asymmetric", rounding: "floor", dims: t.Dims,
		cubic: float64(c.float("cubic_coeff_a", -0.75)), excludes: c.int("exclude_outside", 0) != 0,
		antialias: c.int("antialias", 0) != 0}
	if c.n.op == "Resize" && c.im.m.opset >= 11 { // before, there are no rules
		r.rule = c.str("coordinate_transformation_mode", "half_pixel")
		r.rounding = c.str("nearest_mode", "round_prefer_floor")
	}
	if ok, err := c.sizes(r); !ok || err != nil {
		return nil, err
	}
	if err := c.im.b.Fits(r.size); err != nil {
		return nil, err
	}
	if r.at(0) == nil {
		c.unsupported("coordinate_transformation_mode %q", r.rule)
		return nil, c.err
	}
	switch r.mode {
	case "nearest":
		return c.resizeNearest(r, t)
	case "linear", "bilinear", "cubic":
		return c.interpolate(r, t)
	}
	c.unsupported("mode %q; only nearest, linear and cubic", r.mode)
	return nil, c.err
}

// resizeNearest takes the nearest indices of each dimension.
func (c *call) resizeNearest(r *resizing, t *axes.Tensor) (*value, error) {
	lists := make([][]int32, len(t.Dims))
	for d, n := range r.size {
		if r.stays(d) {
			continue
		}
		if c.im.m.opset < 11 && r.scale[d] < 1 {
			c.unsupported("to fewer pixels, before operator set 11")
			return nil, nil
		}
		if err := c.im.b.Take(n); err != nil {
			return nil, err
		}
		if lists[d] = r.nearest(d); lists[d] == nil {
			c.unsupported("nearest_mode %q", r.rounding)
			return nil, nil
		}
	}
	fill := c.float("extrapolation_value", 0)
	if r.rule == "tf_crop_and_resize" && c.quanta {
		ts, err := c.floats(t)
		if err != nil {
			return nil, err
		}
		t = ts[0]
	}
	return c.done(c.im.b.Select(c.name(), t, lists, fill))
}

// sizes finds the dimensions of the result and their quotients by those of the input, as the file gives one or the
// other; false if they are not constants.
func (c *call) sizes(r *resizing) (bool, error) {
	at, last, box := 1, -1, -1 // of the scales, of the sizes if there are any, and of the crop
	if c.n.op == "Resize" && c.im.m.opset >= 11 {
		at, last, box = 2, 3, 1
	}
	of := make([]int, 0, len(r.dims)) // the dimensions that are given
	named, err := flagged(c.ints("axes"), len(r.dims))
	if err != nil {
		return false, err
	}
	for _, a := range c.ints("axes") {
		a, _ = axis(a, len(r.dims))
		of = append(of, a)
	}
	for d := range r.dims {
		r.size, r.scale, r.width = append(r.size, r.dims[d]), append(r.scale, 1), append(r.width, float32(r.dims[d]))
		if len(c.ints("axes")) == 0 {
			of = append(of, d)
			named[d] = true
		}
	}
	if r.rule == "tf_crop_and_resize" {
		given, err := c.vector(box, 2*len(of))
		if given == nil || err != nil {
			return false, err
		}
		r.roi = make([]float32, 2*len(r.dims))
		for d := range r.dims {
			r.roi[len(r.dims)+d] = 1
		}
		for i, d := range of {
			r.roi[d], r.roi[len(r.dims)+d] = given[i], given[len(of)+i]
		}
	}
	if last > 0 && c.has(last) {
		return c.givenSizes(r, of, last)
	}
	given, err := c.scales(at, len(of))
	if given == nil || err != nil {
		return false, err
	}
	for i, d := range of {
		v := float32(r.dims[d]) * given[i]
		if r.roi != nil {
			v *= r.roi[len(r.dims)+d] - r.roi[d]
		}
		if !(given[i] > 0) || !(v >= 1) || !(v < 1<<24) {
			return false, fmt.Errorf("scales %v of %v: %w", given, r.dims, runtime.ErrShape)
		}
		r.size[d], r.scale[d], r.width[d] = int(v), given[i], v
	}
	return true, nil
}

// scales are n of them, an input or an attribute of old files.
func (c *call) scales(at, n int) ([]float32, error) {
	if c.has(at) {
		return c.vector(at, n)
	}
	given, err := c.reals("scales")
	if err != nil {
		return nil, err
	}
	if len(given) != n {
		c.unsupported("without scales for each dimension")
		return nil, nil
	}
	return given, nil
}

// givenSizes are the sizes of input i for dimensions of, brought to one scale if the node asks for that.
func (c *call) givenSizes(r *resizing, of []int, i int) (bool, error) {
	given, ok, err := c.list("", i)
	if !ok || err != nil {
		return false, err
	}
	if len(given) != len(of) {
		return false, fmt.Errorf("%d sizes of %d dimensions: %w", len(given), len(of), runtime.ErrShape)
	}
	one := float32(0)
	policy := c.str("keep_aspect_ratio_policy", "stretch")
	for i, d := range of {
		if given[i] < 1 || given[i] >= 1<<24 {
			return false, fmt.Errorf("sizes %v: %w", given, runtime.ErrShape)
		}
		s := float32(given[i]) / float32(r.dims[d])
		if i == 0 || policy == "not_larger" && s < one || policy == "not_smaller" && s > one {
			one = s
		}
		r.size[d], r.scale[d], r.width[d] = given[i], s, float32(given[i])
	}
	switch policy {
	case "stretch":
		return true, nil
	case "not_larger", "not_smaller":
	default:
		c.unsupported("keep_aspect_ratio_policy %q", policy)
		return false, nil
	}
	for _, d := range of {
		v := math.Floor(float64(one)*float64(r.dims[d]) + 0.5)
		if !(v >= 1) || !(v < 1<<24) {
			return false, fmt.Errorf("sizes %v of %v: %w", given, r.dims, runtime.ErrShape)
		}
		r.size[d], r.scale[d], r.width[d] = int(v), one, float32(v)
	}
	return true, nil
}

// at returns the function from the output's index along dimension d to the input's; nil for a rule that is not known.
func (r *resizing) at(d int) func(i float32) float32 {
	in, n, scale := float32(r.dims[d]), float32(r.size[d]), r.scale[d]
	half := func(i float32) float32 { return (i+0.5)/scale - 0.5 }
	switch r.rule {
	case "half_pixel":
		return half
	case "half_pixel_symmetric":
		shift := in / 2 * (1 - n/r.width[d])
		return func(i float32) float32 { return shift + half(i) }
	case "asymmetric":
		return func(i float32) float32 { return i / scale }
	case "align_corners":
		wide := r.width[d]
		if r.mode == "nearest" {
			wide = max(n, 2)
		}
		return func(i float32) float32 {
			if wide == 1 {
				return 0
			}
			return float32(i*(in-1)) / (wide - 1)
		}
	case "pytorch_half_pixel":
		return func(i float32) float32 { return half(i) * min(n-1, 1) }
	case "tf_half_pixel_for_nn":
		return func(i float32) float32 { return (i + 0.5) / scale }
	case "tf_crop_and_resize":
		from, to := r.roi[d], r.roi[len(r.dims)+d]
		return func(i float32) float32 {
			if n == 1 {
				return 0.5 * (from + to) * (in - 1)
			}
			return float32(from*(in-1)) + float32(i*(to-from)*(in-1))/(n-1)
		}
	}
	return nil
}

// stays reports whether dimension d stays as it is.
func (r *resizing) stays(d int) bool {
	return r.size[d] == r.dims[d] && r.scale[d] == 1 && (r.roi == nil || r.roi[d] == 0 && r.roi[len(r.dims)+d] == 1)
}

// outside reports whether an index lies outside of the crop that is to be filled.
func (r *resizing) outside(x float32, n int) bool {
	return r.rule == "tf_crop_and_resize" && !(x >= 0 && x <= float32(n-1))
}

// nearest returns the input's index for each of the output along dimension d; nil for a rounding that is not known.
func (r *resizing) nearest(d int) []int32 {
	round := map[string]func(float32) float64{
		"round_prefer_floor": func(x float32) float64 { return math.Ceil(float64(x) - 0.5) },
		"round_prefer_ceil":  func(x float32) float64 { return math.Floor(float64(x) + 0.5) },
		"floor":              func(x float32) float64 { return math.Floor(float64(x)) },
		"ceil":               func(x float32) float64 { return math.Ceil(float64(x)) },
	}[r.rounding]
	if round == nil {
		return nil
	}
	from, in := r.at(d), r.dims[d]
	at := make([]int32, r.size[d])
	for i := range at {
		x := from(float32(i))
		if at[i] = int32(min(max(round(x), 0), float64(in-1))); r.outside(x, in) {
			at[i] = -1
		}
	}
	return at
}
