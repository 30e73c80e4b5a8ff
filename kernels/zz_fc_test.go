package kernels

import (
	"testing"
	"time"

	"github.com/gneiss-go/gneiss/arch"
)

func TestZZFC(t *testing.T) {
	r := newRand(t)
	flush := make([]byte, 48<<20)
	w := integers[int8](r, 1024*1000, -127, 127)
	sc := make([]float32, 1000)
	for i := range sc { sc[i] = 0.01 }
	x, y := aligned[byte](1024), aligned[float32](1000)
	for _, isa := range []arch.ISA{arch.AVX2, arch.AVX512VNNI} {
		op, err := NewFCU8(1, 1024, 1000, w, nil, sc, 3, isa)
		if err != nil { t.Fatal(err) }
		task := op.Bind([]View{{addr(x), U8, 1, 1, 1, 1024, 1024}}, []View{{addr(y), F32, 1, 1, 1, 1000, 1000}}, nil, 1)
		for _, cold := range []bool{false, true} {
			b, sum := time.Hour, time.Duration(0)
			n := 60
			for range n {
				if cold { for i := 0; i < len(flush); i += 64 { flush[i]++ } }
				t0 := time.Now()
				task.Run(0, 0, task.Units())
				d := time.Since(t0)
				b = min(b, d); sum += d
			}
			t.Logf("%s cold=%v best %v mean %v", op.Kernel(), cold, b, sum/time.Duration(n))
		}
	}
}
