package main

import (
	"bytes"
	"encoding/json"
	"math"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gneiss-go/gneiss/models/detect"
	"github.com/gneiss-go/gneiss/runtime"
)

func ascii(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r >= 0x80 })
}

// TestPlain: who reads ASCII alone gets it, and JSON and pictures as ever.
func TestPlain(t *testing.T) {
	frog := filepath.Join(pictures(t), "frog.png")
	if text := must(t, "classify", frog); !strings.Contains(text, "█") {
		t.Errorf("%q", text)
	}
	t.Setenv("LC_ALL", "C")
	if text := must(t, "classify", frog); !ascii(text) || !strings.Contains(text, "####") {
		t.Errorf("%q", text)
	}
	if text := must(t, "bench", "--help"); !ascii(text) {
		t.Errorf("%q", text)
	}
	if _, _, stderr := try(nil, "bench", "--runs", "0"); !strings.Contains(stderr, "1...1000000") {
		t.Errorf("%q", stderr)
	}
	if code, svg, _ := try(nil, "inspect", "--graph", "-"); code != exitOK || ascii(svg) {
		t.Errorf("exit %d, or a picture in ASCII", code)
	}
	for locale, as := range map[string]string{"en_GB.UTF-8": "×", "de_DE.utf8": "×", "de_DE@euro": "x", "POSIX": "x"} {
		t.Setenv("LC_ALL", locale)
		var b bytes.Buffer
		if _, err := legible(&b).Write([]byte("×")); err != nil || b.String() != as {
			t.Errorf("%s: %q, %v", locale, &b, err)
		}
	}
}

// TestHelpWidth: help keeps to the width that there is.
func TestHelpWidth(t *testing.T) {
	for _, columns := range []string{"60", "80"} {
		t.Setenv("COLUMNS", columns)
		text := must(t, "classify", "--help")
		long, _, _ := strings.Cut(text, "Usage:")
		for line := range strings.Lines(long) {
			if n := len([]rune(line)) - 1; columns == "60" && n > 60 || n > 80 {
				t.Errorf("%s columns: %d letters in %q", columns, n, line)
			}
		}
		if !strings.Contains(long, "folders of them") {
			t.Errorf("%q", long)
		}
	}
	got := fill("a bb ccc\ndddd\n\n  stays as long as it is\nx\n", 8)
	if got != "a bb ccc\ndddd\n\n  stays as long as it is\nx" {
		t.Errorf("%q", got)
	}
}

// TestShares: logits become what softmax makes of them, and the probabilities of a softmax stay.
func TestShares(t *testing.T) {
	k := []runtime.Class{{Index: 2, Score: 1000}, {Index: 0, Score: 999}, {Index: 1, Score: 990}}
	shares(k)
	sum := 0.0
	for _, c := range k {
		sum += float64(c.Score)
	}
	want := 1 / (1 + math.Exp(-1) + math.Exp(-10))
	if math.Abs(float64(k[0].Score)-want) > 1e-6 || math.Abs(sum-1) > 1e-6 {
		t.Errorf("%v, sum %v, want %v first", k, sum, want)
	}
	shares(nil) // of scores that are all NaN
	frog := filepath.Join(pictures(t), "frog.png")
	plain := must(t, "classify", "-k", "1", "--jsonl", frog)
	soft := must(t, "classify", "-k", "1", "--softmax", "--jsonl", frog)
	var a, b reply
	if err := json.Unmarshal([]byte(plain), &a); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte(soft), &b); err != nil {
		t.Fatal(err)
	}
	if a.Top[0] != b.Top[0] || a.Top[0].Label != "frog" {
		t.Errorf("%+v, with --softmax %+v", a, b)
	}
}

// TestLines: a line of JSON for each image, in order, those that cannot be read too.
func TestLines(t *testing.T) {
	dir := pictures(t)
	code, out, _ := try(nil, "classify", "--jsonl", filepath.Join(dir, "frog.png"), filepath.Join(dir, "none.png"),
		filepath.Join(dir, "ship.png"))
	lines := strings.Split(strings.TrimSuffix(out, "\n"), "\n")
	if code != exitFailure || len(lines) != 3 {
		t.Fatalf("exit %d, %q", code, out)
	}
	for i, want := range []string{"frog", "", "ship"} {
		var r reply
		if err := json.Unmarshal([]byte(lines[i]), &r); err != nil {
			t.Fatal(err)
		}
		if (r.Error != "") != (want == "") || want != "" && r.Top[0].Label != want {
			t.Errorf("%s", lines[i])
		}
	}
}

// TestComplete: a shell is offered what a flag or an argument may be.
func TestComplete(t *testing.T) {
	for line, want := range map[string]string{
		"classify --isa ":           "generic\n",
		"detect --head ":            detect.Kinds()[0].Name + "\n",
		"detect --task seg":         "segment\n",
		"compile --target h":        "host\n",
		"classify --model ":         "onnx\n",
		"inspect ":                  "gneiss\n",
		"classify ":                 "webp\n",
		"inspect net.onnx --graph ": "svg\n",
	} {
		words := strings.Split(line, " ")
		code, out, _ := try(nil, append([]string{"__complete"}, words...)...)
		if code != exitOK || !strings.Contains(out, want) {
			t.Errorf("%q: exit %d, %q, want %q", line, code, out, want)
		}
	}
}

// TestVersionFlag says the same as the command, on one line; a model is taken as an argument or by --model.
func TestVersionFlag(t *testing.T) {
	line, page := must(t, "--version"), must(t, "version")
	if !strings.HasPrefix(page, line) || strings.Count(line, "\n") != 1 {
		t.Errorf("%q, %q", line, page)
	}
	for _, name := range []string{"inspect", "tune", "compile", "card", "bench", "profile", "run"} {
		args := []string{name, "--model", "a.onnx", "b.onnx"}
		if name == "compile" {
			args = append(args, "-o", "c.gneiss")
		}
		if code, _, stderr := try(nil, args...); code != exitUsage || !strings.Contains(stderr, "both as argument") {
			t.Errorf("%v: exit %d, %q", args, code, stderr)
		}
	}
}
