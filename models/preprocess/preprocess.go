// Package preprocess makes a network's input of an image: crop, resize, order of colours, mean and scale, in one pass
// and straight into the session's input.
//
//	p := preprocess.GoogLeNet.Preparer()
//	err := p.Fill(sess.Input(0), img)
//
// A Preparer keeps its tables from one image to the next and allocates only when the size of the images changes. It
// belongs to one goroutine at a time. A [Spec] is a plain value that a model carries with it.
//
// Alpha is ignored, as the pipelines that networks are trained with do: a pixel has the colour that its file gives it,
// however transparent it is. It is so for every type of image. Where colours are stored multiplied by alpha they are
// divided by it again; under full transparency they are taken as they are, and that is black.
package preprocess

import (
	"fmt"
	"image"
	"math"

	"github.com/gneiss-go/gneiss/runtime"
)

// Mode says how an image that is not of the network's proportions is made to fit.
type Mode uint8

const (
	Squash    Mode = iota // stretch the whole image
	Crop                  // resize the short side, then cut out the centre
	Letterbox             // resize the whole image in proportion and centre it between bars
)

// String returns the word that the command line uses.
func (m Mode) String() string { return [...]string{"squash", "crop", "letterbox", "?"}[m&3] }

// Order is the meaning of the network's channels.
type Order uint8

const (
	RGB Order = iota
	BGR
	Gray // one channel, ITU-R BT.601 luma
)

// String returns rgb, bgr or gray.
func (o Order) String() string { return [...]string{"rgb", "bgr", "gray", "?"}[o&3] }

// Channels returns 3, or 1 for Gray.
func (o Order) Channels() int {
	if o == Gray {
		return 1
	}
	return 3
}

// Filter is how pixels are interpolated. Both put pixel centres at half-integers and repeat the edge.
type Filter uint8

const (
	Bilinear  Filter = iota // the four nearest pixels, however much the image shrinks: OpenCV, Caffe
	Antialias               // a triangle as wide as the shrinkage: PIL, torchvision
)

// String returns bilinear or antialias.
func (f Filter) String() string { return [...]string{"bilinear", "antialias"}[f&1] }

// Spec is what a network expects of its input. Each element is (pixel − Mean)·Scale, pixel from 0 to 255.
type Spec struct {
	Width  int  `json:"width"`
	Height int  `json:"height"`
	Mode   Mode `json:"fit"`
	// with Crop: the short side before the cut; 0 means 256 where the network takes 224, in proportion
	Short  int        `json:"short,omitempty"`
	Pad    float32    `json:"pad,omitempty"` // with Letterbox: the value of the bars' pixels, 0 to 255, in every channel
	Filter Filter     `json:"filter"`
	Order  Order      `json:"order"`
	Mean   [3]float32 `json:"mean,omitzero"`  // by channel, in the network's order
	Scale  [3]float32 `json:"scale,omitzero"` // by channel; 0 means 1
}

// Specs of known families.
var (
	// GoogLeNet is that of the BVLC models: GoogLeNet, AlexNet, CaffeNet, as this project measures them.
	GoogLeNet = Spec{Width: 224, Height: 224, Order: BGR, Mean: [3]float32{104, 117, 123}}
	// ImageNet is that of torchvision's models: channels of mean 0 and deviation 1.
	ImageNet = Spec{Width: 224, Height: 224, Mode: Crop, Filter: Antialias, Mean: [3]float32{123.675, 116.28, 103.53},
		Scale: [3]float32{1 / 58.395, 1 / 57.12, 1 / 57.375}}
)

// String returns, for example, "224×224 squash bilinear bgr mean=104,117,123 scale=1".
func (s Spec) String() string {
	n := s.Order.Channels()
	list := func(v [3]float32, zero float32) string {
		out, same := "", true
		for i := range n {
			if v[i] == 0 {
				v[i] = zero
			}
			same = same && v[i] == v[0]
		}
		if same {
			n := v[0]
			return fmt.Sprintf("%.6g", n)
		}
		for i := range n {
			if i > 0 {
				out += ","
			}
			out += fmt.Sprintf("%.6g", v[i])
		}
		return out
	}
	return fmt.Sprintf("%d×%d %v %v %v mean=%s scale=%s", s.Width, s.Height, s.Mode, s.Filter, s.Order, list(s.Mean, 0),
		list(s.Scale, 1))
}

