package pose

import (
	"errors"
	"fmt"
	"image"
	"math"
	"testing"

	"github.com/gneiss-go/gneiss/models/card"
	"github.com/gneiss-go/gneiss/models/preprocess"
	"github.com/gneiss-go/gneiss/runtime"
)

// out is an output of a made-up network.
type out struct {
	dims   []int
	layout runtime.Layout
	data   []float32 // in the order of memory
}

// network takes pictures of size×size and always answers the same.
func network(t *testing.T, size int, outs ...out) *runtime.Plan {
	t.Helper()
	g := runtime.NewGraph("network")
	if size > 0 { // else of no input
		if _, err := g.Input("picture", runtime.Shape{N: 1, H: size, W: size, C: 3}); err != nil {
			t.Fatal(err)
		}
	}
	for i, o := range outs {
		v, err := g.Add(fmt.Sprint("out", i), &runtime.Constant{Shape: runtime.ShapeOf(o.dims, o.layout), Floats: o.data})
		if err == nil {
			err = errors.Join(g.SetDims(v, o.dims, o.layout), g.Output(v))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	plan, err := runtime.Compile(g)
	if err != nil {
		t.Fatal(err)
	}
	return plan
}

// poses are what an estimator finds in a picture of w×h.
func poses(t *testing.T, plan *runtime.Plan, c card.Card, kind string, w, h int, opts ...Option) []Pose {
	t.Helper()
	p, err := FromPlan(plan, c, opts...)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if p.Kind() != kind {
		t.Fatalf("%s is taken for %s", kind, p.Kind())
	}
	all, err := p.Image(image.NewRGBA(image.Rect(3, 4, 3+w, 4+h)), nil)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func near0(a, b float32) bool { return math.Abs(float64(a-b)) < 1e-3 }

// same compares a point.
func same(t *testing.T, what string, got Point, x, y, z, score float32) {
	t.Helper()
	if !near0(got.X, x) || !near0(got.Y, y) || !near0(got.Z, z) || !near0(got.Score, score) {
		t.Errorf("%s: %+v, want %v, %v, %v of %v", what, got, x, y, z, score)
	}
}

// TestMoveNet: points come back through bars; those that are not sure are no part of the box.
func TestMoveNet(t *testing.T) {
	data := make([]float32, 51)
	for k := range 17 {
		data[3*k], data[3*k+1], data[3*k+2] = 0.25+float32(k)/40, float32(k)/20, float32(k)/16
	}
	got := poses(t, network(t, 64, out{[]int{1, 1, 17, 3}, 0, data}), card.Card{}, MoveNet, 640, 320)
	if len(got) != 1 || len(got[0].Points) != 17 {
		t.Fatalf("%+v", got)
	}
	g := got[0]
	for k, p := range g.Points {
		same(t, fmt.Sprint(k), p, 640*float32(k)/20, 640*(0.25+float32(k)/40)-160, 0, float32(k)/16)
	}
	if !near0(g.X0, 160) || !near0(g.X1, 512) || !near0(g.Y0, 80) || !near0(g.Y1, 256) || !near0(g.Score, (5+16)/2./16) {
		t.Errorf("%+v", g)
	}
	nothing := network(t, 64, out{[]int{1, 17, 3}, 0, make([]float32, 51)})
	if got := poses(t, nothing, card.Card{}, MoveNet, 64, 64); len(got) != 0 {
		t.Errorf("of nothing: %+v", got)
	}
	data[3*8] = float32(math.NaN())
	data[3*9+1] = float32(math.Inf(1))
	data[3*10+2] = float32(math.NaN())
	for _, k := range []int{8, 9, 10} {
		g := poses(t, network(t, 64, out{[]int{1, 1, 17, 3}, 0, data}), card.Card{}, MoveNet, 640, 320)[0]
		if p := g.Points[k]; p.Score != 0 || p.X-p.X != 0 || p.Y-p.Y != 0 || g.Score-g.Score != 0 || g.X1-g.X1 != 0 {
			t.Errorf("%+v", g)
		}
	}
}

// TestMultiPose: bodies below the threshold are none; boxes are the network's.
func TestMultiPose(t *testing.T) {
	data := make([]float32, 6*56)
	for r, score := range []float32{0.9, 0.1, 0.4} {
		row := data[r*56:][:56]
		for k := range 17 {
			row[3*k], row[3*k+1], row[3*k+2] = float32(r)/10, float32(k)/20, 0.5
		}
		copy(row[51:], []float32{0.1, 0.2, 0.3, 0.4, score})
	}
	got := poses(t, network(t, 64, out{[]int{1, 6, 56}, 0, data}), card.Card{}, MultiPose, 128, 128)
	if len(got) != 2 || got[0].Score != 0.9 || got[1].Score != 0.4 {
		t.Fatalf("%+v", got)
	}
	same(t, "last", got[1].Points[16], 128*0.8, 128*0.2, 0, 0.5)
	if g := got[1]; !near0(g.X0, 25.6) || !near0(g.Y0, 12.8) || !near0(g.X1, 51.2) || !near0(g.Y1, 38.4) {
		t.Errorf("%+v", g)
	}
}

// TestHeatmaps: the highest pixel's middle, channels first or last, as many points as are said.
func TestHeatmaps(t *testing.T) {
	const size, points = 16, 5
	for _, o := range []out{{[]int{1, size, size, points}, runtime.AsWritten, nil},
		{[]int{1, points, size, size}, runtime.ChannelsLast, nil}, {[]int{1, points, size, size}, runtime.AsWritten, nil}} {
		o.data = make([]float32, size*size*points)
		for k := range points {
			i := ((2*k)*size+3*k)*points + k
			if o.dims[1] == points && o.layout == runtime.AsWritten {
				i = (k*size+2*k)*size + 3*k
			}
			o.data[i] = 0.9
		}
		plan := network(t, 64, o)
		got := poses(t, plan, card.Card{Head: &card.Head{Points: points}}, Heatmaps, 64, 128)
		for k, p := range got[0].Points {
			same(t, fmt.Sprint(k), p, (float32(3*k)+0.5)*8-32, (float32(2*k)+0.5)*8, 0, 0.9)
		}
		if _, err := FromPlan(plan, card.Card{}); !errors.Is(err, runtime.ErrShape) {
			t.Errorf("five maps of nobody knows what: %v", err)
		}
	}
}

// TestOffsets: the body nearer to the middle counts, and its points nearer to where its centre says.
func TestOffsets(t *testing.T) {
	const size = 12
	heat, centre := make([]float32, size*size*17), make([]float32, size*size)
	from, rest := make([]float32, size*size*34), make([]float32, size*size*34)
	centre[0], centre[5*size+4] = 0.9, 0.8
	for k := range 17 {
		x, y := k%4+2, k/4+3 // and another one's, further away and a little higher
		i, far := y*size+x, 11*size+11
		heat[i*17+k], heat[far*17+k] = 0.7, 0.75
		from[(5*size+4)*34+2*k], from[(5*size+4)*34+2*k+1] = float32(x-4)+0.3, float32(y-5)-0.3
		rest[i*34+2*k], rest[i*34+2*k+1] = 0.25, 0.75
	}
	got := poses(t, network(t, 48, out{[]int{1, size, size, 17}, 0, heat}, out{[]int{1, size, size, 1}, 0, centre},
		out{[]int{1, size, size, 34}, 0, from}, out{[]int{1, size, size, 34}, 0, rest}), card.Card{}, Offsets, 48, 48)
	for k, p := range got[0].Points {
		same(t, fmt.Sprint(k), p, 4*(float32(k%4+2)+0.25), 4*(float32(k/4+3)+0.75), 0, 0.7)
	}
}

// TestLandmarks: bodies, hands and faces, and whether there is one.
func TestLandmarks(t *testing.T) {
	for _, c := range []struct {
		kind         string
		numbers      int
		points, step int
		there        float32 // a number that says yes,
		not          float32 // one that says no,
		bad          float32 // and one that says nothing
	}{
		{BlazePose, 195, 33, 5, 0.9, 0.1, 3},
		{Hand, 63, 21, 3, 0.9, 0.1, -2},
		{Face, 1404, 468, 3, 4, -4, float32(math.NaN())},
		{Face, 1434, 478, 3, 4, -4, float32(math.NaN())},
	} {
		data := make([]float32, c.numbers)
		for i := range c.points {
			n := data[i*c.step:]
			n[0], n[1], n[2] = float32(i%50), float32(i/7), float32(i%5)
			if c.step == 5 {
				n[3], n[4] = 9, float32(i%3-1) // visible, and present or not
			}
		}
		of := func(there float32) *runtime.Plan {
			return network(t, 64, out{[]int{1, c.numbers}, 0, data}, out{[]int{1, 1}, 0, []float32{there}})
		}
		got := poses(t, of(c.there), card.Card{}, c.kind, 128, 128)
		if len(got) != 1 || len(got[0].Points) != c.points {
			t.Fatalf("%s: %d poses", c.kind, len(got))
		}
		for i, p := range got[0].Points {
			score := got[0].Score
			if c.step == 5 {
				score = float32(1 / (1 + math.Exp(-float64(i%3-1))))
			}
			same(t, c.kind, p, 2*float32(i%50), 2*float32(i/7), 2*float32(i%5), score)
		}
		if got := poses(t, of(c.not), card.Card{}, c.kind, 128, 128); len(got) != 0 {
			t.Errorf("%s: %+v where there is none", c.kind, got)
		}
		p, err := FromPlan(of(c.bad), card.Card{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := p.Image(image.NewRGBA(image.Rect(0, 0, 8, 8)), nil); !errors.Is(err, runtime.ErrShape) {
			t.Errorf("%s: %v of %v", c.kind, err, c.bad)
		}
		p.Close()
	}
}

// TestRefused: what is no pose is refused.
func TestRefused(t *testing.T) {
	zeros := func(dims ...int) out {
		n := 1
		for _, d := range dims {
			n *= d
		}
		return out{dims, 0, make([]float32, n)}
	}
	for _, c := range []struct {
		outs []out
		card card.Card
	}{
		{[]out{zeros(1, 1000)}, card.Card{}},
		{[]out{zeros(1, 63)}, card.Card{}}, // is there a hand?
		{[]out{zeros(1, 17, 3)}, card.Card{Task: card.Detect}},
		{[]out{zeros(1, 17, 3)}, card.Card{Head: &card.Head{Kind: "yolov8"}}},
		{[]out{zeros(1, 17, 3)}, card.Card{Head: &card.Head{Kind: Hand}}},
		{[]out{zeros(1, 16, 16, 17), zeros(1, 16, 16, 17)}, card.Card{}},
		{[]out{zeros(1, 16, 16, 17), zeros(1, 16, 16, 1), zeros(1, 16, 16, 34), zeros(1, 8, 8, 34)},
			card.Card{Head: &card.Head{Kind: Offsets}}},
		{[]out{zeros(1, 16, 16, 17)}, card.Card{Input: &preprocess.Spec{Width: 32, Height: 32}}},
	} {
		if p, err := FromPlan(network(t, 64, c.outs...), c.card); !errors.Is(err, runtime.ErrShape) {
			t.Errorf("%v: %v, %v", c.outs[0].dims, p, err)
		}
	}
}

// TestNoInput: a network without an input is refused.
func TestNoInput(t *testing.T) {
	plan := network(t, 0, out{[]int{1, 17, 3}, 0, make([]float32, 51)})
	if p, err := FromPlan(plan, card.Card{}); !errors.Is(err, runtime.ErrShape) {
		t.Error(p, err)
	}
}

// TestEdges: edges are between points that a kind has.
func TestEdges(t *testing.T) {
	for _, k := range Kinds() {
		n := len(Names(k))
		for _, e := range Edges(k) {
			if e[0] >= n || e[1] >= n || e[0] == e[1] {
				t.Errorf("%s: %v of %d points", k, e, n)
			}
		}
		if (n == 0) != (k == Face) || (len(Edges(k)) == 0) != (k == Face) {
			t.Errorf("%s: %d points, %d edges", k, n, len(Edges(k)))
		}
	}
}
