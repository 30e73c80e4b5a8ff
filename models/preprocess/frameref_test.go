package preprocess

import (
	"image"
	"image/color"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/gneiss-go/gneiss/runtime"
)

// input returns a tensor that the spec fills: a float input or, if q has a scale, the quantised output that is made of
// it.
func input(t testing.TB, s Spec, q runtime.Quant) *runtime.Tensor {
	t.Helper()
	g := runtime.NewGraph("input")
	shape := runtime.Shape{N: 1, H: s.Height, W: s.Width, C: s.Order.Channels()}
	in, err := g.Input("data", shape)
	if err != nil {
		t.Fatal(err)
	}
	float := q.Scale == 0
	if float {
		q.Scale = 1
	}
	out, err := g.Add("quantised", &runtime.Quantize{To: q}, in)
	if err != nil {
		t.Fatal(err)
	}
	if err := g.Output(out); err != nil {
		t.Fatal(err)
	}
	plan, err := runtime.Compile(g)
	if err != nil {
		t.Fatal(err)
	}
	sess, err := plan.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { sess.Close() })
	if float {
		return sess.Input(0)
	}
	return sess.Output(0)
}

// pixelAt is the plain definition of a layout: channel values of one pixel.
func pixelAt(f FrameFormat, frame []byte, x, y int) (a, b, c float64) {
	h, s := f.Height, f.Stride
	pairs := (f.Width + 1) / 2
	uv := s // bytes of a row of U and V
	if s == 0 {
		s, uv = f.Width, 2*pairs
		switch f.Pixels {
		case YUYV, UYVY:
			s = 4 * pairs
		case RGB24, BGR24:
			s = 3 * f.Width
		}
	}
	at := func(i int) float64 { return float64(frame[i]) }
	row, chroma := y*s, h*s+y/2*uv
	switch f.Pixels {
	case YUYV:
		return at(row + 2*x), at(row + x/2*4 + 1), at(row + x/2*4 + 3)
	case UYVY:
		return at(row + 2*x + 1), at(row + x/2*4), at(row + x/2*4 + 2)
	case NV12:
		return at(row + x), at(chroma + x/2*2), at(chroma + x/2*2 + 1)
	case NV21:
		return at(row + x), at(chroma + x/2*2 + 1), at(chroma + x/2*2)
	case I420:
		u := h*s + y/2*(uv/2) + x/2
		return at(row + x), at(u), at(u + (h+1)/2*(uv/2))
	case RGB24:
		return at(row + 3*x), at(row + 3*x + 1), at(row + 3*x + 2)
	case BGR24:
		return at(row + 3*x + 2), at(row + 3*x + 1), at(row + 3*x)
	}
	return at(row + x), at(row + x), at(row + x)
}

// toRGB converts a whole frame, without rounding, by the definition of luma and colour differences: Cr and Cb give R
// and B, and Y then gives G.
func toRGB(f FrameFormat, frame []byte) *floatImage {
	m := &floatImage{w: f.Width, h: f.Height}
	kr, kb := 0.299, 0.114
	if f.BT709 {
		kr, kb = 0.2126, 0.0722
	}
	for y := range f.Height {
		for x := range f.Width {
			a, b, c := pixelAt(f, frame, x, y)
			if f.Pixels <= I420 {
				luma, cb, cr := (a-16)/219*255, (b-128)/224, (c-128)/224
				if f.FullRange {
					luma, cb, cr = a, (b-128)/255, (c-128)/255
				}
				red, blue := luma+cr*255*2*(1-kr), luma+cb*255*2*(1-kb)
				green := (luma - kr*red - kb*blue) / (1 - kr - kb)
				a, b, c = red, green, blue
			}
			for _, v := range []float64{a, b, c} {
				m.pix = append(m.pix, math.Min(math.Max(v, 0), 255))
			}
		}
	}
	return m
}

// floatImage is an image of unrounded colours.
type floatImage struct {
	w, h int
	pix  []float64
}

func (m *floatImage) ColorModel() color.Model { return color.NRGBA64Model }

func (m *floatImage) Bounds() image.Rectangle { return image.Rect(0, 0, m.w, m.h) }

func (m *floatImage) At(x, y int) color.Color {
	p := m.pix[3*(y*m.w+x):]
	r := func(v float64) uint16 { return uint16(math.Round(v * 257)) }
	return color.NRGBA64{r(p[0]), r(p[1]), r(p[2]), 65535}
}

// rounded is the image in 8 bits.
func (m *floatImage) rounded() *image.NRGBA {
	out := image.NewNRGBA(m.Bounds())
	for i := range m.w * m.h {
		for c := range 3 {
			out.Pix[4*i+c] = uint8(math.Round(m.pix[3*i+c]))
		}
		out.Pix[4*i+3] = 255
	}
	return out
}

// frameOf is a frame of seeded noise; mild means that every colour it stands for exists.
func frameOf(f FrameFormat, mild bool) []byte {
	rng := rand.New(rand.NewPCG(uint64(f.Width), uint64(f.Height)))
	frame := make([]byte, f.Size())
	for i := range frame {
		frame[i] = uint8(rng.Uint32())
		if mild && f.Pixels <= I420 {
			frame[i] = 110 + frame[i]%32
		}
	}
	return frame
}
