package main

import (
	"fmt"
	"slices"
	"testing"
)

// TestHeld: images held back are a quarter at most, spread over all, and in none of the others; none where they come
// from standard input.
func TestHeld(t *testing.T) {
	images := func(n int) (list []source) {
		for i := range n {
			list = append(list, fileSource(fmt.Sprint(i)))
		}
		return list
	}
	for _, c := range []struct{ images, choose, held int }{
		{0, 16, 0}, {3, 16, 0}, {4, 16, 1}, {45, 16, 11}, {100, 16, 16}, {100, 0, 0}, {100, -1, 0}, {1000, 200, 64},
	} {
		f := heldFlags{choose: c.choose}
		all := images(c.images)
		rest, held := f.split(all)
		if len(held) != c.held || len(rest)+len(held) != len(all) {
			t.Errorf("%v: %d held, %d left", c, len(held), len(rest))
		}
		last := -1
		for _, s := range held {
			at := slices.IndexFunc(all, func(o source) bool { return o.name == s.name })
			if gap := at - last; gap > (c.images+c.held-1)/c.held {
				t.Errorf("%v: none held between %d and %d", c, last, at)
			}
			last = at
			if slices.ContainsFunc(rest, func(o source) bool { return o.name == s.name }) {
				t.Errorf("%v: %s is held and used", c, s.name)
			}
		}
	}
	in := append(images(20), source{name: "-"})
	if rest, held := (&heldFlags{choose: 16}).split(in); len(rest) != 21 || held != nil {
		t.Errorf("%d held of standard input", len(held))
	}
}
