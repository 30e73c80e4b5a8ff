package runtime

import (
	"bytes"
	"errors"
	"slices"
	"testing"
)

// axesGraph has a float input, channels last, and a quantised one that the model has as int8, and gives both.
func axesGraph(t *testing.T) *Graph {
	t.Helper()
	g := NewGraph("axes")
	a, err := g.Input("a", ShapeOf([]int{1, 3, 4, 5}, ChannelsLast))
	if err != nil {
		t.Fatal(err)
	}
	b, err := g.QuantisedInput("b", ShapeOf([]int{6}, AsWritten), Quant{Scale: 0.25, Zero: 130})
	if err != nil {
		t.Fatal(err)
	}
	outA, errA := g.Add("outA", &Activation{Act: ReLU}, a)
	outB, errB := g.Add("outB", &Identity{}, b)
	if err := errors.Join(errA, errB, g.SetDims(a, []int{1, 3, 4, 5}, ChannelsLast), g.SetDims(b, []int{6}, AsWritten),
		g.SetSigned(b),
		g.SetDims(outA, []int{1, 3, 4, 5}, ChannelsLast), g.SetDims(outB, []int{1, 6}, AsWritten),
		g.Output(outA, outB)); err != nil {
		t.Fatal(err)
	}
	return g
}

// A file keeps what the model says of its tensors, signed or not.
func TestFileKeepsAxes(t *testing.T) {
	g := axesGraph(t)
	data, err := encode(g, WithGolden(3))
	if err != nil {
		t.Fatal(err)
	}
	signed, err := Sign(data, func([]byte) ([]byte, error) { return make([]byte, signatureSize), nil })
	if err != nil {
		t.Fatal(err)
	}
	for name, file := range map[string][]byte{"plain": data, "signed": signed} {
		p, err := Load(file)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		in, out := p.Inputs(), p.Outputs()
		if !slices.Equal(in[0].Dims, []int{1, 3, 4, 5}) || in[0].Layout != ChannelsLast || in[0].DType != F32 ||
			in[0].Signed {
			t.Errorf("%s: input %+v", name, in[0])
		}
		if !slices.Equal(in[1].Dims, []int{6}) || in[1].Layout != AsWritten || in[1].DType != U8 || !in[1].Signed ||
			in[1].Quant != (Quant{0.25, 130}) {
			t.Errorf("%s: input %+v", name, in[1])
		}
		if !slices.Equal(out[0].Dims, []int{1, 3, 4, 5}) || out[0].Layout != ChannelsLast ||
			!slices.Equal(out[1].Dims, []int{1, 6}) || out[1].Signed {
			t.Errorf("%s: outputs %+v", name, out)
		}
		if _, err := SelfTest(p); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		again, err := ReadGraph(file)
		if err != nil {
			t.Fatal(err)
		}
		if back, err := encode(again, WithGolden(3)); err != nil || !bytes.Equal(back, data) {
			t.Errorf("%s: written again it differs (%v)", name, err)
		}
	}
}

// A graph of plain tensors has no such section, so that its file is what it always was.
func TestFileWithoutAxes(t *testing.T) {
	data, err := encode(small(t))
	if err != nil {
		t.Fatal(err)
	}
	c, err := parse(data)
	if err != nil {
		t.Fatal(err)
	}
	if c.find(secTensors, "") != nil {
		t.Error("a section of tensors")
	}
	p, err := Load(data)
	if err != nil {
		t.Fatal(err)
	}
	s := p.Inputs()[0].Shape
	if got := p.Inputs()[0].Dims; !slices.Equal(got, []int{s.N, s.H, s.W, s.C}) {
		t.Errorf("dimensions %v of %v", got, s)
	}
}

// Every damage to the section is refused, or another tensor of the same shape.
func TestFileAxesDamaged(t *testing.T) {
	damage(t, axesGraph(t))
	damage(t, wholeGraph(t, ElemBool))
}

func damage(t *testing.T, g *Graph) {
	t.Helper()
	data, err := encode(g)
	if err != nil {
		t.Fatal(err)
	}
	c, err := parse(data)
	if err != nil {
		t.Fatal(err)
	}
	s := c.find(secTensors, "")
	good := slices.Clone(s.data)
	for i := range good {
		for bit := range 8 {
			s.data = slices.Clone(good)
			s.data[i] ^= 1 << bit
			g, err := ReadGraph(assemble(c.sections))
			if err != nil && !errors.Is(err, ErrCorrupt) && !errors.Is(err, ErrShape) && !errors.Is(err, ErrLimit) {
				t.Errorf("byte %d, bit %d: %v", i, bit, err)
			}
			if err == nil && ShapeOf(g.Inputs[0].dims, g.Inputs[0].layout) != g.Inputs[0].Shape {
				t.Errorf("byte %d, bit %d: dimensions %v", i, bit, g.Inputs[0].dims)
			}
		}
	}
	for n := range good {
		s.data = good[:n]
		if _, err := ReadGraph(assemble(c.sections)); !errors.Is(err, ErrCorrupt) {
			t.Errorf("cut at %d: %v", n, err)
		}
	}
}
