// Package seeds keeps the seed corpora of fuzz targets: files under testdata/fuzz that a test writes and proves fresh.
package seeds

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the seed corpora under testdata/fuzz")

// Check compares the files of a target's corpus with these inputs, or writes them under -update. Each input is a []byte
// or a string, as the target takes it.
func Check[T []byte | string](t *testing.T, target string, inputs map[string]T) {
	t.Helper()
	dir := filepath.Join("testdata", "fuzz", target)
	kind := "[]byte"
	if _, text := any(inputs).(map[string]string); text {
		kind = "string"
	}
	for name, in := range inputs {
		path := filepath.Join(dir, strings.ReplaceAll(name, " ", "-"))
		want := fmt.Sprintf("go test fuzz v1\n%s(%q)\n", kind, in)
		if *update {
			if err := os.MkdirAll(dir, 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if have, err := os.ReadFile(path); err != nil || string(have) != want {
			t.Errorf("%s is stale; run the test with -update (%v)", path, err)
		}
	}
}
