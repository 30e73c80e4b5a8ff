package onnx

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/gneiss-go/gneiss/models/internal/wire"
	"github.com/gneiss-go/gneiss/runtime"
)

// TestNearest: the input's indices by each rule and rounding, worked out by hand or those of the operator's definition.
func TestNearest(t *testing.T) {
	for _, c := range []struct {
		in, n          int
		scale          float32
		rule, rounding string
		want           []int32
	}{
		{2, 4, 2, "half_pixel", "round_prefer_floor", []int32{0, 0, 1, 1}},
		{2, 4, 2, "asymmetric", "floor", []int32{0, 0, 1, 1}},
		{2, 4, 2, "asymmetric", "ceil", []int32{0, 1, 1, 1}},
		{2, 4, 2, "asymmetric", "round_prefer_floor", []int32{0, 0, 1, 1}}, // ½ → 0, 1½ → 1
		{2, 4, 2, "asymmetric", "round_prefer_ceil", []int32{0, 1, 1, 1}},
		{4, 2, 0.5, "half_pixel", "round_prefer_floor", []int32{0, 2}}, // ½, 2½
		{4, 2, 0.5, "half_pixel", "round_prefer_ceil", []int32{1, 3}},
		{4, 8, 2, "align_corners", "floor", []int32{0, 0, 0, 1, 1, 2, 2, 3}},
		{4, 1, 0.25, "align_corners", "floor", []int32{0}},
		{4, 1, 0.25, "half_pixel", "round_prefer_floor", []int32{1}}, // 1½
		{4, 1, 0.25, "pytorch_half_pixel", "round_prefer_floor", []int32{0}},
		{3, 8, 8. / 3, "half_pixel", "round_prefer_floor", []int32{0, 0, 0, 1, 1, 2, 2, 2}},
		{3, 3, 1, "half_pixel", "ceil", []int32{0, 1, 2}},
	} {
		got, ok := nearestOf(c.in, c.n, c.scale, c.rule, c.rounding)
		if !ok || !slices.Equal(got, c.want) {
			t.Errorf("%d to %d by %v, %s, %s: %v, want %v", c.in, c.n, c.scale, c.rule, c.rounding, got, c.want)
		}
	}
	for _, bad := range [][2]string{{"crop", "floor"}, {"half_pixel", "up"}} {
		if _, ok := nearestOf(2, 4, 2, bad[0], bad[1]); ok {
			t.Errorf("%v is known", bad)
		}
	}
}

// resizeCase is a model of one node of x, the 2×2 numbers 1 to 4, and what it is to give, or to be refused for.
type resizeCase struct {
	opset int64
	inits []wire.Msg
	node  wire.Msg
	want  []float32
	no    string
}

// two is scales of a map, twice as many rows and columns; wider is x by them.
var (
	two   = floats("two", []int64{4}, 1, 1, 2, 2)
	wider = []float32{1, 1, 2, 2, 1, 1, 2, 2, 3, 3, 4, 4, 3, 3, 4, 4}
)

// TestResize: models of both operators, by scales and by sizes, by the nearest pixel.
func TestResize(t *testing.T) {
	testResize(t, map[string]resizeCase{
		"scales":   {13, []wire.Msg{two}, nodeOf("Resize", "x _ two", "y"), wider, ""},
		"upsample": {9, []wire.Msg{two}, nodeOf("Upsample", "x two", "y"), wider, ""},
		"set 10":   {10, []wire.Msg{two}, nodeOf("Resize", "x two", "y"), wider, ""},
		"sizes": {13, []wire.Msg{int64s("to", []int64{4}, 1, 1, 1, 4)}, nodeOf("Resize", "x _ _ to", "y",
			attrStr("coordinate_transformation_mode", "asymmetric"), attrStr("nearest_mode", "floor")),
			[]float32{1, 1, 2, 2}, ""},
		"stretched": {18, []wire.Msg{two}, nodeOf("Resize", "x _ two", "y", attrStr("keep_aspect_ratio_policy",
			"stretch"), attrFloat("cubic_coeff_a", -.5)), wider, ""},
		"not larger": {18, []wire.Msg{int64s("to", []int64{2}, 4, 6)}, nodeOf("Resize", "x _ _ to", "y",
			attrStr("keep_aspect_ratio_policy", "not_larger"), attrInts("axes", 2, 3)), wider, ""},
		"not smaller": {18, []wire.Msg{int64s("to", []int64{2}, 3, 4)}, nodeOf("Resize", "x _ _ to", "y",
			attrStr("keep_aspect_ratio_policy", "not_smaller"), attrInts("axes", -2, -1)), wider, ""},
		"a policy for scales": {18, []wire.Msg{two}, nodeOf("Resize", "x _ two", "y", attrStr("keep_aspect_ratio_policy",
			"not_larger")), wider, ""},
		"upsample by an attribute": {7, nil, nodeOf("Upsample", "x", "y",
			wire.Msg{}.Str(1, "scales").Floats(7, 1, 1, 2, 2)), wider, ""},
		"channels": {13, []wire.Msg{floats("two", []int64{4}, 1, 2, 1, 1)}, nodeOf("Resize", "x _ two", "y"),
			[]float32{1, 2, 3, 4, 1, 2, 3, 4}, ""},
		"cropped": {13, []wire.Msg{two, floats("box", []int64{8}, 0, 0, 0, 0, 1, 1, 1, 1)},
			nodeOf("Resize", "x box two", "y", attrStr("coordinate_transformation_mode", "tf_crop_and_resize")), wider, ""},
	})
}

