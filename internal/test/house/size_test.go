package house_test

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// What a reader takes in at once.
const (
	maxFileLines = 450
	maxFuncLines = 80
)

// large lists files, and functions as file:name, that are larger. The list only shrinks: what is no longer too large
// has to leave it.
var large = strings.Fields(`
bench/peers/main.go:contest
cmd/gneiss/compile.go:compileCommand
cmd/gneiss/inspect.go:inspectCommand
cmd/gneiss/serve.go:serveCommand
cmd/gneiss/serve_test.go:TestServe
internal/app/fetch/fetch_test.go:TestTo
internal/app/serve/page_test.go:TestPage
kernels/conv_test.go
kernels/wino_tile.go
models/caffe/caffe.go
models/caffe/caffe.go:run
models/caffe/caffe_test.go
models/caffe/layers.go
models/internal/interp/interp.go:step
models/nin/nin_test.go:TestCIFAR10
models/onnx/ops.go
models/onnx/proto.go
models/onnx/quantops.go
models/preprocess/frame_test.go
models/tflite/build_test.go:bytes
models/tflite/ops.go
models/tflite/tflite_test.go:TestQuantised
runtime/verify_test.go:TestVerify
`)

// TestSizes: no file and no function of Go is too large to be read at once; what a program writes does not count.
func TestSizes(t *testing.T) {
	var found []string
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
			found = append(found, name)
		}
		for _, decl := range f.Decls {
			if fn, ok := decl.(*ast.FuncDecl); ok {
				if files.Position(fn.End()).Line-files.Position(fn.Pos()).Line+1 > maxFuncLines {
					found = append(found, name+":"+fn.Name.Name)
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range found {
		if !slices.Contains(large, name) {
			t.Errorf("%s: more than %d lines of a file or %d of a function", name, maxFileLines, maxFuncLines)
		}
	}
	for _, name := range large {
		if !slices.Contains(found, name) {
			t.Errorf("%s is not too large: it leaves the list of what is", name)
		}
	}
}
