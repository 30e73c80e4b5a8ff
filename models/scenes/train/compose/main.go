// Command compose makes scenes of CIFAR-10's pictures.
//
//	go run ./compose -data cifar10-jpg.tar.gz -split train -seed 1 -from 0 -count 1000
//
// writes them to standard output, for train.py: of each 128·128·3 bytes, rows from the top, pixels from the left, R G
// B; then five times class, left, top, right, bottom as float32, little-endian, class −1 where there are fewer. With
//
//	-out DIR
//
// it writes PNG files there and boxes.csv, which gneiss eval reads; without -out, standard output is not to be a
// terminal.
package main

import (
	"bufio"
	"encoding/binary"
	"flag"
	"fmt"
	"image/png"
	"io"
	"os"
	"path/filepath"

	"github.com/gneiss-go/gneiss/internal/gen/scenes"
	"github.com/gneiss-go/gneiss/models/cifar10"
)

func main() {
	data := flag.String("data", "", "the pictures: a .tar.gz")
	split := flag.String("split", "train", "which of them: train or test")
	seed := flag.Uint64("seed", 1, "another number makes other scenes")
	from := flag.Uint64("from", 0, "number of the first scene")
	count := flag.Uint64("count", 1000, "how many")
	out := flag.String("out", "", "folder for PNG files and boxes.csv")
	flag.Parse()
	if *data == "" || flag.NArg() > 0 {
		flag.Usage()
		os.Exit(2)
	}
	pictures, err := scenes.Read(*data, *split, cifar10.Classes)
	if err == nil {
		c := scenes.NewComposer(pictures)
		if *out != "" {
			err = files(c, *out, *seed, *from, *count)
		} else {
			err = stream(c, os.Stdout, *seed, *from, *count)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "compose:", err)
		os.Exit(1)
	}
}

// stream writes scenes one after the other.
func stream(c *scenes.Composer, w io.Writer, seed, from, count uint64) error {
	out := bufio.NewWriterSize(w, 1<<20)
	for n := range count {
		c.Compose(seed, from+n)
		var boxes [scenes.Most][5]float32
		for i := range boxes {
			boxes[i][0] = -1
		}
		for i, b := range c.Boxes {
			boxes[i] = [5]float32{float32(b.Class), b.X0, b.Y0, b.X1, b.Y1}
		}
		if _, err := out.Write(c.Pix); err != nil {
			return err
		}
		if err := binary.Write(out, binary.LittleEndian, &boxes); err != nil {
			return err
		}
	}
	return out.Flush()
}

// files writes each scene as a picture, and all boxes as a table.
func files(c *scenes.Composer, dir string, seed, from, count uint64) error {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	table, err := os.Create(filepath.Join(dir, "boxes.csv"))
	if err != nil {
		return err
	}
	defer table.Close()
	fmt.Fprintln(table, "file,class,left,top,right,bottom")
	for n := range count {
		c.Compose(seed, from+n)
		name := fmt.Sprintf("%06d.png", from+n)
		f, err := os.Create(filepath.Join(dir, name))
		if err != nil {
			return err
		}
		if err := png.Encode(f, c.Image()); err != nil {
			return err
		}
		if err := f.Close(); err != nil {
			return err
		}
		for _, b := range c.Boxes {
			_, err := fmt.Fprintf(table, "%s,%s,%g,%g,%g,%g\n", name, cifar10.Classes[b.Class], b.X0, b.Y0, b.X1, b.Y1)
			if err != nil {
				return err
			}
		}
	}
	return table.Close()
}
