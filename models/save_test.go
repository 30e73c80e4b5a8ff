package models

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/gneiss-go/gneiss/internal/test/testdata"
	"github.com/gneiss-go/gneiss/models/caffe"
	"github.com/gneiss-go/gneiss/runtime"
)

// TestSave: a real float network comes back from its file, at little more than the size of its weights; a damaged or
// absent file is named.
func TestSave(t *testing.T) {
	dir := testdata.Path(t, "models", "bvlc_googlenet")
	g, err := caffe.Open(filepath.Join(dir, "bvlc_googlenet.caffemodel"), filepath.Join(dir, "deploy.prototxt"))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "model"+runtime.Ext)
	if err := Save(path, g); err != nil {
		t.Fatal(err)
	}
	back, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if len(back.Nodes) != len(g.Nodes) {
		t.Errorf("%d nodes, want %d", len(back.Nodes), len(g.Nodes))
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if most := 4*6_998_552 + 20_000; len(data) > most {
		t.Errorf("%d bytes, want at most %d", len(data), most)
	}
	data[len(data)/2]++
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, p := range []string{path, filepath.Join(t.TempDir(), "absent.gneiss")} {
		_, err := Open(p)
		var fe *runtime.FileError
		if !errors.As(err, &fe) || fe.File != p {
			t.Errorf("%s: %v", p, err)
		}
	}
	var fe *runtime.FileError
	if err := Save(filepath.Join(t.TempDir(), "no", "where.gneiss"), g); !errors.As(err, &fe) {
		t.Errorf("saved to a folder that does not exist: %v", err)
	}
}
