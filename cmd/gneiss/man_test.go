package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestMan: every command has a page with all its flags, which groff reads without a word.
func TestMan(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "man1")
	if out := must(t, "man", "--output", dir); !strings.Contains(out, "pages in") {
		t.Errorf("%q", out)
	}
	groff, _ := exec.LookPath("groff")
	if groff == "" {
		t.Log("SKIPPED: groff is not installed; pages are not rendered")
	}
	for _, c := range newRoot(nil, nil, nil).Commands() {
		if !c.IsAvailableCommand() {
			continue
		}
		path := filepath.Join(dir, "gneiss-"+c.Name()+".1")
		page, err := os.ReadFile(path)
		if err != nil {
			t.Error(err)
			continue
		}
		text := strings.ReplaceAll(string(page), `\-`, "-")
		for _, want := range []string{".SH NAME\ngneiss-" + c.Name(), ".SH OPTIONS", c.Short, `\fB--help\fR`} {
			if !strings.Contains(text, want) {
				t.Errorf("%s has no %q", path, want)
			}
		}
		if groff != "" {
			out, err := exec.Command(groff, "-k", "-man", "-Tutf8", "-ww", "-z", path).CombinedOutput()
			if err != nil || len(out) > 0 {
				t.Errorf("%v: %s", err, out)
			}
		}
	}
	if page := must(t, "man", "inspect"); !strings.HasPrefix(page, ".TH GNEISS\\-INSPECT 1") {
		t.Errorf("%.60q", page)
	}
	if got := roff(".a\\b\n'c"); got != `\&.a\eb`+"\n"+`\&'c` {
		t.Errorf("%q", got)
	}
	for _, args := range [][]string{{"man", "nothing"}, {"man", "-o", dir, "run"}} {
		if code, _, _ := try(nil, args...); code != exitUsage {
			t.Errorf("%v: exit %d", args, code)
		}
	}
}
