package main

import (
	"bytes"
	"cmp"
	"errors"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gneiss-go/gneiss/arch"
	"github.com/gneiss-go/gneiss/kernels"
	"github.com/gneiss-go/gneiss/models"
	"github.com/gneiss-go/gneiss/runtime"
)

// smallGraph has one of everything that is exported and that quantises.
func smallGraph(t *testing.T) *runtime.Graph {
	t.Helper()
	b := builder{t: t, g: runtime.NewGraph("small")}
	same := runtime.Window{R: 3, S: 3, PadTop: 1, PadLeft: 1, PadBottom: 1, PadRight: 1}
	one := runtime.Window{R: 1, S: 1}
	x, err := b.g.Input("data", runtime.Shape{N: 1, H: 10, W: 8, C: 3})
	if err != nil {
		t.Fatal(err)
	}
	x = b.add("conv", &runtime.Conv{Window: same, K: 32, Weights: seq(32 * 27), Bias: seq(32), Act: runtime.ReLU}, x)
	shared := x
	x = b.add("depthwise", &runtime.Conv{Window: same, K: 32, Groups: 32, Weights: seq(32 * 9)}, x)
	x = b.add("swish", &runtime.Curve{Of: kernels.HardSwish}, x)
	gate := b.add("mean", &runtime.GlobalPool{Type: runtime.AvgPool}, x)
	gate = b.add("squeeze", &runtime.Conv{Window: one, K: 8, Weights: seq(8 * 32), Act: runtime.ReLU}, gate)
	gate = b.add("excite", &runtime.Conv{Window: one, K: 32, Weights: strong(8 * 32)}, gate)
	gate = b.add("gate", &runtime.Curve{Of: kernels.HardSigmoid, A: 1. / 6, B: 0.5}, gate)
	x = b.add("scaled", &runtime.Binary{How: kernels.Times}, x, gate)
	x = b.add("project", &runtime.Conv{Window: one, K: 32, Weights: seq(32 * 32)}, x)
	x = b.add("residual", &runtime.Add{Act: runtime.ReLU}, shared, x)
	left := b.add("left", &runtime.Take{Channels: from(0, 16)}, x)
	right := b.add("right", &runtime.Take{Channels: from(16, 16)}, x)
	right = b.add("groups", &runtime.Conv{Window: one, K: 16, Groups: 2, Weights: seq(16 * 8),
		Act: runtime.Clamp{On: true, Lo: 0, Hi: 6}}, right)
	x = b.add("both", &runtime.Concat{}, left, right)
	x = b.add("shuffled", &runtime.Rearrange{Dims: []int{1, 2, 16, 10, 8}, Perm: []int{0, 2, 1, 3, 4}, To: x.Shape}, x)
	x = b.add("affine", &runtime.Affine{Scale: seq(32), Shift: seq(32)}, x)
	x = b.add("relu", &runtime.Activation{Act: runtime.ReLU}, x)
	x = b.add("join", &runtime.Concat{}, x, b.add("max", &runtime.Pool{Window: same}, shared))
	x = b.add("norm", &runtime.LRN{Size: 5, Alpha: 0.1, Beta: 0.75, Bias: 1}, x)
	x = b.add("ceil", &runtime.Pool{Window: runtime.Window{R: 3, S: 3, StrideH: 2, StrideW: 2}, Type: runtime.AvgPool,
		Ceil: true}, x)
	x = b.add("hidden", &runtime.FC{K: 6, Weights: seq(6 * x.Shape.Elements()), Act: runtime.ReLU}, x)
	x = b.add("fc", &runtime.FC{K: 5, Weights: strong(30), Bias: seq(5)}, x)
	if err := b.g.Output(b.add("prob", &runtime.Softmax{}, x), gate); err != nil {
		t.Fatal(err)
	}
	return b.g
}

