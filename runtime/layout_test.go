package runtime

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/gneiss-go/gneiss/kernels"
)

// An operation must not work in place on a concatenation while one of its parts is still to be read.
func TestInPlaceWaitsForParts(t *testing.T) {
	for _, nested := range []bool{false, true} {
		n := newNet(t)
		x := n.input(Shape{1, 6, 6, 8})
		a, b := n.conv("a", x, 8, 3), n.conv("b", x, 8, 3)
		c := n.add("cat", &Concat{}, a, b)
		if nested {
			c = n.add("cat2", &Concat{}, c, n.conv("c", x, 4, 1))
		}
		l := n.add("lrn", &LRN{Size: 5, Alpha: 1, Beta: 0.75, Bias: 1}, c)
		z := n.conv("z", a, 8, 3) // reads a after lrn
		g := n.output(n.conv("end", n.add("o", &Concat{}, l, z), 4, 1))
		in := testInput(6 * 6 * 8)
		near(t, "end", run(t, g, in)[0], nodeByNode(t, g, in)[g.Outputs[0]], 1e-4)
	}
}

// A slice of channels is read where it lies, and not written over.
func TestSlicesAreNotCopied(t *testing.T) {
	n := newNet(t)
	x := n.conv("x", n.input(Shape{1, 6, 6, 8}), 12, 1)
	a := n.add("a", &Take{Channels: counting(0, 8)}, x)
	b := n.add("b", &Take{Channels: counting(2, 4)}, a) // a slice of a slice
	c := n.add("c", &Take{Channels: counting(8, 4)}, x)
	relu := n.add("relu", &Activation{Act: ReLU}, b) // may not write over x
	y := n.add("y", &Add{}, relu, c)
	z := n.add("z", &Concat{}, y, a)
	p, err := Compile(n.output(n.conv("last", z, 3, 1)))
	if err != nil {
		t.Fatal(err)
	}
	copied := 0
	for _, s := range p.steps {
		if s.kind == "Take" {
			t.Errorf("%s is computed", s.name)
		}
		if s.kind == "Identity" {
			copied++
		}
	}
	if copied != 1 { // a, for it is in x already
		t.Errorf("%d copies, want 1", copied)
	}
	for name, corrupt := range map[string]func(v *planValue, p *Plan){
		"moved":         func(v *planValue, _ *Plan) { v.view.offset += 32 },
		"of the future": func(v *planValue, p *Plan) { v.whole = len(p.values) },
		"too late":      func(v *planValue, p *Plan) { v.until = p.values[v.whole].until + 1 },
		"too early":     func(v *planValue, p *Plan) { v.made = p.values[v.whole].made - 1 },
		"written":       func(v *planValue, p *Plan) { p.steps[v.made].writes[0] = slices.Index(names(p), v.name) },
	} {
		p, err := Compile(n.g)
		if err != nil {
			t.Fatal(err)
		}
		i := slices.IndexFunc(p.values, func(v planValue) bool { return v.name == "b" })
		if corrupt(&p.values[i], p); !errors.Is(p.prove(), ErrGraph) {
			t.Errorf("a slice that is %s: %v", name, p.prove())
		}
	}
}

// The heads of a detector, of few filters each, are slices of one value; with many they are values of their own.
func TestHeadsTogether(t *testing.T) {
	for _, c := range []struct {
		filters []int
		slices  int
	}{{[]int{1, 4, 10}, 3}, {[]int{16, 32}, 0}, {[]int{20, 12}, 2}} {
		n := newNet(t)
		x := n.conv("x", n.input(Shape{1, 6, 6, 8}), 12, 3)
		var ends []*Value
		for i, k := range c.filters {
			head := n.conv(fmt.Sprint("head", i), x, k, 1)
			ends = append(ends, n.conv(fmt.Sprint("end", i), head, 3, 3))
		}
		g := n.output(ends...)
		p, err := Compile(g)
		if err != nil {
			t.Fatal(err)
		}
		found := 0
		for _, v := range p.values {
			if v.whole >= 0 {
				found++
			}
		}
		if found != c.slices {
			t.Errorf("heads of %v: %d slices, want %d", c.filters, found, c.slices)
		}
		in := testInput(6 * 6 * 8)
		want := nodeByNode(t, g, in)
		for i, got := range run(t, g, in) {
			near(t, fmt.Sprint("end", i), got, want[g.Outputs[i]], 1e-4)
		}
	}
}

func names(p *Plan) (all []string) {
	for _, v := range p.values {
		all = append(all, v.name)
	}
	return all
}

