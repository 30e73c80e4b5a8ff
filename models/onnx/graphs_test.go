package onnx

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/gneiss-go/gneiss/models/internal/interp"
	"github.com/gneiss-go/gneiss/models/internal/wire"
	"github.com/gneiss-go/gneiss/runtime"
)

// graphOf encodes a GraphProto; inputs and outputs are separated by spaces.
func graphOf(in, out string, inits []wire.Msg, nodes ...wire.Msg) wire.Msg {
	g := wire.Msg{}
	for _, n := range nodes {
		g = g.Sub(1, n)
	}
	for _, t := range inits {
		g = g.Sub(5, t)
	}
	for _, s := range strings.Fields(in) {
		g = g.Sub(11, portOf(s))
	}
	for _, s := range strings.Fields(out) {
		g = g.Sub(12, portOf(s))
	}
	return g
}

func attrGraph(name string, g wire.Msg) wire.Msg { return wire.Msg{}.Str(1, name).Sub(6, g) }
func attrRef(name, of string) wire.Msg           { return wire.Msg{}.Str(1, name).Str(21, of).Int(20, 1) }
func truth(name string, v int64) wire.Msg        { return ints(elemBool, name, nil, v) }

// called is a node of the domain "own".
func called(op, in, out string, attrs ...wire.Msg) wire.Msg {
	return nodeOf(op, in, out, attrs...).Str(7, "own")
}

// functionOf encodes a FunctionProto of the domain "own".
func functionOf(name, in, out string, params []string, defaults []wire.Msg, nodes ...wire.Msg) wire.Msg {
	m := wire.Msg{}.Str(1, name).Str(10, "own").Sub(9, wire.Msg{}.Str(1, "").Int(2, 13))
	for _, s := range strings.Fields(in) {
		m = m.Str(4, s)
	}
	for _, s := range strings.Fields(out) {
		m = m.Str(5, s)
	}
	for _, p := range params {
		m = m.Str(6, p)
	}
	for _, n := range nodes {
		m = m.Sub(7, n)
	}
	for _, a := range defaults {
		m = m.Sub(11, a)
	}
	return m
}

func withFunctions(model []byte, fns ...wire.Msg) []byte {
	m := wire.Msg(model)
	for _, f := range fns {
		m = m.Sub(25, f)
	}
	return m
}

