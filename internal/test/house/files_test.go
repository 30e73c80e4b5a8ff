package house_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// ownWriters may write files otherwise than by package wholefile.
var ownWriters = map[string]string{
	"internal/app/wholefile/wholefile.go": "is that package",
	"internal/app/fetch/fetch.go":         "has a part that goes on where it stopped; wholefile gives it its name",
	"internal/gen/asmgen/asmgen.go":       "must build while the assembly that it writes does not",
	"internal/test/disasm/disasm.go":      "hands code to another program in a temporary file",
}

// TestOneWriter: what commands and tools write goes through package wholefile, whole and in its place.
func TestOneWriter(t *testing.T) {
	writes := regexp.MustCompile(`\bos\.(Create|CreateTemp|WriteFile|OpenFile|Rename|Link)\b`)
	seen := map[string]bool{}
	for _, top := range []string{"cmd", "internal"} {
		err := filepath.WalkDir(filepath.Join("../../..", top), func(path string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") {
				return err
			}
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			name := strings.TrimPrefix(filepath.ToSlash(path), "../../../")
			if m := writes.Find(text); m != nil {
				seen[name] = true
				if ownWriters[name] == "" {
					t.Errorf("%s writes by %s; it should by package wholefile", name, m)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for name := range ownWriters {
		if !seen[name] {
			t.Errorf("%s writes no file any more", name)
		}
	}
}

// TestGoCommand: whoever builds or lists packages does it by package gotool, also in a tree that git does not trust.
func TestGoCommand(t *testing.T) {
	builds := regexp.MustCompile(`exec\.Command(Context)?\((ctx, )?(goTool|"go"), "(build|run|list|test|install|vet)"`)
	err := filepath.WalkDir("../../..", func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || filepath.Ext(path) != ".go" {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if m := builds.Find(text); m != nil {
			t.Errorf("%s: %s; it should be by package gotool", path, m)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
