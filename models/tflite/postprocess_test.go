package tflite

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"sort"
	"strings"
	"testing"

	"github.com/gneiss-go/gneiss/models/internal/interp"
	"github.com/gneiss-go/gneiss/runtime"
)

// flexOf writes a map of whole numbers (int), fractions (float32) and truth values as FlexBuffers do, every value four
// bytes wide.
func flexOf(m map[string]any) []byte {
	var b []byte
	names := make([]string, 0, len(m))
	for k := range m {
		names = append(names, k)
	}
	sort.Strings(names)
	places := map[string]int{}
	for _, k := range names {
		places[k] = len(b)
		b = append(append(b, k...), 0)
	}
	for len(b)%4 != 0 {
		b = append(b, 0)
	}
	word := func(v uint32) { b = binary.LittleEndian.AppendUint32(b, v) }
	word(uint32(len(names)))
	keys := len(b)
	for _, k := range names {
		word(uint32(len(b) - places[k]))
	}
	word(uint32(len(b) - keys))
	word(4)
	word(uint32(len(names)))
	at := len(b)
	var types []byte
	for _, k := range names {
		switch v := m[k].(type) {
		case int:
			word(uint32(int32(v)))
			types = append(types, 1<<2|2)
		case float32:
			word(math.Float32bits(v))
			types = append(types, 3<<2|2)
		case bool:
			n := uint32(0)
			if v {
				n = 1
			}
			word(n)
			types = append(types, 26<<2|2)
		}
	}
	b = append(b, types...)
	return append(b, byte(len(b)-at), 9<<2|2, 1)
}

func ssdOptions() map[string]any {
	return map[string]any{"max_detections": 6, "max_classes_per_detection": 2, "detections_per_class": 3,
		"use_regular_nms": false, "nms_score_threshold": float32(0.1), "nms_iou_threshold": float32(0.5), "num_classes": 4,
		"y_scale": float32(10), "x_scale": float32(10), "h_scale": float32(5), "w_scale": float32(5)}
}

const ssdBoxes = 40

// ssd is a model of the operation alone, over float or quantised boxes and scores.
func ssd(r *rand.Rand, options []byte, background int, quantised bool) []byte {
	var f file
	spec := func(name string, scale float32, zero int64, shape ...int) tensorSpec {
		t := tensorSpec{name: name, shape: shape}
		if quantised {
			t.dtype, t.scale, t.zero = typeUint8, []float32{scale}, []int64{zero}
		}
		return t
	}
	anchors := spec("anchors", 0.004, 3, ssdBoxes, 4)
	for i := range ssdBoxes {
		for k := range 4 {
			v := []float32{float32(i%5)/8 + .2, float32(i/5)/12 + .1, .3, .4}[k] + r.Float32()/20
			if quantised {
				anchors.data = append(anchors.data, byte(v/0.004+3.5))
			} else {
				anchors.data = append(anchors.data, floatBytes([]float32{v})...)
			}
		}
	}
	boxes := f.tensor(spec("boxes", 0.05, 120, 1, ssdBoxes, 4))
	scores := f.tensor(spec("scores", 1./256, 0, 1, ssdBoxes, 4+background))
	a := f.tensor(anchors)
	for _, name := range []string{"boxes!", "classes", "scores!", "count"} { // shapes are left out
		f.tensor(tensorSpec{name: name})
	}
	f.ops = append(f.ops, opSpec{code: opCustom, custom: "TFLite_Detection_PostProcess", customOptions: options,
		inputs: []int{boxes, scores, a}, outputs: []int{a + 1, a + 2, a + 3, a + 4}})
	f.inputs, f.outputs = []int{boxes, scores}, []int{a + 1, a + 2, a + 3, a + 4}
	return f.bytes()
}

// Fast and regular suppression, with and without a background, of float and quantised values, of which many are alike.
func TestPostProcess(t *testing.T) {
	r := rand.New(rand.NewPCG(12, 13))
	for _, regular := range []bool{false, true} {
		for background := range 2 {
			for _, quantised := range []bool{false, true} {
				opts := ssdOptions()
				opts["use_regular_nms"] = regular
				g, err := Load(ssd(r, flexOf(opts), background, quantised))
				if err != nil {
					t.Fatal(err)
				}
				boxes, scores := random(r, 4*ssdBoxes, 1), make([]float32, (4+background)*ssdBoxes)
				for i := range scores {
					scores[i] = float32(r.IntN(20)) / 20
				}
				want, err := interp.Run(g, boxes, scores)
				if err != nil {
					t.Fatal(err)
				}
				got, err := interp.Compiled(g, boxes, scores)
				if err != nil {
					t.Fatal(err)
				}
				for i, dims := range [][]int{{1, 12, 4}, {1, 12}, {1, 12}, {1}} {
					if d, _ := g.Outputs[i].Dims(); !slices.Equal(d, dims) {
						t.Errorf("output %d has dimensions %v, want %v", i, d, dims)
					}
					for j := range want[i] {
						if math.Abs(float64(got[i][j]-want[i][j])) > 1e-6 {
							t.Fatalf("regular %v, background %d, quantised %v: output %d is %v, want %v", regular, background, quantised,
								i, got[i], want[i])
						}
					}
				}
				if n := got[3][0]; n < 2 || n > 6 {
					t.Errorf("%v detections", n)
				}
			}
		}
	}
}