// curveGraph has every function of one element that is exported, fused where the peer can, and one that it cannot fuse.
func curveGraph(t *testing.T) *runtime.Graph {
	t.Helper()
	b := builder{t: t, g: runtime.NewGraph("curves")}
	x, err := b.g.Input("data", runtime.Shape{N: 1, H: 4, W: 4, C: 3})
	if err != nil {
		t.Fatal(err)
	}
	x = b.add("conv", &runtime.Conv{Window: runtime.Window{R: 1, S: 1}, K: 16, Weights: seq(48)}, x)
	for of := range kernels.Erf {
		if _, ok := curves[of]; !ok && of != kernels.SiLU {
			continue
		}
		op := &runtime.Curve{Of: of}
		for i, p := range []*float32{&op.A, &op.B}[:of.Params()] {
			*p = 0.2 + 0.3*float32(i)
		}
		var in *runtime.Value
		switch of {
		case kernels.Sqrt:
			in = b.add("positive", &runtime.Curve{Of: kernels.Square}, x)
		default:
			in = b.add("before "+of.String(), &runtime.Conv{Window: runtime.Window{R: 1, S: 1}, K: 8, Weights: seq(8 * 16)}, x)
		}
		if err := b.g.Output(b.add(of.String(), op, in)); err != nil {
			t.Fatal(err)
		}
	}
	for word, how := range map[string]kernels.Arithmetic{"sub": kernels.Minus, "div": kernels.Over, "max": kernels.Larger,
		"min": kernels.Smaller, "add": kernels.Plus} {
		y := b.add("exp "+word, &runtime.Curve{Of: kernels.Exp}, x)
		if err := b.g.Output(b.add(word, &runtime.Binary{How: how}, x, y)); err != nil {
			t.Fatal(err)
		}
	}
	return b.g
}

type builder struct {
	t *testing.T
	g *runtime.Graph
}

func (b *builder) add(name string, op runtime.Op, in ...*runtime.Value) *runtime.Value {
	b.t.Helper()
	x, err := b.g.Add(name, op, in...)
	if err != nil {
		b.t.Fatal(err)
	}
	return x
}

func seq(n int) []float32 {
	w := make([]float32, n)
	for i := range w {
		w[i] = float32(i*7%11-5) / 20
	}
	return w
}

// strong weights make outputs that differ by more than a level.
func strong(n int) []float32 {
	w := seq(n)
	for i := range w {
		w[i] *= 30
	}
	return w
}

func from(first, n int32) (all []int32) {
	for i := range n {
		all = append(all, first+i)
	}
	return all
}

// exported is what the engines find of a graph.
func exported(t *testing.T, g *runtime.Graph, int8 bool) *setup {
	t.Helper()
	file := filepath.Join(t.TempDir(), "net"+runtime.Ext)
	if err := models.Save(file, g); err != nil {
		t.Fatal(err)
	}
	s := &setup{dir: t.TempDir(), home: cmp.Or(os.Getenv("GNEISS_PEERS"), defaultHome()), seed: 1}
	n := named(file, "")
	if err := s.export(&n, int8); err != nil {
		t.Fatal(err)
	}
	if s.noNet != nil || s.noQDQ != nil {
		t.Fatal(s.noNet, s.noQDQ)
	}
	return s
}

// TestExportONNX: the project's own importer reads back the same network.
func TestExportONNX(t *testing.T) {
	s := exported(t, smallGraph(t), true)
	for file, c := range map[string]config{s.onnx: {DType: "f32"}, s.qdq: {DType: "int8"}} {
		n := named(file, "")
		g, err := n.open(1)
		if err != nil {
			t.Fatal(err)
		}
		session, err := sessionOf(g)
		if err != nil {
			t.Fatal(err)
		}
		defer session.Close()
		copy(session.Input(0).Float32(), picture(g.Inputs[0].Shape, file, 1))
		if err := session.Run(); err != nil {
			t.Fatal(err)
		}
		got, _, err := outputs(session, len(g.Outputs))
		if err != nil {
			t.Fatal(err)
		}
		f := flags{setup: *s, tolerance: 1e-5, likeness: 0.95}
		if diff, like, err := f.agree(c, s.want[ownName], got); err != nil || (c.DType == "int8") != (diff > 1e-5) {
			t.Errorf("%s: off by %v, alike by %v: %v", file, diff, like, err)
		}
	}
}

// TestPeers: each engine that is installed gives gneiss's result on every exported operation, and in int8 nearly so.
func TestPeers(t *testing.T) {
	if testing.Short() {
		t.Skip("starts other engines")
	}
	small, curves := exported(t, smallGraph(t), true), exported(t, curveGraph(t), true)
	for _, e := range engines {
		if e.name == ours { // its child is this program
			continue
		}
		for _, c := range []config{{"f32", "full", 1}, {"int8", "full", 1}} {
			for name, s := range map[string]*setup{"small": small, "curves": curves} {
				t.Run(e.name+"/"+c.DType+"/"+name, func(t *testing.T) { testPeer(t, e, s, c) })
			}
		}
	}
}

