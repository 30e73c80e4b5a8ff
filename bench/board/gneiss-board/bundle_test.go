package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gneiss-go/gneiss/bench/board"
	"github.com/gneiss-go/gneiss/internal/test/gotool"
)

// maxBundle is what both programs may take together.
const maxBundle = 40 << 20

// TestBundle: make board builds two programs with Go alone, and each writes, on a machine of its kind that is emulated,
// a report that is read back: marked as emulated, and with the same bytes of int8 as everywhere.
func TestBundle(t *testing.T) {
	if testing.Short() {
		t.Skip("builds two programs")
	}
	for _, qemu := range emulators {
		if _, err := exec.LookPath(qemu); err != nil {
			t.Skip("NOT PROVEN here: ", err)
		}
	}
	out := t.TempDir()
	mk := exec.Command("make", "board", "OUT="+out)
	mk.Dir = "../../.."
	mk.Env = append(os.Environ(), "GOFLAGS=-buildvcs=false") // as gotool.Command
	if b, err := mk.CombinedOutput(); err != nil {
		if _, missing := exec.LookPath("make"); missing != nil {
			t.Skip("SKIPPED: ", missing)
		}
		t.Fatalf("%v\n%s", err, b)
	}
	total := int64(0)
	reports := map[string]*board.Report{}
	for _, arch := range []string{"arm64", "armv7"} {
		path := filepath.Join(out, "board", "gneiss-board-"+arch)
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		total += info.Size()
		if err := gotool.Static(path); err != nil {
			t.Error(err)
		}
		reports[arch] = emulated(t, emulators[arch], path)
	}
	t.Logf("%.1f MB", float64(total)/1e6)
	if total > maxBundle {
		t.Errorf("%d bytes, more than %d", total, maxBundle)
	}
	here, err := board.Measure(t.Context(), board.Options{Names: names, Each: 1})
	if err != nil {
		t.Fatal(err)
	}
	for arch, r := range reports {
		compare(t, arch, r, here)
	}
}

var (
	names     = []string{"cifar10", "squeezenet"}
	emulators = map[string]string{"arm64": "qemu-aarch64-static", "armv7": "qemu-arm-static"}
)

// emulated runs a program and reads its report.
func emulated(t *testing.T, qemu, path string) *board.Report {
	t.Helper()
	file := filepath.Join(t.TempDir(), "report.json")
	cmd := exec.Command(qemu, path, "-o", file, "-each", "1ns", "-networks", strings.Join(names, ","))
	cmd.Env = append(os.Environ(), "QEMU_CPU=max")
	b, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", qemu, err, b)
	}
	for _, word := range []string{"EMULATED", "| squeezenet | int8 | 1 |", "BOARDS.md"} {
		if !strings.Contains(string(b), word) {
			t.Errorf("%s: no %q in\n%s", qemu, word, b)
		}
	}
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r, err := board.Read(f)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Emulated) == 0 {
		t.Errorf("%s: not marked as emulated", qemu)
	}
	return r
}

// compare sets outputs beside those of this machine.
func compare(t *testing.T, arch string, r, here *board.Report) {
	t.Helper()
	want := map[string]string{}
	for _, n := range here.Nets {
		if n.DType == "int8" {
			want[n.Model] = n.Checksum
		}
	}
	seen := 0
	for _, n := range r.Nets {
		if n.Error != "" {
			t.Errorf("%s: %s, %s: %s", arch, n.Model, n.DType, n.Error)
		}
		if n.DType == "int8" {
			seen++
			if n.Checksum != want[n.Model] {
				t.Errorf("%s: %s in int8 gives %s, here %s", arch, n.Model, n.Checksum, want[n.Model])
			}
		}
	}
	if seen < len(names) {
		t.Errorf("%s: %d networks in int8", arch, seen)
	}
}
