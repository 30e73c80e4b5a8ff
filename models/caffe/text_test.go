package caffe

import "testing"

// TestText covers the grammar of the text format.
func TestText(t *testing.T) {
	_, err := parseText([]byte("\ufeff# a comment\n" +
		"a: 1, b: -2; c: 0x10 d: .5e-2 e: 1.f f: -inf g: true\n" +
		`s: "it's" ' "one"' s2: 'a\n\x41\101\"\\' ` + "\n" +
		"list: [1, 2, 3] list: 4 empty: [] msgs [ { x: 1 }, { x: 2 } ] bad_colon: { y: 5 } angle < z: 6 > [some.extension/x]: 7 # end"))
	if err == nil {
		t.Fatal("a list of messages without a colon was accepted")
	}
	m, err := parseText([]byte("\ufeff# a comment\n" +
		"a: 1, b: -2; c: 0x10 d: .5e-2 e: 1.f f: -inf g: true\n" +
		`s: "it's" ' "one"' s2: 'a\n\x41\101\"\\' ` + "\n" +
		"list: [1, 2, 3] list: 4 empty: [] msgs: [ { x: 1 }, { x: 2 } ] colon: { y: 5 } angle < z: 6 > [some.extension/x]: 7 # end"))
	if err != nil {
		t.Fatal(err)
	}
	r := reader{message: m}
	ints := map[string]int{"a": 1, "b": -2, "c": 16}
	for name, want := range ints {
		if got := r.int(name, 0); got != want {
			t.Errorf("%s is %d, want %d", name, got, want)
		}
	}
	if d, e := r.float("d", 0), r.float("e", 0); d != 0.005 || e != 1 {
		t.Errorf("d and e are %v and %v", d, e)
	}
	if f := r.float("f", 0); f >= 0 || !r.bool("g", false) {
		t.Errorf("f is %v", f)
	}
	if s, s2 := r.str("s", ""), r.str("s2", ""); s != `it's "one"` || s2 != "a\nAA\"\\" {
		t.Errorf("strings %q and %q", s, s2)
	}
	if l := r.sizes("list"); len(l) != 4 || l[3] != 4 || len(m.subs("msgs")) != 2 || len(m.all("empty")) != 0 {
		t.Errorf("lists %v, %v", l, m.subs("msgs"))
	}
	y, z := reader{message: m.sub("colon")}, reader{message: m.sub("angle")}
	if y.int("y", 0) != 5 || z.int("z", 0) != 6 || r.err != nil {
		t.Errorf("messages %v %v, %v", y.message, z.message, r.err)
	}
}
