package caffe

import (
	"fmt"
	"strings"

	"github.com/gneiss-go/gneiss/runtime"
)

// Bounds on a prototxt. ResNet-152's has 150 KB and 12,000 fields.
const (
	maxText   = 8 << 20
	maxDepth  = 32
	maxFields = 1 << 18
)

// parseText parses a message in protocol-buffer text format:
//
//	message = { field [ "," | ";" ] }
//	field   = name ":" scalar | name ":" "[" scalar, … "]" | name [ ":" ] "{" message "}" | name [ ":" ] "<" message ">"
//	scalar  = string { string } | number | identifier
func parseText(src []byte) (*message, error) {
	if len(src) > maxText {
		return nil, fmt.Errorf("a prototxt of %d bytes, at most %d are read: %w", len(src), maxText, runtime.ErrLimit)
	}
	p := &textParser{src: string(src), line: 1}
	p.src = strings.TrimPrefix(p.src, "\ufeff")
	p.next()
	m := p.message("", 0)
	return m, p.err
}

// textParser is one token ahead. After an error every token is the end of the text.
type textParser struct {
	src    string
	pos    int
	line   int
	tok    string // "" at the end
	quoted bool   // tok is the content of a string
	fields int
	err    error
}

func (p *textParser) fail(format string, args ...any) {
	if p.err == nil {
		p.err = fmt.Errorf("line %d: %s: %w", p.line, fmt.Sprintf(format, args...), runtime.ErrCorrupt)
	}
	p.tok, p.quoted, p.pos = "", false, len(p.src)
}

// is reports whether the next token is that punctuation or word.
func (p *textParser) is(tok string) bool { return !p.quoted && p.tok == tok }

func (p *textParser) accept(tok string) bool {
	if !p.is(tok) {
		return false
	}
	p.next()
	return true
}

func (p *textParser) message(end string, depth int) *message {
	m := &message{}
	if depth > maxDepth {
		p.fail("messages nested more than %d deep", maxDepth)
	}
	for !p.is(end) && p.err == nil {
		if p.is("") {
			p.fail("the text ends where %q is missing", end)
			break
		}
		name := p.tok
		if p.quoted || !isWord(name[0]) && name != "[" {
			p.fail("found %q where a field's name should be", name)
			break
		}
		p.next()
		if name == "[" { // an extension: its name in brackets
			for !p.is("]") && !p.is("") {
				p.next()
			}
			p.accept("]")
		}
		colon := p.accept(":")
		switch {
		case p.accept("{"):
			p.add(m, name, value{kind: group, msg: p.message("}", depth+1)})
			p.accept("}")
		case p.accept("<"):
			p.add(m, name, value{kind: group, msg: p.message(">", depth+1)})
			p.accept(">")
		case !colon:
			p.fail("%q is followed by neither a colon nor a brace", name)
		case p.accept("["):
			for !p.is("]") && p.err == nil {
				if p.accept("{") {
					p.add(m, name, value{kind: group, msg: p.message("}", depth+1)})
					p.accept("}")
				} else {
					p.add(m, name, p.scalar(name))
				}
				if !p.accept(",") && !p.is("]") {
					p.fail("found %q in the list of %s", p.tok, name)
				}
			}
			p.accept("]")
		default:
			p.add(m, name, p.scalar(name))
		}
		if !p.accept(",") {
			p.accept(";")
		}
	}
	return m
}

func (p *textParser) add(m *message, name string, v value) {
	if p.fields++; p.fields > maxFields {
		p.fail("more than %d fields", maxFields)
	}
	m.fields = append(m.fields, field{name, v})
}

func (p *textParser) scalar(name string) value {
	if p.quoted {
		var b strings.Builder
		for ; p.quoted; p.next() { // adjacent strings are one
			b.WriteString(p.tok)
		}
		return value{kind: str, s: b.String()}
	}
	s := p.tok
	if p.accept("-") {
		s += p.tok
	}
	if s == "" || s == "-" || !isWord(s[len(s)-1]) && s[len(s)-1] != '.' {
		p.fail("%s has no value", name)
		return value{}
	}
	p.next()
	return value{kind: word, s: s}
}

func isWord(c byte) bool {
	return c == '_' || '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z'
}

// next reads the next token.
func (p *textParser) next() {
	p.tok, p.quoted = "", false
	for p.pos < len(p.src) {
		switch c := p.src[p.pos]; {
		case c == '\n':
			p.line++
			p.pos++
		case c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f':
			p.pos++
		case c == '#':
			if i := strings.IndexByte(p.src[p.pos:], '\n'); i >= 0 {
				p.pos += i
			} else {
				p.pos = len(p.src)
			}
		case c == '"' || c == '\'':
			p.quote(c)
			return
		case isWord(c) || c == '.':
			start := p.pos
			for p.pos < len(p.src) && (isWord(p.src[p.pos]) || p.src[p.pos] == '.' || p.sign(start)) {
				p.pos++
			}
			p.tok = p.src[start:p.pos]
			return
		case strings.IndexByte("{}<>[]:,;-/", c) >= 0:
			p.tok = p.src[p.pos : p.pos+1]
			p.pos++
			return
		default:
			p.fail("unexpected character %q", c)
			return
		}
	}
}

// sign reports whether the byte at pos is the sign of a number's exponent.
func (p *textParser) sign(start int) bool {
	if c := p.src[p.pos]; c != '+' && c != '-' {
		return false
	}
	num := p.src[start:p.pos]
	return num != "" && num[len(num)-1]|0x20 == 'e' && (num[0] == '.' || '0' <= num[0] && num[0] <= '9') &&
		!strings.HasPrefix(num, "0x")
}

// quote reads a string and its escapes.
func (p *textParser) quote(q byte) {
	var b strings.Builder
	for p.pos++; p.pos < len(p.src); p.pos++ {
		switch c := p.src[p.pos]; c {
		case q:
			p.pos++
			p.tok, p.quoted = b.String(), true
			return
		case '\n':
			p.fail("a string does not end on its line")
			return
		case '\\':
			if p.pos++; p.pos < len(p.src) {
				b.WriteByte(p.escape())
			}
		default:
			b.WriteByte(c)
		}
	}
	p.fail("a string does not end")
}

// escape reads an escape after its backslash and leaves pos on its last byte.
func (p *textParser) escape() byte {
	c := p.src[p.pos]
	if i := strings.IndexByte("abfnrtv", c); i >= 0 {
		return "\a\b\f\n\r\t\v"[i]
	}
	base, digits := 8, 3
	if c == 'x' || c == 'X' {
		base, digits = 16, 2
		p.pos++
	} else if c < '0' || c > '7' {
		return c
	}
	v, i := 0, 0
	for ; i < digits && p.pos+i < len(p.src); i++ {
		d := strings.IndexByte("0123456789abcdef", p.src[p.pos+i]|0x20)
		if p.src[p.pos+i] < '0' || d < 0 || d >= base {
			break
		}
		v = v*base + d
	}
	p.pos += i - 1
	return byte(v)
}
