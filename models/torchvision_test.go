package models_test

import (
	"encoding/binary"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/gneiss-go/gneiss/models"
	"github.com/gneiss-go/gneiss/quant"
	"github.com/gneiss-go/gneiss/runtime"
)

// torch is a Python that has torchvision.
func torch(t *testing.T) string {
	for _, name := range []string{os.Getenv("GNEISS_TORCH"), "/usr/bin/python3", "python3"} {
		if name != "" && exec.Command(name, "-c", "import torchvision, torch.onnx").Run() == nil {
			return name
		}
	}
	t.Skip("SKIPPED: no Python with torchvision (Debian: python3-torchvision; GNEISS_TORCH names another): networks of other makes are NOT compared with PyTorch")
	return ""
}

// Networks of torchvision, exported by PyTorch with random weights, give PyTorch's outputs, and run in int8 with the
// same first answer.
func TestTorchvision(t *testing.T) {
	if testing.Short() {
		t.Skip("exports half a gigabyte of networks")
	}
	python := torch(t)
	for _, name := range []string{"googlenet", "resnet18", "resnet50", "mobilenet_v2", "squeezenet1_1", "alexnet",
		"vgg11"} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if out, err := exec.Command(python, filepath.Join("testdata", "export_torch.py"), dir,
				name).CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			g, err := models.Open(filepath.Join(dir, name+".onnx"))
			if err != nil {
				t.Fatal(err)
			}
			in, want := readFloats(t, filepath.Join(dir, name+".in")), readFloats(t, filepath.Join(dir, name+".out"))
			worst, best := compare(runOnce(t, g, in), want)
			t.Logf("float: largest difference %.1e of the largest output", worst)
			if worst > 1e-4 || !best {
				t.Errorf("float: largest difference %v of the largest output, same best class: %v", worst, best)
			}

			n := 0
			stats, err := quant.Calibrate(t.Context(), g, func(dst []float32) error {
				if n++; n > 3 {
					return io.EOF
				}
				for i := range dst {
					dst[i] = in[(i*n+7*(n-1))%len(in)]
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			q, report, err := quant.Quantize(g, stats)
			if err != nil {
				t.Fatal(err)
			}
			worst, best = compare(runOnce(t, q, in), want)
			t.Logf("int8: largest difference %.3f of the largest output, same best class: %v, all layers quantised: %v", worst,
				best, report.Portable)
			if worst > 0.1 || !report.Portable {
				t.Errorf("int8: largest difference %v of the largest output, all layers quantised: %v", worst, report.Portable)
			}
		})
	}
}

func runOnce(t *testing.T, g *runtime.Graph, in []float32) []float32 {
	p, err := runtime.Compile(g)
	if err != nil {
		t.Fatal(err)
	}
	s, err := p.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	copy(s.Input(0).Float32(), in)
	if err := s.Run(); err != nil {
		t.Fatal(err)
	}
	return append([]float32(nil), s.Output(0).Float32()...)
}

func readFloats(t *testing.T, path string) []float32 {
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	f := make([]float32, len(b)/4)
	for i := range f {
		f[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
	}
	return f
}

// compare returns the largest difference as a share of the largest output, and whether the best class is the same.
func compare(got, want []float32) (worst float64, best bool) {
	if len(got) != len(want) {
		return math.Inf(1), false
	}
	largest, g, w := 0.0, 0, 0
	for i := range want {
		worst = max(worst, math.Abs(float64(got[i]-want[i])))
		largest = max(largest, math.Abs(float64(want[i])))
		if got[i] > got[g] {
			g = i
		}
		if want[i] > want[w] {
			w = i
		}
	}
	return worst / largest, g == w
}
