package draw

import "image/color"

// palette is that of Masataka Okabe and Kei Ito, "Color Universal Design", 2008, without black.
var palette = [...]color.RGBA{
	{0xe6, 0x9f, 0x00, 255}, // orange
	{0x56, 0xb4, 0xe9, 255}, // sky blue
	{0x00, 0x9e, 0x73, 255}, // bluish green
	{0xf0, 0xe4, 0x42, 255}, // yellow
	{0x00, 0x72, 0xb2, 255}, // blue
	{0xd5, 0x5e, 0x00, 255}, // vermilion
	{0xcc, 0x79, 0xa7, 255}, // reddish purple
}

// Colours is how many different ones [Colour] has.
const Colours = 3 * len(palette)

// Colour is that of a class: one of seven, then lighter ones, then darker ones, then again from the start.
func Colour(class int) color.RGBA {
	i := (class%Colours + Colours) % Colours
	c := palette[i%len(palette)]
	switch i / len(palette) {
	case 1:
		c.R, c.G, c.B = mix(c.R, 255, 110), mix(c.G, 255, 110), mix(c.B, 255, 110)
	case 2:
		c.R, c.G, c.B = mix(c.R, 0, 100), mix(c.G, 0, 100), mix(c.B, 0, 100)
	}
	return c
}

// contrast is black beside a light colour, white beside a dark one.
func contrast(c color.RGBA) color.RGBA {
	if luma := 299*int(c.R) + 587*int(c.G) + 114*int(c.B); luma > 105*1000 {
		return color.RGBA{0, 0, 0, 255}
	}
	return color.RGBA{255, 255, 255, 255}
}
