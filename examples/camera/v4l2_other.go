//go:build !linux

package main

import (
	"errors"
	"time"
)

func openCamera(string, string, int, int, float64, time.Duration) (source, error) {
	return nil, errors.New("cameras are read on Linux only: use --y4m, --pictures or --test-pattern")
}
