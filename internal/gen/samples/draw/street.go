package draw

import (
	"image"
	"slices"
)

// The sizes of what Street paints.
const (
	StreetWidth  = 640
	StreetHeight = 400
)

// Street paints the scene that documents show to a detector: an airplane above a road with a truck and a car, the same
// as in the samples. It has no grain, so that its file is small.
func Street() *image.RGBA {
	return Scene{"street", slices.Concat([]layer{
		{everywhere, fade(0, rgb{90, 145, 210}, 0.5, rgb{205, 222, 236})},
		{ellipse(0.22, 0.13, 0.15, 0.04), plain(236, 242, 247)},
		{ellipse(1.34, 0.24, 0.17, 0.045), plain(232, 240, 246)},
		{rect(0, 0.56, 2, 0.66), plain(128, 148, 104)},
		{rect(0, 0.66, 2, 1), fade(0.66, rgb{112, 112, 116}, 1, rgb{82, 82, 86})},
		{rect(0.06, 0.955, 0.36, 0.965), plain(222, 222, 214)},
		{rect(0.66, 0.955, 0.96, 0.965), plain(222, 222, 214)},
		{rect(1.26, 0.955, 1.56, 0.965), plain(222, 222, 214)},
	}, part("airplane", 4, 0.52, -0.06, 0.56), part("truck", 3, 0.03, 0.26, 0.68), part("car", 3, 0.86, 0.38, 0.66))}.
		paint(StreetWidth, StreetHeight, 0)
}

// part is a scene of the samples without its ground, which is so many layers, moved to a square of this corner and
// side.
func part(name string, ground int, x0, y0, side float64) []layer {
	i := slices.IndexFunc(Scenes, func(s Scene) bool { return s.Name == name })
	moved := slices.Clone(Scenes[i].layers[ground:])
	for k, l := range moved {
		moved[k] = layer{
			func(x, y float64) bool { return l.inside((x-x0)/side, (y-y0)/side) },
			func(x, y float64) rgb { return l.colour((x-x0)/side, (y-y0)/side) },
		}
	}
	return moved
}
