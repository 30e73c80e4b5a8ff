package pages

import (
	"bufio"
	"bytes"
	"cmp"
	"fmt"
	"image/jpeg"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gneiss-go/gneiss/internal/gen/samples"
	"github.com/gneiss-go/gneiss/internal/gen/samples/draw"
	"github.com/gneiss-go/gneiss/internal/test/gotool"
)

const root = "../../.."

// sessions are the documents that are run.
var sessions = []string{"docs/QUICKSTART.md", "docs/BRING-YOUR-MODEL.md", "docs/TROUBLESHOOTING.md"}

func blocks(t *testing.T, page string) []Block {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, page))
	if err != nil {
		t.Fatal(err)
	}
	all, err := Parse(strings.ReplaceAll(string(text), "\r\n", "\n"))
	if err != nil {
		t.Fatalf("%s: %v", page, err)
	}
	return all
}

// TestMarks: each block of a session says how it is tested; programs in Python parse.
func TestMarks(t *testing.T) {
	python, _ := exec.LookPath("python3")
	if python == "" {
		t.Log("NOT TESTED: whether programs in Python parse; there is no python3")
	}
	for _, page := range sessions {
		for _, b := range blocks(t, page) {
			if !b.Marked || b.Language != "sh" && b.File == "" && b.Elsewhere == "" {
				t.Errorf("%s:%d: nothing tests this block", page, b.Line)
			}
			if b.Language == "python" && python != "" {
				c := exec.Command(python, "-c", "import ast, sys; ast.parse(sys.stdin.read())")
				c.Stdin = strings.NewReader(b.Text)
				if out, err := c.CombinedOutput(); err != nil {
					t.Errorf("%s:%d: %v\n%s", page, b.Line, err, out)
				}
			}
		}
	}
}

// TestSessions: whoever types what the documents say gets what they say; with the time of each step.
func TestSessions(t *testing.T) {
	gotool.Prove(t)
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("NOT TESTED: there is no sh")
	}
	bin := t.TempDir()
	build := gotool.Command("build", "-o", bin, "./cmd/gneiss")
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, page := range sessions {
		t.Run(filepath.Base(page), func(t *testing.T) {
			dir := t.TempDir()
			provide(t, dir)
			s := &session{page: page, dir: dir, blocks: blocks(t, page)}
			s.run(t, sh, bin)
		})
	}
}

// provide puts into a folder what a person has: a photograph, some more, and a detector if there is test data.
func provide(t *testing.T, dir string) {
	t.Helper()
	write := func(name string, data []byte) {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, draw.Street(), nil); err != nil {
		t.Fatal(err)
	}
	write("photo.jpg", b.Bytes())
	for _, s := range samples.All() {
		m, err := png.Decode(bytes.NewReader(s.Data))
		if err != nil {
			t.Fatal(err)
		}
		b.Reset()
		if err := jpeg.Encode(&b, m, nil); err != nil {
			t.Fatal(err)
		}
		write("photos/"+strings.TrimSuffix(s.Name, ".png")+".jpg", b.Bytes())
	}
	const ssd = "ssd_mobilenet_v1_coco_quant"
	if data := os.Getenv("GNEISS_DATA"); data != "" {
		if model, err := os.ReadFile(filepath.Join(data, "zoo", ssd, ssd+".tflite")); err == nil {
			write("detector.tflite", model)
		}
	}
}

// session is a document that is run, in a folder.
type session struct {
	page, dir string
	blocks    []Block
	python    string
}

// mark begins the line that the shell prints before a block.
const mark = "\x01block "

// prelude begins the script. What is published is this tree; that go get finds a published one has a test of its own.
const prelude = `set -eu
go() {
	case "$*" in
	"install github.com/gneiss-go/gneiss/cmd/gneiss@latest") ;;
	"get github.com/gneiss-go/gneiss@latest")
		command go mod edit -require=github.com/gneiss-go/gneiss@v0.0.0 -replace=github.com/gneiss-go/gneiss="$TREE"
		cp "$TREE/go.sum" .
		chmod u+w go.sum
		;;
	*) command go "$@" ;;
	esac
}
python3() { "$PYTHON" "$@"; }
`

