package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/gneiss-go/gneiss/internal/gen/samples"
	"github.com/gneiss-go/gneiss/models/cifar10"
)

var update = flag.Bool("update", false, "write the golden files anew")

// try runs the program.
func try(stdin io.Reader, args ...string) (code int, stdout, stderr string) {
	var out, err bytes.Buffer
	code = run(args, stdin, &out, &err)
	return code, out.String(), err.String()
}

// must runs the program and fails the test if it does not succeed in silence.
func must(t *testing.T, args ...string) string {
	t.Helper()
	code, out, stderr := try(strings.NewReader(""), args...)
	if code != exitOK || stderr != "" {
		t.Fatalf("gneiss %s: exit %d, stderr %q", strings.Join(args, " "), code, stderr)
	}
	return out
}

func mustJSON(t *testing.T, v any, args ...string) {
	t.Helper()
	if err := json.Unmarshal([]byte(must(t, args...)), v); err != nil {
		t.Fatalf("gneiss %s: %v", strings.Join(args, " "), err)
	}
}

// pictures writes the samples into a folder.
func pictures(t *testing.T) string {
	dir := t.TempDir()
	for _, s := range samples.All() {
		if err := os.WriteFile(filepath.Join(dir, s.Name), s.Data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func write(t *testing.T, path, content string) string {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestErrors: each misuse gives one clear line on standard error, nothing on standard output, and the right code.
func TestErrors(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("GNEISS_CACHE", filepath.Join(dir, "cache"))
	empty := filepath.Join(dir, "empty")
	if err := os.Mkdir(empty, 0o700); err != nil {
		t.Fatal(err)
	}
	text := write(t, filepath.Join(dir, "text.txt"), "hello\n")
	few := write(t, filepath.Join(dir, "few.txt"), "a\n")
	zero := write(t, filepath.Join(dir, "zero.onnx"), "")
	csv := func(name, content string) string { return write(t, filepath.Join(dir, name+".csv"), content) }
	png := filepath.Join(pictures(t), "ship.png")
	for _, c := range []struct {
		args string
		code int
		says string
	}{
		{"nonsense", exitUsage, `unknown command "nonsense"`},
		{"clasify", exitUsage, "did you mean classify?"},
		{"classify --nonsense", exitUsage, "unknown flag: --nonsense"},
		{"classify --top many", exitUsage, "invalid argument"},
		{"classify --top 0", exitUsage, "at least 1"},
		{"classify --isa mmx", exitUsage, "unknown ISA"},
		{"classify --threads -1", exitUsage, "negative"},
		{"classify --resize stretch", exitUsage, "neither squash, crop nor letterbox"},
		{"classify --filter cubic", exitUsage, "neither bilinear nor antialias"},
		{"classify --bgr --rgb", exitUsage, "exclude each other"},
		{"classify --mean 1,2", exitUsage, "want 1 number or 3"},
		{"classify --mean x", exitUsage, "not a number"},
		{"classify --scale NaN", exitUsage, "not a number"},
		{"classify --scale 0", exitUsage, "the same"},
		{"classify --prototxt x", exitUsage, "needs --model"},
		{"classify - -", exitUsage, "only once"},
		{"classify " + dir + "/[", exitUsage, "syntax error"},
		{"classify " + dir + "/none.jpg", exitFailure, "none.jpg: no such file"},
		{"classify " + dir + "/*.jpg", exitFailure, "no file matches"},
		{"classify " + empty, exitFailure, "no .jpg, .jpeg, .png or .webp"},
		{"classify " + text, exitFailure, "not a JPEG or PNG or WebP image but text"},
		{"classify -", exitFailure, "standard input: the file is empty"},
		{"classify --labels " + few, exitFailure, "1 labels for"},
		{"classify --labels " + dir + "/none", exitFailure, "none: no such file"},
		{"classify --model " + png, exitFailure, "a PNG image"},
		{"classify --model " + zero, exitFailure, "empty"},
		{"classify --model " + dir + "/none.onnx", exitFailure, "none.onnx: no such file"},
		{"classify --model " + empty, exitFailure, "directory"},
		{"classify --model googlenet", exitFailure, "gneiss fetch googlenet"},
		{"eval", exitUsage, "want one file or folder"},
		{"eval " + dir + "/none.csv", exitFailure, "none.csv: no such file"},
		{"eval " + csv("empty", ""), exitFailure, "empty"},
		{"eval " + csv("header", "a,b\n"), exitFailure, "does not name the columns"},
		{"eval " + csv("nothing", "file,label\n"), exitFailure, "no images"},
		{"eval " + csv("label", "file,label\nx.png,what\n"), exitFailure, "line 2: label \"what\""},
		{"eval " + csv("range", "file,label\nx.png,-1\n"), exitFailure, "line 2: label -1"},
		{"eval " + csv("fields", "file,label\nx.png\n"), exitFailure, "line 2: 1 fields"},
		{"eval " + csv("missing", "file,label\nx.png,0\n"), exitFailure, "x.png: no such file"},
		{"eval --role r " + csv("role", "file,label\nx.png,0\n"), exitFailure, "no column role"},
		{"eval --role r " + csv("roles", "file,label,role\nx.png,0,q\n"), exitFailure, `no line with role "r"`},
		{"inspect a b", exitUsage, "at most 1"},
		{"inspect " + dir + "/none", exitFailure, "none: no such file"},
		{"inspect " + text, exitFailure, "prototxt"},
		{"bench a b", exitUsage, "at most 1"},
		{"bench " + dir + "/none", exitFailure, "none: no such file"},
		{"bench --runs 0", exitUsage, "--runs 0"},
		{"fetch", exitUsage, "want one model"},
		{"fetch resnet", exitUsage, "unknown model"},
		{"version x", exitUsage, "unexpected argument"},
	} {
		code, out, stderr := try(strings.NewReader(""), strings.Fields(c.args)...)
		line, rest, _ := strings.Cut(stderr, "\n")
		if code != c.code || !strings.HasPrefix(line, "gneiss: ") || !strings.Contains(line, c.says) {
			t.Errorf("%s: exit %d, %q; want %d and %q", c.args, code, stderr, c.code, c.says)
		}
		if (code == exitUsage) != strings.HasPrefix(rest, "See: gneiss") || (code != exitUsage && rest != "") {
			t.Errorf("%s: after the first line: %q", c.args, rest)
		}
		if code == exitUsage && out != "" {
			t.Errorf("%s: standard output %q", c.args, out)
		}
	}
}

var times = regexp.MustCompile(`\d+\.\d+ ms`)

// TestClassifySamples: without arguments the sample pictures are classified by the built-in model.
func TestClassifySamples(t *testing.T) {
	out := must(t, "classify")
	for _, s := range samples.All() {
		if !regexp.MustCompile(`(?m)^` + s.Name + `  \d+\.\d\d ms\n( +\d+\.\d\d %  .{20}  .+\n){4,5}`).MatchString(out) {
			t.Errorf("no answer for %s in\n%s", s.Name, out)
		}
	}
	if again := must(t, "classify"); times.ReplaceAllString(again, "") != times.ReplaceAllString(out, "") {
		t.Error("a second run answers differently")
	}
}

// TestRecognised: the built-in model sees in the sample pictures what they show.
func TestRecognised(t *testing.T) {
	var got classified
	mustJSON(t, &got, "classify", "--json", "--top", "1")
	for _, a := range got.Images {
		want := strings.TrimSuffix(a.Image, ".png")
		if want == "car" {
			want = "automobile"
		}
		if a.Top[0].Label != want || a.Top[0].Score < 0.5 {
			t.Errorf("%s: %+v", a.Image, a.Top[0])
		}
	}
}

type classified struct {
	Model  modelInfo
	Images []reply
}

// TestClassify: files, folders, patterns and standard input are the same pictures.
func TestClassify(t *testing.T) {
	dir := pictures(t)
	var want, folder, pattern classified
	mustJSON(t, &want, "classify", "--json", "--top", "2")
	mustJSON(t, &folder, "classify", "--json", "--top", "2", dir)
	mustJSON(t, &pattern, "classify", "--json", "--top", "2", filepath.Join(dir, "*.png"))
	if len(folder.Images) != len(want.Images) || len(pattern.Images) != len(want.Images) || want.Model.Name == "" {
		t.Fatalf("%d, %d and %d images", len(want.Images), len(folder.Images), len(pattern.Images))
	}
	top := map[string]scored{}
	for _, a := range want.Images {
		if len(a.Top) != 2 || a.Top[0].Score < a.Top[1].Score {
			t.Fatalf("%+v", a)
		}
		top[a.Image] = a.Top[0]
	}
	for i := range folder.Images {
		if n := filepath.Base(folder.Images[i].Image); folder.Images[i].Top[0] != top[n] ||
			pattern.Images[i].Top[0] != top[n] {
			t.Errorf("%s: %+v, %+v, want %+v", n, folder.Images[i], pattern.Images[i], top[n])
		}
	}
	f, err := os.Open(filepath.Join(dir, "frog.png"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	code, out, stderr := try(f, "classify", "--json", "-")
	var stdin classified
	if err := json.Unmarshal([]byte(out), &stdin); err != nil || code != exitOK {
		t.Fatal(code, stderr, err)
	}
	if stdin.Images[0].Top[0] != top["frog.png"] {
		t.Errorf("standard input: %+v", stdin.Images[0])
	}
}

// TestClassifyPartly: what cannot be read does not stop the rest, but the command fails.
func TestClassifyPartly(t *testing.T) {
	dir := pictures(t)
	bad := write(t, filepath.Join(dir, "bad.jpg"), "\xff\xd8\xff broken")
	for _, json := range []bool{false, true} {
		code, out, stderr := try(nil, "classify", fmt.Sprintf("--json=%v", json), bad, filepath.Join(dir, "car.png"))
		if code != exitFailure || !strings.Contains(out, "car.png") || strings.Count(stderr, "\n") != 1 ||
			!strings.Contains(stderr, "bad.jpg: ") {
			t.Errorf("exit %d\n%s\n%s", code, out, stderr)
		}
	}
}

// TestFlags: every way to run gives the same first answer where it must.
func TestFlags(t *testing.T) {
	var want classified
	mustJSON(t, &want, "classify", "--json")
	for _, args := range []string{"--isa generic", "--threads 2", "--threads 0", "--resize squash", "--resize crop"} {
		var got classified
		mustJSON(t, &got, append([]string{"classify", "--json"}, strings.Fields(args)...)...)
		for i := range got.Images {
			if got.Images[i].Top[0].Class != want.Images[i].Top[0].Class {
				t.Errorf("%s: %+v, want %+v", args, got.Images[i], want.Images[i])
			}
		}
	}
	var got classified
	mustJSON(t, &got, "classify", "--json", "--bgr", "--mean", "1,2,3", "--scale", "0.5", "--filter", "bilinear",
		"--resize", "crop")
	if !strings.HasSuffix(got.Model.Input, "crop bilinear bgr mean=1,2,3 scale=0.5") {
		t.Errorf("input %s", got.Model.Input)
	}
}

// TestEval takes the classifier at its word.
func TestEval(t *testing.T) {
	dir := pictures(t)
	var all classified
	mustJSON(t, &all, "classify", "--json", dir)
	table := "file,label,role,reference_top1\n"
	for i, a := range all.Images {
		label := fmt.Sprint(a.Top[0].Class)
		switch i {
		case 1:
			label = fmt.Sprint(a.Top[1].Class) // second best: wrong, but in the top 5
		case 2:
			label = a.Top[0].Label // by name
		}
		table += fmt.Sprintf("%s,%s,evaluate,%d\n", filepath.Base(a.Image), label, a.Top[0].Class)
	}
	table += "none.png,0,calibrate,0\n"
	csv := write(t, filepath.Join(dir, "labels.csv"), table)
	var e evaluation
	mustJSON(t, &e, "eval", "--json", "--role", "evaluate", csv)
	n := len(all.Images)
	if e.Images != n || e.Top1 != n-1 || e.Top5 != n || e.Agree != n || e.Compared != n {
		t.Errorf("%+v", e)
	}
	moved := write(t, filepath.Join(t.TempDir(), "labels.csv"), table)
	out := must(t, "eval", "--role", "evaluate", "--images", dir, moved)
	if !strings.Contains(out, fmt.Sprintf("top-1       %5.2f %%  %d\n", 100*float64(n-1)/float64(n), n-1)) {
		t.Error(out)
	}
}

// TestGolden compares what does not depend on the machine.
func TestGolden(t *testing.T) {
	t.Setenv("GNEISS_CACHE", t.TempDir())
	for name, args := range map[string]string{
		"help-classify":     "classify --help",
		"help-detect":       "detect --help",
		"help-serve":        "serve --help",
		"help-run":          "run --help",
		"help-check":        "check --help",
		"help-eval":         "eval --help",
		"help-inspect":      "inspect --help",
		"help-bench":        "bench --help",
		"help-fetch":        "fetch --help",
		"help-version":      "version --help",
		"inspect-googlenet": "inspect googlenet",
	} {
		got := must(t, strings.Fields(args)...)
		path := filepath.Join("testdata", name+".golden")
		if *update {
			write(t, path, got)
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if want := strings.ReplaceAll(string(want), "\r\n", "\n"); got != want {
			t.Errorf("gneiss %s: not what %s has (go test ./cmd/gneiss -update):\n%s", args, path, got)
		}
	}
}

// TestHelp: every command explains itself, with an example, and answers in JSON if asked. Pages of a manual are no
// answer.
func TestHelp(t *testing.T) {
	help := must(t)
	if help != must(t, "--help") {
		t.Error("gneiss alone does not print its help")
	}
	for _, c := range newRoot(nil, io.Discard, io.Discard).Commands() {
		if c.Short == "" || !strings.Contains(c.Example, "gneiss "+c.Name()) || !strings.Contains(help, "\n  "+c.Name()+" ") {
			t.Errorf("%s: no summary, no example, or not in the help", c.Name())
		}
		if c.HasAvailableLocalFlags() && c.Flags().Lookup("json") == nil && c.Name() != "man" {
			t.Errorf("%s: no --json", c.Name())
		}
	}
}

func TestInspect(t *testing.T) {
	var in inspection
	mustJSON(t, &in, "inspect", "--json", "--plan")
	if in.Plan == nil || len(in.Nodes) == 0 || in.Plan.ArenaBytes < in.Plan.LowerBound || in.Published != nil {
		t.Errorf("%+v", in)
	}
	if out := must(t, "inspect", "--plan"); !strings.Contains(out, "lower bound") {
		t.Error(out)
	}
	in = inspection{}
	t.Setenv("GNEISS_CACHE", t.TempDir())
	mustJSON(t, &in, "inspect", "--json", "googlenet")
	if in.Params != 6_998_552 || len(in.Published) != 12 {
		t.Errorf("%d parameters, %d blocks", in.Params, len(in.Published))
	}
}

func TestBench(t *testing.T) {
	var b benchmark
	mustJSON(t, &b, "bench", "--json", "--runs", "3", "--warmup", "0", "--steps", "--isa", "generic")
	share := 0.0
	for _, s := range b.Steps {
		share += s.Share
	}
	if b.Runs != 3 || b.MinMs <= 0 || b.MedianMs < b.MinMs || b.ISA != "generic" || share < 0.99 || share > 1.01 {
		t.Errorf("%+v", b)
	}
	if out := must(t, "bench", "--runs", "1", "--steps"); !strings.Contains(out, "1 run: median") ||
		!strings.Contains(out, "kernel") {
		t.Error(out)
	}
}

func TestVersion(t *testing.T) {
	var v versionInfo
	mustJSON(t, &v, "version", "--json")
	if v.Go == "" || len(v.ISAs) == 0 || v.CPU.L1D == 0 {
		t.Errorf("%+v", v)
	}
	if out := must(t, "version"); !strings.HasPrefix(out, "gneiss ") {
		t.Error(out)
	}
	t.Setenv("GNEISS_ISA", "mmx")
	if code, _, stderr := try(nil, "version"); code != exitFailure || !strings.Contains(stderr, "GNEISS_ISA") {
		t.Errorf("exit %d, %q", code, stderr)
	}
}

func TestBar(t *testing.T) {
	for share, want := range map[float64]string{-1: "    ", 0: "    ", 0.5: "██  ", 1: "████", 2: "████", 0.03125: "▏   ",
		0.28125: "█▏  "} {
		if got := bar(share, 4); got != want {
			t.Errorf("%v: %q, want %q", share, got, want)
		}
	}
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", 6998552: "6,998,552"} {
		if got := thousands(n); got != want {
			t.Errorf("%d: %q", n, got)
		}
	}
}

// TestKeptName: a model made of the built-in one is fed and read as it is.
func TestKeptName(t *testing.T) {
	m, err := defaultModel(false)
	if err != nil {
		t.Fatal(err)
	}
	if m.Name != builtinName || m.Spec != cifar10.Preprocess || m.Card.Guessed {
		t.Errorf("%q: %v", m.Name, m.input())
	}
}
