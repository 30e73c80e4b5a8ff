package quant

import (
	"math"
	"slices"
	"testing"

	"github.com/gneiss-go/gneiss/kernels"
	"github.com/gneiss-go/gneiss/runtime"
)

// TestNodes runs quantised graphs and checks every node against its definition, on the inputs it had: to the byte
// where the definition is by integers, else to half a level.
func TestNodes(t *testing.T) {
	for name, g := range map[string]*runtime.Graph{"inception": inception(t), "residual": residual(t)} {
		q, _, err := Quantize(g, calibrated(t, g))
		if err != nil {
			t.Fatal(err)
		}
		r, err := newRunner(q, nil)
		if err != nil {
			t.Fatal(err)
		}
		next := noise(9, 3)
		for next(r.buffer) == nil {
			if err := r.run(r.buffer); err != nil {
				t.Fatal(err)
			}
			floats, levels := map[*runtime.Value][]float32{}, map[*runtime.Value][]uint8{}
			for i, v := range r.values {
				floats[v] = slices.Clone(r.float(i))
				if v.DType == runtime.U8 {
					levels[v] = r.session.Output(i - r.ins).Uint8()
				}
			}
			for _, n := range q.Nodes {
				checkNode(t, name+"/"+n.Name, n, floats, levels)
			}
		}
		r.close()
	}
}

// residual is a small network of the ResNet kind: strides, an addition of unlike scales, a global mean, a batch
// normalisation that cannot be folded.
func residual(t testing.TB) *runtime.Graph {
	n := newNet(t, 2)
	x := n.input(9, 9, 4)
	a := n.conv("a", x, 8, 3, runtime.ReLU)
	p := n.add("p", max3, a)
	norm := n.add("norm", &runtime.Affine{Scale: n.weights(8, 1), Shift: n.weights(8, 1)}, p)
	b := n.add("b", &runtime.Conv{Window: runtime.Window{R: 3, S: 3, StrideH: 2, StrideW: 2, PadTop: 1, PadLeft: 1, PadBottom: 1, PadRight: 1}, K: 8, Groups: 2,
		Weights: n.weights(8*9*4, 0.2), Bias: n.weights(8, 1)}, norm)
	short := n.add("short", &runtime.Conv{Window: runtime.Window{R: 1, S: 1, StrideH: 2, StrideW: 2}, K: 8, Weights: n.weights(64, 3)}, p)
	sum := n.add("sum", &runtime.Add{}, b, short)
	bounded := n.add("bounded", &runtime.Add{Act: runtime.Clamp{On: true, Lo: 0, Hi: 1}}, sum, b)
	pad := n.add("mean3", &runtime.Pool{Window: runtime.Window{R: 3, S: 3, StrideH: 2, StrideW: 2, PadTop: 1, PadLeft: 1, PadBottom: 1, PadRight: 1}, Type: runtime.AvgPool, Ceil: true}, sum)
	mean := n.add("mean", &runtime.GlobalPool{Type: runtime.AvgPool}, bounded)
	return n.outputs(n.fc("scores", mean, 10, none), pad, n.add("l", &runtime.LRN{Size: 3, Alpha: 0.5, Beta: 0.5, Bias: 2}, sum))
}

