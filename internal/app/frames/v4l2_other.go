//go:build !linux

package frames

import (
	"errors"
	"time"
)

func OpenCamera(string, string, int, int, float64, time.Duration) (Source, error) {
	return nil, errors.New("cameras are read on Linux only: use --y4m, --pictures or --test-pattern")
}
