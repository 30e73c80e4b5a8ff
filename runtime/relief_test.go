package runtime

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"testing"
	"unsafe"

	"github.com/gneiss-go/gneiss/arch"
)

// heavy is a graph of a convolution and a fully connected layer, of 3 M weights.
func heavy(t *testing.T) *Graph {
	t.Helper()
	g := NewGraph("heavy")
	x, err := g.Input("x", Shape{1, 8, 8, 64})
	if err != nil {
		t.Fatal(err)
	}
	weights := func(n int) []float32 {
		w := make([]float32, n)
		for i := range w {
			w[i] = float32(i%13-6) / 64
		}
		return w
	}
	y, err := g.Add("conv", &Conv{Window: Window{R: 3, S: 3, PadTop: 1, PadLeft: 1, PadBottom: 1, PadRight: 1}, K: 64,
		Weights: weights(64 * 9 * 64)}, x)
	if err != nil {
		t.Fatal(err)
	}
	if y, err = g.Add("fc", &FC{K: 730, Weights: weights(730 * 8 * 8 * 64)}, y); err != nil {
		t.Fatal(err)
	}
	if err := g.Output(y); err != nil {
		t.Fatal(err)
	}
	return g
}

func answers(t *testing.T, p *Plan) []float32 {
	t.Helper()
	s, err := p.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	x := s.Input(0).Float32()
	for i := range x {
		x[i] = float32(i%7) - 3
	}
	if err := s.Run(); err != nil {
		t.Fatal(err)
	}
	return slices.Clone(s.Output(0).Float32())
}

// TestSpentGraph: the plan is the same; the graph has let its weights go, and says so to who wants them.
func TestSpentGraph(t *testing.T) {
	p, err := Compile(heavy(t))
	if err != nil {
		t.Fatal(err)
	}
	g := heavy(t)
	spent, err := Compile(g, WithSpentGraph())
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(answers(t, p), answers(t, spent)) {
		t.Error("other answers of a graph that is used up")
	}
	if g.Nodes[0].Op.(*Conv).Weights != nil || g.Nodes[1].Op.(*FC).Weights != nil {
		t.Error("a graph that is used up keeps its weights")
	}
	_, again := Compile(g)
	_, simple := Simplify(g)
	for _, err := range []error{again, simple, Write(io.Discard, g)} {
		if !errors.Is(err, ErrGraph) {
			t.Errorf("%v of a graph that is used up", err)
		}
	}
}

// TestRelief: Load tells when pages of the file may go, unless filters are used where they lie.
func TestRelief(t *testing.T) {
	g := heavy(t)
	isa, err := arch.Default()
	if err != nil {
		t.Fatal(err)
	}
	for packed, want := range map[bool]bool{false: true, true: false} {
		var b bytes.Buffer
		var opts []WriteOption
		if packed {
			opts = append(opts, WithPacked(isa))
		}
		if err := Write(&b, g, opts...); err != nil {
			t.Fatal(err)
		}
		data := make([]byte, b.Len()+64)
		data = data[alignUp(addressOf(data))-addressOf(data):][:b.Len()]
		copy(data, b.Bytes())
		calls, at := 0, 0
		_, err := Load(data, WithRelief(func() { calls++ }), WithChooser(func(string, []Choice) int {
			at = calls // what is called while checksums are taken does not count
			return 0
		}))
		if err != nil {
			t.Fatal(err)
		}
		if got := calls > at; got != want {
			t.Errorf("packed %v: pages given back %v, want %v", packed, got, want)
		}
	}
}

func addressOf(b []byte) int { return int(uintptr(unsafe.Pointer(unsafe.SliceData(b)))) }
