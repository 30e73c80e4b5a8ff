package onnx

import (
	"bytes"
	"cmp"
	"errors"
	"slices"
	"testing"

	"github.com/gneiss-go/gneiss/models/internal/interp"
	"github.com/gneiss-go/gneiss/runtime"
)

// TestWriteQDQ: what is written and read again computes the same bytes, float operators included.
func TestWriteQDQ(t *testing.T) {
	cases := quantCases
	for _, c := range opCases {
		cases = append(cases, quantCase{name: c.name, opset: c.opset, dims: c.dims, inits: c.inits, nodes: c.nodes, in: c.in})
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			g, err := Load(modelOf(cmp.Or(c.opset, 13), c.dims, append(shared[:len(shared):len(shared)], c.inits...),
				c.nodes...))
			if err != nil {
				t.Fatal(err)
			}
			var b bytes.Buffer
			if err := WriteQDQ(&b, g); err != nil {
				t.Fatal(err)
			}
			again, err := Load(b.Bytes())
			if err != nil {
				t.Fatal(err)
			}
			in := c.in
			if in == nil {
				in = ramp(g.Inputs[0].Shape.Elements())
			}
			want, err := interp.Run(g, in)
			if err != nil {
				t.Fatal(err)
			}
			got, err := interp.Run(again, in)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(got[0], want[0]) {
				t.Errorf("%v after writing %s, %v before, of %s", got[0], kindsOf(again), want[0], kindsOf(g))
			}
			if g.Outputs[0].DType != again.Outputs[0].DType || g.Outputs[0].Quant != again.Outputs[0].Quant {
				t.Errorf("output %v, want %v", again.Outputs[0], g.Outputs[0])
			}
		})
	}
}

// TestWriteQDQRefuses: what the format cannot say is an error, not another network.
func TestWriteQDQRefuses(t *testing.T) {
	g := runtime.NewGraph("dilated")
	x, err := g.Input("x", runtime.Shape{N: 1, H: 8, W: 8, C: 1})
	if err != nil {
		t.Fatal(err)
	}
	y, err := g.Add("y", &runtime.Pool{Type: runtime.AvgPool, Window: runtime.Window{R: 2, S: 2, DilationH: 2}}, x)
	if err != nil {
		t.Fatal(err)
	}
	z, err := g.Add("z", &runtime.Pool{Type: runtime.AvgPool, Window: runtime.Window{R: 2, S: 2, DilationW: 2}}, y)
	if err != nil {
		t.Fatal(err)
	}
	if err := g.Output(z); err != nil {
		t.Fatal(err)
	}
	var bad *runtime.UnsupportedError
	if err := WriteQDQ(new(bytes.Buffer), g); !errors.As(err, &bad) || len(bad.Ops) != 2 || bad.Ops[1].Node != "z" {
		t.Errorf("got %v", err)
	}
}