func testPeer(t *testing.T, e engine, s *setup, c config) {
	if c.DType == "int8" { // so that both are tried
		t.Setenv(clockVariable, cpuClock)
	}
	cmd, err := e.command(s, c)
	if errors.Is(err, errCannot) {
		t.Skip(err)
	} else if err != nil {
		t.Skipf("NOT TESTED: %v (%s)", err, e.how)
	}
	ch, err := start(cmd)
	if err != nil {
		t.Fatal(err)
	}
	defer ch.stop()
	got, err := ch.output(s.dir)
	if err != nil {
		t.Fatal(err)
	}
	f := flags{setup: *s, tolerance: 1e-5, likeness: 0.98}
	diff, like, err := f.agree(c, s.want[e.order(s, c)], got)
	if err != nil && e.name == "onnxruntime" && c.DType == "int8" && !arch.Features().Has(arch.FeatAVX512VNNI) {
		t.Skipf("its sums of two products saturate on this CPU: %v", err)
	}
	if err != nil || c.DType == "int8" && diff == 0 {
		t.Errorf("off by %v, alike by %v: %v", diff, like, err)
	}
	if times, err := ch.run(3); err != nil || len(times) != 3 || times[0] <= 0 {
		t.Errorf("run 3 gave %v, %v", times, err)
	}
}

// TestServe plays the parent's part to the child's side of the protocol.
func TestServe(t *testing.T) {
	file := filepath.Join(t.TempDir(), "o")
	var out bytes.Buffer
	n := 0
	err := serve(strings.NewReader("run 2\noutput "+file+"\nquit\nrun 1\n"), &out, "v1",
		func() (time.Duration, error) { n++; return time.Duration(n), nil },
		func() ([]float32, error) { return []float32{1, 2}, nil })
	if err != nil || out.String() != "ready v1\n3 4\nok\n" {
		t.Errorf("answers %q, %v", &out, err)
	}
	if data, err := os.ReadFile(file); err != nil || len(data) != 8 {
		t.Errorf("output of %d bytes, %v", len(data), err)
	}
}

func TestStartFails(t *testing.T) {
	if _, err := start(exec.Command("go", "no-such-command")); err == nil || !strings.Contains(err.Error(), "go help") {
		t.Errorf("error %v does not have what the program said last", err)
	}
}

func TestAgree(t *testing.T) {
	f := flags{tolerance: 0.1, likeness: 0.9}
	f.sizes = []int{3, 3}
	want := []float32{0.1, 0.9, 0.5, 20, 10, 30}
	nan := float32(math.NaN())
	for _, c := range []struct {
		dtype string
		got   []float32
		ok    bool
	}{
		{"f32", []float32{0.1, 0.9, 0.5, 20, 10, 30}, true}, {"f32", []float32{0.15, 0.85, 0.5, 22, 10, 30}, true},
		{"f32", []float32{0.9, 0.1, 0.5, 20, 10, 30}, false}, {"f32", []float32{0.1, 0.9, 0.5, 20, 14, 30}, false},
		{"f32", []float32{0.1, 0.9, 0.5}, false}, {"f32", []float32{0.1, nan, 0.5, 20, 10, 30}, false},
		{"int8", []float32{0.3, 0.7, 0.5, 21, 11, 29}, true}, {"int8", []float32{0.3, 0.7, 0.5, 11, 21, 29}, false},
		{"int8", []float32{0.3, 0.7, 0.5, 1, 1, 1}, false}, {"int8", []float32{nan, 0.7, 0.5, 20, 10, 30}, false},
	} {
		if _, _, err := f.agree(config{DType: c.dtype}, want, c.got); (err == nil) != c.ok {
			t.Errorf("%s %v: %v", c.dtype, c.got, err)
		}
	}
}

