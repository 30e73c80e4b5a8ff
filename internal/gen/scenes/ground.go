package scenes

import (
	"image"
	"math"
)

// gridSide bounds the points of noise along a side: one every fourth pixel.
const gridSide = Side/4 + 2

type colour [3]float32

// root is the square root, which IEEE rounds the same everywhere.
func root(x float32) float32 { return float32(math.Sqrt(float64(x))) }

// colour returns one: mostly of little saturation, as most of what lies behind things is, or near one of the edge of
// the picture that the background goes with.
func (c *Composer) colour() colour {
	if p := c.ground; p != nil && c.rng.IntN(4) > 0 {
		x := c.rng.IntN(Tile)
		y := c.rng.IntN(2) * (Tile - 1)
		light := -10 + float32(20*c.rng.Float32())
		return colour{p.at(x, y, 0) + light, p.at(x, y, 1) + light, p.at(x, y, 2) + light}
	}
	grey := 20 + float32(220*c.rng.Float32())
	spread := float32(120 * c.rng.Float32())
	spread = float32(spread * c.rng.Float32())
	var out colour
	for k := range out {
		out[k] = min(max(grey+float32(spread*(float32(2*c.rng.Float32())-1)), 0), 255)
	}
	return out
}

// background paints the whole scene: one or two fades, rough ground, and shapes.
func (c *Composer) background() {
	all := image.Rect(0, 0, Side, Side)
	c.fade(c.canvas, all)
	if c.rng.IntN(2) == 0 { // a horizon
		c.fade(c.canvas, image.Rect(0, 24+c.rng.IntN(Side-40), Side, Side))
	}
	rough := float32(80 * c.rng.Float32())
	rough = float32(rough * c.rng.Float32())
	for range c.rng.IntN(7) {
		c.shape()
	}
	for step := 32; step >= 4; step /= 2 {
		c.noise(c.canvas, Side, Side, step, float32(rough*c.rng.Float32()))
	}
}

// fade goes from one colour to another, across a rectangle of the canvas.
func (c *Composer) fade(canvas []float32, r image.Rectangle) {
	from, to := c.colour(), c.colour()
	along := c.rng.Float32() * c.rng.Float32() // how much of it goes from left to right
	for y := r.Min.Y; y < r.Max.Y; y++ {
		down := float32(y-r.Min.Y) / float32(r.Dy())
		for x := r.Min.X; x < r.Max.X; x++ {
			t := mix(down, float32(x-r.Min.X)/float32(r.Dx()), along)
			for k := range 3 {
				canvas[3*(y*Side+x)+k] = mix(from[k], to[k], t)
			}
		}
	}
}

// shape lays a plain ellipse or rectangle on the canvas, of hard or soft edges; it may reach beyond it.
func (c *Composer) shape() {
	cx, cy := float32(Side*c.rng.Float32()), float32(Side*c.rng.Float32())
	u := c.rng.Float32()
	rx := 2 + float32(50*float32(u*u))
	ry := float32(rx * (0.1 + float32(1.2*c.rng.Float32())))
	paint, strength := c.colour(), 0.3+float32(0.7*c.rng.Float32())
	soft := 1 + float32(6*c.rng.Float32())
	round := c.rng.IntN(2) == 0
	for y := max(int(cy-ry), 0); y <= min(int(cy+ry), Side-1); y++ {
		for x := max(int(cx-rx), 0); x <= min(int(cx+rx), Side-1); x++ {
			dx, dy := abs(float32(x)-cx)/rx, abs(float32(y)-cy)/ry
			d := max(dx, dy)
			if round {
				d = root(float32(dx*dx) + float32(dy*dy))
			}
			t := float32(min(max(float32((1-d)*min(rx, ry))/soft, 0), 1) * strength)
			for k := range 3 {
				at := 3*(y*Side+x) + k
				c.canvas[at] = mix(c.canvas[at], paint[k], t)
			}
		}
	}
}

// surround paints the ground around a picture with the colours of its corners, less and less with the distance.
func (c *Composer) surround(p *Picture, r image.Rectangle) {
	var corners [4]colour // upper left and right, lower left and right
	for i := range corners {
		for k := range 3 {
			for j := range 16 {
				corners[i][k] += p.at(i%2*(Tile-4)+j%4, i/2*(Tile-4)+j/4, k) / 16
			}
		}
	}
	far := 8 + float32(40*c.rng.Float32()) // where nothing of it is left
	reach := r.Inset(-int(far)).Intersect(image.Rect(0, 0, Side, Side))
	for y := reach.Min.Y; y < reach.Max.Y; y++ {
		down := min(max(float32(y-r.Min.Y)/float32(r.Dy()), 0), 1)
		dy := float32(max(r.Min.Y-y, y-r.Max.Y, 0))
		for x := reach.Min.X; x < reach.Max.X; x++ {
			along := min(max(float32(x-r.Min.X)/float32(r.Dx()), 0), 1)
			dx := float32(max(r.Min.X-x, x-r.Max.X, 0))
			t := min(max(1.2-root(float32(dx*dx)+float32(dy*dy))/far, 0), 1)
			for k := range 3 {
				v := mix(mix(corners[0][k], corners[1][k], along), mix(corners[2][k], corners[3][k], along), down)
				at := 3*(y*Side+x) + k
				c.canvas[at] = mix(c.canvas[at], v, t)
			}
		}
	}
}

// noise adds values that are drawn at every step-th pixel and go evenly from one to the next, to w×h pixels.
func (c *Composer) noise(pix []float32, w, h, step int, strength float32) {
	tint := [3]float32{1, 1, 1}
	for k := range tint {
		tint[k] -= float32(0.6 * c.rng.Float32())
	}
	across := w/step + 2
	for i := range across * (h/step + 2) {
		c.grid[i] = float32(strength * (float32(2*c.rng.Float32()) - 1))
	}
	for y := range h {
		row, ty := y/step*across, float32(y%step)/float32(step)
		for x := range w {
			g, tx := row+x/step, float32(x%step)/float32(step)
			v := mix(mix(c.grid[g], c.grid[g+1], tx), mix(c.grid[g+across], c.grid[g+across+1], tx), ty)
			for k := range 3 {
				pix[3*(y*w+x)+k] += float32(tint[k] * v)
			}
		}
	}
}

// nothing fills the patch with a plain colour and noise.
func (c *Composer) nothing(w, h int) {
	from, to := c.colour(), c.colour()
	for y := range h {
		for x := range w {
			for k := range 3 {
				c.patch[3*(y*w+x)+k] = mix(from[k], to[k], float32(y)/float32(h))
			}
		}
	}
	for step := 16; step >= 4; step /= 2 {
		c.noise(c.patch, w, h, step, float32(70*c.rng.Float32()))
	}
}

func abs(x float32) float32 { return max(x, -x) }