func checkNode(t *testing.T, name string, n *runtime.Node, floats map[*runtime.Value][]float32, levels map[*runtime.Value][]uint8) {
	t.Helper()
	in := n.In[0]
	x, u := floats[in], levels[in]
	got := levels[n.Out]
	s := in.Shape
	exactly := func(want []uint8) {
		t.Helper()
		if i := firstDifference(got, want); i >= 0 {
			t.Fatalf("%s: element %d is %d, want %d", name, i, got[i], want[i])
		}
	}
	// nearly wants each level to be that of a real number, rounded either way where it is half way between two.
	nearly := func(real func(i int) float64, lo, hi float64) {
		t.Helper()
		for i, q := range got {
			level := real(i)/float64(n.Out.Quant.Scale) + float64(n.Out.Quant.Zero)
			if level = min(max(level, lo), hi); math.Abs(float64(q)-level) > 0.5001 {
				t.Fatalf("%s: element %d is %d, want %v rounded", name, i, q, level)
			}
		}
	}
	switch op := n.Op.(type) {
	case *runtime.Quantize:
		want := make([]uint8, len(x))
		for i, v := range x {
			want[i] = uint8(min(max(math.RoundToEven(float64(v/op.To.Scale))+float64(op.To.Zero), 0), 255))
		}
		exactly(want)
	case *runtime.QConv:
		c := kernels.ConvU8{Weights: op.Weights, Bias: op.Bias, InZero: in.Quant.Zero, Out: []kernels.OutU8{{Zero: op.Out.Zero, Lo: op.Lo, Hi: op.Hi}}}
		for _, w := range op.WScale {
			c.Scale = append(c.Scale, float32(float64(in.Quant.Scale)*float64(w)/float64(op.Out.Scale)))
		}
		shape := op.Shape(s)
		want := make([]uint8, len(got))
		kernels.RefConvU8(&shape, u, &c, want)
		exactly(want)
	case *runtime.QFC:
		out := floats[n.Out]
		each := s.H * s.W * s.C
		for k := range op.K {
			acc := op.Bias[k]
			for i, w := range op.Weights[k*each:][:each] {
				acc += int32(w) * (int32(u[i]) - int32(in.Quant.Zero))
			}
			if want := float32(acc) * float32(float64(in.Quant.Scale)*float64(op.WScale[k])); out[k] != want {
				t.Fatalf("%s: element %d is %v, want %v", name, k, out[k], want)
			}
		}
	case *runtime.Concat:
		var want []uint8
		for p := range s.H * s.W {
			for _, v := range n.In {
				want = append(want, levels[v][p*v.Shape.C:][:v.Shape.C]...)
			}
		}
		exactly(want)
	case *runtime.Pool:
		want := make([]float32, len(got))
		shape := op.Shape(s)
		kernels.RefPoolF32(&shape, true, x, want)
		nearly(func(i int) float64 { return float64(want[i]) }, 0, 255)
	case *runtime.Quantised:
		want := make([]float64, len(got))
		lo, hi := 0.0, 255.0
		switch op := op.Op.(type) {
		case *runtime.Pool:
			real, shape := make([]float32, len(got)), op.Shape(s)
			kernels.RefPoolF32(&shape, false, x, real)
			for i, v := range real {
				want[i] = float64(v)
			}
		case *runtime.GlobalPool:
			for i, v := range x {
				want[i%s.C] += float64(v) / float64(s.H*s.W)
			}
		case *runtime.LRN:
			for i, v := range x {
				c, sum := i%s.C, 0.0
				for j := max(0, c-(op.Size-1)/2); j < min(s.C, c-(op.Size-1)/2+op.Size); j++ {
					sum += float64(x[i-c+j]) * float64(x[i-c+j])
				}
				want[i] = float64(v) / math.Pow(float64(op.Bias)+float64(op.Alpha)/float64(op.Size)*sum, float64(op.Beta))
			}
		case *runtime.Add:
			for i, v := range x {
				want[i] = float64(v) + float64(floats[n.In[1]][i])
			}
			l, h := bounds(op.Act, n.Out.Quant)
			lo, hi = float64(l), float64(h)
		}
		nearly(func(i int) float64 { return want[i] }, lo, hi)
	}
}

func firstDifference(a, b []uint8) int {
	if len(a) != len(b) {
		return 0
	}
	for i := range a {
		if a[i] != b[i] {
			return i
		}
	}
	return -1
}

// TestNearFloat: the quantised graphs say what the float graphs say.
func TestNearFloat(t *testing.T) {
	for name, g := range map[string]*runtime.Graph{"inception": inception(t), "residual": residual(t)} {
		s := calibrated(t, g)
		for _, o := range observers {
			q, _, err := Quantize(g, s, WithObserver(o))
			if err != nil {
				t.Fatal(err)
			}
			c, err := Compare(g, q, noise(5, 20))
			if err != nil {
				t.Fatal(err)
			}
			if least := 20.0; c.Layers[0].SQNR < least && o != Percentile(99) {
				t.Errorf("%s, %s:\n%s", name, o, c)
			}
		}
	}
}
