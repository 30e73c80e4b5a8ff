package preprocess

import (
	"fmt"
	"strings"

	"github.com/gneiss-go/gneiss/runtime"
)

// word is a value of a few that have names, as String gives them.
type word interface {
	~uint8
	String() string
}

// parse finds the value of a name among the values up to last.
func parse[W word](what, text string, last W) (W, error) {
	var names []string
	for w := range last + 1 {
		if w.String() == text {
			return w, nil
		}
		names = append(names, w.String())
	}
	return 0, fmt.Errorf("%s %.40q is none of %s: %w", what, text, strings.Join(names, ", "), runtime.ErrShape)
}

// name is the inverse of parse.
func name[W word](what string, w, last W) ([]byte, error) {
	if w > last {
		return nil, fmt.Errorf("%s %d has no name: %w", what, uint8(w), runtime.ErrShape)
	}
	return []byte(w.String()), nil
}

// ParseMode is the inverse of [Mode.String].
func ParseMode(text string) (Mode, error) { return parse("fit", text, Letterbox) }

// ParseFilter is the inverse of [Filter.String].
func ParseFilter(text string) (Filter, error) { return parse("filter", text, Antialias) }

// ParseOrder is the inverse of [Order.String].
func ParseOrder(text string) (Order, error) { return parse("order", text, Gray) }

// MarshalText returns the mode's name.
func (m Mode) MarshalText() ([]byte, error) { return name("fit", m, Letterbox) }

// UnmarshalText takes a name.
func (m *Mode) UnmarshalText(text []byte) (err error) {
	*m, err = ParseMode(string(text))
	return err
}

// MarshalText returns the filter's name.
func (f Filter) MarshalText() ([]byte, error) { return name("filter", f, Antialias) }

// UnmarshalText takes a name.
func (f *Filter) UnmarshalText(text []byte) (err error) {
	*f, err = ParseFilter(string(text))
	return err
}

// MarshalText returns the order's name.
func (o Order) MarshalText() ([]byte, error) { return name("order", o, Gray) }

// UnmarshalText takes a name.
func (o *Order) UnmarshalText(text []byte) (err error) {
	*o, err = ParseOrder(string(text))
	return err
}
