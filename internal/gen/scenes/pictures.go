package scenes

import (
	"archive/tar"
	"compress/gzip"
	"errors"
	"fmt"
	"image"
	"image/draw"
	"image/jpeg"
	"io"
	"os"
	"path"
	"slices"
	"strings"
)

// Read returns the pictures of one split, train or test, of CIFAR-10 as a .tar.gz of <split>/<class>/*.jpg, in the
// order of their paths. Class is the index in classes.
func Read(archive, split string, classes []string) ([]Picture, error) {
	f, err := os.Open(archive)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	zr, err := gzip.NewReader(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", archive, err)
	}
	found := map[string]Picture{}
	var names []string
	for tr := tar.NewReader(zr); ; {
		h, err := tr.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", archive, err)
		}
		part := strings.Split(path.Clean(h.Name), "/")
		if h.Typeflag != tar.TypeReg || len(part) != 3 || part[0] != split || path.Ext(h.Name) != ".jpg" {
			continue
		}
		p := Picture{Class: slices.Index(classes, part[1])}
		if p.Class < 0 {
			return nil, fmt.Errorf("%s: %s is of no known class", archive, h.Name)
		}
		if p.Pix, err = decode(tr); err != nil {
			return nil, fmt.Errorf("%s: %s: %w", archive, h.Name, err)
		}
		names = append(names, h.Name)
		found[h.Name] = p
	}
	slices.Sort(names)
	all := make([]Picture, len(names))
	for i, name := range names {
		all[i] = found[name]
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("%s: no pictures under %s/", archive, split)
	}
	return all, nil
}

func decode(r io.Reader) ([]byte, error) {
	img, err := jpeg.Decode(r)
	if err != nil {
		return nil, err
	}
	if size := img.Bounds().Size(); size != (image.Point{X: Tile, Y: Tile}) {
		return nil, fmt.Errorf("it is %d×%d, want %d×%d", size.X, size.Y, Tile, Tile)
	}
	rgba := image.NewRGBA(image.Rect(0, 0, Tile, Tile))
	draw.Draw(rgba, rgba.Rect, img, img.Bounds().Min, draw.Src)
	pix := make([]byte, 0, 3*Tile*Tile)
	for i := 0; i < len(rgba.Pix); i += 4 {
		pix = append(pix, rgba.Pix[i:i+3]...)
	}
	return pix, nil
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