// What a dense block joins again and again lies in one place: nothing is copied, be it joined from what there was at
// the beginning or from the join before. What must have storage of its own is copied, and what goes on is right.
func TestDenseBlockIsNotCopied(t *testing.T) {
	for _, c := range []struct {
		name           string
		nested, output bool
		copies         int
	}{{"flat", false, false, 0}, {"nested", true, false, 0}, {"with an output", false, true, 3}} {
		t.Run(c.name, func(t *testing.T) {
			n := newNet(t)
			parts := []*Value{n.conv("first", n.input(Shape{1, 6, 6, 8}), 8, 1)}
			join := parts[0]
			for i := range 4 {
				x := n.conv(fmt.Sprint("layer", i), join, 4, 3)
				if parts = append(parts, x); c.nested {
					join = n.add(fmt.Sprint("cat", i), &Concat{}, join, x)
				} else {
					join = n.add(fmt.Sprint("cat", i), &Concat{}, parts...)
				}
				if c.output && i == 1 {
					n.output(join)
				}
			}
			g := n.output(n.conv("end", join, 4, 1))
			p, err := Compile(g)
			if err != nil {
				t.Fatal(err)
			}
			copies := 0
			for _, s := range p.steps {
				if s.op.Kernel() == "f32_copy__generic" {
					copies++
				}
			}
			if copies != c.copies {
				t.Errorf("%d copies, want %d", copies, c.copies)
			}
			in := testInput(6 * 6 * 8)
			for i, got := range run(t, g, in) {
				near(t, g.Outputs[i].Name, got, nodeByNode(t, g, in)[g.Outputs[i]], 1e-4)
			}
		})
	}
}

// randomGraph has every way to share memory: concatenations of concatenations, of one value twice, operations in place
// on their parts and on the whole, outputs in the middle.
func randomGraph(t *testing.T, seed uint64) *Graph {
	n := newNet(t)
	n.r = rand.New(rand.NewPCG(seed, 11))
	values := []*Value{n.input(Shape{1, 5, 4, 4})}
	pick := func() *Value { // recent ones rather than old ones
		i := len(values) - 1 - min(n.r.IntN(len(values)), n.r.IntN(len(values)))
		return values[i]
	}
	for i := range 4 + n.r.IntN(16) {
		name, x := fmt.Sprint("n", i), pick()
		switch {
		case n.r.IntN(9) == 0:
			values = append(values, n.smaller(name, x, pick()))
		case i%7 == 6:
			values = append(values, n.reduced(name, x))
		case n.r.IntN(16) == 0:
			values = append(values, n.scattered(name, x))
		case n.r.IntN(12) == 0:
			values = append(values, n.remembered(name, x)...)
		default:
			if v := n.random(name, x, values, pick); v != nil {
				values = append(values, v)
			}
		}
	}
	n.output(values[len(values)-1])
	for range n.r.IntN(3) {
		n.output(pick())
	}
	if n.r.IntN(3) == 0 {
		x := pick()
		n.output(n.add("fc", &FC{K: 3, Weights: n.floats(3 * x.Shape.Elements())}, x))
	}
	return n.g
}

