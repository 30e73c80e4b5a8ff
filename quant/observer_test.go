package quant

import (
	"math"
	"math/rand/v2"
	"testing"
)

func histogram(xs ...[]float32) *Histogram {
	var h Histogram
	for _, x := range xs {
		h.Observe(x)
	}
	return &h
}

func uniform(seed uint64, n int, lo, hi float64) []float32 {
	r := rand.New(rand.NewPCG(seed, 2))
	xs := make([]float32, n)
	for i := range xs {
		xs[i] = float32(lo + (hi-lo)*r.Float64())
	}
	return xs
}

func relu(xs []float32) []float32 {
	out := make([]float32, len(xs))
	for i, x := range xs {
		out[i] = max(x, 0)
	}
	return out
}

// squared is the mean squared error of quantising the numbers themselves.
func squared(xs []float32, lo, hi float64) (sum float64) {
	q := quantOf(lo, hi)
	for _, x := range xs {
		e := float64(x) - float64(q.Scale)*(min(max(math.RoundToEven(float64(x/q.Scale))+float64(q.Zero), 0),
			255)-float64(q.Zero))
		sum += e * e
	}
	return sum / float64(len(xs))
}

var observers = []Observer{MinMax(), Percentile(99.99), Percentile(99), Entropy(), MSE()}

func TestObserversStayInRange(t *testing.T) {
	for name, xs := range map[string][]float32{
		"normal": normal(1, 20000, 0, 1), "shifted": normal(2, 20000, 100, 1), "relu": relu(normal(3, 20000, 0, 5)),
		"negative": uniform(4, 1000, -3, -1),
		"one":      {7}, "minus": {-7}, "zero": {0, 0}, "none": {}, "tiny": {1e-44, 1e-42},
		"huge": {math.MaxFloat32, -math.MaxFloat32},
		"two":  {-1, 1e-3},
	} {
		h := histogram(xs)
		for _, o := range observers {
			lo, hi := o.Range(h)
			if !(lo <= 0 && hi >= 0 && lo >= min(0, float64(h.Min)) && hi <= max(0, float64(h.Max))) {
				t.Errorf("%s of %s: %g…%g, seen %g…%g", o, name, lo, hi, h.Min, h.Max)
			}
			if q := quantOf(lo, hi); !(q.Scale > 0) || math.IsInf(float64(q.Scale), 0) {
				t.Errorf("%s of %s: scale %g", o, name, q.Scale)
			}
		}
	}
}

// TestMinMax: everything seen is within half a step of its level.
func TestMinMaxError(t *testing.T) {
	for _, xs := range [][]float32{normal(1, 3000, 0, 1), normal(2, 3000, 3, 1), normal(2, 3000, -30, 1),
		relu(normal(3, 3000, 0, 2)), uniform(5, 100, -0.001, 1000), {-5}} {
		lo, hi := MinMax().Range(histogram(xs))
		q := quantOf(lo, hi)
		for _, x := range xs {
			level := min(max(math.RoundToEven(float64(x/q.Scale))+float64(q.Zero), 0), 255)
			if e := math.Abs(float64(x) - float64(q.Scale)*(level-float64(q.Zero))); e > 0.5001*float64(q.Scale) {
				t.Fatalf("%g is off by %g with scale %g, zero %d", x, e, q.Scale, q.Zero)
			}
		}
	}
}

func TestPercentile(t *testing.T) {
	xs := uniform(1, 100000, 0, 10)
	if lo, hi := Percentile(90).Range(histogram(xs)); lo != 0 || math.Abs(hi-9) > 0.03 {
		t.Errorf("90 %% of 0…10 is %g…%g", lo, hi)
	}
	if lo, hi := Percentile(90).Range(histogram(uniform(2, 100000, -10, 10))); math.Abs(lo+9) > 0.05 ||
		math.Abs(hi-9) > 0.05 {
		t.Errorf("90 %% of −10…10 is %g…%g", lo, hi)
	}
	h := histogram(normal(3, 1000, 2, 3))
	if lo, hi := Percentile(100).Range(h); lo != float64(h.Min) || hi != float64(h.Max) {
		t.Errorf("100 %% is %g…%g of %g…%g", lo, hi, h.Min, h.Max)
	}
}

// TestOutlier: a single far outlier does not set the range of the observers that weigh (its own error weighs much with
// MSE).
func TestOutlier(t *testing.T) {
	xs := append(relu(normal(1, 1_000_000, 0, 1)), 1000)
	h := histogram(xs)
	for o, most := range map[Observer]float64{Percentile(99.99): 4.5, Entropy(): 75, MSE(): 900} {
		if lo, hi := o.Range(h); lo != 0 || hi > most || hi < 2.5 {
			t.Errorf("%s: %g…%g", o, lo, hi)
		}
	}
	if _, hi := MinMax().Range(h); hi != 1000 {
		t.Errorf("minmax: %g", hi)
	}
}

// TestSaturated: of numbers that were clamped before, many are the greatest, and none of them is clipped.
func TestSaturated(t *testing.T) {
	for _, top := range []float32{1, 0.999, 6} {
		xs := relu(normal(1, 100000, 1.5*float64(top), float64(top)))
		for i := range xs {
			xs[i] = min(xs[i], top)
		}
		for _, o := range observers {
			if lo, hi := o.Range(histogram(xs)); lo != 0 || hi < 0.99*float64(top) {
				t.Errorf("%s: %g…%g of 0…%g", o, lo, hi, top)
			}
		}
	}
}

// TestMSE: no other observer's range has a smaller error, and of a normal distribution the range is near the known best
// (256 levels: about 3.9 σ; J. Max, "Quantizing for minimum distortion", IRE Trans. 1960).
func TestMSE(t *testing.T) {
	for name, xs := range map[string][]float32{
		"normal": normal(1, 200000, 0, 1), "relu": relu(normal(2, 200000, 0, 1)), "uniform": uniform(3, 50000, -1, 3),
		"shifted": normal(4, 50000, 4, 1), "tails": append(normal(5, 100000, 0, 1), normal(6, 100, 0, 20)...),
	} {
		h := histogram(xs)
		lo, hi := MSE().Range(h)
		best := squared(xs, lo, hi)
		for _, o := range observers {
			l, u := o.Range(h)
			if e := squared(xs, l, u); e < best*0.98 {
				t.Errorf("%s: error %g over %g…%g, %s has %g over %g…%g", name, best, lo, hi, o, e, l, u)
			}
		}
		if name == "normal" && (hi < 3.6 || hi > 4.3 || lo > -3.6 || lo < -4.3) {
			t.Errorf("normal: %g…%g", lo, hi)
		}
	}
}

// TestEntropyUniform: nothing is gained by clipping a uniform distribution.
func TestEntropyUniform(t *testing.T) {
	for _, b := range [][2]float64{{0, 1}, {-1, 1}, {-1, 3}} {
		lo, hi := Entropy().Range(histogram(uniform(1, 1_000_000, b[0], b[1])))
		if lo > b[0]*0.97 || hi < b[1]*0.97 {
			t.Errorf("%v: %g…%g", b, lo, hi)
		}
	}
}

func TestParseObserver(t *testing.T) {
	for _, o := range observers {
		if back, err := ParseObserver(o.String()); err != nil || back != o {
			t.Errorf("%s: %v, %v", o, back, err)
		}
	}
	for _, bad := range []string{"", "max", "percentile:50", "percentile:x", "percentile:NaN", "mse:3"} {
		if _, err := ParseObserver(bad); err == nil {
			t.Errorf("%q: no error", bad)
		}
	}
}
