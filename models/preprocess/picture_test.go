package preprocess

import (
	"errors"
	"math"
	"testing"
)

// TestPicture: the picture of a frame of every layout is that of the plain definition, rounded.
func TestPicture(t *testing.T) {
	for p := range numPixels {
		for _, f := range []FrameFormat{{Pixels: p, Width: 6, Height: 4}, {Pixels: p, Width: 5, Height: 3, FullRange: true},
			{Pixels: p, Width: 7, Height: 5, Stride: 64, BT709: true}, {Pixels: p, Width: 1, Height: 1}} {
			frame := frameOf(f, false)
			got, err := f.Picture(frame, nil)
			if err != nil {
				t.Fatal(err)
			}
			want := toRGB(f, frame)
			for i := range f.Width * f.Height {
				for c := range 3 {
					if d := math.Abs(float64(got.Pix[4*i+c]) - want.pix[3*i+c]); d > 0.501 {
						t.Fatalf("%v: pixel %d, colour %d is off by %v", f, i, c, d)
					}
				}
				if got.Pix[4*i+3] != 255 {
					t.Fatalf("%v: pixel %d is transparent", f, i)
				}
			}
			if again, err := f.Picture(frame, got); err != nil || again != got {
				t.Errorf("%v: a new picture, %v", f, err)
			}
			var fe *FrameError
			if _, err := f.Picture(frame[:len(frame)-1], nil); !errors.As(err, &fe) {
				t.Errorf("%v: of a frame that is cut off: %v", f, err)
			}
		}
	}
	if _, err := (FrameFormat{Pixels: numPixels, Width: 2, Height: 2}).Picture(make([]byte, 99), nil); err == nil {
		t.Error("a layout that there is not")
	}
}
