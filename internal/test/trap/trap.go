// Package trap runs a program that uses instructions which this CPU lacks: AMX for int8 and the dot products of
// AVX-VNNI, VPDPBUSD and VPDPWSSD in their VEX form. The program is traced; where it is stopped for an illegal
// instruction, that is decoded, done on the program's registers and memory, and skipped. So kernels are tested on
// machines that cannot run them. It is slow, some microseconds an instruction, and says nothing of speed. Where the CPU
// has the instructions nothing traps, and it decides itself.
package trap

import "errors"

// ErrUnsupported is returned where programs cannot be traced: another system than Linux on amd64, or a sandbox.
var ErrUnsupported = errors.New("programs cannot be traced here")

// Counts says how often each instruction was emulated.
type Counts map[Op]int
