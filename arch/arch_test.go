package arch

import (
	"errors"
	goruntime "runtime"
	"strings"
	"testing"
)

// The rows of the tiers are what selection takes them for.
func TestTiers(t *testing.T) {
	goarchs := map[string]bool{}
	for i, x := range tiers {
		isa := ISA(i)
		if x.Name == "" || x.About == "" || (x.GOARCH == "") != (isa == Generic) {
			t.Errorf("tier %d: %+v is not filled in", i, x)
		}
		if got, err := ParseISA(strings.ToUpper(x.Name) + " "); err != nil || got != isa {
			t.Errorf("%s is parsed as %v, %v", x.Name, got, err)
		}
		if isa == Generic {
			continue
		}
		if x.Within >= isa || x.Adds == 0 || tiers[x.Within].Adds&x.Adds != 0 {
			t.Errorf("%s adds %v to %s", x.Name, x.Adds, x.Within)
		}
		for goarch := range strings.FieldsSeq(x.GOARCH) {
			goarchs[goarch] = true
			if !x.Within.On(goarch) {
				t.Errorf("%s contains %s, which %s has not", x.Name, x.Within, goarch)
			}
		}
		if supports(isa, isa.Requires()) != isa.On(goruntime.GOARCH) || supports(isa, isa.Requires()&^x.Adds) {
			t.Errorf("%s is not offered by exactly what it requires, %v", x.Name, isa.Requires())
		}
	}
	for goarch := range goarchs {
		if !Generic.On(goarch) {
			t.Errorf("%s has no portable tier", goarch)
		}
	}
	if past := ISA(len(tiers)); supports(past, ^Feature(0)) || past.On(goruntime.GOARCH) ||
		!strings.HasPrefix(past.String(), "isa(") {
		t.Errorf("%v is a tier", past)
	}
}

// The environment caps and insists.
func TestChoose(t *testing.T) {
	best := Best()
	for _, c := range []struct {
		limit, require string
		want           ISA
		missing        bool
	}{
		{"", "", best, false},
		{"generic", "", Generic, false},
		{" Generic ", "generic", Generic, false},
		{best.String(), best.String() + ", generic", best, false},
		{"generic", foreign().String(), Generic, true},
		{"", foreign().String(), Generic, true},
	} {
		got, err := choose(c.limit, c.require)
		var missing *MissingError
		if got != c.want || errors.As(err, &missing) != c.missing || !c.missing && err != nil {
			t.Errorf("GNEISS_ISA=%q GNEISS_REQUIRE=%q: %v, %v", c.limit, c.require, got, err)
		}
	}
	for _, c := range [][2]string{{"sse9", ""}, {"", "sse9"}} {
		if _, err := choose(c[0], c[1]); err == nil || !strings.Contains(err.Error(), "sse9") ||
			!strings.Contains(err.Error(), "generic, avx2") {
			t.Errorf("%q: %v", c, err)
		}
	}
}

// foreign is a tier that no CPU of this architecture has.
func foreign() ISA {
	if goruntime.GOARCH == "amd64" {
		return NEON
	}
	return AVX2
}

func TestFeatureNames(t *testing.T) {
	seen := map[string]bool{}
	for i, n := range featureNames {
		if f := Feature(1 << i); n == "" || seen[n] || f.String() != n || f >= featEnd {
			t.Errorf("feature %d is %q", i, n)
		}
		seen[n] = true
	}
	if Feature(1<<len(featureNames)) != featEnd {
		t.Errorf("%d names of features", len(featureNames))
	}
	if got := (FeatAVX2 | FeatFMA).String(); got != "avx2+fma" {
		t.Error(got)
	}
}
