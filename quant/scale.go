package quant

import (
	"fmt"
	"math"

	"github.com/gneiss-go/gneiss/runtime"
)

// Bounds of an activation's scale, so that products and quotients of scales stay normal float32 numbers.
const minScale, maxScale = 1e-12, 1e24

// quantOf spreads 256 levels over lo…hi such that zero is one of them, exactly. Rounding the zero point shifts the
// levels by half a step at most, so that no number in the range is further from its level than half a step.
func quantOf(lo, hi float64) runtime.Quant {
	lo, hi = min(lo, 0), max(hi, 0)
	if lo == 0 && hi == 0 {
		return runtime.Quant{Scale: 1}
	}
	scale := min(max((hi-lo)/255, minScale), maxScale)
	zero := min(max(math.RoundToEven(-lo/scale), 0), 255)
	return runtime.Quant{Scale: float32(scale), Zero: uint8(zero)}
}

// chooseScales gives every value that is needed as uint8 its scale. Values joined by nodes that pass bytes on share
// one, chosen from all that was seen of the values of the group that are computed.
func chooseScales(g *runtime.Graph, u8 map[*runtime.Node]bool, s *Stats, o Observer) (map[*runtime.Value]runtime.Quant,
	error) {
	groups := newGroups()
	passed := map[*runtime.Value]bool{} // made by passing bytes on
	var values []*runtime.Value
	need := func(v *runtime.Value) {
		if !groups.has(v) {
			values = append(values, v)
		}
		groups.find(v)
	}
	for _, n := range g.Nodes {
		if !u8[n] {
			continue
		}
		for _, v := range n.In {
			need(v)
		}
		if _, fc := n.Op.(*runtime.FC); fc {
			continue
		}
		need(n.Out)
		if runtime.FormOf(n.Op) == runtime.Moves {
			passed[n.Out] = true
			for _, v := range n.In {
				groups.join(v, n.Out)
			}
		}
	}
	seen := map[*runtime.Value]*Histogram{}
	for _, v := range values {
		h := s.Values[v.Name]
		if h == nil || h.Count == 0 {
			return nil, fmt.Errorf("nothing is known of %q: %w", v.Name, ErrStats)
		}
		if passed[v] {
			continue
		}
		root := groups.find(v)
		if seen[root] == nil {
			seen[root] = new(Histogram)
		}
		seen[root].Merge(h)
	}
	scales, of := map[*runtime.Value]runtime.Quant{}, map[*runtime.Value]runtime.Quant{}
	for _, v := range values {
		root := groups.find(v)
		if _, ok := of[root]; !ok {
			of[root] = quantOf(o.Range(seen[root]))
		}
		scales[v] = of[root]
	}
	return scales, nil
}

// groups is a partition of values into sets (union-find).
type groups struct {
	parent map[*runtime.Value]*runtime.Value
}

func newGroups() *groups { return &groups{map[*runtime.Value]*runtime.Value{}} }

func (g *groups) has(v *runtime.Value) bool { return g.parent[v] != nil }

// find returns the representative of a value's set, a set of its own if it is new.
func (g *groups) find(v *runtime.Value) *runtime.Value {
	p := g.parent[v]
	if p == nil {
		g.parent[v] = v
		return v
	}
	for p != v {
		g.parent[v] = g.parent[p] // halve the path
		v, p = p, g.parent[p]
	}
	return v
}

func (g *groups) join(a, b *runtime.Value) { g.parent[g.find(b)] = g.find(a) }
