package scenes

import (
	"fmt"
	"image"
	"slices"

	"github.com/gneiss-go/gneiss/internal/gen/cifar"
)

// Read returns the pictures of one split, train or test, of CIFAR-10, in the order of their paths: see [cifar.Read].
// Class is the index in classes.
func Read(data, split string, classes []string) ([]Picture, error) {
	read, err := cifar.Read(data, split)
	if err != nil {
		return nil, err
	}
	all := make([]Picture, len(read[0]))
	for i, m := range read[0] {
		all[i] = Picture{slices.Index(classes, m.Class()), m.Pix}
		if all[i].Class < 0 {
			return nil, fmt.Errorf("%s: %s is of no known class", data, m.Name)
		}
	}
	return all, nil
}

// Image returns a copy of the last scene.
func (c *Composer) Image() *image.RGBA {
	m := image.NewRGBA(image.Rect(0, 0, Side, Side))
	for i := range Side * Side {
		copy(m.Pix[4*i:], c.Pix[3*i:3*i+3])
		m.Pix[4*i+3] = 255
	}
	return m
}
