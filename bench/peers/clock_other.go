//go:build !linux

package main

import (
	"errors"
	"time"
)

func processor() (time.Duration, error) {
	return 0, errors.New("--clock cpu: the time of processors is not read on this system")
}