// graphCases are models of several graphs, and of nodes in any order.
var graphCases = []struct {
	name  string
	model []byte
	want  []float32 // of 1, 2, 3, 4
}{
	{"an output whose name is taken on the way", modelOf(13, []int64{1, 1, 2, 2}, []wire.Msg{floats("k", nil, 10)},
		nodeOf("Max", "x k x", "y")), []float32{10, 10, 10, 10}},
	{"nodes in any order", modelOf(13, []int64{1, 1, 2, 2}, []wire.Msg{floats("k", nil, 10)}, nodeOf("Add", "b a", "y"),
		nodeOf("Mul", "a k", "b"), nodeOf("Relu", "x", "a")), []float32{11, 22, 33, 44}},
	{"a choice by a constant", modelOf(13, []int64{1, 1, 2, 2}, []wire.Msg{truth("no", 0), floats("k", nil, 10)},
		nodeOf("Relu", "x", "a"), nodeOf("If", "no", "y",
			attrGraph("then_branch", graphOf("", "t", nil, nodeOf("Nonsense", "a", "t"))),
			attrGraph("else_branch", graphOf("", "e", []wire.Msg{floats("two", nil, 2)}, nodeOf("Mul", "a k", "b"),
				nodeOf("Add", "b two", "e"))))), []float32{12, 22, 32, 42}},
	{"a choice by the rank and another in it", modelOf(13, []int64{1, 1, 2, 2}, []wire.Msg{int64s("four", nil, 4),
		truth("yes", 1)}, nodeOf("Shape", "x", "s"), nodeOf("Size", "s", "r"), nodeOf("Equal", "r four", "is"),
		nodeOf("If", "is", "y", attrGraph("else_branch", graphOf("", "x", nil)),
			attrGraph("then_branch", graphOf("", "t", nil, nodeOf("Neg", "r", "m"), nodeOf("Cast", "m", "f", attrInt("to", 1)),
				nodeOf("If", "yes", "t", attrGraph("else_branch", graphOf("", "x", nil)),
					attrGraph("then_branch", graphOf("", "u", nil, nodeOf("Add", "x f", "u")))))))),
		[]float32{-3, -2, -1, 0}},
	{"a loop of three turns", modelOf(13, []int64{1, 1, 2, 2}, []wire.Msg{int64s("n", nil, 3), truth("yes", 1)},
		nodeOf("Loop", "n yes x", "y", attrGraph("body", graphOf("i go v", "stay w", nil, nodeOf("Identity", "go", "stay"),
			nodeOf("Cast", "i", "f", attrInt("to", 1)), nodeOf("Add", "v f", "w"))))), []float32{4, 5, 6, 7}},
	{"a loop that ends itself", modelOf(13, []int64{1, 1, 2, 2}, []wire.Msg{int64s("two", nil, 2)},
		nodeOf("Loop", "_ _ x", "y", attrGraph("body", graphOf("i go v", "stay w", nil, nodeOf("Less", "i two", "stay"),
			nodeOf("Add", "v v", "w"))))), []float32{8, 16, 24, 32}},
	{"functions", withFunctions(modelOf(13, []int64{1, 1, 2, 2}, []wire.Msg{floats("k", nil, 10)},
		called("Twice", "x", "a"), called("Line", "a k", "y", attrFloat("alpha", 0.25))),
		functionOf("Line", "v k", "r", []string{"alpha"}, nil, nodeOf("LeakyRelu", "v", "l", attrRef("alpha", "alpha")),
			called("Twice", "l", "m"), nodeOf("Add", "m k", "r")),
		functionOf("Twice", "v", "r", nil, nil, nodeOf("Add", "v v", "r"))), []float32{14, 18, 22, 26}},
	{"default of a function under another name", withFunctions(modelOf(13, []int64{1, 1, 2, 2}, nil,
		nodeOf("Neg", "k", "n"), nodeOf("Mul", "x n", "m"), called("Slope", "m", "a"),
		called("Slope", "m", "b", attrFloat("s", 2)), nodeOf("Add", "a b", "y"), nodeOf("Constant", "", "k",
			attrFloat("value_float", 1))),
		functionOf("Slope", "v", "r", nil, []wire.Msg{attrFloat("s", 0.5)},
			nodeOf("LeakyRelu", "v", "r", attrRef("alpha", "s")))), []float32{-2.5, -5, -7.5, -10}},
	{"a function of one input fewer", withFunctions(modelOf(13, []int64{1, 1, 2, 2}, nil, called("Bound", "x", "y")),
		functionOf("Bound", "v lo hi", "r", nil, nil, nodeOf("Clip", "v lo hi", "r"))), []float32{1, 2, 3, 4}},
}

func TestGraphs(t *testing.T) {
	for _, c := range graphCases {
		t.Run(c.name, func(t *testing.T) {
			g, err := Load(c.model)
			if err != nil {
				t.Fatal(err)
			}
			got, err := interp.Run(g, ramp(4))
			if err != nil || !slices.Equal(got[0], c.want) {
				t.Errorf("%v, want %v (%v)", got, c.want, err)
			}
			if g.Outputs[0].Name != "y" {
				t.Errorf("output %q", g.Outputs[0].Name)
			}
		})
	}
}

