package serve

import (
	"encoding/json"
	"fmt"
	"strconv"
)

// cursor reads JSON that is known to be well formed, in one pass and without copies. encoding/json would read the
// numbers of a tensor several times over. It is bounds-safe on anything: past the end there are zero bytes.
type cursor struct {
	text []byte
	at   int
}

// peek returns the next byte that is not space, or 0 at the end.
func (c *cursor) peek() byte {
	for ; c.at < len(c.text); c.at++ {
		switch b := c.text[c.at]; b {
		case ' ', '\t', '\r', '\n':
		default:
			return b
		}
	}
	return 0
}

// take goes past the next byte if it is b.
func (c *cursor) take(b byte) bool {
	if c.peek() != b {
		return false
	}
	c.at++
	return true
}

// object calls f at the value of each member; f reads it, or it is skipped. null is an object without members.
func (c *cursor) object(what string, f func(key string) error) error {
	if c.skipNull() {
		return nil
	}
	if !c.take('{') {
		return fmt.Errorf("%s is no object", what)
	}
	for c.peek() == '"' {
		key, err := c.string("a name")
		if err != nil {
			return err
		}
		c.take(':')
		start := c.at
		if err := f(key); err != nil {
			return err
		}
		if c.at == start {
			c.skip()
		}
		c.take(',')
	}
	c.take('}')
	return nil
}

// maxList is more elements than any list has here in earnest, those of data apart.
const maxList = 64

// list calls f at each element; f reads it. null is an empty list.
func (c *cursor) list(what string, f func() error) error {
	if c.skipNull() {
		return nil
	}
	if !c.take('[') {
		return fmt.Errorf("%s is no array", what)
	}
	for n := 0; c.peek() != ']' && c.peek() != 0; n++ {
		if n == maxList {
			return fmt.Errorf("%s has more than %d elements", what, maxList)
		}
		if err := f(); err != nil {
			return err
		}
		c.take(',')
	}
	c.take(']')
	return nil
}

// string reads a string.
func (c *cursor) string(what string) (s string, err error) {
	if c.peek() != '"' {
		return "", fmt.Errorf("%s is no string", what)
	}
	return s, json.Unmarshal(c.skip(), &s)
}

// whole reads a whole number.
func (c *cursor) whole(what string) (int, error) {
	c.peek()
	word := c.skip()
	n, err := strconv.Atoi(string(word))
	if err != nil {
		return 0, fmt.Errorf("%.40s in %s is no whole number", word, what)
	}
	return n, nil
}

func (c *cursor) skipNull() bool {
	if c.peek() != 'n' {
		return false
	}
	c.skip()
	return true
}

// skip goes past the next value, whatever it is, and returns its text.
func (c *cursor) skip() []byte {
	c.peek()
	start := c.at
	for depth := 0; c.at < len(c.text); {
		switch c.text[c.at] {
		case '"':
			c.skipString()
			if depth == 0 {
				return c.text[start:c.at]
			}
			continue
		case '[', '{':
			depth++
		case ']', '}':
			if depth--; depth <= 0 {
				if depth == 0 {
					c.at++
				}
				return c.text[start:c.at]
			}
		case ',', ' ', '\t', '\r', '\n':
			if depth == 0 {
				return c.text[start:c.at]
			}
		}
		c.at++
	}
	return c.text[start:]
}

// skipString goes past the string that begins here.
func (c *cursor) skipString() {
	for c.at++; c.at < len(c.text); c.at++ {
		switch c.text[c.at] {
		case '\\':
			c.at++
		case '"':
			c.at++
			return
		}
	}
	c.at = len(c.text)
}

// word goes past the rest of a number and returns its text.
func (c *cursor) word() []byte {
	start := c.at
	for c.at < len(c.text) {
		switch c.text[c.at] {
		case ',', ']', ' ', '\t', '\r', '\n':
			return c.text[start:c.at]
		}
		c.at++
	}
	return c.text[start:]
}
