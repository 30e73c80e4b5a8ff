package bench

import (
	"math"
	"math/rand/v2"

	"github.com/gneiss-go/gneiss/models/googlenet"
	"github.com/gneiss-go/gneiss/runtime"
)

// Models are the networks that benchmarks range over, by name, with weights from a seed.
var Models = []struct {
	Name  string
	Build func(seed uint64) (*runtime.Graph, error)
}{
	{"googlenet", GoogLeNet},
}

// GoogLeNet is the BVLC network with the weights of that seed.
func GoogLeNet(seed uint64) (*runtime.Graph, error) { return googlenet.Graph(googlenet.Random(seed)) }

// Picture is an input of that shape, NHWC: smooth waves with some noise around zero, ±amplitude, like a photograph
// whose mean was subtracted. Flat noise would be all the same to a convolution.
func Picture(s runtime.Shape, seed uint64, amplitude float32) []float32 {
	rnd := rand.New(rand.NewPCG(seed, 0x70696374757265))
	type wave struct{ fy, fx, phase, height float64 }
	waves := make([][6]wave, s.C)
	for c := range waves {
		for i := range waves[c] {
			f := math.Pow(2, float64(i)) / 64
			waves[c][i] = wave{f * (rnd.Float64() - 0.5) * 4, f * (rnd.Float64() - 0.5) * 4, rnd.Float64() * 2 * math.Pi,
				1 / math.Sqrt(float64(i+1))}
		}
	}
	v := make([]float32, 0, s.Elements())
	for range s.N {
		for y := range s.H {
			for x := range s.W {
				for c := range s.C {
					p := 0.1 * rnd.NormFloat64()
					for _, w := range waves[c] {
						p += w.height * math.Sin(w.fy*float64(y)+w.fx*float64(x)+w.phase)
					}
					v = append(v, amplitude*float32(math.Tanh(p/2)))
				}
			}
		}
	}
	return v
}
