//go:build !(amd64 || arm64 || arm) || !gc || purego || noasm

package peak

import "unsafe"

const clockCycles = 1

var loops []loop

func halfLoop() (run func(int), macs int) { return nil, 0 }

func runClock() func(int) { return nil }

func reader() func(unsafe.Pointer, int) { return readGeneric }
