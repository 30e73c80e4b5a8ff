package quant

import (
	"context"
	"errors"
	"testing"
)

// TestContext: Calibrate and Compare end with their context, before the first input and after any.
func TestContext(t *testing.T) {
	g := inception(t)
	for _, after := range []int{0, 2} {
		for name, call := range map[string]func(ctx context.Context, next Source) error{
			"calibrate": func(ctx context.Context, next Source) error { _, err := Calibrate(ctx, g, next); return err },
			"compare":   func(ctx context.Context, next Source) error { _, err := Compare(ctx, g, g, next); return err },
		} {
			ctx, cancel := context.WithCancel(t.Context())
			all, n := noise(1, 10), 0
			if after == 0 {
				cancel()
			}
			err := call(ctx, func(in []float32) error {
				if n++; n == after {
					cancel()
				}
				return all(in)
			})
			if !errors.Is(err, context.Canceled) || n != after {
				t.Errorf("%s: %v after %d inputs, want %v after %d", name, err, n, context.Canceled, after)
			}
			cancel()
		}
	}
}
