package card

import (
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/gneiss-go/gneiss/models/preprocess"
	"github.com/gneiss-go/gneiss/runtime"
)

// Limits of a card.
const (
	MaxBytes   = 1 << 20 // of the encoded card, as runtime.DefaultLimits has it
	MaxLabels  = 1 << 16 // and classes
	MaxString  = 1 << 10 // bytes of a label, and of every string but the note
	MaxNote    = 1 << 14 // bytes of the note
	MaxMaps    = 16      // strides, and lists of anchors
	MaxAnchors = 64      // of a map
	MaxPixels  = 1 << 15 // of a stride and an anchor
	MaxPoints  = 1 << 10 // key points
)

// ErrInvalid says that a card has a field that means nothing.
var ErrInvalid = errors.New("invalid card")

// FieldError says which field of a card is at fault and why: a reason that wraps [ErrInvalid] or [runtime.ErrLimit].
type FieldError struct {
	Field string // as in the JSON, such as head.anchors[1][0].width
	Err   error
}

func (e *FieldError) Error() string { return fmt.Sprintf("card: %s: %v", e.Field, e.Err) }
func (e *FieldError) Unwrap() error { return e.Err }

// checker notes the first fault.
type checker struct{ err error }

func (k *checker) fail(field string, kind error, format string, args ...any) {
	if k.err == nil {
		k.err = &FieldError{field, fmt.Errorf(format+": %w", append(args, kind)...)}
	}
}

