package mutate_test

import "github.com/gneiss-go/gneiss/runtime"

// placed is an operation that chooses pixels or boxes of v by other values, and its inputs, which it adds; nil if v has
// no such operation.
func (w *grower) placed(name string, v *runtime.Value) (runtime.Op, []*runtime.Value) {
	r, s := w.r, v.Shape
	add := func(part string, op runtime.Op, in ...*runtime.Value) *runtime.Value {
		x, err := w.g.Add(name+part, op, in...)
		if err != nil { // beyond the limits
			return v
		}
		return x
	}
	row := func(c int) *runtime.Value {
		return add("row", &runtime.Rearrange{Dims: []int{s.Elements()}, Perm: []int{0},
			To: runtime.Shape{N: s.N, H: 1, W: s.H * s.W * s.C / c, C: c}}, v)
	}
	n := 1 + r.IntN(9)
	switch {
	case r.IntN(2) == 0:
		at := make([]int32, 2*n)
		for i := range at {
			at[i] = int32(r.IntN(40) - 20)
		}
		places := add("at", &runtime.Constant{Shape: runtime.Shape{N: 1, H: 1, W: n, C: 2}, Ints: at})
		x, dims := row(s.C), []int{s.H, s.W}
		if r.IntN(2) == 0 {
			return &runtime.GatherBy{Dims: dims}, []*runtime.Value{x, places}
		}
		picked := add("picked", &runtime.GatherBy{Dims: dims}, x, places)
		return &runtime.Scatter{Dims: dims}, []*runtime.Value{x, places, picked}
	case v.DType == runtime.U8:
		return &runtime.LevelPool{Window: w.window(), From: uint8(128 * r.IntN(2))}, []*runtime.Value{v}
	case v.DType == runtime.F32 && s.N == 1 && s.Elements()%4 == 0:
		boxes := s.Elements() / 4
		if r.IntN(2) == 0 {
			scores := add("scores", &runtime.Constant{Shape: runtime.Shape{N: 1, H: 1, W: 1, C: boxes}, Floats: w.floats(boxes)})
			return &runtime.NMS{Most: n, Rows: 1 + r.IntN(30), IoU: r.Float32(), Least: -0.25, Centre: r.IntN(2) == 0,
				AtLeast: r.IntN(2) == 0, Count: r.IntN(4) == 0}, []*runtime.Value{row(4), scores}
		}
		scores := add("scores", &runtime.Constant{Shape: runtime.Shape{N: 1, H: 1, W: boxes, C: 2},
			Floats: w.floats(2 * boxes)})
		return &runtime.PostProcess{Anchors: w.floats(4 * boxes), Scale: [4]float32{10, 10, 5, 5}, Classes: 1 + r.IntN(2),
				Detections: n, PerDetection: 1, Regular: r.IntN(2) == 0, PerClass: n, MaxOverlap: 0.5},
			[]*runtime.Value{row(4), scores}
	}
	return nil, nil
}
