package quant

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/gneiss-go/gneiss/runtime"
)

// Comparison is how far a quantised graph is from its float graph over a number of inputs.
type Comparison struct {
	Graph  string       `json:"graph"`
	Inputs int          `json:"inputs"`
	Top1   int          `json:"top1"`   // images whose best class is the same
	Top5   int          `json:"top5"`   // images whose best class by float is among the five best by int8
	Images int          `json:"images"` // of all inputs; more than Inputs if the graphs take several at a time
	Layers []LayerError `json:"layers"` // the worst first
}

// LayerError is how far a layer's values are from those of the float graph, its inputs' errors included.
type LayerError struct {
	Name   string  `json:"name"`
	Op     string  `json:"op"`     // of the quantised graph
	SQNR   float64 `json:"sqnr"`   // signal to noise, dB: 10·log₁₀(Σ x² / Σ (x − y)²)
	Cosine float64 `json:"cosine"` // Σ x·y / √(Σ x²·Σ y²)
	Max    float64 `json:"max"`    // the largest |x − y|
}

// Compare runs both graphs over the inputs of a source. Layers are matched by name; the first outputs are taken for the
// scores of classes. It serves two float graphs as well. Once the context is done it returns the context's error.
func Compare(ctx context.Context, float, quantised *runtime.Graph, next Source, opts ...Option) (*Comparison, error) {
	o, err := newOptions(opts)
	if err != nil {
		return nil, err
	}
	var rs [2]*runner
	for i, g := range []*runtime.Graph{float, quantised} {
		if g, err = simplified(g); err != nil {
			return nil, err
		}
		if rs[i], err = newRunner(ctx, g, true, o.compile); err != nil {
			return nil, err
		}
		defer rs[i].close()
	}
	pairs, err := match(rs[0], rs[1])
	if err != nil {
		return nil, err
	}
	c := &Comparison{Graph: float.Name}
	for {
		if err := next(rs[0].buffer); err == io.EOF {
			break
		} else if err != nil {
			return nil, fmt.Errorf("input %d: %w", c.Inputs, err)
		}
		for _, r := range rs {
			if err := r.run(ctx, rs[0].buffer); err != nil {
				return nil, err
			}
		}
		for i := range pairs {
			pairs[i].add(rs[0].float(pairs[i].a), rs[1].float(pairs[i].b))
		}
		c.agree(rs[0], rs[1])
		c.Inputs++
		o.progress(c.Inputs)
	}
	if c.Inputs == 0 {
		return nil, ErrNoInputs
	}
	for i := range pairs {
		c.Layers = append(c.Layers, pairs[i].error())
	}
	slices.SortStableFunc(c.Layers, func(a, b LayerError) int {
		switch {
		case a.SQNR < b.SQNR:
			return -1
		case a.SQNR > b.SQNR:
			return 1
		}
		return 0
	})
	return c, nil
}

// simplified is a graph's form before it is quantised, or that of a quantised one.
func simplified(g *runtime.Graph) (*runtime.Graph, error) {
	s, err := prepare(g)
	if errors.Is(err, ErrQuantised) {
		return runtime.Simplify(g)
	}
	return s, err
}

// pair is a layer of both graphs and the sums over what it has given so far.
type pair struct {
	a, b                 int
	name, op             string
	xx, yy, xy, dd, most float64
}

// match finds the layers that both graphs have, and wants the same inputs and outputs.
func match(a, b *runner) (pairs []pair, err error) {
	if len(a.buffer) != len(b.buffer) || len(a.outputs) != len(b.outputs) {
		return nil, fmt.Errorf("inputs of %d and %d numbers, %d and %d outputs: %w", len(a.buffer), len(b.buffer),
			len(a.outputs), len(b.outputs), ErrUnlike)
	}
	for i, o := range a.outputs {
		if x, y := a.values[o].Shape, b.values[b.outputs[i]].Shape; x != y {
			return nil, fmt.Errorf("outputs of %v and %v: %w", x, y, ErrUnlike)
		}
	}
	at := map[string]int{}
	for i, v := range a.values {
		at[v.Name] = i
	}
	for j, v := range b.values {
		i, ok := at[v.Name]
		if !ok || j < b.ins || i < a.ins || a.values[i].Shape != v.Shape {
			continue
		}
		pairs = append(pairs, pair{a: i, b: j, name: v.Name, op: b.ops[j-b.ins]})
	}
	if len(pairs) == 0 {
		return nil, ErrUnlike
	}
	return pairs, nil
}

func (p *pair) add(xs, ys []float32) {
	for i, x := range xs {
		x, y := float64(x), float64(ys[i])
		d := x - y
		p.xx += x * x
		p.yy += y * y
		p.xy += x * y
		p.dd += d * d
		p.most = max(p.most, math.Abs(d))
	}
}

func (p *pair) error() LayerError {
	e := LayerError{Name: p.name, Op: p.op, SQNR: decibels(p.xx, p.dd), Cosine: 1, Max: p.most}
	if p.xx > 0 && p.yy > 0 {
		e.Cosine = p.xy / math.Sqrt(p.xx*p.yy)
	} else if p.xx != p.yy {
		e.Cosine = 0
	}
	return e
}

// agree counts the images on whose best classes the graphs agree.
func (c *Comparison) agree(a, b *runner) {
	s := a.values[a.outputs[0]].Shape
	each := s.Elements() / s.N
	x, y := a.float(a.outputs[0]), b.float(b.outputs[0])
	for n := range s.N {
		c.Images++
		best := first(x[n*each:][:each])
		if best < 0 {
			continue
		}
		scores := y[n*each:][:each]
		better := 0 // classes before it
		for i, v := range scores {
			if v > scores[best] || v == scores[best] && i < best {
				better++
			}
		}
		if better == 0 {
			c.Top1++
		}
		if better < 5 {
			c.Top5++
		}
	}
}

// first is the index of the greatest element, the first of equals; −1 if there is none.
func first(xs []float32) int {
	best := -1
	for i, x := range xs {
		if x == x && (best < 0 || x > xs[best]) {
			best = i
		}
	}
	return best
}

// String is a table, a line for each layer.
func (c *Comparison) String() string {
	var b strings.Builder
	percent := func(n int) float64 { return 100 * float64(n) / float64(max(1, c.Images)) }
	fmt.Fprintf(&b, "%s, %d images: same class %d (%.1f %%), among the best five %d (%.1f %%)\n", c.Graph, c.Images,
		c.Top1, percent(c.Top1), c.Top5, percent(c.Top5))
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "layer\top\tSQNR dB\tcosine\tmax error")
	for _, l := range c.Layers {
		fmt.Fprintf(w, "%s\t%s\t%.1f\t%.6f\t%.4g\n", l.Name, l.Op, l.SQNR, l.Cosine, l.Max)
	}
	w.Flush()
	return b.String()
}
