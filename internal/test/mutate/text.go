package mutate

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

var tokens = regexp.MustCompile(`"[^"]*"|[A-Za-z_][A-Za-z_0-9]*|[-+.0-9][-+.0-9eE]*|[{}\[\]<>:,;]|\s+|.`)

// text changes tokens: numbers for others, words and strings for those elsewhere in the file, and blocks are taken out
// or repeated.
func (m *Mutator) text(file []byte, changes int) []byte {
	all := tokens.FindAllString(string(file), -1)
	for range changes {
		if len(all) == 0 {
			return nil
		}
		at := m.r.IntN(len(all))
		for range 8 {
			if strings.TrimSpace(all[at]) != "" {
				break
			}
			at = m.r.IntN(len(all))
		}
		switch c := all[at][0]; {
		case c == '{' && m.r.IntN(2) == 0:
			if end := closing(all, at); end < len(all) {
				if block := slices.Clone(all[at : end+1]); m.r.IntN(2) == 0 {
					all = slices.Delete(all, at, end+1)
				} else {
					all = slices.Insert(all, end+1, append([]string{" layer "}, block...)...)
				}
			}
		case c >= '0' && c <= '9' || c == '-' || c == '.':
			if all[at] = fmt.Sprint(m.interesting()); m.r.IntN(4) == 0 {
				all[at] = fmt.Sprint(m.float())
			}
		case c == '"' || c >= 'A':
			if from := all[m.r.IntN(len(all))]; from[0] == c || m.r.IntN(4) == 0 {
				all[at] = from
			}
		case m.r.IntN(2) == 0:
			all = slices.Delete(all, at, at+1)
		default:
			all = slices.Insert(all, at, all[m.r.IntN(len(all))])
		}
	}
	return []byte(strings.Join(all, ""))
}

// closing is the token that closes the block that opens at a token.
func closing(all []string, at int) int {
	depth := 0
	for ; at < len(all); at++ {
		switch all[at] {
		case "{":
			depth++
		case "}":
			if depth--; depth == 0 {
				return at
			}
		}
	}
	return at
}

// param changes the words of a .param, or bytes of the .bin behind it.
func (m *Mutator) param(file []byte, changes int) []byte {
	text, weights, ok := bytes.Cut(file, []byte{0})
	if !ok {
		return nil
	}
	if m.r.IntN(4) == 0 {
		weights = m.bytes(bytes.Clone(weights))
	} else if text = m.text(text, changes); text == nil {
		return nil
	}
	return slices.Concat(text, []byte{0}, weights)
}
