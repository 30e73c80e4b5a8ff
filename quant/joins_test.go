package quant

import (
	"slices"
	"testing"

	"github.com/gneiss-go/gneiss/kernels"
	"github.com/gneiss-go/gneiss/runtime"
)

// TestJoins: what joins boxes and scores for the output stays float, so that large boxes leave scores their steps; its
// output keeps name and dimensions. Joins between layers work on bytes.
func TestJoins(t *testing.T) {
	n := newNet(t, 31)
	none := runtime.Clamp{}
	x := n.input(12, 12, 3)
	x = n.add("cat", &runtime.Concat{}, n.conv("a", x, 8, 3, none), n.conv("b", x, 8, 1, none))
	boxes := n.conv("boxes", x, 4, 1, none)
	scores := n.curve("scores/sigmoid", kernels.Sigmoid, n.conv("scores", x, 6, 1, none))
	all := n.add("all", &runtime.Concat{}, boxes, scores)
	to := runtime.Shape{N: 1, H: 1, W: 144, C: 10}
	out := n.add("out", &runtime.Rearrange{Dims: []int{144, 10}, Perm: []int{0, 1}, To: to}, all)
	if err := n.g.SetDims(out, []int{1, 144, 10}, runtime.AsWritten); err != nil {
		t.Fatal(err)
	}
	n.outputs(out)
	q, report, err := Quantize(n.g, calibrated(t, n.g))
	if err != nil {
		t.Fatal(err)
	}
	why := map[string]string{}
	for _, l := range report.Layers {
		why[l.Name] = l.Reason
	}
	if why["all"] != reasonLast || why["cat"] != "" {
		t.Errorf("all is float because %q, cat because %q", why["all"], why["cat"])
	}
	v := q.Outputs[0]
	if dims, l := v.Dims(); v.Name != "out" || v.DType != runtime.F32 || !slices.Equal(dims, []int{1, 144, 10}) ||
		l != runtime.AsWritten {
		t.Errorf("output %q of %v, %v, %v", v.Name, v.DType, dims, l)
	}
}
