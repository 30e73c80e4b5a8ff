package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/gneiss-go/gneiss/runtime"
)

// TestCompile: a compiled model is signed, verified, tested, and classifies as the one it was made of.
func TestCompile(t *testing.T) {
	dir := t.TempDir()
	file, name := filepath.Join(dir, "net.gneiss"), filepath.Join(dir, "release")
	var c compiled
	mustJSON(t, &c, "compile", "--output", file, "--target", "host", "--json")
	if len(c.Targets) != 1 || !c.Golden || c.Bytes == 0 {
		t.Errorf("%+v", c)
	}
	plain, packed := filepath.Join(dir, "plain.gneiss"), file
	if out := must(t, "compile", "-o", plain, "--golden=false"); !strings.Contains(out, "packed when it is loaded") {
		t.Error(out)
	}
	images, times := pictures(t), regexp.MustCompile(`[0-9.]+ ms.*|.*gneiss.*`)
	if a, b := times.ReplaceAllString(must(t, "classify", "--model", packed, images), ""),
		times.ReplaceAllString(must(t, "classify", "--model", plain, images), ""); a != b {
		t.Errorf("other answers:\n%s\n%s", a, b)
	}

	must(t, "keygen", name)
	if st, err := os.Stat(name + ".key"); err != nil || st.Mode().Perm()&0o077 != 0 {
		t.Errorf("private key: %v %v", st.Mode(), err)
	}
	for _, args := range [][]string{
		{"keygen", name}, // would overwrite
		{"verify", "--key", name + ".pub", file},
		{"sign", "--key", name + ".pub", file},
		{"verify", "--key", name + ".key", file},
		{"sign", "--key", file, file},
	} {
		if code, _, stderr := try(strings.NewReader(""), args...); code != exitFailure || strings.Count(stderr, "\n") != 1 {
			t.Errorf("%v: exit %d, %s", args, code, stderr)
		}
	}
	must(t, "sign", "--key", name+".key", file)
	must(t, "verify", "--key", name+".pub", file)

	var r runtime.SelfReport
	mustJSON(t, &r, "selftest", "--json", file)
	if !r.Golden || r.Failed != 0 || len(r.Checks) < 50 {
		t.Errorf("golden %v, %d of %d checks failed", r.Golden, r.Failed, len(r.Checks))
	}
	if out := must(t, "selftest", "--isa", "generic"); !strings.Contains(out, "not compared\nall is well") {
		t.Error(out)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	data[len(data)/3] ^= 4
	bad := write(t, filepath.Join(dir, "bad.gneiss"), string(data))
	for _, args := range [][]string{{"verify", "--key", name + ".pub", bad}, {"selftest", bad},
		{"classify", "--model", bad, images}} {
		if code, _, stderr := try(strings.NewReader(""), args...); code != exitFailure || !strings.Contains(stderr, bad) {
			t.Errorf("%v: exit %d, %s", args, code, stderr)
		}
	}
}

// Commands that run a model take what is signed with a key, as a version that is not too old, and nothing else.
func TestSignedModels(t *testing.T) {
	dir := t.TempDir()
	name, other := filepath.Join(dir, "release"), filepath.Join(dir, "other")
	file, plain := filepath.Join(dir, "net.gneiss"), filepath.Join(dir, "plain.gneiss")
	must(t, "keygen", name)
	must(t, "keygen", other)
	must(t, "compile", "-o", plain)
	out := must(t, "sign", "--key", name+".key", "--version", "7", "--target", "door camera", "-o", file, plain)
	if !strings.Contains(out, "version 7") {
		t.Error(out)
	}
	if out := must(t, "verify", "--key", name+".pub", file); !strings.Contains(out, `version 7, for "door camera"`) {
		t.Error(out)
	}
	var s struct {
		Valid   bool
		Version int
		Target  string
	}
	if mustJSON(t, &s, "verify", "--json", "--key", name+".pub", file); !s.Valid || s.Version != 7 ||
		s.Target != "door camera" {
		t.Errorf("%+v", s)
	}
	images := pictures(t)
	commands := [][]string{{"classify", images, "--model"}, {"selftest"}, {"serve", "--addr", "256.0.0.1:0", "--model"}}
	for _, c := range commands {
		for _, bad := range [][]string{{plain, "--key", name + ".pub"}, {file, "--key", other + ".pub"},
			{file, "--key", name + ".pub", "--min-version", "8"}, {file, "--key", name + ".pub", "--signed-for", "gate"},
			{images, "--key", name + ".pub"}} {
			args := append(slices.Clone(c), bad...)
			if code, _, stderr := try(strings.NewReader(""), args...); code != exitFailure || !strings.Contains(stderr, bad[0]) {
				t.Errorf("%v: exit %d, %s", args, code, stderr)
			}
		}
		for _, bad := range [][]string{{file, "--min-version", "7"}} {
			if code, _, _ := try(strings.NewReader(""), append(slices.Clone(c), bad...)...); code != exitUsage {
				t.Errorf("%v %v: exit %d", c, bad, code)
			}
		}
		good := append(slices.Clone(c), file, "--key", name+".pub", "--min-version", "7", "--signed-for", "door camera")
		code, _, stderr := try(strings.NewReader(""), good...)
		if c[0] == "serve" && strings.Contains(stderr, "256.0.0.1") { // the model is taken, the address is none
			continue
		}
		if code != exitOK {
			t.Errorf("%v: exit %d, %s", good, code, stderr)
		}
	}
	for _, args := range [][]string{{"classify", "--key", name + ".pub"}, {"selftest", "--key", name + ".pub"}} {
		if code, _, _ := try(strings.NewReader(""), args...); code != exitUsage {
			t.Errorf("%v: exit %d", args, code)
		}
	}
}

func TestCompileUsage(t *testing.T) {
	for _, args := range [][]string{{"compile"}, {"compile", "a", "b"}, {"compile", "-o", "x.gneiss", "--target", "fast"},
		{"compile", "-o", "x.gneiss", "--target", "amd64-fast"},
		{"keygen"}, {"sign", "x"}, {"verify", "x"}, {"selftest", "--isa", "fast"}} {
		if code, _, _ := try(strings.NewReader(""), args...); code != exitUsage {
			t.Errorf("%v: exit %d", args, code)
		}
	}
	for target, tiers := range map[string]string{"amd64-neon": "avx512vnni", "arm-dotprod": "generic, neon",
		"zz80-simd": "zz80", "s390x-generic": "arm64"} {
		if code, _, stderr := try(strings.NewReader(""), "compile", "-o", "x.gneiss", "--target",
			target); code != exitUsage || !strings.Contains(stderr, tiers) {
			t.Errorf("%s: exit %d, %s", target, code, stderr)
		}
	}
}

// TestCompileTargets: one file for several machines is written here in one go, and loads here.
func TestCompileTargets(t *testing.T) {
	file := filepath.Join(t.TempDir(), "all.gneiss")
	var c compiled
	mustJSON(t, &c, "compile", "--output", file, "--golden=false", "--json", "--target", strings.Join(targetNames(), ","))
	if len(c.Targets) != len(targetNames()) || !slices.Contains(c.Targets, "arm-neon") {
		t.Errorf("packed for %q, want %q", c.Targets, targetNames())
	}
	must(t, "selftest", "-m", file)
}
