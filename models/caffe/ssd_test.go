package caffe

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sort"
	"testing"

	"github.com/gneiss-go/gneiss/runtime"
)

// ssdText is a head of SSD over a map of a few pixels, which has the encodings of three boxes of each, and their scores
// of four classes.
const ssdText = `
layer { name: "cut" type: "Slice" bottom: "data" top: "l" top: "c" slice_param { axis: 1 slice_point: 12 } }
layer { name: "lp" type: "Permute" bottom: "l" top: "lp" permute_param { order: 0 order: 2 order: 3 order: 1 } }
layer { name: "lf" type: "Flatten" bottom: "lp" top: "lf" flatten_param { axis: 1 } }
layer { name: "cp" type: "Permute" bottom: "c" top: "cp" permute_param { order: 0 order: 2 order: 3 order: 1 } }
layer { name: "cf" type: "Flatten" bottom: "cp" top: "cf" flatten_param { axis: 1 } }
layer { name: "cr" type: "Reshape" bottom: "cf" top: "cr" reshape_param { shape { dim: 0 dim: -1 dim: 4 } } }
layer { name: "cs" type: "Softmax" bottom: "cr" top: "cs" softmax_param { axis: 2 } }
layer { name: "ct" type: "Flatten" bottom: "cs" top: "ct" flatten_param { axis: 1 } }
layer { name: "p" type: "PriorBox" bottom: "l" bottom: "data" top: "p" prior_box_param { min_size: 30 max_size: 60
  aspect_ratio: 2 flip: false clip: true variance: 0.1 variance: 0.1 variance: 0.2 variance: 0.2 img_size: 100 } }
`

const ssdOutput = `layer { name: "d" type: "DetectionOutput" bottom: "lf" bottom: "ct" bottom: "p" top: "d"
  detection_output_param { num_classes: 4 share_location: true background_label_id: 0 code_type: CENTER_SIZE
  keep_top_k: 12 confidence_threshold: 0.15 nms_param { nms_threshold: 0.45 top_k: 5 } } }`

// ssdPriors are the boxes of ssdText over h×w pixels, by the layer's formulas.
func ssdPriors(h, w int) (boxes [][4]float64) {
	for y := range h {
		for x := range w {
			midX, midY := (float64(x)+0.5)*100/float64(w), (float64(y)+0.5)*100/float64(h)
			for _, size := range [][2]float64{{30, 30}, {math.Sqrt(30 * 60), math.Sqrt(30 * 60)},
				{30 * math.Sqrt2, 30 / math.Sqrt2}} {
				b := [4]float64{midX - size[0]/2, midY - size[1]/2, midX + size[0]/2, midY + size[1]/2}
				for k := range b {
					b[k] = min(max(b[k]/100, 0), 1)
				}
				boxes = append(boxes, b)
			}
		}
	}
	return boxes
}

// TestPriorBox: boxes and variances of a layer, and of two that are joined.
func TestPriorBox(t *testing.T) {
	const h, w = 3, 4
	text := netText(24, h, w, ssdText+`layer { name: "j" type: "Concat" bottom: "p" bottom: "p" top: "j"
		concat_param { axis: 2 } }`)
	got := run(t, weightsOf(nil), text, ramp(24*h*w), WithBatch(1), WithOutputs("j"))
	boxes := ssdPriors(h, w)
	n := 4 * len(boxes)
	if len(got) != 4*n {
		t.Fatalf("%d numbers, want %d", len(got), 4*n)
	}
	for i, v := range got { // run gives rows of variances and boxes as columns
		at := i / 2
		want := []float64{0.1, 0.1, 0.2, 0.2}[at%4]
		if i%2 == 0 {
			want = boxes[at%n/4][at%4]
		}
		if math.Abs(float64(v)-want) > 1e-6 {
			t.Fatalf("number %d is %v, want %v", i, v, want)
		}
	}
}

// ssdRow is a row of DetectionOutput.
type ssdRow struct {
	label int
	score float64
	box   [4]float64
}

