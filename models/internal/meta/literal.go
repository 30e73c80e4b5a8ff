package meta

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/gneiss-go/gneiss/models/card"
	"github.com/gneiss-go/gneiss/runtime"
)

// Dict is a dictionary of a literal; a key that is a number is written in decimal digits.
type Dict map[string]any

// Bounds on literals, which come from files.
const (
	maxLiteral = 1 << 21
	maxDepth   = 16
	maxValues  = 4 * card.MaxLabels
)

// Parse reads a literal as Python's repr writes it, or JSON: a [Dict], a list or tuple as []any, a string, a float64, a
// bool, or nil. It is all that exporters write: no names, no expressions, no sets.
func Parse(text string) (any, error) {
	if len(text) > maxLiteral {
		return nil, fmt.Errorf("a literal of %d bytes, more than %d: %w", len(text), maxLiteral, runtime.ErrLimit)
	}
	p := &parser{rest: text}
	v, err := p.value(0)
	if p.space(); err == nil && p.rest != "" {
		err = p.wrong("something behind it")
	}
	return v, err
}

type parser struct {
	rest   string
	values int
}

func (p *parser) wrong(what string) error {
	return fmt.Errorf("literal at %.20q: %s: %w", p.rest, what, runtime.ErrCorrupt)
}

func (p *parser) space() { p.rest = strings.TrimLeft(p.rest, " \t\r\n") }

// next takes a character if it is the next.
func (p *parser) next(c byte) bool {
	p.space()
	if p.rest != "" && p.rest[0] == c {
		p.rest = p.rest[1:]
		return true
	}
	return false
}

var words = map[string]any{"True": true, "true": true, "False": false, "false": false, "None": nil, "null": nil}

func (p *parser) value(depth int) (any, error) {
	if p.values++; p.values > maxValues || depth > maxDepth {
		return nil, fmt.Errorf("a literal of more than %d values, or deeper than %d: %w", maxValues, maxDepth,
			runtime.ErrLimit)
	}
	switch {
	case p.next('{'):
		return p.dict(depth)
	case p.next('['):
		return p.list(']', depth)
	case p.next('('):
		return p.list(')', depth)
	case strings.HasPrefix(p.rest, "'") || strings.HasPrefix(p.rest, `"`):
		return p.string()
	}
	n := strings.IndexAny(p.rest, " \t\r\n,:]})")
	if n < 0 {
		n = len(p.rest)
	}
	word := p.rest[:n]
	if v, ok := words[word]; ok {
		p.rest = p.rest[n:]
		return v, nil
	}
	if strings.Trim(word, "0123456789+-.eE") != "" { // Go knows more forms of numbers
		return nil, p.wrong("neither a value nor a number")
	}
	v, err := strconv.ParseFloat(word, 64)
	if err != nil {
		return nil, p.wrong("not a number")
	}
	p.rest = p.rest[n:]
	return v, nil
}

func (p *parser) list(end byte, depth int) (any, error) {
	list := []any{}
	for !p.next(end) {
		v, err := p.value(depth + 1)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
		if !p.next(',') {
			if p.next(end) {
				break
			}
			return nil, p.wrong("a list that does not end")
		}
	}
	return list, nil
}

func (p *parser) dict(depth int) (any, error) {
	d := Dict{}
	for !p.next('}') {
		k, err := p.value(depth + 1)
		if err != nil {
			return nil, err
		}
		key, ok := k.(string)
		if n, number := k.(float64); number && n == float64(int(n)) {
			key, ok = strconv.Itoa(int(n)), true
		}
		if _, twice := d[key]; !ok || twice || !p.next(':') {
			return nil, p.wrong("a dictionary's key")
		}
		if d[key], err = p.value(depth + 1); err != nil {
			return nil, err
		}
		if !p.next(',') {
			if p.next('}') {
				break
			}
			return nil, p.wrong("a dictionary that does not end")
		}
	}
	return d, nil
}

// escapes are those of one character.
var escapes = map[byte]byte{'\\': '\\', '\'': '\'', '"': '"', '/': '/', 'a': '\a', 'b': '\b', 'f': '\f', 'n': '\n',
	'r': '\r', 't': '\t', 'v': '\v'}

// string reads a string in single or double quotes.
func (p *parser) string() (any, error) {
	quote := p.rest[0]
	s := p.rest[1:]
	var b strings.Builder
	for {
		i := strings.IndexAny(s, "\\\n"+string(quote))
		if i < 0 || s[i] == '\n' {
			return nil, p.wrong("a string that does not end")
		}
		b.WriteString(s[:i])
		if s[i] == quote {
			p.rest = s[i+1:]
			return b.String(), nil
		}
		if s = s[i+1:]; s == "" {
			return nil, p.wrong("a string that does not end")
		}
		if c, ok := escapes[s[0]]; ok {
			b.WriteByte(c)
			s = s[1:]
			continue
		}
		r, n := escaped(s)
		if utf16.IsSurrogate(r) && strings.HasPrefix(s[n:], `\u`) { // JSON's way beyond 16 bits
			low, m := escaped(s[n+1:])
			if r = utf16.DecodeRune(r, low); r != utf8.RuneError {
				n += 1 + m
			}
		}
		if n == 0 {
			return nil, p.wrong("an escape in a string")
		}
		b.WriteRune(r)
		s = s[n:]
	}
}

// escaped reads an escape of a character by its number, behind the backslash; n is 0 if it is none.
func escaped(s string) (r rune, n int) {
	digits := map[byte]int{'x': 2, 'u': 4, 'U': 8}[s[0]]
	if digits == 0 || len(s) < 1+digits {
		return 0, 0
	}
	v, err := strconv.ParseUint(s[1:1+digits], 16, 31)
	if err != nil {
		return 0, 0
	}
	return rune(v), 1 + digits
}
