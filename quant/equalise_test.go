package quant

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/gneiss-go/gneiss/arch"
	"github.com/gneiss-go/gneiss/kernels"
	"github.com/gneiss-go/gneiss/runtime"
)

// unlikeNet is a network whose channels differ a hundredfold in size, before and behind depthwise convolutions.
func unlikeNet(t *testing.T) *runtime.Graph {
	n := newNet(t, 31)
	spread := func(c *runtime.Conv, in bool) *runtime.Conv {
		size := func(k int) float32 { return float32(math.Pow(100, float64(k%7)/6)) }
		each := len(c.Weights) / c.K
		for i := range c.Weights {
			if k := i / each; in {
				c.Weights[i] /= size(i % each)
			} else {
				c.Weights[i] *= size(k)
			}
		}
		return c
	}
	one := func(k, c int) *runtime.Conv {
		return &runtime.Conv{Window: runtime.Window{R: 1, S: 1}, K: k, Weights: n.weights(k*c, 1), Bias: n.weights(k, 0.2)}
	}
	x := n.add("wide", spread(one(14, 3), false), n.input(12, 12, 3))
	x = n.curve("wide/act", kernels.SiLU, x)
	deep := &runtime.Conv{Window: runtime.Window{R: 3, S: 3, PadTop: 1, PadLeft: 1, PadBottom: 1, PadRight: 1}, K: 14,
		Groups: 14, Weights: n.weights(9*14, 0.4)}
	x = n.curve("deep/act", kernels.HardSwish, n.add("deep", deep, x))
	x = n.add("narrow", spread(one(8, 14), true), x)
	return n.outputs(n.curve("score", kernels.Sigmoid, n.conv("last", x, 4, 1, none)), x)
}

// TestEqualise: channels of unlike sizes get factors, by which the results are nearer to float's, with the same bytes
// on every tier; statistics keep what it needs.
func TestEqualise(t *testing.T) {
	g := unlikeNet(t)
	var file bytes.Buffer
	if err := calibrated(t, g).Write(&file); err != nil {
		t.Fatal(err)
	}
	stats, err := ReadStats(&file)
	if err != nil {
		t.Fatal(err)
	}
	in := make([]float32, 12*12*3)
	if err := noise(5, 1)(in); err != nil {
		t.Fatal(err)
	}
	want := results(t, g, in)
	decibelsOf := func(equalised bool, opts ...Option) float64 {
		q, report, err := Quantize(g, stats, opts...)
		if err != nil {
			t.Fatal(err)
		}
		if slices.ContainsFunc(report.Layers, func(l Layer) bool { return l.Equalised }) != equalised {
			t.Errorf("equalised %v: %v", !equalised, report)
		}
		if report.Quantised != len(report.Layers) || !report.Portable {
			t.Errorf("%v", report)
		}
		got := results(t, q, in, runtime.WithISA(arch.Generic))
		for _, isa := range arch.Supported() {
			if !slices.Equal(results(t, q, in, runtime.WithISA(isa)), got) {
				t.Errorf("%v gives other bytes", isa)
			}
		}
		signal, diff := 0.0, 0.0
		for i, v := range got {
			diff, signal = diff+math.Pow(float64(v-want[i]), 2), signal+math.Pow(float64(want[i]), 2)
		}
		return decibels(signal, diff)
	}
	with, without := decibelsOf(true), decibelsOf(false, WithoutEqualising())
	if t.Logf("%.1f dB, %.1f without", with, without); with < without+6 {
		t.Errorf("%.1f dB, and %.1f without", with, without)
	}
	stats.Channels = nil // statistics of before
	if again := decibelsOf(false); again != without {
		t.Errorf("%.1f dB without channels, want %.1f", again, without)
	}
}

// TestTelling: a range is cut where a function is flat, and nowhere else.
func TestTelling(t *testing.T) {
	for _, c := range []struct {
		of             runtime.Op
		lo, hi         float64
		leastLo, mostL float64 // what lo becomes lies between
		leastHi, mostH float64
	}{
		{&runtime.Curve{Of: kernels.SiLU}, -600, 80, -6, -2, 79.5, 80},
		{&runtime.Curve{Of: kernels.Sigmoid}, -40, 50, -8, -5, 5, 8},
		{&runtime.Curve{Of: kernels.Abs}, -40, 40, -40, -39.9, 39.9, 40},
		{&runtime.Curve{Of: kernels.HardSwish}, -40, 3, -3.5, -2, 2.9, 3},
		{&runtime.Activation{Act: runtime.Clamp{On: true, Lo: -1, Hi: 6}}, -50, 60, -1.1, -0.9, 5.8, 6.1},
		{&runtime.Curve{Of: kernels.Sigmoid}, 0, 0, 0, 0, 0, 0},
		{&runtime.Curve{Of: kernels.Log}, -4, 9, -4, -4, 9, 9}, // NaNs
		{&runtime.Curve{Of: kernels.Exp}, -200, 200, -200, -200, 200, 200},
	} {
		lo, hi := telling(c.of, c.lo, c.hi)
		if lo < c.leastLo || lo > c.mostL || hi < c.leastHi || hi > c.mostH {
			t.Errorf("%v of %v…%v: %v…%v", fmt.Sprint(c.of), c.lo, c.hi, lo, hi)
		}
	}
}
