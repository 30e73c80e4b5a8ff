package onnx

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/gneiss-go/gneiss/models/internal/interp"
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
		got, ok := nearest(c.in, c.n, c.scale, c.rule, c.rounding)
		if !ok || !slices.Equal(got, c.want) {
			t.Errorf("%d to %d by %v, %s, %s: %v, want %v", c.in, c.n, c.scale, c.rule, c.rounding, got, c.want)
		}
	}
	for _, bad := range [][2]string{{"tf_crop_and_resize", "floor"}, {"half_pixel", "up"}} {
		if _, ok := nearest(2, 4, 2, bad[0], bad[1]); ok {
			t.Errorf("%v is known", bad)
		}
	}
}

// TestResize: models of both operators, by scales and by sizes; what is not done is named.
func TestResize(t *testing.T) {
	two := floats("two", []int64{4}, 1, 1, 2, 2)
	wide := []float32{1, 1, 2, 2, 1, 1, 2, 2, 3, 3, 4, 4, 3, 3, 4, 4}
	for name, c := range map[string]struct {
		opset int64
		inits []wire.Msg
		node  wire.Msg
		want  []float32
		no    string
	}{
		"scales":   {13, []wire.Msg{two}, nodeOf("Resize", "x _ two", "y"), wide, ""},
		"upsample": {9, []wire.Msg{two}, nodeOf("Upsample", "x two", "y"), wide, ""},
		"set 10":   {10, []wire.Msg{two}, nodeOf("Resize", "x two", "y"), wide, ""},
		"sizes": {13, []wire.Msg{int64s("to", []int64{4}, 1, 1, 1, 4)}, nodeOf("Resize", "x _ _ to", "y",
			attrStr("coordinate_transformation_mode", "asymmetric"), attrStr("nearest_mode", "floor")),
			[]float32{1, 1, 2, 2}, ""},
		"stretched": {18, []wire.Msg{two}, nodeOf("Resize", "x _ two", "y", attrStr("keep_aspect_ratio_policy",
			"stretch"), attrFloat("cubic_coeff_a", -.5)), wide, ""},
		"not larger": {18, []wire.Msg{two}, nodeOf("Resize", "x _ two", "y", attrStr("keep_aspect_ratio_policy",
			"not_larger")), nil, "policy"},
		"linear": {13, []wire.Msg{two}, nodeOf("Resize", "x _ two", "y", attrStr("mode", "linear")), nil, "linear"},
		"channels": {13, []wire.Msg{floats("two", []int64{4}, 1, 2, 1, 1)}, nodeOf("Resize", "x _ two", "y"),
			nil, "only rows and columns"},
		"fewer": {10, []wire.Msg{floats("two", []int64{4}, 1, 1, .5, .5)}, nodeOf("Resize", "x two", "y"),
			nil, "fewer pixels"},
		"cropped": {13, []wire.Msg{two}, nodeOf("Resize", "x _ two", "y",
			attrStr("coordinate_transformation_mode", "tf_crop_and_resize")), nil, "tf_crop_and_resize"},
		"no scales": {13, nil, nodeOf("Resize", "x", "y"), nil, "without scales"},
	} {
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
				if got := interp.ToNCHW(g.Outputs[0].Shape, out[0]); !slices.Equal(got, c.want) {
					t.Errorf("%s: %v, want %v", how, got, c.want)
				}
			}
		})
	}
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
	kinds := ""
	for _, n := range g.Nodes {
		kinds += fmt.Sprint(n.Op.Kind(), " ", n.Out.DType, "; ")
	}
	if !strings.Contains(kinds, "Take u8") {
		t.Errorf("nodes %s", kinds)
	}
}