// Elements returns the length of the input that the spec fills.
func (s Spec) Elements() int { return s.Width * s.Height * s.Order.Channels() }

// maxSide bounds a spec's size, so that no product overflows.
const maxSide = 1 << 15

// Check reports what is wrong with the spec.
func (s Spec) Check() error {
	if s.Width < 1 || s.Height < 1 || s.Width > maxSide || s.Height > maxSide || s.Short < 0 || s.Short > maxSide {
		return fmt.Errorf("image of %d×%d (short side %d): %w", s.Width, s.Height, s.Short, runtime.ErrShape)
	}
	if s.Order > Gray || s.Mode > Letterbox || s.Filter > Antialias {
		return fmt.Errorf("unknown mode, order or filter: %w", runtime.ErrShape)
	}
	if !(s.Pad >= 0 && s.Pad <= 255) {
		return fmt.Errorf("bars of value %v, want 0 to 255: %w", s.Pad, runtime.ErrShape)
	}
	for i := range s.Mean {
		if f := float64(s.Mean[i]) + float64(s.Scale[i]); math.IsNaN(f) || math.IsInf(f, 0) {
			return fmt.Errorf("mean %v, scale %v: %w", s.Mean, s.Scale, runtime.ErrShape)
		}
	}
	return nil
}

// Preparer prepares images by one spec.
type Preparer struct {
	spec   Spec
	srcW   int
	srcH   int
	cols   taps
	rows   taps
	source []float32 // one source row, RGB or grey
	across []float32 // that row resized to the network's width
	real   []float32 // a quantised input's numbers
}

// Preparer returns a preparer of the spec.
func (s Spec) Preparer() *Preparer { return &Preparer{spec: s} }

// Spec returns the preparer's spec.
func (p *Preparer) Spec() Spec { return p.spec }

// Into fills dst, NHWC of one image, from img.
func (p *Preparer) Into(dst []float32, img image.Image) error {
	s := &p.spec
	if err := s.Check(); err != nil {
		return err
	}
	b := img.Bounds()
	switch {
	case len(dst) != s.Elements():
		return fmt.Errorf("input of %d elements, want %d×%d×%d: %w", len(dst), s.Height, s.Width, s.Order.Channels(),
			runtime.ErrShape)
	case b.Empty():
		return fmt.Errorf("the image is empty: %w", runtime.ErrShape)
	}
	p.fit(b.Dx(), b.Dy())
	ch := s.Order.Channels()
	line := s.Width * ch
	clear(dst)
	first := 0 // the first output row whose window has not ended
	for y := range b.Dy() {
		for first < s.Height && p.rows.end(first) <= y {
			first++
		}
		if first == s.Height {
			break
		}
		if p.rows.start[first] > y {
			continue // no output row looks at this one
		}
		p.read(img, b.Min.X, b.Min.Y+y)
		p.resizeRow(ch)
		for r := first; r < s.Height && p.rows.start[r] <= y; r++ {
			w := p.rows.weight(r, y)
			if w == 0 {
				continue
			}
			out := dst[r*line:][:line]
			for i, v := range p.across {
				out[i] += float32(w * v)
			}
		}
	}
	if s.Mode == Letterbox && s.Pad != 0 {
		p.bars(dst, ch)
	}
	scale := s.scale()
	if ch == 1 {
		for i := range dst {
			dst[i] = float32(dst[i]-s.Mean[0]) * scale[0]
		}
		return nil
	}
	for i := 0; i+2 < len(dst); i += 3 {
		px := dst[i : i+3 : i+3]
		px[0], px[1], px[2] = float32(px[0]-s.Mean[0])*scale[0], float32(px[1]-s.Mean[1])*scale[1],
			float32(px[2]-s.Mean[2])*scale[2]
	}
	return nil
}

// bars fills what lies beside the image.
func (p *Preparer) bars(dst []float32, ch int) {
	for i := range dst {
		if x := i / ch; p.rows.count[x/p.spec.Width] == 0 || p.cols.count[x%p.spec.Width] == 0 {
			dst[i] = p.spec.Pad
		}
	}
}

// scale returns the scales, 1 where none is given.
func (s *Spec) scale() [3]float32 {
	scale := s.Scale
	for i := range scale {
		if scale[i] == 0 {
			scale[i] = 1
		}
	}
	return scale
}

