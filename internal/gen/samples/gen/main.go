// Command gen writes the sample pictures into the folder given, and the street into the file given after it, as go
// generate runs it.
package main

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"

	"github.com/gneiss-go/gneiss/internal/app/wholefile"
	"github.com/gneiss-go/gneiss/internal/gen/samples/draw"
)

func main() {
	dir := "."
	if len(os.Args) > 1 {
		dir = os.Args[1]
	}
	for _, s := range draw.Scenes {
		write(filepath.Join(dir, s.Name+".png"), s.Image())
	}
	write(filepath.Join(dir, "road.png"), draw.Road())
	if len(os.Args) > 2 {
		write(os.Args[2], draw.Street())
	}
}

func write(path string, m image.Image) {
	if err := encode(path, m); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

func encode(path string, m image.Image) error {
	enc := png.Encoder{CompressionLevel: png.BestCompression}
	var b bytes.Buffer
	if err := enc.Encode(&b, m); err != nil {
		return err
	}
	return wholefile.Write(path, b.Bytes())
}
