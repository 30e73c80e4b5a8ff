package onnx

import (
	"bytes"
	"slices"
	"testing"

	"github.com/gneiss-go/gneiss/models/internal/wire"
	"github.com/gneiss-go/gneiss/runtime"
)

// An input of integers that is dequantised in one way is a quantised input of the file's own type, and so is an output;
// one that is read in two ways is whole numbers.
func TestQuantisedInputsAndOutputs(t *testing.T) {
	for _, typ := range []elem{elemUint8, elemInt8} {
		for _, twice := range []bool{false, true} {
			second := int64(3)
			if twice {
				second = 4
			}
			graph := wire.Msg{}
			for _, n := range []wire.Msg{dq("x", "s z", "a"), dq("x", "s z2", "b"), nodeOf("Relu", "a", "r"),
				nodeOf("Relu", "b", "r2"), q("r", "s z", "y"), q("r2", "s z", "y2")} {
				graph = graph.Sub(1, n)
			}
			for _, c := range []wire.Msg{f32("s", .5), ints(typ, "z", nil, 3), ints(typ, "z2", nil, second)} {
				graph = graph.Sub(5, c)
			}
			shape := wire.Msg{}.Sub(1, wire.Msg{}.Int(1, 1)).Sub(1, wire.Msg{}.Int(1, 4))
			graph = graph.Sub(11, wire.Msg{}.Str(1, "x").Sub(2, wire.Msg{}.Sub(1, wire.Msg{}.Int(1, int64(typ)).Sub(2, shape))))
			graph = graph.Sub(12, portOf("y")).Sub(12, portOf("y2"))
			g, err := Load(wire.Msg{}.Int(1, 8).Sub(8, wire.Msg{}.Str(1, "").Int(2, 13)).Sub(7, graph))
			if err != nil {
				t.Fatal(err)
			}
			in := g.Inputs[0]
			if twice != (in.DType == runtime.F32) || !twice && (in.Signed() != (typ == elemInt8) || in.Quant.Scale != .5) {
				t.Errorf("%v, twice %v: input of %v %v, signed %v", typ, twice, in.DType, in.Quant, in.Signed())
			}
			p, err := runtime.Compile(g)
			if err != nil {
				t.Fatal(err)
			}
			s, err := p.NewSession()
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			if typ == elemInt8 {
				got := make([]int8, 4)
				if err := s.Input(0).CopyFrom([]int8{-128, 2, 3, 127}); err != nil {
					t.Fatal(err)
				}
				if err := s.Run(); err != nil {
					t.Fatal(err)
				}
				if err := s.Output(0).CopyTo(got); err != nil || !slices.Equal(got, []int8{3, 3, 3, 127}) {
					t.Errorf("%v, twice %v: %v, %v", typ, twice, got, err)
				}
				continue
			}
			got := make([]uint8, 4)
			if err := s.Input(0).CopyFrom([]uint8{0, 2, 3, 255}); err != nil {
				t.Fatal(err)
			}
			if err := s.Run(); err != nil {
				t.Fatal(err)
			}
			if err := s.Output(0).CopyTo(got); err != nil || !slices.Equal(got, []uint8{3, 3, 3, 255}) {
				t.Errorf("%v, twice %v: %v, %v", typ, twice, got, err)
			}
		}
	}
}

// A graph with a quantised input and output is written with both, and read as it was.
func TestWriteQuantisedInput(t *testing.T) {
	g := runtime.NewGraph("g")
	x, err := g.QuantisedInput("x", runtime.Shape{N: 1, H: 3, W: 3, C: 2}, runtime.Quant{Scale: .5, Zero: 9})
	if err == nil {
		x, err = g.Add("y", &runtime.QConv{Window: runtime.Window{R: 1, S: 1}, K: 2, Weights: []int8{1, -2, 3, 100},
			WScale: []float32{.25, .5}, Bias: []int32{7, -8}, Out: runtime.Quant{Scale: 2, Zero: 100}, Hi: 255}, x)
	}
	if err == nil {
		err = g.Output(x)
	}
	var file bytes.Buffer
	if err == nil {
		err = WriteQDQ(&file, g)
	}
	if err != nil {
		t.Fatal(err)
	}
	back, err := Load(file.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if in := back.Inputs[0]; in.DType != runtime.U8 || in.Quant != g.Inputs[0].Quant || len(back.Nodes) != 1 {
		t.Fatalf("input of %v %v, %d nodes", in.DType, in.Quant, len(back.Nodes))
	}
	var outs [2][]uint8
	for i, g := range []*runtime.Graph{g, back} {
		p, err := runtime.Compile(g)
		if err != nil {
			t.Fatal(err)
		}
		s, err := p.NewSession()
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		for j := range s.Input(0).Uint8() {
			s.Input(0).Uint8()[j] = uint8(j * 37)
		}
		if err := s.Run(); err != nil {
			t.Fatal(err)
		}
		outs[i] = slices.Clone(s.Output(0).Uint8())
	}
	if !slices.Equal(outs[0], outs[1]) {
		t.Errorf("%v, written %v", outs[1], outs[0])
	}
}
