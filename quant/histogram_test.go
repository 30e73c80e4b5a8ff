package quant

import (
	"encoding/json"
	"errors"
	"math"
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/gneiss-go/gneiss/runtime"
)

func normal(seed uint64, n int, mean, sigma float64) []float32 {
	r := rand.New(rand.NewPCG(seed, 1))
	xs := make([]float32, n)
	for i := range xs {
		xs[i] = float32(mean + sigma*r.NormFloat64())
	}
	return xs
}

// TestHistogramOrder: a histogram depends on the numbers, not on their order or their split.
func TestHistogramOrder(t *testing.T) {
	xs := append(normal(1, 5000, 0.3, 1), normal(2, 5000, -40, 200)...)
	xs = append(xs, 0, 0, float32(math.Copysign(0, -1)), 1e-40, -1e-44, float32(math.NaN()), float32(math.Inf(1)),
		float32(math.Inf(-1)))
	var all Histogram
	all.Observe(xs)
	if all.Zeros != 3 || all.Strange != 3 || all.Count != int64(len(xs)-3) {
		t.Errorf("%d zeros, %d strange, %d counted of %d", all.Zeros, all.Strange, all.Count, len(xs))
	}
	all.Observe([]float32{0})
	xs = append([]float32{0}, xs...)
	var reversed, a, b Histogram
	for i := len(xs) - 1; i >= 0; i-- {
		reversed.Observe(xs[i : i+1])
	}
	for i := range xs { // begins with a zero
		if i%3 == 0 {
			a.Observe(xs[i : i+1])
		} else {
			b.Observe(xs[i : i+1])
		}
	}
	a.Merge(&b)
	a.Merge(&Histogram{})
	for name, h := range map[string]*Histogram{"reversed": &reversed, "merged": &a} {
		if !reflect.DeepEqual(h, &all) {
			t.Errorf("%s: differs", name)
		}
	}
	var n int64
	all.each(func(x float64, c int64) { n += c })
	if n != all.Count {
		t.Errorf("bins hold %d, want %d", n, all.Count)
	}
}

func TestHistogramExtremes(t *testing.T) {
	for _, xs := range [][]float32{
		{math.MaxFloat32, -math.MaxFloat32, math.SmallestNonzeroFloat32},
		{math.SmallestNonzeroFloat32}, {1e-38, -3e-39}, {0}, {}, {float32(math.NaN())}, {1}, {-1, 0.99999994},
		{8192, 8191.9995},
	} {
		var h Histogram
		h.Observe(xs)
		w := h.Width()
		var n int64
		h.each(func(x float64, c int64) {
			if x != 0 && (x < float64(h.Min)-w || x > float64(h.Max)+w) {
				t.Errorf("%v: a bin at %g, range %g…%g", xs, x, h.Min, h.Max)
			}
			n += c
		})
		if n != h.Count {
			t.Errorf("%v: bins hold %d, want %d", xs, n, h.Count)
		}
	}
}

func TestHistogramJSON(t *testing.T) {
	for _, xs := range [][]float32{normal(3, 1000, 1, 1), {0, 0}, {}, {1, 2, 3}, {-1e-42}, {math.MaxFloat32}} {
		var h, back Histogram
		h.Observe(xs)
		data, err := json.Marshal(&h)
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(data, &back); err != nil {
			t.Fatalf("%s: %v", data, err)
		}
		if !reflect.DeepEqual(&back, &h) {
			t.Errorf("%s: differs after reading", data)
		}
	}
	for _, bad := range []string{
		`{"count":1}`, `{"min":0,"max":1,"count":3,"exp":-12,"pos":[1,1]}`, `{"min":0,"max":1,"count":1,"exp":-30,"pos":[1]}`,
		`{"min":0,"max":1,"count":1,"exp":-12,"pos":[2,-1]}`, `{"min":-1,"max":1,"count":1,"exp":-12,"pos":[1]}`,
		`{"min":2,"max":1,"count":1,"exp":-11,"pos":[1]}`, `{"min":0,"max":1,"count":1,"exp":1000,"pos":[1]}`,
		`{"min":0,"max":1,"count":1,"exp":116,"pos":[1]}`, `{"min":0,"max":1,"count":1,"exp":122,"fine":7,"pos":[1]}`,
		`{"count":0,"pos":[1]}`,
		`{"min":0,"max":1,"count":9223372036854775807,"zeros":-1,"exp":-12,"pos":[9223372036854775807]}`,
	} {
		var h Histogram
		if err := json.Unmarshal([]byte(bad), &h); !errors.Is(err, runtime.ErrCorrupt) {
			t.Errorf("%s: error %v", bad, err)
		}
	}
}

func BenchmarkObserve(b *testing.B) {
	xs := normal(4, 1<<16, 0, 1)
	var h Histogram
	b.SetBytes(4 * int64(len(xs)))
	for b.Loop() {
		h.Observe(xs)
	}
}
