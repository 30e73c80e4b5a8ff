// Command decode turns the CIFAR-10 JPEGs into raw pixels, for train.py.
//
// The JPEGs store chroma at half resolution, and decoders differ in how they enlarge it again: libjpeg interpolates,
// Go's image/jpeg repeats. A network should be trained on the pixels it will meet, so the training pixels come from
// the decoder that the Go program uses.
//
//	go run ./decode -data cifar10-jpg.tar.gz -out cache
//
// writes, for each of the splits train and test, in sorted path order:
//
//	cache/<split>.rgb   32·32·3 bytes per image: rows from the top, pixels from the left, R G B
//	cache/<split>.txt   one path per line: <split>/<class>/<file>.jpg
//
// The .txt file is written last, so its presence means that the split is complete.
package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"flag"
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

const side = 32

func main() {
	data := flag.String("data", "", "the dataset: a .tar.gz, or a folder that holds train/ and test/")
	out := flag.String("out", "", "folder to write the raw pixels to")
	flag.Parse()
	if *data == "" || *out == "" || flag.NArg() > 0 {
		flag.Usage()
		os.Exit(2)
	}
	if err := run(*data, *out); err != nil {
		fmt.Fprintln(os.Stderr, "decode:", err)
		os.Exit(1)
	}
}

func run(data, out string) error {
	splits := map[string]map[string][]byte{"train": {}, "test": {}}
	add := func(name string, r io.Reader) error {
		split, _, _ := strings.Cut(name, "/")
		images, ok := splits[split]
		if !ok || path.Ext(name) != ".jpg" {
			return nil
		}
		rgb, err := decode(r)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		images[name] = rgb
		return nil
	}

	info, err := os.Stat(data)
	if err != nil {
		return err
	}
	if info.IsDir() {
		err = walkFolder(data, add)
	} else {
		err = walkArchive(data, add)
	}
	if err != nil {
		return err
	}

	if err := os.MkdirAll(out, 0o755); err != nil {
		return err
	}
	for split, images := range splits {
		if len(images) == 0 {
			return fmt.Errorf("%s: no images under %s/", data, split)
		}
		if err := write(out, split, images); err != nil {
			return err
		}
		fmt.Printf("%s: %d images\n", split, len(images))
	}
	return nil
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
	if size := img.Bounds().Size(); size != (image.Point{X: side, Y: side}) {
		return nil, fmt.Errorf("image is %d×%d, want %d×%d", size.X, size.Y, side, side)
	}
	rgba := image.NewRGBA(image.Rect(0, 0, side, side))
	draw.Draw(rgba, rgba.Rect, img, img.Bounds().Min, draw.Src)
	rgb := make([]byte, 0, side*side*3)
	for i := 0; i < len(rgba.Pix); i += 4 {
		rgb = append(rgb, rgba.Pix[i:i+3]...)
	}
	return rgb, nil
}

func write(dir, split string, images map[string][]byte) error {
	names := make([]string, 0, len(images))
	for name := range images {
		names = append(names, name)
	}
	slices.Sort(names)
	var pixels bytes.Buffer
	for _, name := range names {
		pixels.Write(images[name])
	}
	if err := os.WriteFile(filepath.Join(dir, split+".rgb"), pixels.Bytes(), 0o644); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, split+".txt"), []byte(strings.Join(names, "\n")+"\n"), 0o644)
}
