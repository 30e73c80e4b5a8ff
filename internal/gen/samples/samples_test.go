package samples

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"os"
	"testing"

	"github.com/gneiss-go/gneiss/internal/gen/samples/draw"
)

// TestFresh: the files are what the code draws. Levels may differ by 2, for a compiler may fuse a multiplication
// with an addition.
func TestFresh(t *testing.T) {
	all := All()
	if len(all) != len(draw.Scenes) {
		t.Fatalf("%d samples, %d scenes", len(all), len(draw.Scenes))
	}
	for i, s := range all {
		scene := draw.Scenes[i]
		if s.Name != scene.Name+".png" || len(s.Data) > 20<<10 {
			t.Errorf("%s of %d bytes, want %s.png of at most 20 KiB", s.Name, len(s.Data), scene.Name)
		}
		fresh(t, s.Name, s.Data, scene.Image())
	}
	street, err := os.ReadFile("../../../examples/detect/street.png")
	if err != nil {
		t.Fatal(err)
	}
	if len(street) > 24<<10 {
		t.Errorf("street.png of %d bytes", len(street))
	}
	fresh(t, "street.png", street, draw.Street())
	road := Road()
	if len(road.Data) > 24<<10 {
		t.Errorf("%s of %d bytes", road.Name, len(road.Data))
	}
	fresh(t, road.Name, road.Data, draw.Road())
}

// fresh holds a file to what the code draws.
func fresh(t *testing.T, name string, data []byte, want *image.RGBA) {
	t.Helper()
	got, err := png.Decode(bytes.NewReader(data))
	if err != nil || got.Bounds() != want.Rect {
		t.Fatal(name, err, want.Rect)
	}
	off := 0
	for y := range want.Rect.Dy() {
		for x := range want.Rect.Dx() {
			g := color.RGBAModel.Convert(got.At(x, y)).(color.RGBA)
			w := want.RGBAAt(x, y)
			if far(g.R, w.R) || far(g.G, w.G) || far(g.B, w.B) {
				off++
			}
		}
	}
	if off > want.Rect.Dx() { // edges may fall on the other side of a sampling point
		t.Errorf("%s: %d pixels differ from what is drawn; run go generate ./internal/gen/samples", name, off)
	}
}

func far(a, b uint8) bool { return max(a, b)-min(a, b) > 2 }