// ssdDetect is DetectionOutput in plain loops: x is [24][h][w].
func ssdDetect(x []float32, h, w int) (rows []ssdRow) {
	priors := ssdPriors(h, w)
	at := func(c, box int) float64 { return float64(x[c*h*w+box/3]) }
	var boxes [][4]float64
	var scores [][4]float64
	for i, p := range priors {
		e := [4]float64{}
		for k := range e {
			e[k] = at(i%3*4+k, i)
		}
		pw, ph := p[2]-p[0], p[3]-p[1]
		cx, cy := 0.1*e[0]*pw+(p[0]+p[2])/2, 0.1*e[1]*ph+(p[1]+p[3])/2
		bw, bh := math.Exp(0.2*e[2])*pw, math.Exp(0.2*e[3])*ph
		boxes = append(boxes, [4]float64{cx - bw/2, cy - bh/2, cx + bw/2, cy + bh/2})
		var s [4]float64
		sum := 0.0
		for c := range s {
			s[c] = math.Exp(at(12+i%3*4+c, i))
			sum += s[c]
		}
		for c := range s {
			s[c] /= sum
		}
		scores = append(scores, s)
	}
	area := func(b [4]float64) float64 { return max(b[2]-b[0], 0) * max(b[3]-b[1], 0) }
	for c := 1; c < 4; c++ {
		var order []int
		for i := range boxes {
			if scores[i][c] > 0.15 {
				order = append(order, i)
			}
		}
		sort.SliceStable(order, func(i, j int) bool { return scores[order[i]][c] > scores[order[j]][c] })
		var kept []int
		for _, i := range order[:min(len(order), 5)] {
			if !slices.ContainsFunc(kept, func(j int) bool {
				a, b := boxes[i], boxes[j]
				both := area([4]float64{max(a[0], b[0]), max(a[1], b[1]), min(a[2], b[2]), min(a[3], b[3])})
				return both/(area(a)+area(b)-both) > 0.45
			}) {
				kept = append(kept, i)
				rows = append(rows, ssdRow{c, scores[i][c], boxes[i]})
			}
		}
	}
	sort.SliceStable(rows, func(i, j int) bool { return rows[i].score > rows[j].score })
	return rows[:min(len(rows), 12)]
}

// TestDetectionOutput: beside plain loops, over random maps.
func TestDetectionOutput(t *testing.T) {
	const h, w = 3, 4
	r := rand.New(rand.NewPCG(3, 4))
	found := 0
	for range 6 {
		x := make([]float32, 24*h*w)
		for i := range x {
			x[i] = float32(r.NormFloat64())
		}
		got := run(t, weightsOf(nil), netText(24, h, w, ssdText+ssdOutput), x, WithBatch(1))
		want := ssdDetect(x, h, w)
		found += len(want)
		if len(got) != 12*7 {
			t.Fatalf("%d numbers", len(got))
		}
		for i := range 12 {
			row := ssdRow{}
			if i < len(want) {
				row = want[i]
			}
			g := got[7*i:][:7]
			ok := g[0] == 0 && g[1] == float32(row.label) && math.Abs(float64(g[2])-row.score) < 1e-5
			for k, v := range row.box {
				ok = ok && math.Abs(float64(g[3+k])-v) < 1e-5
			}
			if !ok {
				t.Fatalf("row %d is %v, want %v", i, g, row)
			}
		}
	}
	if found < 20 {
		t.Errorf("only %d detections", found)
	}
}

