package house_test

import (
	"bufio"
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// maxColumns is the length of a line, a tab being one column.
const maxColumns = 120

// TestWidths: lines of Go and of documents fit beside another window. Exceptions: what a program writes, directives,
// web addresses, raw strings, a string literal that ends a line, preformatted blocks of comments; tables, headings and
// blocks of code in documents.
func TestWidths(t *testing.T) {
	over := map[string]bool{}
	err := filepath.WalkDir("../../..", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && strings.HasPrefix(d.Name(), ".") && d.Name() != "..":
			return fs.SkipDir
		}
		free := map[string]func(string) bool{".go": goException(), ".md": documentException()}[filepath.Ext(path)]
		if d.IsDir() || free == nil {
			return nil
		}
		src, err := os.ReadFile(path)
		if err != nil || bytes.Contains(src[:min(len(src), 1000)], []byte("DO NOT EDIT")) {
			return err
		}
		name := strings.TrimPrefix(filepath.ToSlash(path), "../../../")
		lines := bufio.NewScanner(bytes.NewReader(src))
		lines.Buffer(nil, len(src)+1)
		for n := 1; lines.Scan(); n++ {
			line := lines.Text()
			if excepted := free(line); excepted || utf8.RuneCountInString(line) <= maxColumns {
				continue
			}
			over[name] = true
			if !slices.Contains(wide, name) {
				t.Errorf("%s:%d: more than %d columns", name, n, maxColumns)
			}
		}
		return lines.Err()
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range wide {
		if !over[name] {
			t.Errorf("%s has no line that is too long: it leaves the list of what has", name)
		}
	}
}

// goException tells the lines of a Go file, in order, that may be long.
func goException() func(line string) bool {
	raw := false // in a raw string
	return func(line string) bool {
		was := raw
		code := strings.TrimSpace(line)
		comment := !raw && strings.HasPrefix(code, "//")
		if !comment && strings.Count(line, "`")%2 == 1 {
			raw = !raw
		}
		return was || raw || strings.HasPrefix(code, "//go:") || strings.HasPrefix(code, "//\t") || strings.Contains(line, "://") ||
			!comment && strings.Contains(line, "`") || endsInString(code)
	}
}

// endsInString: nothing but a string, and what closes around it, is beyond a line's first half.
func endsInString(code string) bool {
	code = strings.TrimRight(code, ")}],{; ")
	at := strings.LastIndex(strings.TrimSuffix(code, `"`), `"`)
	return strings.HasSuffix(code, `"`) && at < maxColumns/2
}

// documentException tells the lines of a document, in order, that may be long.
func documentException() func(line string) bool {
	code := false
	return func(line string) bool {
		if strings.HasPrefix(line, "```") {
			code = !code
		}
		return code || strings.HasPrefix(line, "|") || strings.HasPrefix(line, "#") || strings.Contains(line, "://")
	}
}

// wide lists files with lines that are longer. The list only shrinks: what has none has to leave it.
var wide = strings.Fields(`
bench/cycles/cycles_test.go
kernels/general_test.go
models/caffe/caffe_test.go
models/caffe/forms_test.go
models/googlenet/prototxt.go
`)
