package axes

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/gneiss-go/gneiss/models/internal/alike"
	"github.com/gneiss-go/gneiss/runtime"
)

// OpenSizeError is that of an input whose size the model leaves open, and nobody has given.
type OpenSizeError struct {
	Input string
	Dims  []int            // in the model's order, open ones not above 0; nil if not even their number is known
	Names []string         // of the dimensions, "" of those without one; nil if none has any
	Also  []*OpenSizeError // further inputs
}

func (e *OpenSizeError) Error() string {
	return fmt.Sprintf("%s; give it by WithInputDims or WithInputShape", e.Reason())
}

// Reason says what is open, and not how to give it.
func (e *OpenSizeError) Reason() string {
	var b strings.Builder
	if e.Dims == nil {
		fmt.Fprintf(&b, "the model does not say the size of its input %q", e.Input)
	} else {
		fmt.Fprintf(&b, "the model leaves the size of its input %q open, %s", e.Input, e.dims())
	}
	for _, f := range e.Also {
		fmt.Fprintf(&b, "; of %q, %s", f.Input, f.dims())
	}
	return b.String()
}

// dims writes the dimensions, open ones by their names, or as "?".
func (e *OpenSizeError) dims() string {
	if e.Dims == nil {
		return "of any rank"
	}
	return openDims(e.Dims, e.Names)
}

// Unwrap returns [runtime.ErrShape].
func (e *OpenSizeError) Unwrap() error { return runtime.ErrShape }

// openDims writes dimensions, open ones by their names, or as "?".
func openDims(dims []int, names []string) string {
	words := make([]string, len(dims))
	for i, d := range dims {
		words[i] = "?"
		switch {
		case d > 0:
			words[i] = fmt.Sprint(d)
		case i < len(names) && names[i] != "":
			words[i] = names[i]
		}
	}
	return "[" + strings.Join(words, " ") + "]"
}

// Sizes are dimensions that somebody gives to inputs by their names; "" stands for a model's only input.
type Sizes struct {
	dims map[string][]int
	used map[string]bool
	seen []string // inputs that there are
}

// Give gives an input dimensions.
func (s *Sizes) Give(name string, dims []int) {
	if s.dims == nil {
		s.dims, s.used = map[string][]int{}, map[string]bool{}
	}
	s.dims[name] = slices.Clone(dims)
}

// Of returns the dimensions that were given to an input, nil if none were. Those that the model fixes, above 0, must be
// the same; nil fixes nothing, not even their number.
func (s *Sizes) Of(name string, fixed []int) ([]int, error) {
	if len(s.dims) == 0 {
		return nil, nil
	}
	if !slices.Contains(s.seen, name) {
		s.seen = append(s.seen, name)
	}
	key := name
	if _, ok := s.dims[name]; !ok {
		key = ""
	}
	dims, ok := s.dims[key]
	if !ok {
		return nil, nil
	}
	s.used[key] = true
	same := fixed == nil || len(dims) == len(fixed)
	for i, d := range dims {
		if d < 1 {
			return nil, fmt.Errorf("dimensions %v are asked for the input %q: %w", dims, name, runtime.ErrShape)
		}
		same = same && (fixed == nil || fixed[i] <= 0 || fixed[i] == d)
	}
	if !same {
		return nil, fmt.Errorf("dimensions %v are asked for the input %q, but the model fixes %s: %w", dims, name,
			openDims(fixed, nil), runtime.ErrShape)
	}
	return slices.Clone(dims), nil
}

// Named returns the size that was given under a dimension's own name, 0 if none was.
func (s *Sizes) Named(dimension string) int {
	d := s.dims[dimension]
	if dimension == "" || len(d) != 1 || d[0] < 1 {
		return 0
	}
	s.used[dimension] = true
	return d[0]
}

// Heeded is an error if dimensions were given to an input that there is not, or to none of several by name. It is asked
// after [Sizes.Of] for all inputs.
func (s *Sizes) Heeded() error {
	for _, name := range slices.Sorted(maps.Keys(s.dims)) {
		dims := s.dims[name]
		switch {
		case name == "" && len(s.seen) != 1:
			return fmt.Errorf("dimensions %v without a name, but the model has %d inputs, %q: %w", dims, len(s.seen), s.seen,
				runtime.ErrShape)
		case !s.used[name]:
			return fmt.Errorf("the model has no input %q%s: %w", name, alike.Hint(name, s.seen), runtime.ErrShape)
		}
	}
	return nil
}
