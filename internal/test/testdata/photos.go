package testdata

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
)

// Photo is a labelled photograph.
type Photo struct {
	File      string // its path
	Label     int    // ImageNet class, 0–999
	Reference int    // what another engine's float32 GoogLeNet answers
}

// Photos returns the photographs of a role, calibrate or evaluate, or skips the test if there are none.
func Photos(t testing.TB, role string) []Photo {
	t.Helper()
	dir := Path(t, "images", "nips17")
	f, err := os.Open(filepath.Join(dir, "labels.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r := csv.NewReader(f)
	r.LazyQuotes = true
	rows, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	at := func(column string) int { return slices.Index(rows[0], column) }
	number := func(s string) int {
		n, err := strconv.Atoi(s)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	var photos []Photo
	for _, row := range rows[1:] {
		if row[at("role")] == role {
			photos = append(photos, Photo{filepath.Join(dir, row[at("file")]), number(row[at("label")]),
				number(row[at("reference_top1")])})
		}
	}
	if len(photos) == 0 {
		t.Fatalf("no photographs to %s in %s", role, dir)
	}
	return photos
}
