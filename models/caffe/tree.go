package caffe

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/gneiss-go/gneiss/runtime"
)

// message is a parsed protocol-buffer message, from text or from binary: its fields in order, by name. Layers are
// read from it without regard to where it came from.
type message struct {
	fields []field
	blobs  []blob // of a binary layer
}

type field struct {
	name string
	val  value
}

// value is a scalar or a message. Numbers and enumerators of text stay text until someone wants them.
type value struct {
	kind kind
	s    string // str and word
	i    int64
	f    float32
	msg  *message
}

type kind uint8

const (
	word    kind = iota // number, boolean or enumerator of a text
	str                 // quoted string, or string field
	integer             // from binary
	float               // from binary
	group               // message
	unread              // of no interest, or of unknown meaning
)

func (v value) String() string {
	switch v.kind {
	case integer:
		return strconv.FormatInt(v.i, 10)
	case float:
		return strconv.FormatFloat(float64(v.f), 'g', -1, 32)
	case group, unread:
		return "{…}"
	}
	return v.s
}

// last returns the last field of that name; a message's later scalar replaces an earlier one.
func (m *message) last(name string) (value, bool) {
	if m != nil {
		for i := len(m.fields) - 1; i >= 0; i-- {
			if m.fields[i].name == name {
				return m.fields[i].val, true
			}
		}
	}
	return value{}, false
}

// all returns all fields of that name.
func (m *message) all(name string) []value {
	var vs []value
	if m != nil {
		for _, f := range m.fields {
			if f.name == name {
				vs = append(vs, f.val)
			}
		}
	}
	return vs
}

// sub returns the message of that name, or nil, which behaves as an empty one.
func (m *message) sub(name string) *message {
	v, _ := m.last(name)
	return v.msg
}

// subs returns all messages of that name.
func (m *message) subs(name string) []*message {
	var ms []*message
	for _, v := range m.all(name) {
		if v.msg != nil {
			ms = append(ms, v.msg)
		}
	}
	return ms
}

// str returns a string or enumerator field.
func (m *message) str(name, def string) string {
	if v, ok := m.last(name); ok {
		return v.String()
	}
	return def
}

// strs returns all strings of that name.
func (m *message) strs(name string) []string {
	var ss []string
	for _, v := range m.all(name) {
		ss = append(ss, v.String())
	}
	return ss
}

// maxInt bounds every integer of a network description, so that sums of a few cannot overflow.
const maxInt = math.MaxInt32

func (v value) int(name string) (int, error) {
	i := v.i
	if v.kind != integer {
		var err error
		if i, err = strconv.ParseInt(v.s, 0, 64); v.kind != word || err != nil {
			return 0, fmt.Errorf("%s: %q is no integer: %w", name, v, runtime.ErrCorrupt)
		}
	}
	if i < -maxInt || i > maxInt {
		return 0, fmt.Errorf("%s: %d is out of range: %w", name, i, runtime.ErrCorrupt)
	}
	return int(i), nil
}

func (v value) float(name string) (float32, error) {
	switch v.kind {
	case float:
		return v.f, nil
	case integer:
		return float32(v.i), nil
	case word:
		for _, s := range []string{v.s, strings.TrimRight(v.s, "fF")} { // C's suffix is allowed
			if f, err := strconv.ParseFloat(s, 32); err == nil {
				return float32(f), nil
			}
		}
	}
	return 0, fmt.Errorf("%s: %q is no number: %w", name, v, runtime.ErrCorrupt)
}

// reader reads fields of a message and remembers the first error, so that a layer's parameters are read in a row.
type reader struct {
	*message
	err error
}

func (r *reader) fail(err error) {
	if r.err == nil {
		r.err = err
	}
}

// strange fails if a message of parameters has a field that its schema does not know: it may change what the layer
// computes.
func (r *reader) strange(name string) {
	if r.message == nil {
		return
	}
next:
	for _, f := range r.fields {
		for _, t := range parameters[name] {
			if t.name == f.name {
				continue next
			}
		}
		r.fail(fmt.Errorf("%s has %s, whose meaning is not known: %w", name, f.name, runtime.ErrGraph))
		return
	}
}

func (r *reader) has(name string) bool {
	_, ok := r.last(name)
	return ok
}

func (r *reader) int(name string, def int) int {
	v, ok := r.last(name)
	if !ok {
		return def
	}
	i, err := v.int(name)
	if err != nil {
		r.fail(err)
	}
	return i
}

// size is int for a field that may not be negative.
func (r *reader) size(name string, def int) int {
	i := r.int(name, def)
	if i < 0 {
		r.fail(fmt.Errorf("%s: %d is negative: %w", name, i, runtime.ErrCorrupt))
		return def
	}
	return i
}

func (r *reader) sizes(name string) []int {
	vs := r.all(name)
	is := make([]int, len(vs))
	for i, v := range vs {
		n, err := v.int(name)
		if err == nil && n < 0 {
			err = fmt.Errorf("%s: %d is negative: %w", name, n, runtime.ErrCorrupt)
		}
		if err != nil {
			r.fail(err)
			return nil
		}
		is[i] = n
	}
	return is
}

func (r *reader) float(name string, def float32) float32 {
	v, ok := r.last(name)
	if !ok {
		return def
	}
	f, err := v.float(name)
	if err != nil {
		r.fail(err)
	}
	return f
}

func (r *reader) bool(name string, def bool) bool {
	v, ok := r.last(name)
	if !ok {
		return def
	}
	switch v.String() {
	case "true", "True", "t", "1":
		return true
	case "false", "False", "f", "0":
		return false
	}
	r.fail(fmt.Errorf("%s: %q is neither true nor false: %w", name, v, runtime.ErrCorrupt))
	return def
}
