package onnx

import (
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/gneiss-go/gneiss/models/internal/interp"
	"github.com/gneiss-go/gneiss/models/internal/wire"
	"github.com/gneiss-go/gneiss/runtime"
)

// inOrder runs a graph of one input, compiled and by definition, on numbers in the model's order, and gives its first
// output so.
func inOrder(t *testing.T, g *runtime.Graph, x []float32) []float32 {
	t.Helper()
	out := compiled(t, g, x)
	same := interp.ToNHWC(g.Inputs[0].Shape, x)
	if _, l := g.Inputs[0].Dims(); l == runtime.AsWritten {
		same = x
	}
	byDefinition, err := interp.Run(g, same)
	if err != nil {
		t.Fatal(err)
	}
	if _, l := g.Outputs[0].Dims(); l == runtime.ChannelsLast {
		byDefinition[0] = interp.ToNCHW(g.Outputs[0].Shape, byDefinition[0])
	}
	if !slices.Equal(byDefinition[0], out) {
		t.Errorf("by definition %v, compiled %v", byDefinition[0], out)
	}
	return out
}

// wholeCase is a chain of nodes from x, of 1×4×2×3, and what it gives.
type wholeCase struct {
	nodes []wire.Msg
	elem  runtime.Elem
	want  func() []float32
}

// wholeInput is x, and where the best channel of a pixel is.
type wholeInput []float32

func newWholeInput() wholeInput {
	x := make([]float32, 24)
	for i := range x {
		x[i] = float32(i*7%24)/2 - 5
	}
	return x
}

func (x wholeInput) at(c, h, w int) float32 { return x[(c*2+h)*3+w] }

func (x wholeInput) best(h, w int) (b int) {
	for c := range 4 {
		if x.at(c, h, w) > x.at(b, h, w) {
			b = c
		}
	}
	return b
}

func wholePlaces(x wholeInput) map[string]wholeCase {
	at, best := x.at, x.best
	return map[string]wholeCase{
		"the best channel": {[]wire.Msg{nodeOf("ArgMax", "x", "y", attrInt("axis", 1), attrInt("keepdims", 0))},
			runtime.ElemInt64, func() (v []float32) {
				for i := range 6 {
					v = append(v, float32(best(i/3, i%3)))
				}
				return v
			}},
		"the best row": {[]wire.Msg{nodeOf("ArgMin", "x", "y", attrInt("axis", -2))},
			runtime.ElemInt64, func() (v []float32) {
				for i := range 12 {
					k := 0
					if at(i/3, 1, i%3) < at(i/3, 0, i%3) {
						k = 1
					}
					v = append(v, float32(k))
				}
				return v
			}},
		"one hot": {[]wire.Msg{nodeOf("ArgMax", "x", "a", attrInt("axis", 1), attrInt("keepdims", 0)),
			nodeOf("OneHot", "a depth offon", "y", attrInt("axis", 1))}, runtime.ElemSame, func() (v []float32) {
			for i := range 24 {
				k := float32(-1)
				if best(i/3%2, i%3) == i/6 {
					k = 9
				}
				v = append(v, k)
			}
			return v
		}},
		"chosen": {[]wire.Msg{nodeOf("Less", "x two", "l"), nodeOf("Not", "l", "n"), nodeOf("Where", "n x two", "y")},
			runtime.ElemSame, func() (v []float32) {
				for _, f := range x {
					v = append(v, max(f, 2))
				}
				return v
			}},
	}
}

