// Package testdata finds the third-party files (weights, images, conformance cases) that some tests measure
// against. They are not part of the repository: tests that need them are skipped where they are absent.
//
//	GNEISS_DATA=dir         where they are; default ../shared/data beside the module's root
//	GNEISS_REQUIRE_DATA=1   absent files fail the test instead of skipping it
package testdata

import (
	"os"
	"path/filepath"
	"testing"
)

// Path returns the path of a file or folder in the data directory, or skips the test if it does not exist.
func Path(t testing.TB, elems ...string) string {
	t.Helper()
	dir := os.Getenv("GNEISS_DATA")
	if dir == "" {
		root, err := moduleRoot()
		if err != nil {
			t.Fatalf("testdata: %v", err)
		}
		dir = filepath.Join(root, "..", "shared", "data")
	}
	p := filepath.Join(append([]string{dir}, elems...)...)
	if _, err := os.Stat(p); err != nil {
		give := t.Skipf
		if os.Getenv("GNEISS_REQUIRE_DATA") == "1" {
			give = t.Fatalf
		}
		give("NOT TESTED: %s needs %s, which is not there (%v). Set GNEISS_DATA to the folder that has %q; GNEISS_REQUIRE_DATA=1 makes this a failure.",
			t.Name(), p, err, filepath.Join(elems...))
	}
	return p
}

// moduleRoot is the nearest folder above the working directory (a test's package) with a go.mod.
func moduleRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		up := filepath.Dir(dir)
		if up == dir {
			return "", os.ErrNotExist
		}
		dir = up
	}
}
