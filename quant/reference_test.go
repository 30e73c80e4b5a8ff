package quant

import (
	"math"
	"slices"
	"testing"

	"github.com/gneiss-go/gneiss/kernels"
	"github.com/gneiss-go/gneiss/runtime"
)

// TestNodes runs quantised graphs and checks every quantised node against its definition, on the inputs it had, to the
// byte.
func TestNodes(t *testing.T) {
	for name, g := range map[string]*runtime.Graph{"inception": inception(t), "residual": residual(t)} {
		q, _, err := Quantize(g, calibrated(t, g))
		if err != nil {
			t.Fatal(err)
		}
		r, err := newRunner(t.Context(), q, true, nil)
		if err != nil {
			t.Fatal(err)
		}
		next := noise(9, 3)
		for next(r.buffer) == nil {
			if err := r.run(t.Context(), r.buffer); err != nil {
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
	b := n.add("b", &runtime.Conv{Window: runtime.Window{R: 3, S: 3, StrideH: 2, StrideW: 2, PadTop: 1, PadLeft: 1,
		PadBottom: 1, PadRight: 1}, K: 8, Groups: 2,
		Weights: n.weights(8*9*4, 0.2), Bias: n.weights(8, 1)}, norm)
	short := n.add("short", &runtime.Conv{Window: runtime.Window{R: 1, S: 1, StrideH: 2, StrideW: 2}, K: 8,
		Weights: n.weights(64, 3)}, p)
	sum := n.add("sum", &runtime.Add{}, b, short)
	bounded := n.add("bounded", &runtime.Add{Act: runtime.Clamp{On: true, Lo: 0, Hi: 1}}, sum, b)
	pad := n.add("mean3", &runtime.Pool{Window: runtime.Window{R: 3, S: 3, StrideH: 2, StrideW: 2, PadTop: 1, PadLeft: 1,
		PadBottom: 1, PadRight: 1}, Type: runtime.AvgPool, Ceil: true}, sum)
	mean := n.add("mean", &runtime.GlobalPool{Type: runtime.AvgPool}, bounded)
	return n.outputs(n.fc("scores", mean, 10, none), pad,
		n.add("l", &runtime.LRN{Size: 3, Alpha: 0.5, Beta: 0.5, Bias: 2}, sum))
}

func checkNode(t *testing.T, name string, n *runtime.Node, floats map[*runtime.Value][]float32,
	levels map[*runtime.Value][]uint8) {
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
	switch op := n.Op.(type) {
	case *runtime.Quantize:
		want := make([]uint8, len(x))
		for i, v := range x {
			want[i] = uint8(min(max(math.RoundToEven(float64(v/op.To.Scale))+float64(op.To.Zero), 0), 255))
		}
		exactly(want)
	case *runtime.QConv:
		c := kernels.ConvU8{Weights: op.Weights, Bias: op.Bias, InZero: in.Quant.Zero,
			Out: []kernels.OutU8{{Zero: op.Out.Zero, Lo: op.Lo, Hi: op.Hi}}}
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
		real, shape := make([]float32, len(got)), op.Shape(s)
		kernels.RefPoolF32(&shape, true, x, real)
		want := make([]uint8, len(got))
		for i, v := range real {
			want[i] = uint8(math.RoundToEven(float64(v/in.Quant.Scale))) + in.Quant.Zero
		}
		exactly(want)
	case *runtime.Quantised:
		exactly(quantised8(n, op.Op, levels))
	}
}

// quantised8 is average pooling, LRN and addition by the definitions of docs/NUMERICS.md.
func quantised8(n *runtime.Node, op runtime.Op, levels map[*runtime.Value][]uint8) []uint8 {
	in, out := n.In[0], n.Out.Quant
	u, s, zero := levels[in], in.Shape, int32(in.Quant.Zero)
	want := make([]uint8, n.Out.Shape.Elements())
	lo, hi := float32(-int32(out.Zero)), float32(255-int32(out.Zero))
	put := func(i int, v float32) {
		want[i] = uint8(int32(math.RoundToEven(float64(min(max(v, lo), hi)))) + int32(out.Zero))
	}
	ratio := float64(in.Quant.Scale) / float64(out.Scale)
	mean := func(i int, cells []int) { // of channel i%C of those pixels
		sum := int32(0)
		for _, p := range cells {
			sum += int32(u[p*s.C+i%s.C]) - zero
		}
		put(i, float32(sum)*float32(float64(in.Quant.Scale)/(float64(out.Scale)*float64(len(cells)))))
	}
	switch op := op.(type) {
	case *runtime.Pool:
		g := op.Shape(s)
		for i := range want {
			x, y := i/s.C%g.OutW, i/s.C/g.OutW
			var cells []int
			for r := range g.R {
				for t := range g.S {
					if iy, ix := y*g.StrideH-g.PadTop+r, x*g.StrideW-g.PadLeft+t; iy >= 0 && iy < s.H && ix >= 0 && ix < s.W {
						cells = append(cells, iy*s.W+ix)
					}
				}
			}
			mean(i, cells)
		}
	case *runtime.GlobalPool:
		var cells []int
		for p := range s.H * s.W {
			cells = append(cells, p)
		}
		for i := range want {
			mean(i, cells)
		}
	case *runtime.LRN:
		alpha := float32(float64(op.Alpha) / float64(op.Size) * float64(in.Quant.Scale) * float64(in.Quant.Scale))
		for i := range want {
			c, sum := i%s.C, int32(0)
			for j := max(0, c-(op.Size-1)/2); j < min(s.C, c-(op.Size-1)/2+op.Size); j++ {
				x := int32(u[i-c+j]) - zero
				sum += x * x
			}
			t := float32(float32(sum)*alpha) + op.Bias
			r := float32(math.Sqrt(float64(t)))
			d := r * float32(math.Sqrt(float64(r)))
			put(i, float32(float32(int32(u[i])-zero)*float32(ratio))/d)
		}
	case *runtime.Add:
		l, h := op.Act.Levels(out)
		lo, hi = float32(int32(l)-int32(out.Zero)), float32(int32(h)-int32(out.Zero))
		other := n.In[1].Quant
		m := float32(float64(other.Scale) / float64(out.Scale))
		for i := range want {
			put(i, float32(float32(int32(u[i])-zero)*float32(ratio))+
				float32(float32(int32(levels[n.In[1]][i])-int32(other.Zero))*m))
		}
	}
	return want
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
			c, err := Compare(t.Context(), g, q, noise(5, 20))
			if err != nil {
				t.Fatal(err)
			}
			if least := 20.0; c.Layers[0].SQNR < least && o != Percentile(99) {
				t.Errorf("%s, %s:\n%s", name, o, c)
			}
		}
	}
}