func wholeNumbers(x wholeInput) map[string]wholeCase {
	at, best := x.at, x.best
	toInt, toFloat := attrInt("to", 7), attrInt("to", 1)
	return map[string]wholeCase{
		"bools": {[]wire.Msg{nodeOf("Less", "x two", "l"), nodeOf("Greater", "x zero", "g"), nodeOf("Xor", "l g", "y")},
			runtime.ElemBool, func() (v []float32) {
				for _, f := range x {
					k := float32(1)
					if f < 2 == (f > 0) {
						k = 0
					}
					v = append(v, k)
				}
				return v
			}},
		"remainders": {[]wire.Msg{nodeOf("Cast", "x", "i", toInt), nodeOf("Mod", "i minus", "m"),
			nodeOf("Mul", "m three", "p"), nodeOf("Cast", "p", "y", toFloat)}, runtime.ElemSame, func() (v []float32) {
			for _, f := range x {
				m := int(f) % -3
				if m > 0 {
					m -= 3
				}
				v = append(v, float32(3*m))
			}
			return v
		}},
		"gathered": {[]wire.Msg{nodeOf("Cast", "x", "i", toInt), nodeOf("Mod", "i three", "m"),
			nodeOf("ArgMax", "x", "a", attrInt("axis", 1), attrInt("keepdims", 0)),
			nodeOf("Squeeze", "a", "s", attrInts("axes", 0)), nodeOf("Gather", "x s", "y", attrInt("axis", 1))},
			runtime.ElemSame, func() (v []float32) {
				for i := range 36 { // [1 (2 3) 2 3]
					c := best(i/18, i/6%3)
					v = append(v, at(c, i/3%2, i%3))
				}
				return v
			}},
		"gathered by element": {[]wire.Msg{nodeOf("ArgMax", "x", "a", attrInt("axis", 1)),
			nodeOf("GatherElements", "x a", "y", attrInt("axis", 1))}, runtime.ElemSame, func() (v []float32) {
			for i := range 6 {
				v = append(v, at(best(i/3, i%3), i/3, i%3))
			}
			return v
		}},
		"the second best": {[]wire.Msg{nodeOf("TopK", "x k", "v i", attrInt("axis", 3)),
			nodeOf("Cast", "i", "f", toFloat), nodeOf("Mul", "v f", "y")}, runtime.ElemSame, func() (v []float32) {
			for r := range 8 {
				row := []int{0, 1, 2}
				slices.SortStableFunc(row, func(i, j int) int {
					if at(r/2, r%2, i) > at(r/2, r%2, j) {
						return -1
					}
					return 1
				})
				for _, i := range row[:2] {
					v = append(v, at(r/2, r%2, i)*float32(i))
				}
			}
			return v
		}},
		"the best alone": {[]wire.Msg{nodeOf("TopK", "x one", "v i", attrInt("axis", 1)), nodeOf("Cast", "i", "y", toFloat)},
			runtime.ElemSame, func() (v []float32) {
				for i := range 6 {
					v = append(v, float32(best(i/3, i%3)))
				}
				return v
			}},
	}
}

// Chains from floats to whole numbers and back, over an input of 1×4×2×3, beside plain loops.
func TestWholeNumbers(t *testing.T) {
	x := newWholeInput()
	inits := []wire.Msg{floats("two", nil, 2), int64s("three", []int64{1}, 3), int64s("minus", nil, -3),
		int64s("depth", nil, 4), floats("offon", []int64{2}, -1, 9), int64s("k", []int64{1}, 2), int64s("one", []int64{1}, 1)}
	cases := wholePlaces(x)
	maps.Copy(cases, wholeNumbers(x))
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			g, err := Load(modelOf(11, []int64{1, 4, 2, 3}, append(inits, floats("zero", nil, 0)), c.nodes...))
			if err != nil {
				t.Fatal(err)
			}
			if got, want := inOrder(t, g, x), c.want(); !slices.Equal(got, want) {
				t.Errorf("%v, want %v", got, want)
			}
			if e := g.Outputs[0].Elem(); e != c.elem {
				t.Errorf("elements %v, want %v", e, c.elem)
			}
		})
	}
}

