package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/gneiss-go/gneiss/bench/board"
)

// TestBoardsPage: the commands of docs/BOARDS.md exist, its fields are those of a report, and each report that came has
// a row.
func TestBoardsPage(t *testing.T) {
	page := read(t, "../../../docs/BOARDS.md")
	makefile := read(t, "../../../Makefile")
	if !strings.Contains(makefile, "\nboard:") {
		t.Error("there is no make board")
	}
	for _, name := range []string{"gneiss-board-arm64", "gneiss-board-armv7"} {
		if !strings.Contains(makefile, "$(OUT)/board/"+name) || !strings.Contains(page, "bin/board/"+name) {
			t.Errorf("make board or the page does not name %s", name)
		}
	}
	known := newFlags(new(settings))
	for _, m := range regexp.MustCompile("`(?:gneiss-board )?-([a-z]+)").FindAllStringSubmatch(page, -1) {
		if m[1] != "h" && known.Lookup(m[1]) == nil {
			t.Errorf("the page names -%s, which gneiss-board does not have", m[1])
		}
	}
	if !strings.Contains(read(t, "../../../cmd/gneiss/bench.go"), `"report"`) {
		t.Error("gneiss bench has no --report")
	}
	if !strings.Contains(page, "`"+board.Schema+"`") {
		t.Errorf("the page does not name %s", board.Schema)
	}
	fields := map[string]bool{"checksum": true, "error": true, "load": true}
	for f := range reflect.TypeFor[board.Report]().Fields() {
		fields[f.Tag.Get("json")] = true
	}
	for line := range strings.Lines(page) {
		if !strings.HasPrefix(line, "| `") {
			continue
		}
		cell, _, _ := strings.Cut(strings.TrimPrefix(line, "| "), " |")
		for _, m := range regexp.MustCompile("`([a-z]+)`").FindAllStringSubmatch(cell, -1) {
			if !fields[m[1]] {
				t.Errorf("a report has no field %s", m[1])
			}
		}
	}
	reports, err := filepath.Glob("../../../docs/boards/*.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range reports {
		r, err := board.Read(strings.NewReader(read(t, path)))
		if err != nil {
			t.Errorf("%s: %v", path, err)
		} else if !strings.Contains(page, "boards/"+filepath.Base(path)) || len(r.Emulated) > 0 {
			t.Errorf("%s has no row, or is of an emulator", path)
		}
	}
	if none := strings.Contains(page, "Nothing yet."); none != (len(reports) == 0) {
		t.Errorf("%d reports; the page says %v of there being none", len(reports), none)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(string(b), "\r\n", "\n")
}

// TestRead: a report that was written is printed again, and what is none is refused.
func TestRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "r.json")
	if err := run(t.Context(), []string{"-o", path, "-networks", "cifar10", "-each", "1ns"}); err != nil {
		t.Fatal(err)
	}
	if err := run(t.Context(), []string{"-read", path}); err != nil {
		t.Error(err)
	}
	b, err := json.Marshal(map[string]string{"schema": "another"})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := run(t.Context(), []string{"-read", path}); err == nil {
		t.Error("another document was read")
	}
	if err := run(t.Context(), []string{"-networks", "none", "-o", path}); err == nil {
		t.Error("a network of no name was measured")
	}
}