// random is a value that an operation makes of x and others; nil if it would become too large.
func (n *net) random(name string, x *Value, values []*Value, pick func() *Value) *Value {
	switch n.r.IntN(17) {
	case 0, 1, 2:
		return n.conv(name, x, 1+n.r.IntN(9), 1)
	case 3:
		return n.conv(name, x, 1+n.r.IntN(9), 3)
	case 4, 5, 6:
		in := make([]*Value, 1+n.r.IntN(4))
		channels := 0
		for j := range in {
			in[j] = pick()
		}
		if i := n.r.IntN(1 + len(n.g.Nodes)); i > 0 && n.g.Nodes[i-1].Op.Kind() == "Concat" &&
			n.g.Nodes[i-1].Out.Shape.H == x.Shape.H && n.g.Nodes[i-1].Out.Shape.W == x.Shape.W { // what was joined, with more
			in = slices.Concat(n.g.Nodes[i-1].In, in)
		}
		for _, v := range in {
			channels += v.Shape.C
		}
		if channels > 200 {
			return nil
		}
		return n.add(name, &Concat{}, in...)
	case 7:
		return n.add(name, &LRN{Size: 3, Alpha: 1, Beta: 0.75, Bias: 1}, x)
	case 8:
		return n.add(name, &Activation{Act: Clamp{On: true, Lo: -0.5, Hi: 1}}, x)
	case 9:
		return n.add(name, &Affine{Scale: n.floats(x.Shape.C), Shift: n.floats(x.Shape.C)}, x)
	case 10:
		y := x
		for _, w := range values {
			if w.Shape == x.Shape {
				y = w
			}
		}
		return n.add(name, &Add{}, x, y)
	case 11:
		v := n.add(name+"/deep", &Concat{}, x, x, x, x)
		v = n.add(name+"/space", &DepthToSpace{Block: 2, ChannelMajor: n.r.IntN(2) == 0}, v)
		v = n.add(name+"/depth", &SpaceToDepth{Block: 2}, v)
		return n.conv(name, v, x.Shape.C, 1)
	case 12:
		return n.add(name, []Op{&Curve{Of: kernels.SiLU}, &Curve{Of: kernels.Elu, A: 0.5},
			&Binary{How: kernels.Sloped, Of: n.floats(x.Shape.C), Shape: Shape{1, 1, 1, x.Shape.C}},
			&Binary{How: kernels.Minus, Of: []float32{0.5}, Shape: Shape{1, 1, 1, 1}, First: true, Act: ReLU}}[n.r.IntN(4)], x)
	case 13:
		return n.add(name, &Interpolate{Rows: kernels.Taps{Per: 2, At: []int32{0, 1, 4, 3, 2, 2, 1, 0, -1, 0},
			Weights: []float32{.5, .5, .25, .75, 1, 0, .5, -.5, 1, 1}}, Cols: kernels.Taps{Per: 1, At: []int32{3, 2, 1, 0},
			Weights: []float32{1, .5, 1, 1}}, Fill: 0.5}, x)
	case 14, 15: // a slice
		from := n.r.IntN(x.Shape.C)
		return n.add(name, &Take{Channels: counting(from, 1+n.r.IntN(x.Shape.C-from))}, x)
	}
	return n.add(name, []Op{&Identity{}, &Pool{Window: Window{R: 3, S: 3, PadTop: 1, PadLeft: 1, PadBottom: 1,
		PadRight: 1}}, &Softmax{},
		&Take{Rows: []int32{4, 4, 2, 0, -1}, Cols: []int32{3, 0, 1, 0}, Fill: 0.5}}[n.r.IntN(4)], x)
}

// counting is n numbers from one on.
func counting(from, n int) []int32 {
	list := make([]int32, n)
	for i := range list {
		list[i] = int32(from + i)
	}
	return list
}

// smaller is the smaller one of x and y at each place, or of x and 0.25 if they differ in shape.
func (n *net) smaller(name string, x, y *Value) *Value {
	if y.Shape != x.Shape {
		y = n.add(name+"/fill", &Constant{Shape: Shape{1, 1, 1, 1}, Floats: []float32{0.25}})
	}
	less := n.add(name+"/less", &Compare{How: kernels.Less}, x, y)
	return n.add(name+"/where", &Where{}, n.add(name+"/moved", &Identity{}, less), x, y)
}

// scattered is x with pixels at computed places, some of them beyond, written over with others at such places.
func (n *net) scattered(name string, x *Value) *Value {
	s := x.Shape
	row := n.add(name+"/row", &Rearrange{To: Shape{s.N, 1, s.H * s.W, s.C}, Dims: []int{s.Elements()}, Perm: []int{0}}, x)
	at := make([]int32, 2*(1+n.r.IntN(5)))
	for i := range at {
		at[i] = int32(n.r.IntN(7) - 3)
	}
	places := n.add(name+"/at", &Constant{Shape: Shape{1, 1, len(at) / 2, 2}, Ints: at})
	dims := []int{s.H, s.W}
	picked := n.add(name+"/picked", &Activation{Act: ReLU}, n.add(name+"/gather", &GatherBy{Dims: dims}, row, places))
	written := n.add(name+"/scatter", &Scatter{Dims: dims}, row, places, picked)
	return n.add(name, &Rearrange{To: s, Dims: []int{s.Elements()}, Perm: []int{0}}, written)
}

