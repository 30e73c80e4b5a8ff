package testdata

import (
	"os"
	"path/filepath"
	"testing"
)

func TestPath(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "here"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("GNEISS_DATA", dir)
	if got, want := Path(t, "here"), filepath.Join(dir, "here"); got != want {
		t.Errorf("Path = %q, want %q", got, want)
	}
	if got := Dir(t); got != dir {
		t.Errorf("Dir = %q, want %q", got, dir)
	}
	t.Setenv("GNEISS_REQUIRE_DATA", "0")
	skipped := false
	t.Run("absent", func(t *testing.T) {
		defer func() { skipped = t.Skipped() }()
		Path(t, "not", "here")
	})
	if !skipped {
		t.Error("an absent file did not skip the test")
	}
}
