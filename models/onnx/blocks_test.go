package onnx

import (
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gneiss-go/gneiss/internal/test/testdata"
	"github.com/gneiss-go/gneiss/models/internal/interp"
	"github.com/gneiss-go/gneiss/models/internal/wire"
	"github.com/gneiss-go/gneiss/runtime"
)

// TestBlocks: both operators beside the definition's reshaping and transposition, [N C H W] in order; forms that are
// not taken are named.
func TestBlocks(t *testing.T) {
	const n, c, h, w, s = 2, 12, 2, 3, 2 // the deep side's
	x := ramp(n * c * h * w)
	deep, wide := []int64{n, c, h, w}, []int64{n, c / s / s, h * s, w * s}
	dcr, crd, back := make([]float32, len(x)), make([]float32, len(x)), make([]float32, len(x))
	for b := range n {
		for k := range c / s / s {
			for i := range s {
				for j := range s {
					for y := range h {
						for z := range w {
							at := ((b*c/s/s+k)*h*s+y*s+i)*w*s + z*s + j
							in := func(channel int) int { return ((b*c+channel)*h+y)*w + z }
							dcr[at] = x[in((i*s+j)*c/s/s+k)]
							crd[at] = x[in((k*s+i)*s+j)]
							back[in((i*s+j)*c/s/s+k)] = x[at]
						}
					}
				}
			}
		}
	}
	side := attrInt("blocksize", s)
	for name, tc := range map[string]struct {
		dims []int64
		node wire.Msg
		want []float32
	}{
		"no mode": {deep, nodeOf("DepthToSpace", "x", "y", side), dcr},
		"DCR":     {deep, nodeOf("DepthToSpace", "x", "y", side, attrStr("mode", "DCR")), dcr},
		"CRD":     {deep, nodeOf("DepthToSpace", "x", "y", attrStr("mode", "CRD"), side), crd},
		"back":    {wide, nodeOf("SpaceToDepth", "x", "y", side), back},
	} {
		g, err := Load(modelOf(13, tc.dims, nil, tc.node))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for how, run := range runs {
			out, err := run(g, interp.ToNHWC(g.Inputs[0].Shape, x))
			if err != nil {
				t.Fatalf("%s, %s: %v", name, how, err)
			}
			if got := interp.ToNCHW(g.Outputs[0].Shape, out[0]); !slices.Equal(got, tc.want) {
				t.Errorf("%s, %s: %v, want %v", name, how, got, tc.want)
			}
		}
	}
	for _, tc := range []struct {
		dims []int64
		node wire.Msg
		why  string
	}{
		{deep, nodeOf("DepthToSpace", "x", "y", side, attrStr("mode", "RCD")), `mode "RCD"`},
		{deep, nodeOf("SpaceToDepth", "x", "y", side, attrStr("mode", "CRD")), `its attribute "mode"`},
		{[]int64{4, 4, 4}, nodeOf("DepthToSpace", "x", "y", side), "3 dimensions"},
	} {
		var u *runtime.UnsupportedError
		if _, err := Load(modelOf(13, tc.dims, nil, tc.node)); !errors.As(err, &u) || !strings.Contains(err.Error(), tc.why) {
			t.Errorf("%v, want %s", err, tc.why)
		}
	}
	for _, bad := range []wire.Msg{nodeOf("DepthToSpace", "x", "y"), nodeOf("DepthToSpace", "x", "y",
		attrInt("blocksize", 5)),
		nodeOf("SpaceToDepth", "x", "y", attrInt("blocksize", -2)), nodeOf("SpaceToDepth", "x", "y",
			attrInt("blocksize", 4))} {
		if _, err := Load(modelOf(13, deep, nil, bad)); !errors.Is(err, runtime.ErrShape) {
			t.Errorf("%v, want ErrShape", err)
		}
	}
}

// TestBlocksStayQuantised: what was dequantised is moved as bytes, each way.
func TestBlocksStayQuantised(t *testing.T) {
	side := attrInt("blocksize", 2)
	g, err := Load(modelOf(13, []int64{1, 4, 1, 2}, []wire.Msg{f32("half", .5), u8("ten", 10)},
		nodeOf("QuantizeLinear", "x half ten", "q"),
		nodeOf("DequantizeLinear", "q half ten", "f"), nodeOf("DepthToSpace", "f", "s", side),
		nodeOf("SpaceToDepth", "s", "d", side),
		nodeOf("QuantizeLinear", "d half ten", "p"), nodeOf("DequantizeLinear", "p half ten", "y")))
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range g.Nodes {
		switch n.Op.(type) {
		case *runtime.DepthToSpace, *runtime.SpaceToDepth:
			if n.Out.DType != runtime.U8 {
				t.Errorf("%s is %v", n.Op.Kind(), n.Out.DType)
			}
		}
	}
	x := []float32{1, 2, 3, 4, 5, 6, 7, 8}
	out, err := interp.Compiled(g, interp.ToNHWC(g.Inputs[0].Shape, x))
	if err != nil || !slices.Equal(interp.ToNCHW(g.Outputs[0].Shape, out[0]), x) {
		t.Errorf("there and back %v is %v, %v", x, out, err)
	}
}

// TestBlocksConformance: the node tests of the ONNX project.
func TestBlocksConformance(t *testing.T) {
	for _, name := range []string{"depthtospace_crd_mode", "depthtospace_dcr_mode", "depthtospace_example",
		"spacetodepth_example"} {
		c, err := readCase(filepath.Join(testdata.Path(t, "conformance", "onnx-node-more"), "test_"+name))
		if err != nil {
			t.Fatal(err)
		}
		if err := c.run(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
