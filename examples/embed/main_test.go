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

// least is a program that has a compiled model within it and runs it: what all programs that import runtime link.
const least = `package main

import (
	_ "embed"
	"fmt"
	"os"

	"github.com/gneiss-go/gneiss/runtime"
)

//go:embed model.gneiss
var model []byte

func run() error {
	plan, err := runtime.Load(model)
	if err != nil {
		return err
	}
	sess, err := plan.NewSession()
	if err != nil {
		return err
	}
	defer sess.Close()
	if err := sess.Run(); err != nil {
		return err
	}
	_, err = fmt.Println(sess.Output(0).TopK(1, nil))
	return err
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
`

// TestSize: the most bytes that programs may have on a small ARM board. Their sections begin at multiples of 64 KiB.
func TestSize(t *testing.T) {
	if testing.Short() {
		t.Skip("builds for arm64")
	}
	dir := t.TempDir()
	model, err := os.ReadFile("../../models/cifar10/cifar10_int8.gneiss")
	if err != nil {
		t.Fatal(err)
	}
	source := filepath.Join(dir, "main.go")
	for name, data := range map[string][]byte{source: []byte(least), filepath.Join(dir, "model.gneiss"): model} {
		if err := os.WriteFile(name, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		what, source string
		most         int // besides the model
	}{
		{"the least program", source, 3_300_000},
		{"embed", ".", 3_800_000},
	} {
		out := filepath.Join(dir, "program")
		cmd := gotool.Command("build", "-trimpath", "-ldflags=-s -w", "-o", out, c.source)
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH=arm64")
		if text, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		info, err := os.Stat(out)
		if err != nil {
			t.Fatal(err)
		}
		size := int(info.Size()) - len(model)
		t.Logf("%s: %.2f MB and a model of %.2f", c.what, float64(size)/1e6, float64(len(model))/1e6)
		if size > c.most {
			t.Errorf("%s: %d bytes besides its model, want at most %d", c.what, size, c.most)
		}
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
