package runtime

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/gneiss-go/gneiss/arch"
)

// A context that is done ends what takes long; a context that ends while steps are packed does so between two of them.
func TestCompileContext(t *testing.T) {
	g := fileNet(t)
	data := written(t, g)
	done, cancel := context.WithCancel(t.Context())
	cancel()
	for name, f := range map[string]func(ctx context.Context) error{
		"compile": func(ctx context.Context) error { _, err := CompileContext(ctx, g); return err },
		"load":    func(ctx context.Context) error { _, err := Load(data, WithContext(ctx)); return err },
		"tune":    func(ctx context.Context) error { _, err := Tune(ctx, g, 1, nil); return err },
		"pack": func(ctx context.Context) error {
			_, err := encode(g, WithPacked(arch.Best(), WithContext(ctx)))
			return err
		},
	} {
		if err := f(t.Context()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if err := f(done); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v, want %v", name, err, context.Canceled)
		}
	}
	between, cancel := context.WithCancel(t.Context())
	steps := 0
	_, err := CompileContext(between, g, WithChooser(func(string, []Choice) int {
		steps++
		cancel()
		return 0
	}))
	if !errors.Is(err, context.Canceled) || steps != 1 {
		t.Errorf("%v after %d steps, want %v after one", err, steps, context.Canceled)
	}
}

// The search for places in the arena, which is bounded by work and not by time, ends with its context.
func TestPlanMemoryContext(t *testing.T) {
	var bufs []buffer
	for i := range 4000 { // of which no order of placing meets the bound
		bufs = append(bufs, buffer{size: 64 * (1 + i*7919%97), first: i, last: i + 1 + i*31%50})
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if _, _, err := planMemory(ctx.Err, bufs); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v, want %v", err, context.DeadlineExceeded)
	}
}
