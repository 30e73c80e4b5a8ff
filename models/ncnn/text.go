package ncnn

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/gneiss-go/gneiss/runtime"
)

// Magic is the number that a .param begins with: in decimal digits, or in four bytes where it is a .param.bin.
const Magic = 7767517

// Is reports whether a file that begins so is a .param.
func Is(head []byte) bool {
	first, _, _ := strings.Cut(strings.TrimLeft(string(head[:min(len(head), 64)]), " \t\r\n"), "\n")
	return strings.TrimSpace(first) == strconv.Itoa(Magic)
}

// IsBinary reports whether a file that begins so is a .param.bin, whose layers and blobs have no names.
func IsBinary(head []byte) bool { return len(head) >= 4 && binary.LittleEndian.Uint32(head) == Magic }

// layer is a line of a .param.
type layer struct {
	typ, name string
	in, out   []string // blobs
	params    map[int]param
}

// param is what stands behind an id, as it is written.
type param struct {
	array bool
	words []string
}

// Bounds of what a line says.
const (
	maxBlobs = 1 << 12 // of a layer
	maxWords = 1 << 12 // of an array
	maxID    = 1 << 8
)

// parse reads a .param.
func parse(text []byte, maxLayers int) ([]*layer, error) {
	switch {
	case IsBinary(text):
		return nil, fmt.Errorf("a binary .param.bin, which has no names; give the .param of text: %w", runtime.ErrCorrupt)
	case !Is(text):
		return nil, fmt.Errorf("its first line is not %d, the mark of ncnn's .param since 2017: %w", Magic,
			runtime.ErrCorrupt)
	}
	var layers []*layer
	want, seen := -1, 0 // layers; lines that are not empty
	for i, line := range strings.Split(string(text), "\n") {
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		fail := func(err error) error { return fmt.Errorf("line %d: %w", i+1, err) }
		switch seen++; seen {
		case 1:
		case 2:
			n, err := count(words[0], maxLayers)
			if err != nil || len(words) != 2 {
				return nil, fail(fmt.Errorf("%q, want the numbers of layers and of blobs: %w", line, orCorrupt(err)))
			}
			want = n
		default:
			if len(layers) == want {
				return nil, fail(fmt.Errorf("more than the %d layers that line 2 announces: %w", want, runtime.ErrCorrupt))
			}
			l, err := parseLayer(words)
			if err != nil {
				return nil, fail(err)
			}
			layers = append(layers, l)
		}
	}
	if len(layers) != want || want < 1 {
		return nil, fmt.Errorf("%d layers, but line 2 announces %d; is the file cut short? %w", len(layers), max(want, 0),
			runtime.ErrCorrupt)
	}
	return layers, nil
}

// orCorrupt is an error, or that of a file that says nothing that is known.
func orCorrupt(err error) error {
	if err == nil {
		return runtime.ErrCorrupt
	}
	return err
}

// count reads a number from 0 to most.
func count(word string, most int) (int, error) {
	n, err := strconv.Atoi(word)
	switch {
	case err != nil || n < 0:
		return 0, fmt.Errorf("%q is no number of things: %w", clip(word), runtime.ErrCorrupt)
	case n > most:
		return 0, fmt.Errorf("%d, at most %d: %w", n, most, runtime.ErrLimit)
	}
	return n, nil
}

// clip shortens a word for an error.
func clip(word string) string {
	if len(word) > 40 {
		return word[:40] + "…"
	}
	return word
}

