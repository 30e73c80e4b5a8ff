package peak

import (
	"testing"

	"github.com/gneiss-go/gneiss/arch"
	"github.com/gneiss-go/gneiss/kernels"
)

func TestMeasure(t *testing.T) {
	r := Measure(1)
	if testing.Verbose() {
		r.MeasureMemory()
		t.Logf("%v", &r)
	}
	if got := len(r.Rates); got < 1 {
		t.Fatalf("%d rates", got)
	}
	for _, x := range r.Rates {
		if x.GMACs <= 0 {
			t.Errorf("%s: %v GMAC/s", x.Name, x.GMACs)
		}
	}
	generic, best := r.For(kernels.F32, arch.Generic), r.For(kernels.F32, arch.Best())
	if generic <= 0 || best < generic {
		t.Errorf("f32: generic %v, best %v GMAC/s", generic, best)
	}
	for _, b := range r.Read {
		if b.GBs <= 0 {
			t.Errorf("%s: %v GB/s", b.Level, b.GBs)
		}
	}
}