// full returns the size that an image of w×h is resized to; the network sees the centre of it, with bars where it is
// too small.
func (s *Spec) full(w, h int) (fullW, fullH int) {
	switch s.Mode {
	case Crop:
		short := s.Short
		if short == 0 {
			short = (min(s.Width, s.Height)*256 + 112) / 224
		}
		// The short side becomes short, but never so that the cut does not fit.
		ratio := math.Max(float64(short)/float64(min(w, h)),
			math.Max(float64(s.Width)/float64(w), float64(s.Height)/float64(h)))
		return max(s.Width, int(math.Round(float64(w)*ratio))), max(s.Height, int(math.Round(float64(h)*ratio)))
	case Letterbox:
		ratio := math.Min(float64(s.Width)/float64(w), float64(s.Height)/float64(h))
		return max(1, int(math.Round(float64(w)*ratio))), max(1, int(math.Round(float64(h)*ratio)))
	}
	return s.Width, s.Height
}

// fit makes the tables for images of w×h.
func (p *Preparer) fit(w, h int) {
	if p.srcW == w && p.srcH == h {
		return
	}
	s := &p.spec
	s.place(w, h).taps(w, h, s, &p.cols, &p.rows)
	p.srcW, p.srcH = w, h
	ch := s.Order.Channels()
	p.source = make([]float32, w*ch)
	p.across = make([]float32, s.Width*ch)
}

// resizeRow resizes the source row to the network's width.
func (p *Preparer) resizeRow(ch int) {
	for x := range p.spec.Width {
		w := p.cols.weights[x*p.cols.width:][:p.cols.count[x]]
		src := p.source[p.cols.start[x]*ch:]
		if ch == 1 {
			var a float32
			for i, wi := range w {
				a += float32(wi * src[i])
			}
			p.across[x] = a
			continue
		}
		var a, b, c float32
		for i, wi := range w {
			px := src[3*i : 3*i+3 : 3*i+3]
			a += float32(wi * px[0])
			b += float32(wi * px[1])
			c += float32(wi * px[2])
		}
		p.across[3*x], p.across[3*x+1], p.across[3*x+2] = a, b, c
	}
}

// taps says, for each output position of one dimension, which source positions it is made of: none for one that lies
// in a bar.
type taps struct {
	width   int       // room for weights per output
	start   []int     // first source position
	count   []int     // how many
	weights []float32 // [output][width]
}

func (t *taps) end(i int) int { return t.start[i] + t.count[i] }

func (t *taps) weight(i, src int) float32 {
	if src -= t.start[i]; src < 0 || src >= t.count[i] {
		return 0
	}
	return t.weights[i*t.width+src]
}

// fit makes taps for outputs offset…offset+n, some of which may lie outside, of a dimension resized from src to full.
func (t *taps) fit(src, full, offset, n int, f Filter) {
	scale := float64(src) / float64(full)
	wide := 1.0
	if f == Antialias {
		wide = math.Max(scale, 1)
	}
	t.width = 2*int(math.Ceil(wide)) + 1
	t.start, t.count, t.weights = make([]int, n), make([]int, n), make([]float32, n*t.width)
	for i := range n {
		if offset+i < 0 || offset+i >= full {
			continue
		}
		centre := float64((float64(offset+i)+0.5)*scale) - 0.5                // rounded twice, on every CPU
		lo, hi := int(math.Floor(centre-wide))+1, int(math.Ceil(centre+wide)) // positions lo ≤ p < hi have a weight
		first, last := min(max(lo, 0), src-1), min(max(hi, 1), src)
		w := t.weights[i*t.width:][:t.width]
		sum := 0.0
		for p := lo; p < hi; p++ {
			v := 1 - math.Abs(float64(p)-centre)/wide
			q := p
			if f == Antialias && (p < 0 || p >= src) {
				continue // PIL leaves out what lies outside
			}
			q = min(max(q, 0), src-1)
			w[q-first] += float32(v)
			sum += v
		}
		for j := range w {
			w[j] = float32(float64(w[j]) / sum)
		}
		t.start[i], t.count[i] = first, max(last-first, 1)
	}
}

func luma(r, g, b float32) float32 {
	return float32(float32(float32(0.299*r)+float32(0.587*g)) + float32(0.114*b))
}