// An input of whole numbers is one of the graph, with the model's type; it is computed with in that type.
func TestWholeInput(t *testing.T) {
	port := func(typ elem) wire.Msg { // of x, in place of the float one
		shape := wire.Msg{}.Sub(1, wire.Msg{}.Int(1, 1)).Sub(1, wire.Msg{}.Int(1, 3))
		return wire.Msg{}.Str(1, "x").Sub(2, wire.Msg{}.Sub(1, wire.Msg{}.Int(1, int64(typ)).Sub(2, shape)))
	}
	for _, c := range []struct {
		typ      elem
		x, want  []int64
		dtype    runtime.DType
		elements runtime.Elem
	}{
		{elemInt64, []int64{5, -6, 2147483647}, []int64{10, -12, -2}, runtime.I32, runtime.ElemInt64},
		{elemInt32, []int64{5, -6, 0}, []int64{10, -12, 0}, runtime.I32, runtime.ElemSame},
		{elemUint8, []int64{5, 200, 0}, []int64{10, 144, 0}, runtime.F32, runtime.ElemUint8},
		{elemInt16, []int64{5, 20000, 0}, []int64{10, -25536, 0}, runtime.I32, runtime.ElemInt16},
	} {
		graph := wire.Msg{}.Sub(1, nodeOf("Add", "x x", "y")).Str(2, "whole").Sub(11, port(c.typ)).Sub(12, portOf("y"))
		g, err := Load(wire.Msg{}.Int(1, 7).Sub(8, wire.Msg{}.Str(1, "").Int(2, 14)).Sub(7, graph))
		if err != nil {
			t.Fatalf("%v: %v", c.typ, err)
		}
		if g.Inputs[0].DType != c.dtype || g.Outputs[0].Elem() != c.elements {
			t.Errorf("%v: input %v, output %v", c.typ, g.Inputs[0].DType, g.Outputs[0].Elem())
		}
		plan, err := runtime.Compile(g)
		if err != nil {
			t.Fatal(err)
		}
		s, err := plan.NewSession()
		if err != nil {
			t.Fatal(err)
		}
		got := make([]int64, 3)
		if err := errors.Join(s.Input(0).CopyFrom(c.x), s.Run(), s.Output(0).CopyTo(got)); err != nil {
			t.Fatal(err)
		}
		if s.Close(); !slices.Equal(got, c.want) {
			t.Errorf("%v: %v, want %v", c.typ, got, c.want)
		}
	}
}

// What would be another number than the model says is refused.
func TestWholeNumbersRefused(t *testing.T) {
	big := wire.Msg{}.Int(1, 1).Int(2, int64(elemInt64)).Str(8, "big").Sub(9, binary.LittleEndian.AppendUint64(nil, 1<<40))
	for want, nodes := range map[string][]wire.Msg{
		"the number 1099511627776": {nodeOf("Cast", "x", "i", attrInt("to", 7)), nodeOf("Add", "i big", "y")},
		"reduction add": {nodeOf("Cast", "x", "i", attrInt("to", 7)),
			nodeOf("ScatterND", "x i x", "y", attrStr("reduction", "add"))},
		"known in the run only": {nodeOf("Reshape", "x boxes", "b"), nodeOf("Reshape", "x scores", "s"),
			nodeOf("NonMaxSuppression", "b s three", "n"), nodeOf("Cast", "n", "y", attrInt("to", 1))},
		"to string":       {nodeOf("Cast", "x", "y", attrInt("to", 8))},
		"the best 9 of 3": {nodeOf("TopK", "x nine", "y ")},
	} {
		_, err := Load(modelOf(11, []int64{1, 4, 2, 3}, []wire.Msg{big, int64s("nine", []int64{1}, 9),
			int64s("boxes", []int64{3}, 1, 6, 4), int64s("scores", []int64{3}, 1, 4, 6), int64s("three", []int64{1}, 3)},
			nodes...))
		var u *runtime.UnsupportedError
		if !errors.As(err, &u) || !strings.Contains(fmt.Sprint(err), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
}
