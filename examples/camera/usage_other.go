//go:build !unix

package main

import "time"

func cpuTime() (time.Duration, bool) { return 0, false }

func residentBytes() int64 { return 0 }
