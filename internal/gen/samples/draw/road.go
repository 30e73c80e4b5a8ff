package draw

import (
	"image"
	"slices"
)

// The sizes of what Road paints.
const (
	RoadWidth  = 640
	RoadHeight = 448
)

// Road paints the street from further away: the things on it have the sizes that the built-in detector knows.
func Road() *image.RGBA {
	return Scene{"road", slices.Concat([]layer{
		{everywhere, fade(0.143, rgb{90, 145, 210}, 0.5, rgb{205, 222, 236})},
		{ellipse(0.300, 0.236, 0.107, 0.029), plain(236, 242, 247)},
		{ellipse(1.100, 0.314, 0.121, 0.032), plain(232, 240, 246)},
		{rect(0, 0.543, 2, 0.614), plain(128, 148, 104)},
		{rect(0, 0.614, 2, 1), fade(0.614, rgb{112, 112, 116}, 0.857, rgb{82, 82, 86})},
		{rect(0.186, 0.825, 0.400, 0.832), plain(222, 222, 214)},
		{rect(0.614, 0.825, 0.829, 0.832), plain(222, 222, 214)},
		{rect(1.043, 0.825, 1.257, 0.832), plain(222, 222, 214)},
	}, part("airplane", 4, 0.514, 0.100, 0.400), part("truck", 3, 0.164, 0.329, 0.486),
		part("car", 3, 0.757, 0.414, 0.471))}.
		paint(RoadWidth, RoadHeight, 0)
}
