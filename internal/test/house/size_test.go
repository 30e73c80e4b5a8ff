package house_test

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What a reader takes in at once.
const (
	maxFileLines = 450
	maxFuncLines = 80
)

// TestSizes: no file and no function of Go is too large to be read at once; what a program writes does not count.
func TestSizes(t *testing.T) {
	err := filepath.WalkDir("../../..", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && strings.HasPrefix(d.Name(), ".") && d.Name() != "..":
			return fs.SkipDir
		case d.IsDir() || filepath.Ext(path) != ".go":
			return nil
		}
		src, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		files := token.NewFileSet()
		f, err := parser.ParseFile(files, path, src, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil || ast.IsGenerated(f) {
			return err
		}
		name := strings.TrimPrefix(filepath.ToSlash(path), "../../../")
		if bytes.Count(src, []byte("\n")) > maxFileLines {
			t.Errorf("%s: more than %d lines", name, maxFileLines)
		}
		for _, decl := range f.Decls {
			if fn, ok := decl.(*ast.FuncDecl); ok {
				if files.Position(fn.End()).Line-files.Position(fn.Pos()).Line+1 > maxFuncLines {
					t.Errorf("%s: %s: more than %d lines", name, fn.Name.Name, maxFuncLines)
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
