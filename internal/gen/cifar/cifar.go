// Package cifar reads CIFAR-10 where it is kept as JPEGs, <split>/<class>/<file>.jpg, for those who train with it.
//
// The JPEGs store chroma at half resolution, and decoders differ in how they enlarge it again: libjpeg interpolates,
// Go's image/jpeg repeats. A network should be trained on the pixels it will meet, so all pixels come from the decoder
// that the Go program uses.
package cifar

import (
	"archive/tar"
	"cmp"
	"compress/gzip"
	"errors"
	"fmt"
	"image"
	"image/draw"
	"image/jpeg"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// Side is the height and width of an image.
const Side = 32

// An Image is one with its path below the dataset.
type Image struct {
	Name string // <split>/<class>/<file>.jpg
	Pix  []byte // R, G, B of Side×Side pixels, row by row
}

// Class returns the part of the path that names the class.
func (m *Image) Class() string { return path.Base(path.Dir(m.Name)) }

// Read returns the images of splits, such as train and test, from a .tar.gz or a folder, each split in the order of
// paths. A split without images is an error.
func Read(data string, splits ...string) ([][]Image, error) {
	all := make([][]Image, len(splits))
	add := func(name string, r io.Reader) error {
		split, class, _ := strings.Cut(name, "/")
		at := slices.Index(splits, split)
		if at < 0 || path.Ext(name) != ".jpg" {
			return nil
		}
		if strings.Count(class, "/") != 1 {
			return fmt.Errorf("%s: %s is not %s/<class>/<file>.jpg", data, name, split)
		}
		pix, err := decode(r)
		if err != nil {
			return fmt.Errorf("%s: %s: %w", data, name, err)
		}
		all[at] = append(all[at], Image{name, pix})
		return nil
	}
	info, err := os.Stat(data)
	if err != nil {
		return nil, err
	}
	walk := walkArchive
	if info.IsDir() {
		walk = walkFolder
	}
	if err := walk(data, add); err != nil {
		return nil, err
	}
	for i, images := range all {
		if len(images) == 0 {
			return nil, fmt.Errorf("%s: no images under %s/", data, splits[i])
		}
		slices.SortFunc(images, func(a, b Image) int { return cmp.Compare(a.Name, b.Name) })
	}
	return all, nil
}

func walkFolder(dir string, add func(string, io.Reader) error) error {
	return filepath.WalkDir(dir, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		rel, err := filepath.Rel(dir, name)
		if err != nil {
			return err
		}
		f, err := os.Open(name)
		if err != nil {
			return err
		}
		defer f.Close()
		return add(filepath.ToSlash(rel), f)
	})
}

func walkArchive(name string, add func(string, io.Reader) error) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	zr, err := gzip.NewReader(f)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	for tr := tar.NewReader(zr); ; {
		header, err := tr.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if header.Typeflag != tar.TypeReg {
			continue
		}
		if err := add(path.Clean(header.Name), tr); err != nil {
			return err
		}
	}
}

// decode returns the pixels of one JPEG as R G B bytes.
func decode(r io.Reader) ([]byte, error) {
	img, err := jpeg.Decode(r)
	if err != nil {
		return nil, err
	}
	if size := img.Bounds().Size(); size != (image.Point{X: Side, Y: Side}) {
		return nil, fmt.Errorf("image is %d×%d, want %d×%d", size.X, size.Y, Side, Side)
	}
	rgba := image.NewRGBA(image.Rect(0, 0, Side, Side))
	draw.Draw(rgba, rgba.Rect, img, img.Bounds().Min, draw.Src)
	rgb := make([]byte, 0, Side*Side*3)
	for i := 0; i < len(rgba.Pix); i += 4 {
		rgb = append(rgb, rgba.Pix[i:i+3]...)
	}
	return rgb, nil
}