// By hand: two boxes of one place and one elsewhere, of two classes. The operation takes the first of equal scores.
func TestPostProcessByHand(t *testing.T) {
	var f file
	boxes := f.tensor(tensorSpec{name: "boxes", shape: []int{1, 3, 4}})
	scores := f.tensor(tensorSpec{name: "scores", shape: []int{1, 3, 2}})
	a := f.tensor(tensorSpec{name: "anchors", shape: []int{3, 4},
		data: floatBytes([]float32{.5, .5, .4, .2, .5, .5, .4, .2, .2, .8, .2, .2})})
	var out []int
	for name, shape := range [][]int{{1, 3, 4}, {1, 3}, {1, 3}, {1}} {
		out = append(out, f.tensor(tensorSpec{name: string(rune('a' + name)), shape: shape}))
	}
	opts := map[string]any{"max_detections": 3, "max_classes_per_detection": 1, "nms_score_threshold": float32(.25),
		"nms_iou_threshold": float32(.6), "num_classes": 2, "y_scale": 1, "x_scale": 1, "h_scale": 1, "w_scale": 1}
	for _, c := range []struct {
		regular bool
		want    [4][]float32
	}{
		{false, [4][]float32{{.3, .4, .7, .6, .1, .7, .3, .9, 0, 0, 0, 0}, {0, 1, 0}, {.75, .5, 0}, {2}}},
		{true, [4][]float32{{.3, .4, .7, .6, .3, .4, .7, .6, .1, .7, .3, .9}, {1, 0, 1}, {.75, .75, .5}, {3}}},
	} {
		opts["use_regular_nms"] = c.regular
		f.ops = []opSpec{{code: opCustom, custom: "TFLite_Detection_PostProcess", customOptions: flexOf(opts),
			inputs: []int{boxes, scores, a}, outputs: out}}
		f.inputs, f.outputs = []int{boxes, scores}, out
		g, err := Load(f.bytes())
		if err != nil {
			t.Fatal(err)
		}
		got, err := interp.Compiled(g, make([]float32, 12), []float32{.75, .125, .5, .75, 0, .5})
		if err != nil {
			t.Fatal(err)
		}
		for i := range got {
			for j, v := range c.want[i] {
				if math.Abs(float64(got[i][j]-v)) > 1e-6 {
					t.Errorf("regular %v: output %d is %v, want %v", c.regular, i, got[i], c.want[i])
				}
			}
		}
	}
}

// Options that make no sense, or lead out of their bytes, are refused.
func TestPostProcessRefuses(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 13))
	for name, change := range map[string]func(m map[string]any){
		"no detections":   func(m map[string]any) { m["max_detections"] = 0 },
		"negative":        func(m map[string]any) { m["max_classes_per_detection"] = -1 },
		"classes":         func(m map[string]any) { m["num_classes"] = 2 },
		"half a class":    func(m map[string]any) { m["num_classes"] = float32(3.5) },
		"too many":        func(m map[string]any) { m["max_detections"] = 1 << 19 },
		"no scale":        func(m map[string]any) { delete(m, "h_scale") },
		"overlap":         func(m map[string]any) { m["nms_iou_threshold"] = float32(1.5) },
		"overlap NaN":     func(m map[string]any) { m["nms_iou_threshold"] = float32(math.NaN()) },
		"score NaN":       func(m map[string]any) { m["nms_score_threshold"] = float32(math.NaN()) },
		"none of a class": func(m map[string]any) { m["use_regular_nms"], m["detections_per_class"] = true, 0 },
	} {
		m := ssdOptions()
		change(m)
		var ne *runtime.NodeError
		if _, err := Load(ssd(r, flexOf(m), 0, false)); !errors.Is(err, runtime.ErrShape) || !errors.As(err, &ne) {
			t.Errorf("%s: %v", name, err)
		}
	}
	whole := flexOf(ssdOptions())
	for n := range len(whole) {
		if _, err := Load(ssd(r, whole[n:], 0, false)); n > 40 && err == nil {
			t.Errorf("options without their first %d bytes: taken", n)
		}
		_, _ = Load(ssd(r, whole[:n], 0, false))
		damaged := bytes.Clone(whole)
		damaged[n] ^= 0xff
		_, _ = Load(ssd(r, damaged, 0, false))
	}
	_, err := Load(ssd(r, nil, 0, false))
	if !errors.Is(err, runtime.ErrCorrupt) || !strings.Contains(err.Error(), "no options") {
		t.Errorf("no options: %v", err)
	}
}
