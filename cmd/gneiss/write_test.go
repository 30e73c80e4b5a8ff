package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gneiss-go/gneiss/runtime"
)

// TestFullOutput: who cannot print its result says so and fails.
func TestFullOutput(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip("SKIPPED: ", err)
	}
	defer full.Close()
	dir := pictures(t)
	key := filepath.Join(t.TempDir(), "k")
	for _, args := range []string{"", "version", "version --json", "inspect", "inspect --json", "inspect --plan",
		"classify",
		"classify --json", "bench --runs 1", "bench --runs 1 --json", "selftest --isa generic", "compile -o -",
		"compile -o " + filepath.Join(dir, "a.gneiss"), "quantize -o " + filepath.Join(dir, "b.gneiss") + " " + dir,
		"tune --rounds 1 --all", "keygen " + key, "classify missing.png"} {
		var stderr bytes.Buffer
		code := run(strings.Fields(args), strings.NewReader(""), full, &stderr)
		if code != exitFailure || !strings.Contains(stderr.String(), "no space left on device") {
			t.Errorf("gneiss %s > /dev/full: exit %d, stderr %q", args, code, stderr.String())
		}
	}
}

// TestDash: - is standard output, which then has nothing but the result.
func TestDash(t *testing.T) {
	dir := pictures(t)
	t.Chdir(t.TempDir())
	key := write(t, "x", "") + ".k"
	must(t, "keygen", key)
	model := filepath.Join(dir, "net.gneiss")
	must(t, "compile", "-o", model)
	for _, args := range []string{"compile -o -", "compile --json -o -", "quantize -o - " + dir, "tune --rounds 1 -o -",
		"sign --key " + key + ".key -o - " + model} {
		code, out, stderr := try(nil, strings.Fields(args)...)
		if _, err := runtime.ReadGraph([]byte(out)); code != exitOK || err != nil || stderr == "" {
			t.Errorf("gneiss %s: exit %d, %v, stderr %q", args, code, err, stderr)
		}
	}
	for _, args := range []string{"inspect --memory -", "inspect --compare nin --chart -",
		"profile --runs 1 --roofline -"} {
		code, out, stderr := try(nil, strings.Fields(args)...)
		if code != exitOK || !strings.HasPrefix(out, "<svg") || !strings.HasSuffix(out, "</svg>\n") || stderr == "" {
			t.Errorf("gneiss %s: exit %d, %.60q, stderr %q", args, code, out, stderr)
		}
	}
	if _, err := os.Stat(dash); err == nil {
		t.Error("there is a file of that name")
	}
}

// TestPromised: a name that promises another format is refused before anything is done.
func TestPromised(t *testing.T) {
	dir := t.TempDir()
	for _, args := range []string{"quantize -o q.onnx x.png", "compile -o x.tflite", "compile -o X.ONNX",
		"tune -o t.caffemodel",
		"sign --key k -o s.pem x.gneiss", "quantize -o q.gneiss --stats s.gneiss x.png",
		"compare --with x.gneiss --chart c.png x.png", "inspect --memory m.png", "inspect --compare nin --chart c.pdf",
		"profile --roofline r.json"} {
		t.Chdir(dir)
		code, out, stderr := try(nil, strings.Fields(args)...)
		if code != exitUsage || out != "" || !strings.Contains(stderr, "what is written is") {
			t.Errorf("gneiss %s: exit %d, %q", args, code, stderr)
		}
	}
	if entries, _ := os.ReadDir(dir); len(entries) > 0 {
		t.Errorf("%v was written", entries)
	}
}

// TestKeygenHalf: of a pair of keys, none is left where one cannot be written.
func TestKeygenHalf(t *testing.T) {
	name := filepath.Join(t.TempDir(), "z")
	public := write(t, name+".pub", "another's")
	if code, _, stderr := try(nil, "keygen", name); code != exitFailure || !strings.Contains(stderr, public) {
		t.Errorf("exit %d, %q", code, stderr)
	}
	if _, err := os.Stat(name + ".key"); err == nil {
		t.Error("a private key without its public one is left")
	}
	if got, err := os.ReadFile(public); err != nil || string(got) != "another's" {
		t.Errorf("%q, %v", got, err)
	}
	if err := os.Remove(public); err != nil {
		t.Fatal(err)
	}
	must(t, "keygen", name)
}