// TestResizeBetween: linear and cubic, between pixels.
func TestResizeBetween(t *testing.T) {
	testResize(t, map[string]resizeCase{
		"linear": {13, []wire.Msg{two}, nodeOf("Resize", "x _ two", "y", attrStr("mode", "linear")),
			[]float32{1, 1.25, 1.75, 2, 1.5, 1.75, 2.25, 2.5, 2.5, 2.75, 3.25, 3.5, 3, 3.25, 3.75, 4}, ""},
		"linear, set 9": {9, []wire.Msg{two}, nodeOf("Upsample", "x two", "y", attrStr("mode", "linear")),
			[]float32{1, 1.5, 2, 2, 2, 2.5, 3, 3, 3, 3.5, 4, 4, 3, 3.5, 4, 4}, ""},
		"linear, from corner to corner": {13, []wire.Msg{int64s("to", []int64{4}, 1, 1, 1, 3)},
			nodeOf("Resize", "x _ _ to", "y", attrStr("mode", "linear"),
				attrStr("coordinate_transformation_mode", "align_corners")), []float32{1, 1.5, 2}, ""},
		"linear channels": {13, []wire.Msg{floats("two", []int64{4}, 1, 2, 1, 1)}, nodeOf("Resize", "x _ two", "y",
			attrStr("mode", "linear")), []float32{1, 2, 3, 4, 1, 2, 3, 4}, ""},
		"cubic": {13, []wire.Msg{int64s("to", []int64{4}, 1, 1, 1, 4)}, nodeOf("Resize", "x _ _ to", "y",
			attrStr("mode", "cubic"), attrStr("coordinate_transformation_mode", "asymmetric"),
			attrFloat("cubic_coeff_a", -.5)),
			[]float32{1, 1.5, 2, 2.0625}, ""},
		"antialias": {18, []wire.Msg{floats("half", []int64{4}, 1, 1, .5, .5)}, nodeOf("Resize", "x _ half", "y",
			attrStr("mode", "linear"), attrInt("antialias", 1)), []float32{2.5}, ""},
		"symmetric": {19, []wire.Msg{floats("s", []int64{4}, 1, 1, .5, 1.25)}, nodeOf("Resize", "x _ s", "y",
			attrStr("mode", "linear"), attrStr("coordinate_transformation_mode", "half_pixel_symmetric")),
			[]float32{2.1, 2.9}, ""},
		"cropped beyond": {13, []wire.Msg{int64s("to", []int64{4}, 1, 1, 1, 4),
			floats("box", []int64{8}, 0, 0, 0, 0, 1, 1, 0, 3)}, nodeOf("Resize", "x box _ to", "y",
			attrStr("coordinate_transformation_mode", "tf_crop_and_resize"), attrFloat("extrapolation_value", -7),
			attrStr("mode", "linear")), []float32{1, 2, -7, -7}, ""},
	})
}

