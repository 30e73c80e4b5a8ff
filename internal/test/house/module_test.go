package house_test

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	goruntime "runtime"
	"strings"
	"testing"

	"github.com/gneiss-go/gneiss/internal/test/gotool"
)

const release = "v0.9.9" // a tag that no release has

// moduleFiles are those of a release: what git knows of, or where there is no git the whole tree, without modules of
// their own and without what begins with a dot.
func moduleFiles(t *testing.T) []string {
	t.Helper()
	var files []string
	git := exec.Command("git", "-C", root, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	if out, err := git.Output(); err == nil {
		files = strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00")
	} else if err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			rel, _ := filepath.Rel(root, path)
			files = append(files, filepath.ToSlash(rel))
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	own := map[string]bool{}
	for _, f := range files {
		if dir, ok := strings.CutSuffix(f, "/go.mod"); ok {
			own[dir] = true
		}
	}
	var out []string
	for _, f := range files {
		nested := strings.HasPrefix(f, ".")
		for dir := range own {
			nested = nested || strings.HasPrefix(f, dir+"/")
		}
		if info, err := os.Lstat(filepath.Join(root, f)); !nested && err == nil && info.Mode().IsRegular() {
			out = append(out, f)
		}
	}
	return out
}

// moduleProxy writes what a module proxy serves of this tree as if it were tagged, and returns the environment of go
// commands that have it, the modules that this tree needs, and no network.
func moduleProxy(t *testing.T) []string {
	t.Helper()
	dir := t.TempDir()
	at := filepath.Join(dir, filepath.FromSlash(strings.TrimSuffix(module, "/")), "@v")
	if err := os.MkdirAll(at, 0o755); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, f := range moduleFiles(t) {
		data, err := os.ReadFile(filepath.Join(root, f))
		if err != nil {
			t.Fatal(err)
		}
		w, err := z.Create(strings.TrimSuffix(module, "/") + "@" + release + "/" + f)
		if err == nil {
			_, err = w.Write(data)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	mod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{
		"list": []byte(release + "\n"), release + ".mod": mod, release + ".zip": b.Bytes(),
		release + ".info": []byte(`{"Version":"` + release + `","Time":"2026-01-01T00:00:00Z"}`)} {
		if err := os.WriteFile(filepath.Join(at, name), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("the module: %.2f MB packed", float64(b.Len())/1e6)
	own, err := exec.Command("go", "env", "GOMODCACHE", "GOPROXY").Output()
	if err != nil {
		t.Skipf("NOT TESTED: go env: %v", err)
	}
	cache, proxy, _ := strings.Cut(strings.TrimSpace(string(own)), "\n")
	url := func(path string) string {
		path = filepath.ToSlash(path)
		if !strings.HasPrefix(path, "/") {
			path = "/" + path
		}
		return "file://" + path
	}
	theirs := filepath.Join(strings.TrimSpace(cache), "cache", "download") // of what builds: go list asks for more
	return append(os.Environ(), "GOPROXY="+url(dir)+","+url(theirs)+","+strings.TrimSpace(proxy),
		"GOSUMDB=off", "GONOSUMDB=*", "GOPRIVATE=", "GONOPROXY=none", "GOFLAGS=-modcacherw -mod=mod", "GOTOOLCHAIN=local",
		"GOMODCACHE="+filepath.Join(dir, "cache"), "GOWORK=off", "GO111MODULE=on")
}

// goIn runs a go command in a folder.
func goIn(t *testing.T, env []string, dir, verb string, args ...string) string {
	t.Helper()
	c := exec.Command("go", append([]string{verb}, args...)...)
	c.Dir, c.Env = dir, env
	var out, fault bytes.Buffer
	c.Stdout, c.Stderr = &out, &fault
	if err := c.Run(); err != nil {
		t.Fatalf("go %s %v: %v\n%s", verb, args, err, &fault)
	}
	return out.String()
}

// TestModule: a program of one's own gets the library by a version, with few other modules and nothing that draws.
func TestModule(t *testing.T) {
	if testing.Short() {
		t.Skip("unpacks the module")
	}
	env := moduleProxy(t)
	for _, c := range []struct {
		imports string
		others  int // modules at most
	}{
		{"runtime", 12},
		{"models", 14}, // with those that protobuf names for tests of its own; they are not downloaded
	} {
		dir := t.TempDir()
		for file, text := range map[string]string{
			"go.mod":  "module example.com/camera\n\ngo 1.26.0\n",
			"main.go": "package main\n\nimport _ \"" + module + c.imports + "\"\n\nfunc main() {}\n",
		} {
			if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		goIn(t, env, dir, "get", module+c.imports+"@"+release)
		all := strings.Fields(goIn(t, env, dir, "list", "-m", "-f", "{{.Path}}", "all"))
		t.Logf("a module that imports %s: %d others: %v", c.imports, len(all)-1, all[1:])
		if len(all)-1 > c.others {
			t.Errorf("a module that imports %s has %d others, want at most %d", c.imports, len(all)-1, c.others)
		}
		for _, m := range all {
			for _, word := range []string{"plot", "font", "pdf", "latex"} {
				if strings.Contains(m, word) {
					t.Errorf("a module that imports %s has %s", c.imports, m)
				}
			}
		}
		goIn(t, env, dir, "list", "-deps", ".") // every package is there
	}
}

// TestInstall: the command line is installed by a version, and says it.
func TestInstall(t *testing.T) {
	gotool.Prove(t)
	bin := t.TempDir()
	env := append(moduleProxy(t), "GOBIN="+bin, "GOFLAGS=-modcacherw", "CGO_ENABLED=0")
	goIn(t, env, bin, "install", module+"cmd/gneiss@latest")
	name := filepath.Join(bin, "gneiss")
	if goruntime.GOOS == "windows" {
		name += ".exe"
	}
	out, err := exec.Command(name, "version", "--json").Output()
	var v struct{ Version string }
	if err := json.Unmarshal(out, &v); err != nil {
		t.Fatal(err)
	}
	if err != nil || v.Version != release {
		t.Errorf("version %q, want %q; %v", v.Version, release, err)
	}
	if out, err := exec.Command(name, "--version").Output(); err != nil || string(out) != "gneiss "+release+"\n" {
		t.Errorf("%q, %v", out, err)
	}
}
