package runtime

import (
	"bytes"
	"cmp"
	"errors"
	goruntime "runtime"
	"slices"
	"strings"
	"testing"

	"github.com/gneiss-go/gneiss/arch"
	"github.com/gneiss-go/gneiss/kernels"
)

// packedPieces returns what a file has packed for a target, by step.
func packedPieces(t *testing.T, data []byte, target string) map[string][][]byte {
	t.Helper()
	c, err := parse(data)
	if err != nil {
		t.Fatal(err)
	}
	s := c.find(secPacked, target)
	if s == nil {
		t.Fatalf("nothing packed for %s", target)
	}
	_, steps, err := readPacked(s.data)
	if err != nil {
		t.Fatal(err)
	}
	return steps
}

// mixed reports whether this machine has kernels for a tier that the tier does not promise.
func mixed(isa arch.ISA) bool {
	for _, low := range arch.Supported() {
		in := isa
		for in > low {
			in = in.Within()
		}
		if low < isa && in != low {
			return true
		}
	}
	return false
}

// What is packed for a target is what the machine packs that it describes: this one, for its own tiers. Run on a
// machine of each architecture, emulated or not, it proves that all write the same, for packing is the same code.
func TestTargetIsThisMachine(t *testing.T) {
	if !slices.ContainsFunc(kernels.Table(), func(k kernels.Kernel) bool { return !k.Portable() }) {
		t.Skip("this build has portable kernels alone, and packs for those")
	}
	best, err := arch.Default()
	if err != nil {
		t.Fatal(err)
	}
	for name, g := range map[string]*Graph{"int8": fileNet(t), "all": everything(t), "half": toHalf(t, halfNet(t))} {
		for _, isa := range arch.Supported() {
			target, err := ParseTarget(Target(isa))
			if err != nil || target.GOARCH() != goruntime.GOARCH || target.Tier() != isa || target == isa {
				t.Fatalf("%s is read as %v: %v", Target(isa), target, err)
			}
			data := written(t, g, WithPacked(target))
			want := packedPieces(t, written(t, g, WithPacked(isa)), Target(isa))
			got := packedPieces(t, data, Target(isa))
			if !samePieces(got, want) && (isa == best || !mixed(isa)) {
				t.Errorf("%s: packed for %s, this machine and a target differ", name, Target(isa))
			}
			o := newOptions(nil)
			c, err := parse(data)
			if err != nil {
				t.Fatal(err)
			}
			if p, err := c.loadPacked(&o, isa); err != nil || p == nil && (isa == best || !mixed(isa)) {
				t.Errorf("%s: what is packed for %s is left aside: %v", name, Target(isa), err)
			}
		}
	}
}

func samePieces(a, b map[string][][]byte) bool {
	same := len(a) == len(b)
	for name := range a {
		same = same && len(a[name]) == len(b[name])
		for i := 0; same && i < len(a[name]); i++ {
			same = bytes.Equal(a[name][i], b[name][i])
		}
	}
	return same
}

// Any machine packs for the tiers of all; what an architecture has kernels for is packed otherwise than what it has
// not, and a file with all of it loads here.
func TestTargets(t *testing.T) {
	g := fileNet(t)
	var opts []WriteOption
	var names []string
	for i, tier := range arch.Tiers() {
		for goarch := range strings.FieldsSeq(cmp.Or(tier.GOARCH, "amd64 arm64 arm riscv64")) {
			name := goarch + "-" + tier.Name
			isa, err := ParseTarget(name)
			if err != nil || Target(isa) != name || isa.Tier() != arch.ISA(i) || arch.Supports(isa) {
				t.Fatalf("%s is read as %s: %v", name, Target(isa), err)
			}
			opts, names = append(opts, WithPacked(isa)), append(names, name)
			if _, err := encode(everything(t), WithPacked(isa)); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	data := written(t, g, opts...)
	if have, err := Targets(data); err != nil || len(have) != len(names) || len(have) < 10 {
		t.Errorf("packed for %q, want %q: %v", have, names, err)
	}
	if _, err := Load(data); err != nil {
		t.Error(err)
	}
	kinds := []string{"riscv64-generic", "arm-neon", "arm64-neon", "arm64-dotprod", "amd64-avx2"}
	for i, a := range kinds {
		for _, b := range kinds[i+1:] {
			if samePieces(packedPieces(t, data, a), packedPieces(t, data, b)) {
				t.Errorf("%s and %s are packed alike", a, b)
			}
		}
	}
}

func TestTargetErrors(t *testing.T) {
	for _, name := range []string{"", "arm64", "arm64-", "arm64-avx2", "arm-dotprod", "amd64-fast", "zz80-generic",
		"-neon", "s390x-generic", "ARM64-neon"} {
		if isa, err := ParseTarget(name); !errors.Is(err, arch.ErrTarget) {
			t.Errorf("%q is read as %v: %v", name, isa, err)
		}
	}
	for i := range arch.Tiers() {
		if isa := arch.ISA(i); !arch.Supports(isa) {
			if _, err := encode(fileNet(t), WithPacked(isa)); err == nil || !strings.Contains(err.Error(), isa.String()) {
				t.Errorf("%s of this machine: %v", isa, err)
			}
		}
	}
}
