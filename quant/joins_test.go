package quant

import (
	"math"
	"slices"
	"testing"

	"github.com/gneiss-go/gneiss/kernels"
	"github.com/gneiss-go/gneiss/runtime"
)

// TestJoins: what joins boxes and scores that are float for the output stays float, so that large boxes leave scores
// their steps; its output keeps name and dimensions. Joins between layers work on bytes.
func TestJoins(t *testing.T) {
	n := newNet(t, 31)
	none := runtime.Clamp{}
	x := n.input(12, 12, 3)
	x = n.add("cat", &runtime.Concat{}, n.conv("a", x, 8, 3, none), n.conv("b", x, 8, 1, none))
	boxes := n.conv("boxes", x, 4, 1, none)
	scores := n.curve("scores/sigmoid", kernels.Sigmoid, n.conv("scores", x, 6, 1, none))
	all := n.add("all", &runtime.Concat{}, boxes, scores)
	to := runtime.Shape{N: 1, H: 1, W: 144, C: 10}
	out := n.add("out", &runtime.Rearrange{Dims: []int{144, 10}, Perm: []int{0, 1}, To: to}, all)
	if err := n.g.SetDims(out, []int{1, 144, 10}, runtime.AsWritten); err != nil {
		t.Fatal(err)
	}
	n.outputs(out)
	q, report, err := Quantize(n.g, calibrated(t, n.g))
	if err != nil {
		t.Fatal(err)
	}
	why := map[string]string{}
	for _, l := range report.Layers {
		why[l.Name] = l.Reason
	}
	if why["all"] != reasonLast || why["cat"] != "" {
		t.Errorf("all is float because %q, cat because %q", why["all"], why["cat"])
	}
	v := q.Outputs[0]
	if dims, l := v.Dims(); v.Name != "out" || v.DType != runtime.F32 || !slices.Equal(dims, []int{1, 144, 10}) ||
		l != runtime.AsWritten {
		t.Errorf("output %q of %v, %v, %v", v.Name, v.DType, dims, l)
	}
}

// TestClearJoins: parts of like sizes are joined on bytes behind the last layer; where one channel of one part is too
// small for the scale of the widest, floats are, though joins of like parts within stay on bytes.
func TestClearJoins(t *testing.T) {
	for _, small := range []float32{1, 0.02} {
		n := newNet(t, 32)
		none := runtime.Clamp{}
		x := n.conv("x", n.input(12, 12, 3), 8, 3, none)
		one := n.add("one", &runtime.Concat{}, n.conv("a", x, 4, 1, none), n.conv("b", x, 4, 1, none))
		last := &runtime.Conv{Window: runtime.Window{R: 1, S: 1}, K: 2, Weights: n.weights(16, 1)}
		for i := range 8 { // of the first channel
			last.Weights[i] *= small
		}
		all := n.add("all", &runtime.Concat{}, n.add("flip", &runtime.Concat{}, one), n.add("last", last, x))
		g := n.outputs(all)
		q, report, err := Quantize(g, calibrated(t, g))
		if err != nil {
			t.Fatal(err)
		}
		why, bytes := map[string]string{}, 0
		for _, l := range report.Layers {
			why[l.Name] = l.Reason
		}
		for _, n := range q.Nodes {
			if joins(n.Op) && n.Out.DType == runtime.U8 {
				bytes++
			}
		}
		want, least := "", 2
		if small < 1 {
			want, least = reasonBlurred, 1
		}
		if why["all"] != want || why["one"] != "" || bytes < least {
			t.Errorf("small %v: %q, %d joins on bytes\n%v", small, why, bytes, report)
		}
	}
}

// TestClearness: signal to noise is that of rounding to the scale and clipping to its range, of the worst channel, and
// no channel that is zero counts.
func TestClearness(t *testing.T) {
	n := newNet(t, 33)
	v := n.input(16, 16, 3)
	xs := make([]float32, 16*16*3)
	q := runtime.Quant{Scale: 0.02, Zero: 100} // -2…3.1
	var signal, noise [3]float64
	for i := range xs {
		c := i % 3
		if c == 2 {
			continue
		}
		xs[i] = float32(n.rand.NormFloat64() * []float64{0.3, 1.5}[c]) // the second is clipped
		d := float64(xs[i]) - float64(int(q.Level(xs[i]))-100)*float64(q.Scale)
		signal[c] += float64(xs[i]) * float64(xs[i])
		noise[c] += d * d
	}
	h, c := new(Histogram), new(Channels)
	h.Observe(xs)
	c.observe(xs, 3, nil)
	s := &Stats{Values: map[string]*Histogram{"data": h}, Channels: map[string]*Channels{"data": c}}
	want := min(decibels(signal[0], noise[0]), decibels(signal[1], noise[1]))
	if got := s.clearness(v, q); math.Abs(got-want) > 0.7 {
		t.Errorf("%.2f dB by channels, want %.2f", got, want)
	}
	s.Channels = nil
	want = decibels(signal[0]+signal[1], noise[0]+noise[1])
	if got := s.clearness(v, q); math.Abs(got-want) > 0.7 {
		t.Errorf("%.2f dB, want %.2f", got, want)
	}
}
