package googlenet_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"flag"
	"fmt"
	"image"
	"io"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/gneiss-go/gneiss/arch"
	"github.com/gneiss-go/gneiss/internal/test/testdata"
	"github.com/gneiss-go/gneiss/models"
	"github.com/gneiss-go/gneiss/models/imagefile"
	"github.com/gneiss-go/gneiss/quant"
	"github.com/gneiss-go/gneiss/runtime"
)

var update = flag.Bool("update", false, "measure testdata/ranges.json anew")

// The bytes that int8 GoogLeNet gives for the first two and for twenty photographs: on every tier, architecture and
// number of threads, in every release.
const (
	goldenTwo    = "261499cd"
	goldenTwenty = "a51055a2"
)

// goldenImages are photographs as the network takes them, without resizing: the centre 224×224 pixels, less an integral
// mean. So the inputs are integers, the same on every machine.
func goldenImages(t *testing.T, role string, n int) [][]float32 {
	var all [][]float32
	for _, p := range testdata.Photos(t, role)[:n] {
		img, err := imagefile.Open(p.File)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, centre(img))
	}
	return all
}

func centre(img image.Image) []float32 {
	const side = 224
	b := img.Bounds()
	x0, y0 := b.Min.X+(b.Dx()-side)/2, b.Min.Y+(b.Dy()-side)/2
	in := make([]float32, 0, side*side*3)
	for y := range side {
		for x := range side {
			r, g, bl, _ := img.At(x0+x, y0+y).RGBA()
			in = append(in, float32(bl>>8)-104, float32(g>>8)-117, float32(r>>8)-123)
		}
	}
	return in
}

// quantisedGoogLeNet is the network with the ranges of testdata/ranges.json, so that no float arithmetic of this
// machine has a part in it.
func quantisedGoogLeNet(t *testing.T, float *runtime.Graph) *runtime.Graph {
	file := filepath.Join("testdata", "ranges.json")
	if *update {
		images := goldenImages(t, "calibrate", 100)
		stats, err := quant.Calibrate(t.Context(), float, func(in []float32) error {
			if len(images) == 0 {
				return io.EOF
			}
			copy(in, images[0])
			images = images[1:]
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		ranges := map[string][2]float32{}
		for name, h := range stats.Values {
			ranges[name] = [2]float32{h.Min, h.Max}
		}
		text, err := json.MarshalIndent(ranges, "", " ")
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, append(text, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var ranges map[string][2]float32
	if err := json.Unmarshal(text, &ranges); err != nil {
		t.Fatal(err)
	}
	stats := &quant.Stats{Graph: float.Name, Inputs: 1, Values: map[string]*quant.Histogram{}}
	for name, r := range ranges {
		h := new(quant.Histogram)
		h.Observe(r[:])
		stats.Values[name] = h
	}
	g, report, err := quant.Quantize(float, stats, quant.WithObserver(quant.MinMax()))
	if err != nil {
		t.Fatal(err)
	}
	if !report.Portable {
		t.Fatal("some layers are float")
	}
	return g
}

// contains reports whether a tier is another or one that contains it.
func contains(isa, other arch.ISA) bool {
	for isa != other && isa != arch.Generic {
		isa = isa.Within()
	}
	return isa == other
}

// TestGoldenInt8: int8 GoogLeNet gives the same bytes everywhere.
func TestGoldenInt8(t *testing.T) {
	float, err := models.Open(testdata.Path(t, "models", "bvlc_googlenet", "bvlc_googlenet.caffemodel"))
	if err != nil {
		t.Fatal(err)
	}
	g := quantisedGoogLeNet(t, float)
	n, want := 20, goldenTwenty
	if testing.Short() {
		n, want = 2, goldenTwo
	}
	images := goldenImages(t, "evaluate", n)
	for _, isa := range arch.Supported() {
		for _, threads := range []int{1, 2, 4} {
			if threads > 1 && isa != arch.Best() && (testing.Short() || isa == arch.Generic) {
				continue // the portable kernels take most of a second a picture
			}
			memory, budget := runtime.Fast, 980<<10
			if threads == 2 || isa != arch.Best() && isa != arch.Generic {
				memory, budget = runtime.Small, 735<<10
				if contains(isa, arch.AVX512VNNI) {
					budget = 793 << 10 // its filters are transformed in each run
				}
			}
			plan, err := runtime.Compile(g, runtime.WithISA(isa), runtime.WithThreads(threads), runtime.WithMemory(memory))
			if err != nil {
				t.Fatal(err)
			}
			if threads == 1 && plan.ArenaSize() > budget {
				t.Errorf("%s, %s: arena of %d bytes, want at most %d", isa, memory, plan.ArenaSize(), budget)
			}
			sess, err := plan.NewSession()
			if err != nil {
				t.Fatal(err)
			}
			var all bytes.Buffer
			for _, img := range images {
				copy(sess.Input(0).Float32(), img)
				if err := sess.Run(); err != nil {
					t.Fatal(err)
				}
				for _, p := range sess.Output(0).Float32() {
					all.Write(binary.LittleEndian.AppendUint32(nil, math.Float32bits(p)))
				}
			}
			sess.Close()
			if got := fmt.Sprintf("%x", sha256.Sum256(all.Bytes()))[:len(want)]; got != want {
				t.Errorf("%s, %d threads: %s, want %s", isa, threads, got, want)
			}
		}
	}
}