// parseLayer reads "type name inputs outputs input… output… id=value…".
func parseLayer(words []string) (*layer, error) {
	if len(words) < 4 {
		return nil, fmt.Errorf("%d words, want a type, a name and the numbers of inputs and outputs: %w", len(words),
			runtime.ErrCorrupt)
	}
	l := &layer{typ: words[0], name: words[1], params: map[int]param{}}
	ins, err := count(words[2], maxBlobs)
	if err != nil {
		return nil, err
	}
	outs, err := count(words[3], maxBlobs)
	if err != nil {
		return nil, err
	}
	words = words[4:]
	if len(words) < ins+outs {
		return nil, fmt.Errorf("%d inputs and %d outputs, but %d words: %w", ins, outs, len(words), runtime.ErrCorrupt)
	}
	l.in, l.out = words[:ins:ins], words[ins:ins+outs:ins+outs]
	for _, w := range words[ins+outs:] {
		key, value, ok := strings.Cut(w, "=")
		id, err := strconv.Atoi(key)
		if !ok || err != nil || value == "" {
			return nil, fmt.Errorf("%q is no parameter, id=value: %w", clip(w), runtime.ErrCorrupt)
		}
		p := param{words: []string{value}}
		if id <= -23300 {
			id = -23300 - id
			words := strings.Split(value, ",")
			n, err := count(words[0], maxWords)
			if err != nil || len(words) != n+1 {
				return nil, fmt.Errorf("%q: %d elements: %w", clip(w), len(words)-1, orCorrupt(err))
			}
			p = param{array: true, words: words[1:]}
		}
		if _, twice := l.params[id]; id < 0 || id > maxID || twice {
			return nil, fmt.Errorf("%q: the id is out of range, or given twice: %w", clip(w), runtime.ErrCorrupt)
		}
		l.params[id] = p
	}
	return l, nil
}

// isFloat reports whether a number is written as a real one.
func isFloat(word string) bool { return strings.ContainsAny(word, ".eEnN") }

// reader reads the parameters of a layer; the first error stays.
type reader struct {
	*layer
	err error
}

func (r *reader) fail(id int, format string, args ...any) {
	if r.err == nil {
		r.err = fmt.Errorf("parameter %d: %w", id, fmt.Errorf(format, args...))
	}
}

// single returns the word of a parameter that is no array, "" if there is none.
func (r *reader) single(id int) string {
	p, ok := r.params[id]
	if ok && p.array {
		r.fail(id, "an array, want a number: %w", runtime.ErrCorrupt)
		return ""
	}
	if !ok {
		return ""
	}
	return p.words[0]
}

// int returns a whole number.
func (r *reader) int(id, def int) int {
	word := r.single(id)
	if word == "" {
		return def
	}
	return r.whole(id, word)
}

func (r *reader) whole(id int, word string) int {
	v, err := strconv.ParseInt(word, 10, 32)
	if err != nil {
		r.fail(id, "%q is no whole number: %w", clip(word), runtime.ErrCorrupt)
	}
	return int(v)
}

// bool returns a number that is 0 or 1.
func (r *reader) bool(id int, def int) bool {
	v := r.int(id, def)
	if v != 0 && v != 1 {
		r.fail(id, "%d, want 0 or 1: %w", v, runtime.ErrCorrupt)
	}
	return v == 1
}

// float returns a real number.
func (r *reader) float(id int, def float32) float32 {
	word := r.single(id)
	if word == "" {
		return def
	}
	return r.real(id, word)
}

func (r *reader) real(id int, word string) float32 {
	v, err := strconv.ParseFloat(word, 32)
	if err != nil {
		r.fail(id, "%q is no number: %w", clip(word), runtime.ErrCorrupt)
	}
	if !isFloat(word) && v != 0 { // ncnn takes its bits
		r.fail(id, "%q is a whole number, want a real one, as %s.0: %w", clip(word), clip(word), runtime.ErrCorrupt)
	}
	return float32(v)
}

// ints and floats return an array; nil if there is none.
func (r *reader) ints(id int) []int { return list(r, id, r.whole) }

func (r *reader) floats(id int) []float32 { return list(r, id, r.real) }

func list[T any](r *reader, id int, of func(int, string) T) []T {
	p, ok := r.params[id]
	if !ok {
		return nil
	}
	if !p.array {
		r.fail(id, "a number, want an array: %w", runtime.ErrCorrupt)
		return nil
	}
	out := make([]T, len(p.words))
	for i, w := range p.words {
		out[i] = of(id, w)
	}
	return out
}

// strange returns the ids that are none of those known, sorted.
func (l *layer) strange(known []int) []int {
	var ids []int
	for id := range l.params {
		if !slices.Contains(known, id) {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}