// Check reports what is wrong with a card, as a [*FieldError].
func (c *Card) Check() error {
	var k checker
	if c.Task != "" && !slices.Contains(Tasks, c.Task) {
		k.fail("task", ErrInvalid, "%.40q is none of %v", c.Task, Tasks)
	}
	if k.count("labels", len(c.Labels), MaxLabels); k.err != nil {
		return k.err
	}
	for i, l := range c.Labels {
		if why, kind := textFault(l, MaxString, ""); kind != nil {
			k.fail(fmt.Sprintf("labels[%d]", i), kind, "%s", why)
		}
	}
	if c.Input != nil {
		k.input(c.Input)
	} else if c.Guessed {
		k.fail("guessed", ErrInvalid, "there is no input that could be guessed")
	}
	if c.Head != nil {
		k.head(c.Head, len(c.Labels))
	}
	o := &c.Origin
	k.text("origin.file", o.File, MaxString, "")
	if strings.ContainsAny(o.File, `/\`) {
		k.fail("origin.file", ErrInvalid, "%.80q has a folder", o.File)
	}
	if b, err := hex.DecodeString(o.SHA256); o.SHA256 != "" && (err != nil || len(b) != 32 ||
		o.SHA256 != strings.ToLower(o.SHA256)) {
		k.fail("origin.sha256", ErrInvalid, "%.80q is not 64 hexadecimal digits in lower case", o.SHA256)
	}
	k.text("origin.author", o.Author, MaxString, "")
	k.text("origin.licence", o.Licence, MaxString, "")
	k.text("origin.source", o.Source, MaxString, "")
	k.text("note", c.Note, MaxNote, "\n\t")
	return k.err
}

func (k *checker) count(field string, n, most int) {
	if n > most {
		k.fail(field, runtime.ErrLimit, "%d of them, more than %d", n, most)
	}
}

// text wants what can be printed, lest a terminal take it for orders.
func (k *checker) text(field, s string, most int, allowed string) {
	if why, kind := textFault(s, most, allowed); kind != nil {
		k.fail(field, kind, "%s", why)
	}
}

// textFault says what is wrong with a string; nothing if kind is nil.
func textFault(s string, most int, allowed string) (why string, kind error) {
	if len(s) > most {
		return fmt.Sprintf("%d bytes, more than %d", len(s), most), runtime.ErrLimit
	}
	if !utf8.ValidString(s) {
		return fmt.Sprintf("%.80q is not UTF-8", s), ErrInvalid
	}
	for _, r := range s {
		if hidden(r) && !strings.ContainsRune(allowed, r) {
			return fmt.Sprintf("%.80q has control characters", s), ErrInvalid
		}
	}
	return "", nil
}

// hidden reports whether a character is one that has an effect in place of a shape: control characters, and what turns
// the direction of what follows.
func hidden(r rune) bool {
	return unicode.IsControl(r) || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069
}

// number wants lo ≤ v ≤ hi, which no NaN is.
func (k *checker) number(field string, v, lo, hi float32) {
	if !(v >= lo && v <= hi) {
		k.fail(field, ErrInvalid, "%v, want %v to %v", v, lo, hi)
	}
}

func (k *checker) input(s *preprocess.Spec) {
	if err := s.Check(); err != nil && k.err == nil {
		k.err = &FieldError{"input", fmt.Errorf("%w: %w", err, ErrInvalid)}
	}
	for i := range s.Mean { // each by itself: the sum of two that are finite may be none
		for _, v := range []float32{s.Mean[i], s.Scale[i]} {
			if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) {
				k.fail("input", ErrInvalid, "mean %v, scale %v", s.Mean, s.Scale)
			}
		}
	}
}

func (k *checker) head(h *Head, labels int) {
	if h.Kind == "" {
		k.fail("head.kind", ErrInvalid, "it is missing")
	} else if len(h.Kind) > 64 || strings.Trim(h.Kind, "abcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
		k.fail("head.kind", ErrInvalid, "%.80q is not a word of lower-case letters, digits and hyphens", h.Kind)
	}
	k.count("head.strides", len(h.Strides), MaxMaps)
	for i, s := range h.Strides {
		if s < 1 || s > MaxPixels {
			k.fail(fmt.Sprintf("head.strides[%d]", i), ErrInvalid, "%d, want 1 to %d", s, MaxPixels)
		}
	}
	k.count("head.anchors", len(h.Anchors), MaxMaps)
	if n, m := len(h.Strides), len(h.Anchors); n > 0 && m > 0 && n != m {
		k.fail("head.anchors", ErrInvalid, "of %d maps, but there are %d strides", m, n)
	}
	for i, of := range h.Anchors {
		if at := fmt.Sprintf("head.anchors[%d]", i); len(of) == 0 {
			k.fail(at, ErrInvalid, "there are none")
		} else if k.count(at, len(of), MaxAnchors); k.err != nil {
			return
		}
		for j, a := range of {
			at := fmt.Sprintf("head.anchors[%d][%d]", i, j)
			k.number(at+".width", a.Width, math.SmallestNonzeroFloat32, MaxPixels)
			k.number(at+".height", a.Height, math.SmallestNonzeroFloat32, MaxPixels)
		}
	}
	if n := len(h.Variances); n != 0 && n != 4 {
		k.fail("head.variances", ErrInvalid, "%d of them, want 4", n)
	}
	for i, v := range h.Variances {
		k.number(fmt.Sprintf("head.variances[%d]", i), v, math.SmallestNonzeroFloat32, 1e6)
	}
	k.number("head.threshold", h.Threshold, 0, 1)
	k.number("head.overlap", h.Overlap, 0, 1)
	if h.Points < 0 || h.Points > MaxPoints {
		k.fail("head.points", ErrInvalid, "%d, want 0 to %d", h.Points, MaxPoints)
	}
	if h.Classes < 0 || h.Classes > MaxLabels {
		k.fail("head.classes", ErrInvalid, "%d, want 0 to %d", h.Classes, MaxLabels)
	} else if h.Classes > 0 && labels > 0 && h.Classes != labels {
		k.fail("head.classes", ErrInvalid, "%d, but there are %d labels", h.Classes, labels)
	}
}

// Clean makes a string of another format fit a card: what is no text becomes spaces, and what is beyond most bytes is
// cut off. Lines stay apart if there may be several.
func Clean(s string, most int, lines bool) string {
	if len(s) > 4*most {
		s = s[:4*most]
	}
	s = strings.Map(func(r rune) rune {
		if hidden(r) && !(lines && (r == '\n' || r == '\t')) || r == utf8.RuneError {
			return ' '
		}
		return r
	}, strings.ReplaceAll(s, "\r\n", "\n"))
	if len(s) > most {
		const dots = "…"
		cut := most - len(dots)
		for !utf8.RuneStart(s[cut]) {
			cut--
		}
		s = s[:cut] + dots
	}
	return strings.TrimSpace(s)
}