// TestSSDRefuses: forms that compute something else.
func TestSSDRefuses(t *testing.T) {
	with := func(change string) string {
		return fmt.Sprintf(`layer { name: "d" type: "DetectionOutput" bottom: "lf" bottom: "ct" bottom: "p" top: "d"
			detection_output_param { num_classes: 4 %s } }`, change)
	}
	const well = "code_type: CENTER_SIZE keep_top_k: 9 "
	for name, layers := range map[string]string{
		"corners":            ssdText + with("keep_top_k: 9"),
		"all":                ssdText + with("code_type: CENTER_SIZE"),
		"boxes of classes":   ssdText + with(well+"share_location: false"),
		"background":         ssdText + with(well+"background_label_id: 1"),
		"eta":                ssdText + with(well+"nms_param { eta: 0.5 }"),
		"unknown":            ssdText + with(well+"objectness_score: 1"),
		"unknown of nms":     ssdText + with(well+"nms_param { soft: 1 }"),
		"classes":            ssdText + with(well+"num_classes: 5"),
		"no priors":          `layer { name: "d" type: "DetectionOutput" bottom: "data" bottom: "data" bottom: "data" top: "d" detection_output_param { num_classes: 1 ` + well + `} }`,
		"no size":            `layer { name: "p" type: "PriorBox" bottom: "data" bottom: "data" top: "p" }`,
		"sizes":              `layer { name: "p" type: "PriorBox" bottom: "data" bottom: "data" top: "p" prior_box_param { min_size: 5 max_size: 5 } }`,
		"variances":          `layer { name: "p" type: "PriorBox" bottom: "data" bottom: "data" top: "p" prior_box_param { min_size: 5 variance: 1 variance: 2 } }`,
		"an order twice":     `layer { name: "p" type: "Permute" bottom: "data" top: "p" permute_param { order: 0 order: 0 } }`,
		"an order of nought": `layer { name: "p" type: "Permute" bottom: "data" top: "p" permute_param { order: 7 } }`,
		"interp of nothing":  `layer { name: "p" type: "Interp" bottom: "data" top: "p" }`,
		"interp padded":      `layer { name: "p" type: "Interp" bottom: "data" top: "p" interp_param { pad_beg: -1 height: 2 width: 2 } }`,
		"upsample by 0":      `layer { name: "p" type: "Upsample" bottom: "data" top: "p" upsample_param { scale: 0 } }`,
		"unpooling":          `layer { name: "p" type: "Upsample" bottom: "data" bottom: "data" top: "p" }`,
	} {
		var bad *runtime.UnsupportedError
		_, err := Load(weightsOf(nil), []byte(netText(24, 3, 4, layers)), WithBatch(1))
		if !errors.As(err, &bad) && !errors.Is(err, runtime.ErrShape) && !errors.Is(err, runtime.ErrGraph) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestInterp: by a size, by factors, beside the formula; Upsample repeats.
func TestInterp(t *testing.T) {
	const h, w = 3, 4
	x := ramp(2 * h * w)
	for i := range x {
		x[i] = float32(i * i % 17)
	}
	for params, size := range map[string][2]int{"height: 5 width: 9": {5, 9}, "zoom_factor: 3": {7, 10},
		"shrink_factor: 2": {2, 2}, "shrink_factor: 2 zoom_factor: 4": {5, 5}, "height: 1 width: 1": {1, 1}} {
		text := netText(2, h, w, `layer { name: "i" type: "Interp" bottom: "data" top: "i" interp_param { `+params+` } }`)
		got := run(t, weightsOf(nil), text, x, WithBatch(1))
		if len(got) != 2*size[0]*size[1] {
			t.Fatalf("%s: %d numbers", params, len(got))
		}
		along := func(i, n, out int) (int, int, float64) {
			at := 0.0
			if out > 1 {
				at = float64(i) * float64(n-1) / float64(out-1)
			}
			return int(at), min(int(at)+1, n-1), at - math.Floor(at)
		}
		for i, v := range got {
			c, oy, ox := i/(size[0]*size[1]), i/size[1]%size[0], i%size[1]
			y0, y1, fy := along(oy, h, size[0])
			x0, x1, fx := along(ox, w, size[1])
			at := func(y, x0 int) float64 { return float64(x[(c*h+y)*w+x0]) }
			want := (1-fy)*((1-fx)*at(y0, x0)+fx*at(y0, x1)) + fy*((1-fx)*at(y1, x0)+fx*at(y1, x1))
			if math.Abs(float64(v)-want) > 1e-4 {
				t.Fatalf("%s: number %d is %v, want %v", params, i, v, want)
			}
		}
	}
	text := netText(2, h, w, `layer { name: "i" type: "Upsample" bottom: "data" top: "i" upsample_param { scale: 3 } }`)
	for i, v := range run(t, weightsOf(nil), text, x, WithBatch(1)) {
		if want := x[(i/(9*h*w)*h+i/(3*w)%(3*h)/3)*w+i%(3*w)/3]; v != want {
			t.Fatalf("Upsample: number %d is %v, want %v", i, v, want)
		}
	}
}
