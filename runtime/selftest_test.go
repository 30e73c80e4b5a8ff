package runtime

import (
	"bytes"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/gneiss-go/gneiss/arch"
	"github.com/gneiss-go/gneiss/kernels"
)

// TestSelfTest: this machine is sound, and every kernel that steps are made of is tried.
func TestSelfTest(t *testing.T) {
	r, err := SelfTest(nil)
	if err != nil {
		t.Error(err)
	}
	tried := map[string]bool{}
	for _, c := range r.Checks {
		if c.Problem != "" {
			t.Errorf("%s on %s %v: %s", c.Name, c.ISA, c.Kernels, c.Problem)
		}
		for _, k := range c.Kernels {
			tried[k] = true
		}
	}
	inner := map[kernels.OpKind]bool{ // these work inside others, or before the network
		kernels.OpWino43Input: true, kernels.OpWino43Output: true, kernels.OpWinoGemm: true,
		kernels.OpWino25Output: true, kernels.OpWino34Output: true, kernels.OpWino23Input: true, kernels.OpWino23Output: true,
		kernels.OpWino43Filter: true, kernels.OpWino23Filter: true, kernels.OpWeave: true, kernels.OpFlip: true,
		kernels.OpWords: true, kernels.OpRequantize: true, kernels.OpDepthWeave: true,
		kernels.OpLevels:    true,
		kernels.OpBlendRows: true, kernels.OpLaneDots: true, // of no operation of a graph
	}
	type slot struct {
		op    kernels.OpKind
		dtype kernels.DType
		isa   arch.ISA
	}
	first := map[slot]bool{}
	for _, k := range kernels.Table() {
		s := slot{k.Op, k.DType, k.ISA}
		if first[s] { // a CPU that lacks what the first one needs would take it
			continue
		}
		first[s] = k.Runnable()
		if k.ISA != arch.Generic && k.ISA <= r.ISA && k.Runnable() && !inner[k.Op] && !tried[k.Name] {
			t.Errorf("%s is not tried", k.Name)
		}
	}
	t.Logf("%d checks, %d kernels", len(r.Checks), len(tried))
}

// TestGolden: a plan gives its golden output; with a weight changed it does not, and the self-test says so.
func TestGolden(t *testing.T) {
	data := written(t, fileNet(t), WithGolden(9))
	p, err := Load(data)
	if err != nil {
		t.Fatal(err)
	}
	if r, err := SelfTest(p); err != nil || !r.Golden {
		t.Fatal(err)
	}
	c, _ := parse(data)
	filters := c.find(secFilters, "").data
	for i := range filters[:4000] {
		filters[i] = 1
	}
	if p, err = Load(sealed2(data)); err != nil {
		t.Fatal(err)
	}
	r, err := SelfTest(p)
	if !errors.Is(err, ErrSelfTest) || r.Failed != 1 || !strings.Contains(r.Checks[len(r.Checks)-1].Name, "golden") {
		t.Errorf("%d failed: %v", r.Failed, err)
	}
}

// TestDifference: a wrong byte, a wrong number and a NaN are seen.
func TestDifference(t *testing.T) {
	f := func(v ...float32) []byte { return appendNumbers(nil, v) }
	nan := float32(0)
	nan /= nan
	minus := float32(math.Copysign(0, -1))
	for _, c := range []struct {
		dt        DType
		got, want []byte
		exact, ok bool
	}{
		{U8, []byte{1, 2}, []byte{1, 2}, true, true}, {U8, []byte{1, 3}, []byte{1, 2}, true, false},
		{U8, []byte{1}, []byte{1, 2}, true, false},
		{F32, f(1, 2), f(1, 2.00001), false, true}, {F32, f(1, 2), f(1, 2.00001), true, false},
		{F32, f(1, 2), f(1, 2.1), false, false},
		{F32, f(nan), f(1), false, false}, {F32, f(nan), f(1), true, false}, {F32, f(1), f(nan), true, false},
		{F32, f(nan), f(-nan), true, true},
		{F32, f(minus, 1), f(0, 1), true, true}, {U8, f(minus), f(0), true, false},
	} {
		if got := difference(c.dt, c.got, c.want, c.exact, selfTolerance); (got == "") != c.ok {
			t.Errorf("%v and %v: %q", c.got, c.want, got)
		}
	}
	if !bytes.Equal(f(1), []byte{0, 0, 0x80, 0x3f}) {
		t.Error("numbers are not little-endian")
	}
}
