package quant

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gneiss-go/gneiss/arch"
	"github.com/gneiss-go/gneiss/runtime"
)

var update = flag.Bool("update", false, "write testdata/golden.gneiss and what it gives")

// golden is a network with every quantised operation, in shapes that take the paths large networks take.
func golden(t testing.TB) *runtime.Graph {
	n := newNet(t, 11)
	x := n.input(25, 23, 3)
	stem := n.add("stem", &runtime.Conv{Window: runtime.Window{R: 7, S: 7, StrideH: 2, StrideW: 2, PadTop: 3, PadLeft: 3,
		PadBottom: 3, PadRight: 3}, K: 16,
		Weights: n.weights(16*147, 0.1), Bias: n.weights(16, 0.3), Act: runtime.ReLU}, x)
	p := n.add("p", &runtime.Pool{Window: runtime.Window{R: 3, S: 3, StrideH: 1, StrideW: 1, PadTop: 1, PadLeft: 1,
		PadBottom: 1, PadRight: 1}}, stem)
	l := n.add("lrn", &runtime.LRN{Size: 5, Alpha: 0.3, Beta: 0.75, Bias: 1}, p)
	a := n.conv("a", l, 12, 1, runtime.ReLU)
	b := n.conv("b", n.conv("b0", l, 16, 1, none), 20, 3, runtime.ReLU) // Winograd where there is one
	c := n.conv("c", n.conv("c0", l, 5, 1, runtime.ReLU), 7, 5, none)
	d := n.conv("d", n.add("dp", max3, l), 8, 1, runtime.Clamp{On: true, Lo: 0, Hi: 1})
	joined := n.add("joined", &runtime.Concat{}, a, b, c, d)
	e := n.add("e", &runtime.Conv{Window: runtime.Window{R: 3, S: 3, StrideH: 2, StrideW: 2, PadTop: 1, PadLeft: 1,
		PadBottom: 1, PadRight: 1}, K: 24, Weights: n.weights(24*9*47, 0.1), Act: runtime.ReLU}, joined)
	f := n.add("f", &runtime.Conv{Window: runtime.Window{R: 3, S: 3, PadTop: 1, PadLeft: 1, PadBottom: 1, PadRight: 1},
		K: 24, Groups: 3, Weights: n.weights(24*9*8, 0.2)}, e)
	sum := n.add("sum", &runtime.Add{Act: runtime.ReLU}, e, f)
	mean := n.add("mean", &runtime.Pool{Window: runtime.Window{R: 3, S: 3, StrideH: 2, StrideW: 2}, Type: runtime.AvgPool,
		Ceil: true}, sum)
	return n.outputs(n.add("prob", &runtime.Softmax{},
		n.fc("scores", n.fc("hidden", n.add("flat", &runtime.Flatten{}, mean), 40, runtime.ReLU), 33, none)))
}

// TestGolden: a quantised graph gives the same bytes everywhere: on every tier of this CPU, with any number of threads,
// and on every other CPU, for the bytes are in testdata.
func TestGolden(t *testing.T) {
	model, want := filepath.Join("testdata", "golden.gneiss"), filepath.Join("testdata", "golden.txt")
	if *update {
		g := golden(t)
		q, report, err := Quantize(g, calibrated(t, g), WithObserver(MinMax()))
		if err != nil || !report.Portable {
			t.Fatal(err, report)
		}
		var b bytes.Buffer
		if err := runtime.Write(&b, q); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(model, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	data, err := os.ReadFile(model)
	if err != nil {
		t.Fatal(err)
	}
	g, err := runtime.ReadGraph(data)
	if err != nil {
		t.Fatal(err)
	}
	for _, isa := range arch.Supported() {
		for _, threads := range []int{1, 3} {
			got := digests(t, g, runtime.WithISA(isa), runtime.WithThreads(threads))
			if *update {
				if err := os.WriteFile(want, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
				*update = false
			}
			file, err := os.ReadFile(want)
			if err != nil {
				t.Fatal(err)
			}
			if got == string(file) {
				continue
			}
			theirs := strings.Split(string(file), "\n")
			for i, line := range strings.Split(got, "\n") {
				if i >= len(theirs) || line != theirs[i] {
					t.Errorf("%s, %d threads: %s, want %s", isa, threads, line, theirs[min(i, len(theirs)-1)])
					break
				}
			}
		}
	}
}

// digests runs a graph on integer-valued inputs, the same everywhere, and gives a line for every value.
func digests(t *testing.T, g *runtime.Graph, opts ...runtime.Option) string {
	t.Helper()
	r, err := newRunner(t.Context(), g, true, opts)
	if err != nil {
		t.Fatal(err)
	}
	defer r.close()
	sums := make([][]byte, len(r.values))
	state := uint32(1)
	for range 3 {
		for i := range r.buffer {
			state = state*1664525 + 1013904223
			r.buffer[i] = float32(int32(state)>>24) / 32
		}
		if err := r.run(t.Context(), r.buffer); err != nil {
			t.Fatal(err)
		}
		for i := range r.values {
			b := bytes.NewBuffer(sums[i])
			for _, x := range r.float(i) {
				binary.Write(b, binary.LittleEndian, math.Float32bits(x))
			}
			sums[i] = fmt.Appendf(nil, "%x", sha256.Sum256(b.Bytes()))
		}
	}
	var b strings.Builder
	for i, v := range r.values {
		fmt.Fprintf(&b, "%s %s\n", v.Name, sums[i])
	}
	return b.String()
}
