package axes

import (
	"errors"
	goruntime "runtime"
	"testing"

	"github.com/gneiss-go/gneiss/runtime"
)

// TestListsAfterLimits asks for results that are too large: they are refused before the lists of their indices, of 64
// MB here, are made.
func TestListsAfterLimits(t *testing.T) {
	const far = 1<<24 - 100
	for name, ask := range map[string]func(b *Builder, x *Tensor) error{
		"pad": func(b *Builder, x *Tensor) error {
			_, err := b.Surround("y", x, []int{0, 0, 0, 0}, []int{0, far, 0, 0}, Edge, 0)
			return err
		},
		"repeat": func(b *Builder, x *Tensor) error {
			_, err := b.Repeat("y", x, []int{1, 1, far / 6, 1})
			return err
		},
		"expand": func(b *Builder, x *Tensor) error {
			_, err := b.Expand("y", x, []int{far, 7, 6, 3})
			return err
		},
	} {
		b := NewBuilder("m", 0, runtime.DefaultLimits)
		x, err := b.Input("x", []int{1, 7, 6, 3}, runtime.AsWritten, nil)
		if err != nil {
			t.Fatal(err)
		}
		var before, after goruntime.MemStats
		goruntime.ReadMemStats(&before)
		err = ask(b, x)
		goruntime.ReadMemStats(&after)
		if took := after.TotalAlloc - before.TotalAlloc; !errors.Is(err, runtime.ErrLimit) || took > 1<<20 {
			t.Errorf("%s: %v, %d bytes", name, err, took)
		}
	}
}
