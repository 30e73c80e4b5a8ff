package runtime

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/gneiss-go/gneiss/arch"
)

func TestReport(t *testing.T) {
	p, err := Compile(small(t), WithThreads(2))
	if err != nil {
		t.Fatal(err)
	}
	r := p.Report()
	if r.Threads != 2 || r.MACs != p.MACs() || r.WeightBytes != p.WeightBytes() || r.ArenaBytes != p.ArenaSize() ||
		r.LowerBound != p.ArenaLowerBound() {
		t.Errorf("totals differ from the plan's: %+v", r)
	}
	var macs int64
	weights, live := 0, 0
	for i, s := range r.Steps {
		macs += s.MACs
		weights += s.Weights
		live = max(live, s.Live)
		if s.Index != i || s.Kernel == "" || len(s.In) == 0 || len(s.Out) == 0 || s.Offset < 0 || s.End <= s.Offset ||
			s.End > r.ArenaBytes {
			t.Errorf("step %+v", s)
		}
	}
	if macs != r.MACs || weights != r.WeightBytes || live != r.LowerBound || r.TensorBound > r.LowerBound {
		t.Errorf("steps sum up to %d MACs, %d bytes of weights, at most %d alive: %v", macs, weights, live, r)
	}
	var b bytes.Buffer
	n, err := r.WriteTo(&b)
	if err != nil || n != int64(b.Len()) || b.String() != r.String() {
		t.Errorf("WriteTo: %d bytes, %v", n, err)
	}
	if lines := strings.Count(b.String(), "\n"); lines != len(r.Steps)+4 {
		t.Errorf("%d lines:\n%s", lines, b.String())
	}
	text, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	var back Report
	if err := json.Unmarshal(text, &back); err != nil || !reflect.DeepEqual(&back, r) {
		t.Errorf("JSON there and back: %v\n%s", err, text)
	}
}

// googLeNet is the network with weights of zero, for what depends on sizes only.
func googLeNet(t *testing.T) *Graph {
	n := newNet(t)
	conv := func(name string, in *Value, k, r, stride int) *Value {
		w := Window{R: r, S: r, StrideH: stride, StrideW: stride, PadTop: r / 2, PadLeft: r / 2, PadBottom: r / 2,
			PadRight: r / 2}
		return n.add(name, &Conv{Window: w, K: k, Weights: make([]float32, k*r*r*in.Shape.C), Act: ReLU}, in)
	}
	pool := func(name string, in *Value, stride int) *Value {
		w := Window{R: 3, S: 3, StrideH: stride, StrideW: stride}
		if stride == 1 {
			w.PadTop, w.PadLeft, w.PadBottom, w.PadRight = 1, 1, 1, 1
		}
		return n.add(name, &Pool{Window: w, Ceil: true}, in)
	}
	norm := func(name string, in *Value) *Value {
		return n.add(name, &LRN{Size: 5, Alpha: 1e-4, Beta: 0.75, Bias: 1}, in)
	}
	x := conv("conv1", n.input(Shape{1, 224, 224, 3}), 64, 7, 2)
	x = norm("norm1", pool("pool1", x, 2))
	x = conv("conv2", conv("conv2/reduce", x, 64, 1, 1), 192, 3, 1)
	x = pool("pool2", norm("norm2", x), 2)
	for i, c := range [][6]int{{64, 96, 128, 16, 32, 32}, {128, 128, 192, 32, 96, 64},
		{192, 96, 208, 16, 48, 64}, {160, 112, 224, 24, 64, 64}, {128, 128, 256, 24, 64, 64}, {112, 144, 288, 32, 64, 64},
		{256, 160, 320, 32, 128, 128},
		{256, 160, 320, 32, 128, 128}, {384, 192, 384, 48, 128, 128}} {
		if i == 2 || i == 7 {
			x = pool(fmt.Sprint("pool", i/7+3), x, 2)
		}
		name := fmt.Sprint("inception", i)
		a := conv(name+"/1x1", x, c[0], 1, 1)
		b := conv(name+"/3x3", conv(name+"/3x3_reduce", x, c[1], 1, 1), c[2], 3, 1)
		d := conv(name+"/5x5", conv(name+"/5x5_reduce", x, c[3], 1, 1), c[4], 5, 1)
		e := conv(name+"/proj", pool(name+"/pool", x, 1), c[5], 1, 1)
		x = n.add(name, &Concat{}, a, b, d, e)
	}
	x = n.add("drop", &Identity{}, n.add("gap", &GlobalPool{Type: AvgPool}, x))
	x = n.add("fc", &FC{K: 1000, Weights: make([]float32, 1000*1024)}, x)
	return n.output(n.add("prob", &Softmax{}, x))
}

// The arena of GoogLeNet is conv1's output beside pool1's: no step, no scratch of one thread, no misfortune of the
// planner adds to it; that of a second thread adds a thirty-second at most. On ARM, bands of the poolings beside what
// they read and write add as much for each thread.
func TestGoogLeNetArena(t *testing.T) {
	const want = (112*112*64 + 56*56*64) * 4
	g := googLeNet(t)
	if macs := g.Cost().MACs; macs/100_000 != 15_826 {
		t.Fatalf("%d MACs: not GoogLeNet", macs)
	}
	for _, isa := range []arch.ISA{arch.Generic, arch.Best()} {
		for _, threads := range []int{1, 2, 4} {
			p, err := Compile(g, WithISA(isa), WithThreads(threads))
			if err != nil {
				t.Fatal(err)
			}
			r := p.Report()
			steps, most := 57, want+(threads-1)*want/32
			if isa.Tier() >= arch.NEON {
				steps, most = 52, want+threads*want/32
			}
			if r.TensorBound != want || r.ArenaBytes != r.LowerBound || threads <= 2 && r.ArenaBytes > most {
				t.Errorf("%v, %d threads: arena %d, bound %d, without scratch %d; want %d", isa, threads, r.ArenaBytes,
					r.LowerBound, r.TensorBound, want)
			}
			if len(r.Steps) != steps {
				t.Errorf("%d steps, want %d\n%v", len(r.Steps), steps, r)
			}
		}
	}
}
