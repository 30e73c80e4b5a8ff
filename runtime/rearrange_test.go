package runtime

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestRearrangementsAreOne: chains of rearrangements give what they give one by one; a shuffle of channels, written as
// three, is one, and what comes back to where it was is none.
func TestRearrangementsAreOne(t *testing.T) {
	for seed := range uint64(200) {
		n := newNet(t)
		n.r = rand.New(rand.NewPCG(seed, 5))
		s := Shape{1 + n.r.IntN(2), 2 * (1 + n.r.IntN(3)), 6, 4 * (1 + n.r.IntN(3))}
		x := n.input(s)
		y := n.add("first", &Activation{Act: ReLU}, x)
		for i := range 2 + n.r.IntN(4) {
			y = n.add(fmt.Sprint("moved", i), n.rearrangement(y.Shape), y)
		}
		n.output(n.add("last", &Activation{Act: Clamp{On: true, Lo: 0, Hi: 2}}, y))
		in := testInput(s.Elements())
		want := nodeByNode(t, n.g, in)
		for i, got := range run(t, n.g, in) {
			if w := want[n.g.Outputs[i]]; !slices.Equal(got, w) {
				t.Fatalf("seed %d: %v, want %v", seed, got, w)
			}
		}
	}
	for name, c := range map[string]struct {
		ops  []*Rearrange
		want int
	}{
		"shuffled channels": {[]*Rearrange{{Dims: []int{1, 8, 3, 5}, Perm: []int{0, 1, 2, 3}, To: Shape{1, 4, 15, 2}},
			{Dims: []int{1, 2, 4, 15}, Perm: []int{0, 2, 1, 3}, To: Shape{1, 2, 15, 4}},
			{Dims: []int{1, 4, 2, 15}, Perm: []int{0, 1, 2, 3}, To: Shape{1, 3, 5, 8}}}, 1},
		"there and back": {[]*Rearrange{{Dims: []int{1, 8, 3, 5}, Perm: []int{0, 2, 3, 1}, To: Shape{1, 5, 8, 3}},
			{Dims: []int{1, 3, 5, 8}, Perm: []int{0, 3, 1, 2}, To: Shape{1, 3, 5, 8}}}, 0},
		"nothing": {[]*Rearrange{{Dims: []int{1, 8, 15}, Perm: []int{0, 1, 2}, To: Shape{1, 3, 5, 8}}}, 0},
	} {
		n := newNet(t)
		x := n.add("first", &Softmax{}, n.input(Shape{1, 3, 5, 8}))
		for i, op := range c.ops {
			x = n.add(fmt.Sprint("moved", i), op, x)
		}
		g, err := Simplify(n.output(n.add("last", &Softmax{}, x)))
		if err != nil {
			t.Fatal(err)
		}
		if len(g.Nodes) != c.want+2 {
			t.Errorf("%s: %d nodes, want %d", name, len(g.Nodes)-2, c.want)
		}
	}
}

// rearrangement is one of a value of shape s: its rows or channels are cut, and all is permuted.
func (n *net) rearrangement(s Shape) *Rearrange {
	r := &Rearrange{}
	for _, d := range []int{s.N, s.C, s.H, s.W} {
		if d%2 == 0 && n.r.IntN(3) > 0 {
			r.Dims = append(r.Dims, 2)
			d /= 2
		}
		r.Dims = append(r.Dims, d)
	}
	r.Perm = n.r.Perm(len(r.Dims))
	if n.r.IntN(3) == 0 {
		slices.Sort(r.Perm)
	}
	to := [4]int{1, 1, 1, 1}
	for j, d := range r.Perm {
		to[j*4/len(r.Perm)] *= r.Dims[d]
	}
	r.To = Shape{N: to[0], C: to[1], H: to[2], W: to[3]}
	return r
}