// What graphs must not do is refused, and what a few bytes ask for is bounded.
func TestGraphsRefuse(t *testing.T) {
	x := []int64{1, 1, 2, 2}
	deep := graphOf("", "x", nil)
	for range 20 {
		deep = graphOf("", "z", nil, nodeOf("If", "x", "z", attrGraph("then_branch", deep)))
	}
	tower := []wire.Msg{}
	for i := range 12 {
		next := fmt.Sprint("F", i+1)
		var ns []wire.Msg
		last := "v"
		for j := range 20 {
			ns = append(ns, called(next, last, fmt.Sprint("w", j)))
			last = fmt.Sprint("w", j)
		}
		tower = append(tower, functionOf(fmt.Sprint("F", i), "v", last, nil, nil, ns...))
	}
	body := func(nodes ...wire.Msg) wire.Msg {
		return attrGraph("body", graphOf("i go v", "stay w", nil, append(nodes, nodeOf("Add", "v v", "w"))...))
	}
	for _, c := range []struct {
		name  string
		model []byte
		is    error
		says  string
	}{
		{"depth", modelOf(13, x, nil, nodeOf("If", "x", "y", attrGraph("then_branch", deep))), runtime.ErrLimit, "deep"},
		{"recursion", withFunctions(modelOf(13, x, nil, called("F", "x", "y")),
			functionOf("F", "v", "r", nil, nil, called("F", "v", "r"))), runtime.ErrLimit, "deep"},
		{"growth", withFunctions(modelOf(13, x, nil, called("F0", "x", "y")), tower...), runtime.ErrLimit, "in all"},
		{"an endless loop", modelOf(13, x, []wire.Msg{int64s("n", nil, 1<<60)}, nodeOf("Loop", "n _ x", "y",
			body(nodeOf("Identity", "go", "stay")))), runtime.ErrLimit, "more than"},
		{"a name made again", modelOf(13, x, []wire.Msg{truth("yes", 1)}, nodeOf("Relu", "x", "a"), nodeOf("If", "yes", "y",
			attrGraph("then_branch", graphOf("", "a", nil, nodeOf("Neg", "x", "a"))))), runtime.ErrGraph, "made again"},
		{"no branch", modelOf(13, x, []wire.Msg{truth("yes", 1)}, nodeOf("If", "yes", "y")), runtime.ErrGraph,
			"then_branch"},
		{"two functions", withFunctions(modelOf(13, x, nil, called("F", "x", "y")),
			functionOf("F", "v", "r", nil, nil, nodeOf("Relu", "v", "r")),
			functionOf("F", "v", "r", nil, nil, nodeOf("Neg", "v", "r"))), runtime.ErrGraph, "two functions"},
		{"a cycle through a branch", modelOf(13, x, []wire.Msg{truth("yes", 1)}, nodeOf("If", "yes", "a",
			attrGraph("then_branch", graphOf("", "b", nil))), nodeOf("Relu", "a", "b"), nodeOf("Add", "x b", "y")),
			runtime.ErrGraph, "wait for each other"},
		{"an attribute unknown to a function", withFunctions(modelOf(13, x, nil, called("F", "x", "y", attrInt("a", 1))),
			functionOf("F", "v", "r", nil, nil, nodeOf("Relu", "v", "r"))), nil, `its attribute "a"`},
		{"a computed condition", modelOf(13, x, nil, nodeOf("If", "x", "y", attrGraph("then_branch",
			graphOf("", "x", nil)))), nil, "is computed"},
		{"what is wrong in a function", withFunctions(modelOf(13, x, nil, called("F", "x", "y")),
			functionOf("F", "v", "r", nil, nil, nodeOf("Conv", "v", "r"))), runtime.ErrGraph,
			`node "F_y" (F): in it, node "Conv_r" (Conv)`},
		{"no operator set", wire.Msg{}.Sub(7, graphOf("x", "y", nil, nodeOf("Relu", "x", "y"))), runtime.ErrCorrupt,
			"does not say which operator set"},
		{"custom operators alone", wire.Msg{}.Sub(8, wire.Msg{}.Str(1, "own").Int(2, 1)).Sub(7, wire.Msg{}.
			Sub(1, called("Mine", "x", "y")).Sub(11, portOf("x", 1, 2)).Sub(12, portOf("y"))), nil, "the domain own"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Load(c.model)
			if c.is == nil && !unsupported(err) || c.is != nil && !errors.Is(err, c.is) ||
				err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%v, want %v that says %q", err, c.is, c.says)
			}
		})
	}
}