// reduced is a value that an operation over several channels or pixels makes of x, of the same shape.
func (n *net) reduced(name string, x *Value) *Value {
	how, bits := kernels.Reduction(n.r.IntN(10)), n.r.IntN(16)
	if n.r.IntN(4) == 0 {
		return n.add(name, &Normalise{Norm: kernels.Norm(n.r.IntN(5)), Epsilon: 0.1, Over: kernels.Axes{H: bits&1 != 0,
			W: bits&2 != 0, C: true}}, x)
	}
	if n.r.IntN(3) == 0 {
		return n.add(name, &SoftmaxOver{Over: kernels.Axes{H: bits&1 != 0, W: true, C: bits&2 != 0}}, x)
	}
	if how == kernels.LogSum || how == kernels.Product {
		how = kernels.Mean
	}
	if n.r.IntN(3) == 0 {
		square := n.add(name+"/square", &MatMul{TransB: true}, x, x)
		return n.add(name+"/product", &MatMul{}, n.add(name+"/weights", &Softmax{}, square), x)
	}
	v := n.add(name+"/reduced", &Reduce{How: how, Over: kernels.Axes{N: bits&1 != 0, H: bits&2 != 0, W: bits&4 != 0,
		C: bits&8 != 0}}, x)
	return n.add(name, &Binary{How: kernels.Larger}, v, x)
}

// remembered is what a state of x's shape makes with x, the state, and what is kept, perhaps.
func (n *net) remembered(name string, x *Value) []*Value {
	s := &State{Shape: x.Shape}
	if n.r.IntN(2) == 0 {
		s.Floats = n.floats(x.Shape.Elements())
	}
	state := n.add(name+"/state", s)
	sum := n.add(name+"/sum", &Add{Act: Clamp{On: true, Lo: -2, Hi: 2}}, state, x)
	values := []*Value{state, sum}
	switch n.r.IntN(4) {
	case 0:
		values = append(values, n.add(name+"/keep", &Keep{}, state, x))
	case 1:
		n.add(name+"/keep", &Keep{}, state, n.add(name+"/less", &Binary{How: kernels.Times, Of: []float32{0.5},
			Shape: Shape{1, 1, 1, 1}}, sum))
	case 2:
		values = append(values, n.add(name+"/keep", &Keep{}, state, sum))
	}
	return values
}

// TestRandomGraphsKeepStates: run by run, a session has the states that single nodes give, and forgets them by Reset.
func TestRandomGraphsKeepStates(t *testing.T) {
	tested := 0
	for seed := uint64(0); tested < 25; seed++ {
		g := randomGraph(t, seed)
		if !slices.ContainsFunc(g.Nodes, func(n *Node) bool { return keeps(n) }) {
			continue
		}
		tested++
		s := session(t, g, WithThreads(1+int(seed%2)), WithMemory(Memory(seed/2%2)))
		for range 2 {
			states := map[*Value][]float32{}
			for step := range 3 {
				in := testInput(5 * 4 * 4)
				for i := range in {
					in[i] *= float32(step) - 0.5
				}
				want := nodeByNodeFrom(t, g, in, states)
				for _, n := range g.Nodes {
					if keeps(n) {
						states[n.In[0]] = want[n.Out]
					}
				}
				copy(s.Input(0).Float32(), in)
				if err := s.Run(); err != nil {
					t.Fatal(err)
				}
				for i, v := range g.Outputs {
					near(t, fmt.Sprintf("seed %d, run %d, %s", seed, step, v.Name), s.Output(i).Float32(), want[v], 2e-3)
				}
			}
			if err := s.Reset(); err != nil {
				t.Fatal(err)
			}
		}
		s.Close()
	}
}

func TestRandomGraphsAgreeNodeByNode(t *testing.T) {
	graphs := uint64(300)
	if testing.Short() {
		graphs = 60
	}
	for seed := range graphs {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			g := randomGraph(t, seed)
			in := testInput(5 * 4 * 4)
			want := nodeByNode(t, g, in)
			for i, got := range run(t, g, in, WithThreads(1+int(seed%3)), WithMemory(Memory(seed/3%2))) {
				near(t, g.Outputs[i].Name, got, want[g.Outputs[i]], 2e-3)
			}
		})
	}
}

// Thousands of nodes compile in far less than a second, whatever they are.
func TestLongGraphs(t *testing.T) {
	for name, ops := range map[string][]Op{
		"in place": {&LRN{Size: 3, Beta: 0.75, Bias: 1}, &Activation{Act: ReLU}},
		"concat":   {&Pool{Window: Window{R: 1, S: 1}}, &Concat{}},
		"identity": {&Identity{}},
	} {
		n := newNet(t)
		x := n.input(Shape{1, 2, 2, 2})
		for i := range 4000 {
			x = n.add(fmt.Sprint("n", i), ops[i%len(ops)], x)
		}
		if _, err := Compile(n.output(x)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
