package runtime

import (
	"slices"
	"testing"
)

// TestSimplifyOutputs: what becomes of an output keeps its name and dimensions, whatever is folded into what.
func TestSimplifyOutputs(t *testing.T) {
	g := NewGraph("g")
	must := func(v *Value, err error) *Value {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	in := must(g.Input("in", Shape{1, 2, 3, 4}))
	x := must(g.Add("sum", &Binary{}, in, in))
	one := must(g.Add("one", &Rearrange{Dims: []int{1, 6, 4}, Perm: []int{0, 2, 1}, To: Shape{1, 4, 1, 6}}, x))
	two := must(g.Add("two", &Rearrange{Dims: []int{4, 6}, Perm: []int{1, 0}, To: Shape{1, 1, 6, 4}}, one))
	out := must(g.Add("out", &Rearrange{Dims: []int{6, 4}, Perm: []int{1, 0}, To: Shape{1, 4, 1, 6}}, two))
	if err := g.SetDims(out, []int{1, 6, 4}, ChannelsLast); err != nil {
		t.Fatal(err)
	}
	if err := g.Output(out, in); err != nil {
		t.Fatal(err)
	}
	s, err := Simplify(g)
	if err != nil {
		t.Fatal(err)
	}
	o := s.Outputs[0]
	dims, l := o.Dims()
	if o.Name != "out" || !slices.Equal(dims, []int{1, 6, 4}) || l != ChannelsLast || len(s.Nodes) != 2 {
		t.Errorf("output %q of dimensions %v, %v, from %d nodes", o.Name, dims, l, len(s.Nodes))
	}
	if s.Outputs[1].Name != "in" {
		t.Error("the input is called", s.Outputs[1].Name)
	}
}
