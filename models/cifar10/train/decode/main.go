// Command decode turns the CIFAR-10 JPEGs into raw pixels, for train.py: those of the decoder that the Go program uses
// (see package cifar).
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
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"github.com/gneiss-go/gneiss/internal/gen/cifar"
)

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
	splits := []string{"train", "test"}
	all, err := cifar.Read(data, splits...)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(out, 0o755); err != nil {
		return err
	}
	for i, images := range all {
		if err := write(out, splits[i], images); err != nil {
			return err
		}
		fmt.Printf("%s: %d images\n", splits[i], len(images))
	}
	return nil
}

func write(dir, split string, images []cifar.Image) error {
	var pixels, names bytes.Buffer
	for _, m := range images {
		pixels.Write(m.Pix)
		fmt.Fprintln(&names, m.Name)
	}
	if err := os.WriteFile(filepath.Join(dir, split+".rgb"), pixels.Bytes(), 0o644); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, split+".txt"), names.Bytes(), 0o644)
}
