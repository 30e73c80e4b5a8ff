package mapped_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/gneiss-go/gneiss/arch"
	"github.com/gneiss-go/gneiss/models"
	"github.com/gneiss-go/gneiss/models/cifar10"
	"github.com/gneiss-go/gneiss/runtime"
	"github.com/gneiss-go/gneiss/runtime/mapped"
)

func TestLoad(t *testing.T) {
	g, err := cifar10.Graph()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "net.gneiss")
	if err := models.Save(path, g, runtime.WithPacked(arch.Best())); err != nil {
		t.Fatal(err)
	}
	p, err := mapped.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	want, err := runtime.Compile(g)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := scores(t, p), scores(t, want); !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}

	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	write := func(name string, data []byte) string {
		t.Helper()
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, data, 0o644); err != nil {
			t.Fatal(err)
		}
		return file
	}
	for _, c := range []struct {
		path string
		want error
	}{
		{filepath.Join(dir, "none"), fs.ErrNotExist},
		{write("empty", nil), runtime.ErrCorrupt},
		{write("short", whole[:len(whole)-1]), runtime.ErrCorrupt},
		{dir, nil},
	} {
		p, err := mapped.Load(c.path)
		var fe *runtime.FileError
		if p != nil || !errors.As(err, &fe) || fe.File != c.path || c.want != nil && !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.path, err, c.want)
		}
	}
}

func scores(t *testing.T, p *runtime.Plan) []float32 {
	t.Helper()
	s, err := p.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for i := range s.Input(0).Float32() {
		s.Input(0).Float32()[i] = float32(i%7) - 3
	}
	if err := s.Run(); err != nil {
		t.Fatal(err)
	}
	return slices.Clone(s.Output(0).Float32())
}
