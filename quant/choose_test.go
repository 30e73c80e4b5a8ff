package quant

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math"
	"strings"
	"testing"

	"github.com/gneiss-go/gneiss/runtime"
)

// TestChoice: of the graphs that differ in which channels are unlike, the one nearest to float's outputs is taken, as
// it is without a choice; the report says what each gave. Corrections count on over all trials.
func TestChoice(t *testing.T) {
	g := unlikeNet(t)
	g.Outputs = g.Outputs[:1]
	stats := calibrated(t, g)
	done := 0
	q, report, err := Quantize(g, stats, WithChoice(t.Context(), noise(8, 3)), WithCorrection(t.Context(), noise(6, 2)),
		WithProgress(func(n int) {
			if n != done+1 {
				t.Errorf("%d done behind %d", n, done)
			}
			done = n
		}))
	if err != nil {
		t.Fatal(err)
	}
	if len(report.Trials) < 2 || report.Trials[0].From != 0 || done != len(report.Trials)*report.Corrected {
		t.Fatalf("%v, %d corrections", report.Trials, done)
	}
	if text := report.String(); !strings.Contains(text, "\nfactors of channels: none ") ||
		!strings.Contains(text, " dB, from 8× ") || !strings.Contains(text, " dB; taken: from 8×\n") {
		t.Error(text)
	}
	taken := math.Inf(-1)
	for _, r := range report.Trials {
		if r.From == report.UnlikeFrom {
			taken = r.SQNR
		}
	}
	for _, r := range report.Trials {
		if r.SQNR > taken {
			t.Errorf("%g taken of %v", report.UnlikeFrom, report.Trials)
		}
	}
	// The output over the three inputs, by the plain way.
	xx, dd := 0.0, 0.0
	next, in := noise(8, 3), make([]float32, 12*12*3)
	for next(in) == nil {
		x, y := results(t, g, in), results(t, q, in)
		for i := range x {
			d := float64(x[i]) - float64(y[i])
			xx += float64(x[i]) * float64(x[i])
			dd += d * d
		}
	}
	if want := decibels(xx, dd); math.Abs(want-taken) > 1e-3 {
		t.Errorf("%.4f dB reported, %.4f measured", taken, want)
	}
	if report.UnlikeFrom != 8 { // as unlike as from 2 on
		t.Fatalf("%g taken of %v", report.UnlikeFrom, report.Trials)
	}
	plain, _, err := Quantize(g, stats, WithCorrection(t.Context(), noise(6, 2)))
	if err != nil {
		t.Fatal(err)
	}
	var a, b bytes.Buffer
	if err := errors.Join(runtime.Write(&a, q), runtime.Write(&b, plain)); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(a.Bytes(), b.Bytes()) {
		t.Error("another graph than without the choice")
	}
}

// TestChoiceErrors: without inputs, once the context is done, and where a source fails, there is an error; a graph that
// all ratios make the same is made once; a format without tables leaves no choice.
func TestChoiceErrors(t *testing.T) {
	g := unlikeNet(t)
	stats := calibrated(t, g)
	empty := func([]float32) error { return io.EOF }
	if _, _, err := Quantize(g, stats, WithChoice(t.Context(), empty)); !errors.Is(err, ErrNoInputs) {
		t.Errorf("no inputs: %v", err)
	}
	broken := errors.New("broken")
	if _, _, err := Quantize(g, stats, WithChoice(t.Context(), func([]float32) error { return broken })); !errors.Is(
		err, broken) {
		t.Errorf("broken source: %v", err)
	}
	done, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := Quantize(g, stats, WithChoice(done, noise(2, 1))); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	huge := func(in []float32) error {
		if in[0] != 0 {
			return io.EOF
		}
		in[0] = float32(math.NaN())
		return nil
	}
	n := newNet(t, 34)
	joined := n.outputs(n.add("one", &runtime.Activation{}, n.input(4, 4, 3)))
	if _, _, err := Quantize(joined, calibrated(t, joined), WithChoice(t.Context(), huge)); !errors.Is(err,
		ErrNotFinite) {
		t.Errorf("a NaN: %v", err)
	}
	if _, report, err := Quantize(g, stats, WithChoice(t.Context(), empty), WithoutEqualising()); err != nil ||
		report.Trials != nil {
		t.Errorf("without equalising: %v, %v", report, err)
	}
	n = newNet(t, 35)
	one := n.outputs(n.conv("one", n.input(8, 8, 3), 4, 1, none))
	_, report, err := Quantize(one, calibrated(t, one), WithChoice(t.Context(), noise(3, 2)))
	if err != nil || len(report.Trials) != 1 {
		t.Errorf("one convolution: %v, %v", report, err)
	}
}
