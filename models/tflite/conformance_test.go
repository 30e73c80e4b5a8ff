package tflite

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gneiss-go/gneiss/internal/test/testdata"
	"github.com/gneiss-go/gneiss/runtime"
)

// zoo is an entry of zoo.json. An input or output is a name, a shape, a type, scales and zero points.
type zoo struct {
	File    string
	Cases   []string
	Inputs  [][]any
	Outputs [][]any
}

// npy reads an array as NumPy writes it: []float32, []uint8 or []int8.
func npy(t *testing.T, path string) any {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if len(b) < 10 || !bytes.HasPrefix(b, []byte("\x93NUMPY\x01")) {
		t.Fatalf("%s is no array", path)
	}
	end := 10 + int(binary.LittleEndian.Uint16(b[8:]))
	head, data := string(b[10:end]), b[end:]
	switch {
	case strings.Contains(head, "'<f4'"):
		v := make([]float32, len(data)/4)
		for i := range v {
			v[i] = math.Float32frombits(binary.LittleEndian.Uint32(data[4*i:]))
		}
		return v
	case strings.Contains(head, "'|u1'"):
		return data
	case strings.Contains(head, "'|i1'"):
		v := make([]int8, len(data))
		for i := range v {
			v[i] = int8(data[i])
		}
		return v
	}
	t.Fatalf("%s: %s", path, head)
	return nil
}

// numbers are an array's as the file quantises them.
func numbers(t *testing.T, a any, spec []any) []float32 {
	t.Helper()
	if f, ok := a.([]float32); ok {
		return f
	}
	scale, zero := spec[3].([]any)[0].(float64), spec[4].([]any)[0].(float64)
	var out []float32
	switch v := a.(type) {
	case []uint8:
		for _, q := range v {
			out = append(out, float32((float64(q)-zero)*scale))
		}
	case []int8:
		for _, q := range v {
			out = append(out, float32((float64(q)-zero)*scale))
		}
	}
	return out
}

// classifiers are the networks in which nothing is to be moved.
var classifiers = map[string]bool{"kws_dscnn_int8": true, "mobilenet_v1_025_128_quant": true,
	"mobilenet_v2_224_quant": true, "person_detect": true, "resnet8_cifar_float": true, "resnet8_cifar_int8": true,
	"vww_96_int8": true}

// TestConformance runs models beside what TensorFlow Lite answers, inputs and outputs in the model's own order and
// type: single operations, and whole networks that are not refused.
func TestConformance(t *testing.T) {
	ran := 0
	for _, dir := range []string{testdata.Path(t, "conformance", "tflite-ops"), testdata.Path(t, "zoo")} {
		raw, err := os.ReadFile(filepath.Join(dir, "zoo.json"))
		if err != nil {
			t.Fatal(err)
		}
		var all []zoo
		if err := json.Unmarshal(raw, &all); err != nil {
			t.Fatal(err)
		}
		for _, z := range all {
			name, tflite := strings.CutSuffix(z.File, ".tflite")
			if !tflite {
				continue
			}
			t.Run(name, func(t *testing.T) {
				folder := filepath.Join(dir, name)
				g, err := Open(filepath.Join(folder, z.File))
				var u *runtime.UnsupportedError
				var ne *runtime.NodeError
				if errors.As(err, &u) || errors.As(err, &ne) {
					why, _, _ := strings.Cut(err.Error(), "\n")
					t.Skip(why)
				}
				if err != nil {
					t.Fatal(err)
				}
				ran++
				for _, n := range g.Nodes {
					if _, moves := n.Op.(*runtime.Rearrange); moves && classifiers[name] {
						t.Errorf("%s moves memory", n.Name)
					}
				}
				for _, c := range z.Cases {
					conform(t, g, z, folder, c)
				}
			})
		}
	}
	if ran < 43 {
		t.Errorf("%d models ran, want 43 at least", ran)
	}
}

// sameKind wants an output of levels of the type that the file has, and logs how many differ.
func sameKind(t *testing.T, out *runtime.Tensor, want any) {
	t.Helper()
	apart, n := 0, out.Shape().Elements()
	var err error
	switch want := want.(type) {
	case []uint8:
		got := make([]uint8, n)
		err = out.CopyTo(got)
		for i := range want {
			if got[i] != want[i] {
				apart++
			}
		}
	case []int8:
		got := make([]int8, n)
		err = out.CopyTo(got)
		for i := range want {
			if got[i] != want[i] {
				apart++
			}
		}
	}
	if err != nil {
		t.Errorf("levels of the file's type: %v", err)
	}
	t.Logf("%d of %d levels differ", apart, n)
}

func conform(t *testing.T, g *runtime.Graph, z zoo, folder, c string) {
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
	for i := range z.Inputs {
		if err := s.Input(i).CopyFrom(npy(t, filepath.Join(folder, fmt.Sprintf("%s.in%d.npy", c, i)))); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Run(); err != nil {
		t.Fatal(err)
	}
	for i, spec := range z.Outputs {
		want := numbers(t, npy(t, filepath.Join(folder, fmt.Sprintf("%s.out%d.npy", c, i))), spec)
		var shape []int
		for _, d := range spec[1].([]any) {
			shape = append(shape, int(d.(float64)))
		}
		if d := s.Output(i).Info().Dims; !slices.Equal(d, shape) {
			t.Fatalf("%s: output %d has dimensions %v, want %v", c, i, d, shape)
		}
		got := make([]float32, len(want))
		if err := s.Output(i).CopyTo(got); err != nil {
			t.Fatal(err)
		}
		most, worst := 0.0, 0.0
		for j := range want {
			most = max(most, math.Abs(float64(want[j])))
			worst = max(worst, math.Abs(float64(got[j]-want[j])))
		}
		allowed := 1e-4*most + 1e-6
		if scales := spec[3].([]any); len(scales) > 0 {
			sameKind(t, s.Output(i), npy(t, filepath.Join(folder, fmt.Sprintf("%s.out%d.npy", c, i))))
			allowed = 1.001 * scales[0].(float64) // a level
		}
		t.Logf("%s: output %d is off by %.3g of %.3g", c, i, worst, most)
		if !(worst <= allowed) {
			t.Errorf("%s: output %d is off by %v of %v, allowed are %v", c, i, worst, most, allowed)
		}
	}
}