// script is all that is typed, with a line that tells the blocks apart. What is not run here has to parse.
func (s *session) script(t *testing.T, sh string) string {
	given := absolute(t, "testdata")
	script := prelude
	for i, b := range s.blocks {
		missing := s.missing(b)
		script += fmt.Sprintf("printf '%s%d\\n'\n", `\001block `, i)
		switch {
		case b.Elsewhere != "":
		case b.File != "":
			script += fmt.Sprintf("cat >'%s' <<'END OF BLOCK'\n%sEND OF BLOCK\n", b.File, b.Text)
		case len(missing) > 0:
			t.Logf("%s:%d: NOT RUN: needs %s", s.page, b.Line, strings.Join(missing, ", "))
			if out, err := exec.Command(sh, "-n", "-c", b.Text).CombinedOutput(); err != nil {
				t.Errorf("%s:%d: %v\n%s", s.page, b.Line, err, out)
			}
			for _, g := range b.Gives {
				script += fmt.Sprintf("cp -r '%s/%s' .\n", given, g)
			}
			s.blocks[i].Prints = nil
		default:
			script += b.Text
		}
	}
	return script
}

func absolute(t *testing.T, dir string) string {
	t.Helper()
	dir, err := filepath.Abs(dir)
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// run gives the blocks to a shell, one after the other, and looks at what each prints.
func (s *session) run(t *testing.T, sh, bin string) {
	c := exec.Command(sh, "-c", s.script(t, sh))
	c.Dir = s.dir
	c.Env = append(os.Environ(), "PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"), "TREE="+absolute(t, root),
		"PYTHON="+cmp.Or(s.python, "python3"), "GOFLAGS=-mod=mod -buildvcs=false", "GOWORK=off")
	pipe, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	c.Stderr = c.Stdout
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	at, start, printed := -1, time.Now(), strings.Builder{}
	finish := func() {
		if at >= 0 && s.blocks[at].Language == "sh" {
			s.look(t, at, printed.String(), time.Since(start))
		}
		start = time.Now()
		printed.Reset()
	}
	lines := bufio.NewScanner(pipe)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		if n, ok := strings.CutPrefix(lines.Text(), mark); ok {
			finish()
			if at, err = strconv.Atoi(n); err != nil {
				t.Fatal(err)
			}
			continue
		}
		printed.WriteString(lines.Text() + "\n")
	}
	if err := c.Wait(); err != nil {
		t.Fatalf("%s:%d: %v\n%s\n%s", s.page, s.blocks[max(at, 0)].Line, err, s.blocks[max(at, 0)].Text, &printed)
	}
	finish()
}

// look holds what a block printed to what it should print.
func (s *session) look(t *testing.T, at int, printed string, took time.Duration) {
	b := s.blocks[at]
	first, _, _ := strings.Cut(b.Text, "\n")
	t.Logf("%s:%d: %.1f s: %s", s.page, b.Line, took.Seconds(), first)
	if b.Prints != nil && !b.Prints.MatchString(printed) {
		t.Errorf("%s:%d: it does not print %s:\n%s", s.page, b.Line, b.Prints, printed)
	}
}

// missing lists what a block needs and is not there.
func (s *session) missing(b Block) []string {
	return slices.DeleteFunc(slices.Clone(b.Needs), func(n string) bool {
		if n == "network" || n == "board" {
			return false
		}
		if module, ok := strings.CutPrefix(n, "python3/"); ok {
			for _, python := range []string{s.python, "python3", "/usr/bin/python3"} {
				if python != "" && exec.Command(python, "-c", "import "+module).Run() == nil {
					s.python = python
					return true
				}
			}
			return false
		}
		if strings.Contains(n, ".") {
			_, err := os.Stat(filepath.Join(s.dir, n))
			return err == nil
		}
		_, err := exec.LookPath(n)
		return err == nil
	})
}
