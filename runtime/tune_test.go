package runtime

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/gneiss-go/gneiss/arch"
	"github.com/gneiss-go/gneiss/kernels"
)

// choices lists a plan's choices by step.
func choices(p *Plan) map[string]string {
	all := map[string]string{}
	for _, s := range p.Report().Steps {
		if s.Choice != "" {
			all[s.Name] = s.Choice
		}
	}
	return all
}

func TestTune(t *testing.T) {
	g := fileNet(t)
	last := 0
	tuning, err := Tune(t.Context(), g, 2, func(done, total int) {
		if done <= last || done > total {
			t.Errorf("progress %d of %d after %d", done, total, last)
		}
		last = done
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(tuning.Steps) == 0 || tuning.Rule <= 0 || tuning.Tuned <= 0 {
		t.Fatalf("%+v", tuning)
	}
	for _, s := range tuning.Steps {
		if len(s.Choices) < 2 {
			t.Errorf("%s has the choices %v", s.Name, s.Choices)
		}
		for _, c := range s.Choices {
			if c.Time <= 0 || c.Kernel == "" {
				t.Errorf("%s: %+v was not measured", s.Name, c)
			}
		}
	}
	p, err := Compile(g, tuning.Option())
	if err != nil {
		t.Fatal(err)
	}
	got := choices(p)
	for _, s := range tuning.Steps {
		if want := s.Choices[s.Best].Choice; got[s.Name] != want {
			t.Errorf("%s is computed by %s, tuned %s", s.Name, got[s.Name], want)
		}
	}
}

// A file keeps the choice that its filters were packed by, in either memory mode; another chooser has them packed anew;
// the int8 part of the network gives the same bytes however it is computed.
func TestPackedChoice(t *testing.T) {
	g := fileNet(t)
	isa, err := arch.Default()
	if err != nil {
		t.Fatal(err)
	}
	lastOf := func(_ string, c []Choice) int { return len(c) - 1 }
	byRule, err := Compile(g)
	if err != nil {
		t.Fatal(err)
	}
	byLast, err := Compile(g, WithChooser(lastOf))
	if err != nil {
		t.Fatal(err)
	}
	want := choices(byLast)
	if len(want) == 0 || slices.Equal(valuesOf(choices(byRule)), valuesOf(want)) {
		t.Fatal("the network leaves no choice")
	}
	data := written(t, g, WithPacked(isa, WithChooser(lastOf)))
	p, err := Load(data)
	if err != nil {
		t.Fatal(err)
	}
	if got := choices(p); !slices.Equal(valuesOf(got), valuesOf(want)) {
		t.Errorf("loaded with the choices %v, want %v", got, want)
	}
	if c, _ := parse(data); c != nil {
		if p, err := c.loadPacked(&options{threads: 1, limits: DefaultLimits, ended: never}, isa); p == nil ||
			err != nil {
			t.Errorf("packed filters are not used: %v", err)
		}
	}
	small, err := Load(data, WithMemory(Small))
	if err != nil {
		t.Fatal(err)
	}
	direct, err := Load(data, WithoutWinograd())
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range choices(direct) {
		if strings.HasPrefix(c, "winograd") {
			t.Errorf("%s is computed by %s without Winograd", name, c)
		}
	}
	first, err := byRule.runNoise(3)
	if err != nil {
		t.Fatal(err)
	}
	for name, p := range map[string]*Plan{"last": byLast, "loaded": p, "small": small, "direct": direct} {
		out, err := p.runNoise(3)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(out[0], first[0]) {
			t.Errorf("%s: other scores", name)
		}
		if problem := difference(F32, out[1], first[1], false, selfTolerance); problem != "" {
			t.Errorf("%s: %s", name, problem)
		}
	}
}

func valuesOf(m map[string]string) []string {
	var all []string
	for k, v := range m {
		all = append(all, k+" "+v)
	}
	slices.Sort(all)
	return all
}

// A chooser sees the steps' names and at least one choice, the rule's first, and what it returns may be anything.
func TestWithChooser(t *testing.T) {
	g := fileNet(t)
	seen := 0
	for _, answer := range []int{-1, 0, 99} {
		p, err := Compile(g, WithChooser(func(step string, c []kernels.Choice) int {
			if step == "" || len(c) == 0 || c[0].Why == "" {
				t.Errorf("step %q has the choices %v", step, c)
			}
			seen++
			return answer
		}))
		if err != nil {
			t.Fatal(err)
		}
		plain, err := Compile(g)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(valuesOf(choices(p)), valuesOf(choices(plain))) {
			t.Errorf("answer %d changes the choice", answer)
		}
	}
	if seen == 0 {
		t.Error("there was no choice")
	}
}
