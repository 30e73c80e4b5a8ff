// Package scenes composes what the detector of models/scenes is trained and tested with: small pictures of single
// things, feathered onto made-up backgrounds at several sizes, and the boxes that say where they are.
//
//	c := scenes.NewComposer(tiles)
//	c.Compose(seed, n)            // the same scene for the same numbers, on every machine
//	boxes, pixels := c.Boxes, c.Pix
//
// A picture's weight rises from nothing at its edge to all over its feather. The box is where it passes a half.
//
// All arithmetic is IEEE binary32 in the written order, so that scenes do not depend on the machine.
package scenes

import (
	"image"
	"math/rand/v2"

	"github.com/gneiss-go/gneiss/internal/gen/cifar"
)

// The sizes of scenes, in pixels.
const (
	Side = 128        // height and width of a scene
	Tile = cifar.Side // of a picture
	Most = 5          // things in a scene
)

// The least and the greatest size of a picture in a scene.
const (
	least    = 24
	greatest = 68
)

// A Picture shows one thing.
type Picture struct {
	Class int
	Pix   []byte // R, G, B of Tile×Tile pixels, row by row
}

// A Box is where a thing is, in pixels of the scene.
type Box struct {
	Class          int
	X0, Y0, X1, Y1 float32
}

// Composer makes scenes. It keeps its memory from one to the next and belongs to one goroutine at a time.
type Composer struct {
	Pix   []byte // R, G, B of the last scene's Side×Side pixels, row by row
	Boxes []Box  // what is on it, one to Most

	pictures []Picture
	rng      *rand.Rand
	canvas   []float32 // the scene before it is rounded
	patch    []float32 // what is laid on it
	view     image.Rectangle
	taken    []image.Rectangle
	ground   *Picture // whose edge has the background's colours; nil if they are any
	grid     [gridSide * gridSide]float32
}

// NewComposer returns a composer of these pictures.
func NewComposer(pictures []Picture) *Composer {
	return &Composer{Pix: make([]byte, 3*Side*Side), pictures: pictures, canvas: make([]float32, 3*Side*Side),
		patch: make([]float32, 3*greatest*greatest)}
}

// Compose makes scene n of a seed.
func (c *Composer) Compose(seed, n uint64) {
	c.rng = rand.New(rand.NewPCG(seed, n))
	c.Boxes, c.taken = c.Boxes[:0], c.taken[:0]
	c.look()
	first := &c.pictures[c.rng.IntN(len(c.pictures))]
	c.ground = nil
	if c.rng.IntN(3) == 0 {
		c.ground = first
	}
	c.background()
	for range c.rng.IntN(3) { // what has a picture's shape, and shows nothing
		if r, ok := c.place(); ok {
			c.nothing(r.Dx(), r.Dy())
			c.lay(r, c.mask(r))
		}
	}
	c.things(first)
	c.finish()
}

// things lays pictures on the scene, the given one first; one that finds no room is left out. The ground around some
// has the colours of their corners, so that their edges are hard to see.
func (c *Composer) things(first *Picture) {
	type thing struct {
		*Picture
		at image.Rectangle
	}
	var all []thing
	want := 1 + c.rng.IntN(Most)
	for len(all) < want {
		r, ok := c.place()
		switch {
		case ok && len(all) == 0:
			all = append(all, thing{first, r})
		case ok:
			all = append(all, thing{&c.pictures[c.rng.IntN(len(c.pictures))], r})
		case len(all) == 0:
			c.taken = c.taken[:0] // a scene has a thing, though it lie on nothing's patch
		default:
			want = len(all)
		}
	}
	for _, t := range all {
		if c.rng.IntN(2) == 0 {
			c.surround(t.Picture, t.at)
		}
	}
	for _, t := range all {
		c.stretch(t.Picture, t.at.Dx(), t.at.Dy())
		m := c.mask(t.at)
		c.lay(t.at, m)
		in := m.feather / 2
		c.Boxes = append(c.Boxes, Box{t.Class, float32(t.at.Min.X) + in, float32(t.at.Min.Y) + in,
			float32(t.at.Max.X) - in, float32(t.at.Max.Y) - in})
	}
}

// look chooses the part of the scene that is one: the rest is grey, as where a picture of another shape is fitted in.
func (c *Composer) look() {
	c.view = image.Rect(0, 0, Side, Side)
	cut := (16 + c.rng.IntN(36)) / 2
	switch c.rng.IntN(6) {
	case 0:
		c.view = image.Rect(cut, 0, Side-cut, Side)
	case 1, 2:
		c.view = image.Rect(0, cut, Side, Side-cut)
	}
}