// TestResizeRefuses: what is not done is named; scales and sizes that cannot be are errors of shape and of limits.
func TestResizeRefuses(t *testing.T) {
	testResize(t, map[string]resizeCase{
		"fewer": {10, []wire.Msg{floats("two", []int64{4}, 1, 1, .5, .5)}, nodeOf("Resize", "x two", "y"),
			nil, "fewer pixels"},
		"another rule": {13, []wire.Msg{two}, nodeOf("Resize", "x _ two", "y",
			attrStr("coordinate_transformation_mode", "quarter_pixel")), nil, "quarter_pixel"},
		"another mode": {13, []wire.Msg{two}, nodeOf("Resize", "x _ two", "y", attrStr("mode", "lanczos")), nil, "lanczos"},
		"no scales":    {13, nil, nodeOf("Resize", "x", "y"), nil, "without scales"},
	})
	for _, bad := range []float32{0, -1, 1e30} {
		m := modelOf(13, []int64{1, 1, 2, 2}, []wire.Msg{floats("s", []int64{4}, 1, 1, bad, 1)},
			nodeOf("Resize", "x _ s", "y"))
		if _, err := Load(m); !errors.Is(err, runtime.ErrShape) {
			t.Errorf("scale %v: %v", bad, err)
		}
	}
	big := modelOf(13, []int64{1, 1, 2, 2}, []wire.Msg{floats("s", []int64{4}, 1, 1, 1<<20, 1<<20)},
		nodeOf("Resize", "x _ s", "y"))
	if _, err := Load(big); !errors.Is(err, runtime.ErrLimit) {
		t.Errorf("2²¹ rows of as many columns: %v", err)
	}
}

func testResize(t *testing.T, cases map[string]resizeCase) {
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			g, err := Load(modelOf(c.opset, []int64{1, 1, 2, 2}, c.inits, c.node))
			if c.no != "" {
				var un *runtime.UnsupportedError
				if !errors.As(err, &un) || !strings.Contains(err.Error(), c.no) {
					t.Errorf("%v, want %q", err, c.no)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			for how, run := range runs {
				out, err := run(g, []float32{1, 2, 3, 4})
				if err != nil {
					t.Fatalf("%s: %v", how, err)
				}
				got := written(g.Outputs[0], out[0])
				if err := near(got, c.want); err != nil {
					t.Errorf("%s: %v, want %v", how, got, c.want)
				}
			}
		})
	}
}

// TestResizeStaysQuantised: resizing what was dequantised moves the bytes.
func TestResizeStaysQuantised(t *testing.T) {
	inits := []wire.Msg{floats("two", []int64{4}, 1, 1, 2, 2), f32("half", .5), u8("ten", 10)}
	g, err := Load(modelOf(13, []int64{1, 1, 1, 2}, inits, nodeOf("QuantizeLinear", "x half ten", "q"),
		nodeOf("DequantizeLinear", "q half ten", "f"),
		nodeOf("Resize", "f _ two", "r"), nodeOf("QuantizeLinear", "r half ten", "p"),
		nodeOf("DequantizeLinear", "p half ten", "y")))
	if err != nil {
		t.Fatal(err)
	}
	if kinds := kindsOf(g); !strings.Contains(kinds, "Take") || strings.Count(kinds, "Dequantize") > 1 {
		t.Errorf("nodes %s", kinds)
	}
}

// TestInterpolationStaysQuantised: linear resizing of what was dequantised works on the bytes.
func TestInterpolationStaysQuantised(t *testing.T) {
	inits := []wire.Msg{floats("two", []int64{4}, 1, 1, 1, 2), f32("half", .5), u8("ten", 10), f32("quarter", .25)}
	g, err := Load(modelOf(13, []int64{1, 1, 1, 2}, inits, nodeOf("QuantizeLinear", "x half ten", "q"),
		nodeOf("DequantizeLinear", "q half ten", "f"), nodeOf("Resize", "f _ two", "r", attrStr("mode", "linear")),
		nodeOf("QuantizeLinear", "r quarter ten", "p"), nodeOf("DequantizeLinear", "p quarter ten", "y")))
	if err != nil {
		t.Fatal(err)
	}
	if kinds := kindsOf(g); !strings.Contains(kinds, "QInterpolate") || strings.Count(kinds, "Dequantize") > 1 {
		t.Errorf("nodes %s", kinds)
	}
	for how, run := range runs {
		got, err := run(g, []float32{1, 3})
		if err != nil || !slices.Equal(got[0], []float32{1, 1.5, 2.5, 3}) {
			t.Errorf("%s: %v, %v", how, got, err)
		}
	}
}

// nearestOf are the indices of one dimension; false for a rule or rounding that is not known.
func nearestOf(in, n int, scale float32, rule, rounding string) ([]int32, bool) {
	r := &resizing{mode: "nearest", rule: rule, rounding: rounding, dims: []int{in}, size: []int{n},
		scale: []float32{scale}, width: []float32{scale * float32(in)}}
	if r.at(0) == nil {
		return nil, false
	}
	at := r.nearest(0)
	return at, at != nil
}
