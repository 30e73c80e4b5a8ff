package labels

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gneiss-go/gneiss/internal/test/testdata"
	"github.com/gneiss-go/gneiss/runtime"
)

func TestParse(t *testing.T) {
	for _, c := range []struct {
		in   string
		want []string
		err  error
	}{
		{"n01440764 tench, Tinca tinca\nn01443537 goldfish\n", []string{"tench, Tinca tinca", "goldfish"}, nil},
		{"cat\r\ndog\r\n\r\n", []string{"cat", "dog"}, nil},
		{"\ufeffcat\n\ndog", []string{"cat", "", "dog"}, nil},
		{"n0144076x not a synset\nn01440764", []string{"n0144076x not a synset", "n01440764"}, nil},
		{"", nil, ErrCorrupt},
		{"\n\n", nil, ErrCorrupt},
		{"a\x00b\n", nil, ErrCorrupt},
		{strings.Repeat("x", MaxLine+1), nil, runtime.ErrLimit},
		{strings.Repeat("x\n", MaxLabels+1), nil, runtime.ErrLimit},
	} {
		got, err := Parse(strings.NewReader(c.in))
		if !slices.Equal(got, c.want) || !errors.Is(err, c.err) {
			t.Errorf("%.20q: %.40q, %v; want %q, %v", c.in, got, err, c.want, c.err)
		}
	}
}

func TestFind(t *testing.T) {
	root := t.TempDir()
	dir := filepath.Join(root, "models", "net")
	for _, d := range []string{dir, filepath.Join(root, "labels")} {
		if err := os.MkdirAll(d, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	model := filepath.Join(dir, "net.onnx")
	if path, names := Find(model, 2); path != "" || names != nil {
		t.Errorf("found %q %q where there is nothing", path, names)
	}
	far, near := filepath.Join(root, "labels", "synset_words.txt"), filepath.Join(dir, "labels.txt")
	os.WriteFile(far, []byte("a\nb\n"), 0o600)
	if path, _ := Find(model, 2); filepath.Clean(path) != far {
		t.Errorf("found %q, want %q", path, far)
	}
	os.WriteFile(near, []byte("a\nb\nc\n"), 0o600)
	if path, _ := Find(model, 2); filepath.Clean(path) != far {
		t.Errorf("found %q, which has three labels", path)
	}
	if path, names := Find(model, 3); path != near || len(names) != 3 {
		t.Errorf("found %q, want %q", path, near)
	}
	var fe *runtime.FileError
	if _, err := Read(filepath.Join(root, "none")); !errors.As(err, &fe) || !errors.Is(err, os.ErrNotExist) {
		t.Errorf("missing file: %v", err)
	}
}

func TestSynsets(t *testing.T) {
	names, err := Read(testdata.Path(t, "labels", "synset_words.txt"))
	if err != nil || len(names) != 1000 || names[0] != "tench, Tinca tinca" {
		t.Errorf("%d names, %v", len(names), err)
	}
}
