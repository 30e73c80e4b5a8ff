package main

import (
	"bytes"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gneiss-go/gneiss/models"
	"github.com/gneiss-go/gneiss/runtime"
)

// smallGraph has one of everything that is exported. One of its convolutions has the given activation.
func smallGraph(t *testing.T, act runtime.Clamp) *runtime.Graph {
	t.Helper()
	g := runtime.NewGraph("small")
	var err error
	v := func(x *runtime.Value, e error) *runtime.Value {
		if err == nil {
			err = e
		}
		return x
	}
	seq := func(n int) []float32 {
		w := make([]float32, n)
		for i := range w {
			w[i] = float32(i*7%11-5) / 20
		}
		return w
	}
	same := runtime.Window{R: 3, S: 3, PadTop: 1, PadLeft: 1, PadBottom: 1, PadRight: 1}
	x := v(g.Input("data", runtime.Shape{N: 1, H: 10, W: 8, C: 3}))
	x = v(g.Add("conv", &runtime.Conv{Window: same, K: 8, Weights: seq(8 * 9 * 3), Bias: seq(8), Act: runtime.ReLU}, x))
	a := v(g.Add("group", &runtime.Conv{Window: runtime.Window{R: 1, S: 1}, K: 4, Groups: 2, Weights: seq(16), Act: act},
		x))
	b := v(g.Add("max", &runtime.Pool{Window: same}, x))
	x = v(g.Add("join", &runtime.Concat{}, a, b))
	x = v(g.Add("norm", &runtime.LRN{Size: 5, Alpha: 0.1, Beta: 0.75, Bias: 1}, x))
	x = v(g.Add("ceil", &runtime.Pool{Window: runtime.Window{R: 3, S: 3, StrideH: 2, StrideW: 2}, Type: runtime.AvgPool,
		Ceil: true}, x))
	x = v(g.Add("hidden", &runtime.FC{K: 6, Weights: seq(6 * x.Shape.Elements()), Act: runtime.ReLU}, x))
	x = v(g.Add("fc", &runtime.FC{K: 5, Weights: seq(30), Bias: seq(5)}, x))
	x = v(g.Add("prob", &runtime.Softmax{}, x))
	if err == nil {
		err = g.Output(x)
	}
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func infer(t *testing.T, g *runtime.Graph, x []float32) []float32 {
	t.Helper()
	plan, err := runtime.Compile(g)
	if err != nil {
		t.Fatal(err)
	}
	s, err := plan.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	copy(s.Input(0).Float32(), x)
	if err := s.Run(); err != nil {
		t.Fatal(err)
	}
	return append([]float32(nil), s.Output(0).Float32()...)
}

// TestExportONNX: the project's own importer reads back the same network.
func TestExportONNX(t *testing.T) {
	g, dir := smallGraph(t, runtime.Clamp{}), t.TempDir()
	if err := exportONNX(g, dir); err != nil {
		t.Fatal(err)
	}
	back, err := models.Open(filepath.Join(dir, modelFile))
	if err != nil {
		t.Fatal(err)
	}
	x := picture(g.Inputs[0].Shape, "", 1)
	want, got := infer(t, g, x), infer(t, back, x)
	for i := range want {
		if math.Abs(float64(want[i]-got[i])) > 1e-6 {
			t.Errorf("output %d is %v, exported and imported %v", i, want[i], got[i])
		}
	}
}

// TestPeers: each engine that is installed gives gneiss's result on every exported operation.
func TestPeers(t *testing.T) {
	if testing.Short() {
		t.Skip("starts other engines")
	}
	g := smallGraph(t, runtime.Clamp{})
	s := setup{dir: t.TempDir(), home: defaultHome(), seed: 1}
	if home := os.Getenv("GNEISS_PEERS"); home != "" {
		s.home = home
	}
	if err := s.export(g, "", false); err != nil {
		t.Fatal(err)
	}
	want := infer(t, g, picture(g.Inputs[0].Shape, "", 1))
	for _, e := range engines[1:] {
		t.Run(e.name, func(t *testing.T) {
			cmd, err := e.command(&s, config{"f32", "full", 1})
			if err != nil {
				t.Skipf("NOT TESTED: %v (%s)", err, e.how)
			}
			c, err := start(cmd)
			if err != nil {
				t.Fatal(err)
			}
			defer c.stop()
			got, err := c.output(s.dir)
			if err != nil {
				t.Fatal(err)
			}
			f := flags{tolerance: 1e-5}
			if _, err := f.agree(config{DType: "f32"}, want, got); err != nil {
				t.Errorf("%v: %v, want %v", err, got, want)
			}
			if times, err := c.run(3); err != nil || len(times) != 3 || times[0] <= 0 {
				t.Errorf("run 3 gave %v, %v", times, err)
			}
		})
	}
}

// TestOneDNNInt8: quantised on oneDNN, a network gives nearly its float result; signs and scales are right.
func TestOneDNNInt8(t *testing.T) {
	if testing.Short() {
		t.Skip("starts another engine")
	}
	g := smallGraph(t, runtime.ReLU)
	s := setup{dir: t.TempDir(), home: t.TempDir(), seed: 1}
	if err := s.export(g, "", true); err != nil {
		t.Fatal(err)
	}
	cmd, err := oneDNNCommand(&s, config{"int8", "full", 1})
	if err != nil {
		t.Skipf("NOT TESTED: %v", err)
	}
	c, err := start(cmd)
	if err != nil {
		t.Fatal(err)
	}
	defer c.stop()
	got, err := c.output(s.dir)
	if err != nil {
		t.Fatal(err)
	}
	f := flags{tolerance: 0.02}
	want := infer(t, g, picture(g.Inputs[0].Shape, "", 1))
	if diff, err := f.agree(config{DType: "f32"}, want, got); err != nil || diff == 0 {
		t.Errorf("%v, off by %v: %v, want about %v", err, diff, got, want)
	}
}

// TestServe plays the parent's part to the child's side of the protocol.
func TestServe(t *testing.T) {
	file := filepath.Join(t.TempDir(), "o")
	var out bytes.Buffer
	n := 0
	err := serve(strings.NewReader("run 2\noutput "+file+"\nquit\nrun 1\n"), &out, "v1",
		func() (time.Duration, error) { n++; return time.Duration(n), nil }, func() []float32 { return []float32{1, 2} })
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
	f := flags{tolerance: 0.1}
	nan := float32(math.NaN())
	for _, c := range []struct {
		dtype string
		got   []float32
		ok    bool
	}{
		{"f32", []float32{0.1, 0.9}, true}, {"f32", []float32{0.15, 0.85}, true}, {"f32", []float32{0.9, 0.1}, false},
		{"f32", []float32{0.3, 0.7}, false}, {"int8", []float32{0.3, 0.7}, true}, {"f32", []float32{0.1}, false},
		{"int8", []float32{nan, 0.9}, false},
	} {
		if _, err := f.agree(config{DType: c.dtype}, []float32{0.1, 0.9}, c.got); (err == nil) != c.ok {
			t.Errorf("%s %v: %v", c.dtype, c.got, err)
		}
	}
}

func TestReport(t *testing.T) {
	c := config{"f32", "full", 1}
	r := report{Model: "m", MACs: 2e9, Rounds: 2, Runs: 3}
	g := result{Engine: "gneiss", config: c, Times: [][]float64{{1, 2, 3}, {2, 2, 2}}}
	p := result{Engine: "peer", config: c, Times: [][]float64{{4, 4, 4}, {4, 4, 1}}}
	for _, x := range []*result{&g, &p} {
		x.summarise(r.MACs, 2000)
		x.compare(&g)
		r.Results = append(r.Results, *x)
	}
	if p.MedianMs != 4 || p.MinMs != 1 || p.Ratio != 0.5 || p.RatioLo != 0.5 || p.RatioHi != 0.5 || p.Peak != 0.25 ||
		g.Ratio != 1 {
		t.Errorf("gneiss %+v\npeer %+v", g, p)
	}
	two := result{Engine: "peer", config: config{"f32", "full", 2}, MedianMs: 2.5}
	r.Results = append(r.Results, two)
	r.speedups()
	if got := r.Results[2].Speedup; got != 1.6 {
		t.Errorf("two threads are %v times as fast", got)
	}
	var b strings.Builder
	r.print(&b)
	if !strings.Contains(b.String(), "0.500  0.50…0.50") || !strings.Contains(b.String(), "1.60") {
		t.Errorf("table without the ratio:\n%s", &b)
	}
	if err := r.draw(filepath.Join(t.TempDir(), "x.png")); err != nil {
		t.Error(err)
	}
}
