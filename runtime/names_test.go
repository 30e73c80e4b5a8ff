package runtime

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/gneiss-go/gneiss/arch"
)

// alike is a network with siblings, and nodes that are named as steps of siblings are.
func alike(t *testing.T) *Graph {
	n := newNet(t)
	conv := func(name string, in *Value, k int) *Value {
		return n.add(name, &Conv{Window: Window{R: 1, S: 1}, K: k, Weights: n.floats(k * in.Shape.C)}, in)
	}
	pool := func(name string, in *Value) *Value { return n.add(name, &Pool{Window: Window{R: 1, S: 1}}, in) }
	x := n.input(Shape{1, 4, 4, 48})
	a, b := conv("a", x, 48), conv("b", x, 48)
	p := pool("p", a)
	y := conv("a + b", p, 96)
	q := pool("q", b)
	c, d, e := conv("a +", q, 32), conv("b + c", q, 32), conv("a + b'", pool("r", q), 64)
	s := pool("s", b)
	f, g := conv("a + + b", s, 16), conv("c", s, 48)
	return n.output(n.add("join", &Concat{}, a, b), y, c, d, e, f, g)
}

// No two steps have one name, whatever the nodes are called: packed filters and tuned choices go by it.
func TestStepNames(t *testing.T) {
	g := alike(t)
	for _, m := range []Memory{Fast, Small} {
		seen := map[string]bool{}
		p, err := Compile(g, WithMemory(m), WithChooser(func(step string, _ []Choice) int {
			if seen[step] {
				t.Errorf("%v: two steps of the name %q", m, step)
			}
			seen[step] = true
			return 0
		}))
		if err != nil {
			t.Fatal(err)
		}
		names := map[string]bool{}
		for _, s := range p.steps {
			if names[s.name] && s.kind != "Identity" {
				t.Errorf("%v: two steps of the name %q", m, s.name)
			}
			names[s.name] = true
		}
		if !names["a + b''"] || m == Fast && !names["a + b"] {
			t.Errorf("%v: steps %v", m, names)
		}
	}
}

func TestPackedOfStepsNamedAlike(t *testing.T) {
	g := alike(t)
	isa, err := arch.Default()
	if err != nil {
		t.Fatal(err)
	}
	plan, err := Compile(g)
	if err != nil {
		t.Fatal(err)
	}
	want := noiseOf(t, plan)
	data := aligned64(written(t, g, WithPacked(isa)))
	same := func(what string, data []byte, packed bool) {
		t.Helper()
		c, err := parse(data)
		if err != nil {
			t.Fatal(err)
		}
		o := newOptions(nil)
		if p, err := c.loadPacked(&o, isa); (p != nil) != packed || err != nil {
			t.Errorf("%s: packed filters are used: %v, want %v; %v", what, p != nil, packed, err)
		}
		p, err := Load(data)
		if err != nil {
			t.Fatal(err)
		}
		for i, out := range noiseOf(t, p) {
			if !bytes.Equal(out, want[i]) {
				t.Errorf("%s: output %d differs", what, i)
			}
		}
	}
	same("new", data, true)

	// A file of a writer for which both steps were "a + b", in either order.
	for _, order := range [][2]string{{"a + b", "a + b''"}, {"a + b''", "a + b"}} {
		c, err := parse(bytes.Clone(data))
		if err != nil {
			t.Fatal(err)
		}
		s := c.find(secPacked, Target(isa))
		names, steps, err := readPacked(s.data)
		if err != nil {
			t.Fatal(err)
		}
		steps["a + b"] = slices.Concat(steps[order[0]], steps[order[1]])
		delete(steps, "a + b''")
		s.data = encodePacked(names, steps)
		same("old", aligned64(assemble(c.sections)), false)
	}
}

func TestWriteRefusesDuplicates(t *testing.T) {
	g := small(t)
	g.Nodes[1].Name = g.Nodes[0].Name
	if _, err := encode(g); !errors.Is(err, ErrGraph) || !strings.Contains(err.Error(), g.Nodes[0].Name) {
		t.Errorf("%v, want %v", err, ErrGraph)
	}
}
