package onnx

import (
	"strings"
	"testing"

	"github.com/gneiss-go/gneiss/runtime"
)

// TestMatrices: which equations are products of matrices.
func TestMatrices(t *testing.T) {
	for equation, want := range map[[3]string]*runtime.MatMul{
		{"ij", "jk", "ik"}: {}, {"bij", "bjk", "bik"}: {}, {"bhid", "bhjd", "bhij"}: {TransB: true},
		{"ji", "jk", "ik"}: {TransA: true}, {"ji", "kj", "ik"}: {TransA: true, TransB: true},
		{"ij", "jk", "ki"}: nil, {"ij", "ij", "ij"}: nil, {"bij", "jk", "bik"}: nil, {"ij", "kl", "il"}: nil,
		{"ii", "ij", "ij"}: nil, {"bij", "cjk", "bik"}: nil, {"i", "i", ""}: nil, {"ij", "jk", ""}: nil,
		{"...ij", "...jk", "...ik"}: nil, {"ij", "ji", "ii"}: nil, {"ik", "ik", "ik"}: nil,
	} {
		how, ok := matrices(equation[0], equation[1], equation[2])
		if ok != (want != nil) || ok && how != *want {
			t.Errorf("%v: %+v, %v", equation, how, ok)
		}
	}
}

// TestEinsum: two computed factors, one of them given transposed.
func TestEinsum(t *testing.T) {
	g, err := Load(twoInputs([]int64{2, 1, 3}, []int64{2, 2, 3}, nodeOf("Einsum", "x k", "y",
		attrStr("equation", "bij, bkj -> bik"))))
	if err != nil {
		t.Fatal(err)
	}
	for how, run := range runs {
		got, err := run(g, ordered(g.Inputs[0], ramp(6)), ordered(g.Inputs[1], ramp(12)))
		if err != nil {
			t.Fatal(err)
		}
		for i, want := range []float32{14, 32, 122, 167} {
			if v := written(g.Outputs[0], got[0])[i]; v != want {
				t.Errorf("%s: element %d is %v, want %v", how, i, v, want)
			}
		}
	}
	if _, err := Load(twoInputs([]int64{2, 3}, []int64{2, 3}, nodeOf("Einsum", "x k", "y",
		attrStr("equation", "ij,ij->")))); !unsupported(err) {
		t.Errorf("a sum of products: %v", err)
	}
}

// TestQuantisedProduct: of two dequantised activations, quantised again, it works on their levels; so does
// QLinearMatMul.
func TestQuantisedProduct(t *testing.T) {
	for name, ms := range map[string][]any{
		"by neighbours": {q("x", "half ten", "xq"), dq("xq", "half ten", "xd"), nodeOf("MatMul", "xd xd", "m"),
			q("m", "one ten", "yq"), dq("yq", "one ten", "y")},
		"QLinearMatMul": {q("x", "half ten", "xq"), nodeOf("QLinearMatMul", "xq half ten xq half ten one ten", "yq"),
			dq("yq", "one ten", "y")},
	} {
		g, err := Load(modelOf(13, []int64{2, 2}, shared, nodes(ms...)...))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if k := kindsOf(g); !strings.Contains(k, "QMatMul") {
			t.Errorf("%s: it is %s", name, k)
		}
		for how, run := range runs {
			got, err := run(g, []float32{1, 2, -1.5, 3})
			if err != nil {
				t.Fatal(err)
			}
			for i, want := range []float32{-2, 8, -6, 6} {
				if got[0][i] != want {
					t.Errorf("%s, %s: element %d is %v, want %v", name, how, i, got[0][i], want)
				}
			}
		}
	}
}