func TestNetworks(t *testing.T) {
	dir := t.TempDir()
	for _, f := range []string{"b.onnx", "a.onnx", "x.txt", "zoo/n/c.onnx"} {
		f = filepath.Join(dir, f)
		if err := errors.Join(os.MkdirAll(filepath.Dir(f), 0o755), os.WriteFile(f, nil, 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("GNEISS_DATA", dir)
	t.Setenv("GNEISS_FAMILY", dir)
	for _, c := range []struct{ words, want string }{
		{"googlenet", "googlenet:"}, {"family", "googlenet: a: b:"}, {"zoo", "c:zoo"},
		{filepath.Join(dir, "b.onnx") + ",family", "b: googlenet: a:"}, {"zoo," + filepath.Join(dir, "zoo"), "c:zoo"},
		{"nothing", ""}, {filepath.Join(dir, "zoo", "none"), ""}, {"", ""},
	} {
		all, err := networks(c.words, dir)
		var got []string
		for _, n := range all {
			got = append(got, n.Name+":"+n.Group)
		}
		if s := strings.Join(got, " "); s != c.want || (err == nil) != (c.want != "") {
			t.Errorf("%q names %q, %v; want %q", c.words, s, err, c.want)
		}
	}
}

func TestReport(t *testing.T) {
	c := config{"f32", "full", 1}
	r := report{Networks: []network{{Name: "m", Group: "dense", MACs: 2e9}}, Rounds: 2, Runs: 3}
	g := result{Engine: ours, Model: "m", config: c, Times: [][]float64{{1, 2, 3}, {2, 2, 2}}}
	p := result{Engine: "peer", Model: "m", config: c, Times: [][]float64{{4, 4, 4}, {4, 4, 1}}}
	for _, x := range []*result{&g, &p} {
		x.summarise(r.Networks[0].MACs, 2000)
		x.compare(&g)
		r.Results = append(r.Results, *x)
	}
	if p.MedianMs != 4 || p.MinMs != 1 || p.Ratio != 0.5 || p.RatioLo != 0.5 || p.RatioHi != 0.5 || p.Peak != 0.25 ||
		g.Ratio != 1 {
		t.Errorf("gneiss %+v\npeer %+v", g, p)
	}
	two := result{Engine: "peer", Model: "m", config: config{"f32", "full", 2}, MedianMs: 2.5}
	r.Results = append(r.Results, two)
	r.finish()
	if got := r.Results[2].Speedup; got != 1.6 {
		t.Errorf("two threads are %v times as fast", got)
	}
	var b strings.Builder
	r.print(&b)
	if !strings.Contains(b.String(), "0.500  0.50…0.50") || !strings.Contains(b.String(), "1.60") {
		t.Errorf("table without the ratio:\n%s", &b)
	}
}

// TestMeans: gneiss is compared with the fastest of the others, and a group's mean is geometric.
func TestMeans(t *testing.T) {
	c := config{"int8", "avx2", 2}
	var r report
	for i, n := range []network{{Name: "v1", Group: "mobile"}, {Name: "v2", Group: "mobile"},
		{Name: "vgg", Group: "dense"}, {Name: "alone", Group: "dense"}} {
		r.Networks = append(r.Networks, n)
		r.Results = append(r.Results, result{Engine: ours, Model: n.Name, config: c, MinMs: 1,
			MedianMs: []float64{4, 8, 1, 1}[i]})
		if n.Name != "alone" {
			r.Results = append(r.Results, result{Engine: "slow", Model: n.Name, config: c, MedianMs: 32, MinMs: 30},
				result{Engine: "fast", Model: n.Name, config: c, MedianMs: 16, MinMs: 4})
		}
	}
	r.finish()
	want := []mean{{"all", c, 3, math.Cbrt(0.25 * 0.5 / 16), 0.25}, {"mobile", c, 2, math.Sqrt(0.25 * 0.5), 0.25},
		{"dense", c, 1, 1. / 16, 0.25}}
	if len(r.Means) != len(want) {
		t.Fatalf("means %+v, want %+v", r.Means, want)
	}
	for i, m := range r.Means {
		w := want[i]
		if m.Group != w.Group || m.Networks != w.Networks || math.Abs(m.Minimum-w.Minimum) > 1e-9 ||
			math.Abs(m.Ratio-w.Ratio) > 1e-9 {
			t.Errorf("mean %+v, want %+v", m, w)
		}
	}
	if o := r.Contests[1]; len(r.Contests) != 3 || o.Best != "fast" || o.Ratio != 0.5 {
		t.Errorf("outcomes %+v", r.Contests)
	}
	var b strings.Builder
	if r.print(&b); !strings.Contains(b.String(), "mean of 2") {
		t.Errorf("no mean:\n%s", &b)
	}
	file := filepath.Join(t.TempDir(), "x.svg")
	if err := r.draw(file); err != nil {
		t.Fatal(err)
	}
	svg, err := os.ReadFile(file)
	if err != nil || !strings.Contains(string(svg), "2.00 × fast") {
		t.Errorf("picture %s, %v", svg, err)
	}
}
