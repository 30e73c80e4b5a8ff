package main

import (
	"bytes"
	"image"
	"image/color"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gneiss-go/gneiss/internal/test/gotool"
	"github.com/gneiss-go/gneiss/models/imagefile"
)

const picture = "../../internal/gen/samples/ship.png"

// rgb returns the bytes of a picture, row by row.
func rgb(m image.Image) (out []byte) {
	b := m.Bounds()
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			c := color.NRGBAModel.Convert(m.At(x, y)).(color.NRGBA)
			out = append(out, c.R, c.G, c.B)
		}
	}
	return out
}

// TestRun: a picture and its raw bytes get the same answer, and the right one.
func TestRun(t *testing.T) {
	m, err := imagefile.Open(picture)
	if err != nil {
		t.Fatal(err)
	}
	var file, raw bytes.Buffer
	if err := run(picture, nil, &file); err != nil {
		t.Fatal(err)
	}
	size := m.Bounds().Size()
	if err := run(strings.Trim(strings.ReplaceAll(size.String(), ",", "x"), "()"), bytes.NewReader(rgb(m)),
		&raw); err != nil {
		t.Fatal(err)
	}
	if file.String() != raw.String() || !strings.HasPrefix(raw.String(), "ship ") {
		t.Errorf("picture: %q, raw: %q", file.String(), raw.String())
	}
}

func TestErrors(t *testing.T) {
	for _, arg := range []string{"none.png", "main.go", "0x7", "99999x99999", "4x4"} {
		if err := run(arg, strings.NewReader("short"), &bytes.Buffer{}); err == nil {
			t.Errorf("%s: no error", arg)
		}
	}
}

// budget is the most bytes that the program may have on a small ARM board.
const budget = 4500 << 10 // its model takes 647 of them

func TestSize(t *testing.T) {
	if testing.Short() {
		t.Skip("builds for arm64")
	}
	out := filepath.Join(t.TempDir(), "embed")
	cmd := gotool.Command("build", "-trimpath", "-ldflags=-s -w", "-o", out, ".")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH=arm64")
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	info, err := os.Stat(out)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("linux/arm64: %.2f MB, of %.2f MB at most", float64(info.Size())/1e6, float64(budget)/1e6)
	if info.Size() > budget {
		t.Errorf("%d bytes, want at most %d", info.Size(), budget)
	}
}

// TestStatic: a program that runs models is static as plain go build makes it, with a C compiler or without.
func TestStatic(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the program")
	}
	out := filepath.Join(t.TempDir(), "embed")
	cmd := gotool.Command("build", "-o", out, ".")
	cmd.Env = append(os.Environ(), "GOOS=linux")
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	if err := gotool.Static(out); err != nil {
		t.Error(err)
	}
}
