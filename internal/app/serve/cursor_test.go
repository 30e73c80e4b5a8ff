package serve

import (
	"bytes"
	"encoding/json"
	"testing"
)

// FuzzCursor: skip finds the same values as encoding/json, and on text that is no JSON it ends, inside the text.
func FuzzCursor(f *testing.F) {
	for _, s := range []string{`null`, ` -1.5e7 `, `"a\"]\\"`, `[1,[2,"]"],{}]`, `{"a":{"b":[]},"c":"}"}`, `"\`, `[`, `]`,
		``, `"\u00e9"`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		c := &cursor{text: text}
		got := c.skip()
		if c.at > len(text) {
			t.Fatalf("at %d of %d", c.at, len(text))
		}
		if json.Valid(text) {
			if want := bytes.Trim(text, " \t\r\n"); !bytes.Equal(got, want) {
				t.Fatalf("skipped %q, want %q", got, want)
			}
			if c.peek() != 0 {
				t.Fatalf("%q is left", text[c.at:])
			}
		}
		var want []json.RawMessage
		if json.Unmarshal(text, &want) != nil || len(want) > maxList {
			return
		}
		c, n := &cursor{text: text}, 0
		err := c.list("it", func() error {
			if v := c.skip(); !bytes.Equal(v, want[n]) {
				t.Fatalf("element %d is %q, want %q", n, v, want[n])
			}
			n++
			return nil
		})
		if err != nil || n != len(want) {
			t.Fatalf("%d elements of %d: %v", n, len(want), err)
		}
	})
}
