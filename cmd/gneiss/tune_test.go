package main

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/gneiss-go/gneiss/runtime"
)

// TestTune: what tune writes runs by the choices that it printed.
func TestTune(t *testing.T) {
	file := filepath.Join(t.TempDir(), "net.gneiss")
	var r tuned
	mustJSON(t, &r, "tune", "--rounds", "2", "--output", file, "--json")
	if r.Output != file || len(r.Steps) == 0 || r.Rule <= 0 {
		t.Fatalf("%+v", r)
	}
	var in struct{ Plan runtime.Report }
	mustJSON(t, &in, "inspect", "--plan", "--json", file)
	got := map[string]string{}
	for _, s := range in.Plan.Steps {
		got[s.Name] = s.Choice
		if s.Why == "" {
			t.Errorf("%s: no reason", s.Name)
		}
	}
	for _, s := range r.Steps {
		if want := s.Choices[s.Best].Choice; got[s.Name] != want {
			t.Errorf("%s is computed by %s, tuned %s", s.Name, got[s.Name], want)
		}
	}
	if out := must(t, "tune", "--rounds", "1", "--all", file); !strings.Contains(out, "direct@") ||
		!strings.Contains(out, "A run: ") {
		t.Error(out)
	}
	for _, args := range [][]string{{"tune", "--rounds", "0"}, {"tune", "a", "--model", "b"},
		{"tune", "--threads", "-1"}} {
		if code, _, stderr := try(strings.NewReader(""), args...); code != exitUsage {
			t.Errorf("%v: exit %d, %s", args, code, stderr)
		}
	}
	direct := filepath.Join(t.TempDir(), "direct.gneiss")
	must(t, "compile", "-o", direct, "--target", "host", "--winograd=false")
	mustJSON(t, &in, "inspect", "--plan", "--json", direct)
	for _, s := range in.Plan.Steps {
		if strings.HasPrefix(s.Choice, "winograd") {
			t.Errorf("%s is computed by %s", s.Name, s.Choice)
		}
	}
}
