package alike

import (
	"slices"
	"strings"
	"testing"
)

func TestNames(t *testing.T) {
	have := []string{"conv1", "conv1/relu", "Conv2", "pool", "scores", ""}
	for _, c := range []struct {
		want string
		near []string
	}{
		{"conv1/rlu", []string{"conv1/relu", "conv1"}}, {"conv3", []string{"conv1", "Conv2"}},
		{"score", []string{"scores"}}, {"xyzzy!", nil}, {"relu", []string{"conv1/relu"}},
		{"CONV2", []string{"Conv2", "conv1"}}, {strings.Repeat("x", 1000), nil},
	} {
		if got := Names(c.want, have); !slices.Equal(got, c.near) {
			t.Errorf("%s: %q, want %q", c.want, got, c.near)
		}
	}
	if h := Hint("abcdef", []string{"x", "y"}); h != `; there is "x", "y"` {
		t.Errorf("%q", h)
	}
	if h := Hint("abcdef", slices.Repeat([]string{"x"}, 6)); h != "" {
		t.Errorf("%q", h)
	}
}

func TestDistance(t *testing.T) {
	for _, c := range []struct {
		a, b string
		d    int
	}{{"", "", 0}, {"abc", "abc", 0}, {"abc", "abd", 1}, {"abc", "ab", 1}, {"abc", "xabc", 1}, {"kitten", "sitting", 3},
		{"", "abcd", 4}, {"abcdefgh", "", -1}} {
		if d := distance(c.a, c.b, 4); d != c.d {
			t.Errorf("%q and %q: %d, want %d", c.a, c.b, d, c.d)
		}
	}
}
