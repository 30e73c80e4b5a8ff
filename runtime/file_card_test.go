package runtime

import (
	"bytes"
	"errors"
	"testing"
)

// cardNet is a small graph with a card; some of it is for passes to change.
func cardNet(t testing.TB, card string) *Graph {
	b := builder{t, NewGraph("carded")}
	x := b.input("x", Shape{N: 1, H: 8, W: 8, C: 4})
	w := Window{R: 3, S: 3, PadTop: 1, PadLeft: 1, PadBottom: 1, PadRight: 1}
	x = b.add("conv", &Conv{Window: w, K: 16, Weights: ramp(16 * 9 * 4)}, x)
	x = b.add("shifted", &Affine{Scale: ramp(16), Shift: ramp(16)}, x)
	x = b.add("same", &Identity{}, x)
	if err := b.g.Output(b.add("sum", &Add{}, x, x)); err != nil {
		t.Fatal(err)
	}
	b.g.Card = []byte(card)
	return b.g
}

// TestCardIsKept follows a card through everything that makes one thing of another.
func TestCardIsKept(t *testing.T) {
	const card = `{"note":"kept"}`
	g := cardNet(t, card)
	want := func(what string, got []byte) {
		t.Helper()
		if string(got) != card {
			t.Errorf("%s: the card is %q", what, got)
		}
	}
	simple, err := Simplify(g)
	if err != nil {
		t.Fatal(err)
	}
	if len(simple.Nodes) == len(g.Nodes) {
		t.Error("nothing was there to simplify")
	}
	want("Simplify", simple.Card)
	plan, err := Compile(g)
	if err != nil {
		t.Fatal(err)
	}
	want("Compile", plan.Card())
	plan.Card()[0] = 'x'
	want("a plan whose copy was written to", plan.Card())

	isa := plan.ISA()
	for what, data := range map[string][]byte{"plain": written(t, g),
		"packed": written(t, g, WithPacked(isa), WithGolden(1))} {
		back, err := ReadGraph(data)
		if err != nil {
			t.Fatal(err)
		}
		want("ReadGraph "+what, back.Card)
		if plan, err = Load(data); err != nil {
			t.Fatal(err)
		}
		want("Load "+what, plan.Card())
		if again := written(t, back, WithPackedFrom(data)); what == "plain" && !bytes.Equal(again, data) {
			t.Error("the same graph and card make other bytes")
		}
		signed, err := SignAs(data, Statement{Version: 2}, func([]byte) ([]byte, error) { return make([]byte, 64), nil })
		if err != nil {
			t.Fatal(err)
		}
		if plan, err = Load(signed); err != nil {
			t.Fatal(err)
		}
		want("signed "+what, plan.Card())
	}

	bare := cardNet(t, "")
	plan, err = Load(written(t, bare, WithPackedFrom(written(t, g, WithPacked(isa)))))
	if err != nil {
		t.Fatal(err)
	}
	want("WithPackedFrom", plan.Card())
	plan, err = Load(written(t, g, WithPackedFrom(written(t, cardNet(t, "another"), WithPacked(isa)))))
	if err != nil {
		t.Fatal(err)
	}
	want("WithPackedFrom of a file with another card", plan.Card())
}

// TestWithoutCard wants files of graphs without a card to be what they were before there were cards.
func TestWithoutCard(t *testing.T) {
	data := written(t, cardNet(t, ""))
	c, err := parse(data)
	if err != nil {
		t.Fatal(err)
	}
	if c.find(secCard, "") != nil {
		t.Error("a section for no card")
	}
	plan, err := Load(data)
	if err != nil {
		t.Fatal(err)
	}
	if plan.Card() != nil {
		t.Errorf("a card %q from nowhere", plan.Card())
	}
}

func TestSetCard(t *testing.T) {
	bare := cardNet(t, "")
	data := written(t, bare, WithGolden(1))
	with, err := SetCard(data, []byte("one"))
	if err != nil {
		t.Fatal(err)
	}
	bare.Card = []byte("one")
	if !bytes.Equal(with, written(t, bare, WithGolden(1))) {
		t.Error("a card that was set makes another file than one that was written")
	}
	signed, err := Sign(with, func([]byte) ([]byte, error) { return make([]byte, 64), nil })
	if err != nil {
		t.Fatal(err)
	}
	other, err := SetCard(signed, []byte("two"))
	if err != nil {
		t.Fatal(err)
	}
	c, _ := parse(other)
	if string(c.find(secCard, "").data) != "two" || c.find(secSignature, "") != nil {
		t.Errorf("the card is %q, or the signature of other bytes stayed", c.find(secCard, "").data)
	}
	if without, err := SetCard(other, nil); err != nil || !bytes.Equal(without, data) {
		t.Errorf("%v; a file whose card was taken away is not what it was", err)
	}
	if _, err := SetCard(data, make([]byte, DefaultLimits.MaxCard+1)); !errors.Is(err, ErrLimit) {
		t.Errorf("a card beyond the limit: %v", err)
	}
	if _, err := SetCard(data[:len(data)-1], nil); !errors.Is(err, ErrCorrupt) {
		t.Errorf("a file cut short: %v", err)
	}
}

// TestCardIsChecked damages the section of the card in every way that its place in the file allows.
func TestCardIsChecked(t *testing.T) {
	g := cardNet(t, "a card")
	data := written(t, g)
	for what, change := range map[string]func(c *container) []byte{
		"empty": func(c *container) []byte {
			c.find(secCard, "").data = nil
			return assemble(c.sections)
		},
		"twice": func(c *container) []byte { return assemble(append(c.sections, *c.find(secCard, ""))) },
		"first": func(c *container) []byte {
			return assemble(append([]section{*c.find(secCard, "")}, c.sections[:len(c.sections)-1]...))
		},
		"with a target": func(c *container) []byte {
			c.find(secCard, "").target = "amd64-avx2"
			return assemble(c.sections)
		},
		"with a bit changed": func(c *container) []byte {
			bad := bytes.Clone(data)
			bad[c.find(secCard, "").offset] ^= 1
			return bad
		},
	} {
		c, err := parse(data)
		if err != nil {
			t.Fatal(err)
		}
		bad := change(c)
		if _, err := Load(bad); !errors.Is(err, ErrCorrupt) {
			t.Errorf("%s: Load says %v", what, err)
		}
		if _, err := ReadGraph(bad); !errors.Is(err, ErrCorrupt) {
			t.Errorf("%s: ReadGraph says %v", what, err)
		}
	}
	l := DefaultLimits
	l.MaxCard = len(g.Card) - 1
	if _, err := Load(data, WithLimits(l)); !errors.Is(err, ErrLimit) {
		t.Errorf("a card beyond the limit: %v", err)
	}
	g.SetLimits(l)
	if _, err := encode(g); !errors.Is(err, ErrLimit) {
		t.Errorf("a card beyond the limit is written: %v", err)
	}
}