// place finds room for a picture, most of which no other may cover.
func (c *Composer) place() (image.Rectangle, bool) {
	for range 24 {
		u := c.rng.Float32()
		size := least + float32((greatest-least)*float32(u*u))
		aspect := 0.8 + float32(0.45*c.rng.Float32()) // of height to width
		w, h := int(size), int(float32(size*aspect))
		if h > greatest || w > c.view.Dx() || h > c.view.Dy() {
			continue
		}
		at := c.view.Min.Add(image.Pt(c.rng.IntN(c.view.Dx()-w+1), c.rng.IntN(c.view.Dy()-h+1)))
		r := image.Rectangle{Min: at, Max: at.Add(image.Pt(w, h))}
		if c.free(r) {
			c.taken = append(c.taken, r)
			return r, true
		}
	}
	return image.Rectangle{}, false
}

func (c *Composer) free(r image.Rectangle) bool {
	for _, t := range c.taken {
		both := r.Intersect(t)
		if 8*both.Dx()*both.Dy() > min(r.Dx()*r.Dy(), t.Dx()*t.Dy()) {
			return false
		}
	}
	return true
}

// stretch fills the patch with a picture of w×h, perhaps mirrored, a little brighter or darker.
func (c *Composer) stretch(p *Picture, w, h int) {
	mirror := c.rng.IntN(2) == 1
	gain, shift := 0.85+float32(0.3*c.rng.Float32()), -12+float32(24*c.rng.Float32())
	for y := range h {
		y0, y1, ty := between(y, h)
		for x := range w {
			from := x
			if mirror {
				from = w - 1 - x
			}
			x0, x1, tx := between(from, w)
			for k := range 3 {
				top := mix(p.at(x0, y0, k), p.at(x1, y0, k), tx)
				low := mix(p.at(x0, y1, k), p.at(x1, y1, k), tx)
				c.patch[3*(y*w+x)+k] = float32(gain*mix(top, low, ty)) + shift
			}
		}
	}
}

func (p *Picture) at(x, y, k int) float32 { return float32(p.Pix[3*(y*Tile+x)+k]) }

// between returns the two pixels of a picture that pixel i of n lies between, and how far it is from the first.
func between(i, n int) (a, b int, t float32) {
	at := float32((float32(i)+0.5)*float32(float32(Tile)/float32(n))) - 0.5
	at = max(at, 0)
	a = min(int(at), Tile-1)
	return a, min(a+1, Tile-1), at - float32(a)
}

// mask is the weight of a patch: of its edges, and of its corners, which it may lack.
type mask struct {
	w, h    int
	feather float32 // pixels from no weight to all
	round   float32 // radius of the corners
}

func (c *Composer) mask(r image.Rectangle) mask {
	size := float32(min(r.Dx(), r.Dy()))
	m := mask{w: r.Dx(), h: r.Dy(), feather: float32(size * (0.06 + float32(0.2*c.rng.Float32())))}
	m.round = float32(size * float32(0.45*c.rng.Float32()))
	return m
}

// at returns the weight of a pixel: a smooth step of its distance from the rounded rectangle's edge.
func (m *mask) at(x, y int) float32 {
	dx := min(float32(x)+0.5, float32(m.w-x)-0.5)
	dy := min(float32(y)+0.5, float32(m.h-y)-0.5)
	d := min(dx, dy)
	if dx < m.round && dy < m.round {
		a, b := m.round-dx, m.round-dy
		d = m.round - root(float32(a*a)+float32(b*b))
	}
	t := min(max(d/m.feather, 0), 1)
	return float32(float32(t*t) * (3 - float32(2*t)))
}

// lay lays the patch on the scene.
func (c *Composer) lay(r image.Rectangle, m mask) {
	for y := range m.h {
		for x := range m.w {
			t := m.at(x, y)
			at := 3 * ((r.Min.Y+y)*Side + r.Min.X + x)
			for k := range 3 {
				c.canvas[at+k] = mix(c.canvas[at+k], c.patch[3*(y*m.w+x)+k], t)
			}
		}
	}
}

// outside is the level of what is no scene, as preprocess fills it.
const outside = 114

// finish adds grain and rounds.
func (c *Composer) finish() {
	grain := float32(6 * c.rng.Float32())
	for y := range Side {
		for x := range Side {
			at := 3 * (y*Side + x)
			if !(image.Point{X: x, Y: y}).In(c.view) {
				c.Pix[at], c.Pix[at+1], c.Pix[at+2] = outside, outside, outside
				continue
			}
			g := float32(grain * (c.rng.Float32() - 0.5))
			for k := range 3 {
				c.Pix[at+k] = uint8(min(max(c.canvas[at+k]+g+0.5, 0), 255))
			}
		}
	}
}

// mix goes from a to b as t goes from 0 to 1.
func mix(a, b, t float32) float32 { return a + float32(t*(b-a)) }
