// Command gen writes the sample pictures into the folder given, as go generate runs it.
package main

import (
	"bytes"
	"fmt"
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
		if err := write(filepath.Join(dir, s.Name+".png"), s); err != nil {
			fmt.Fprintln(os.Stderr, "gen:", err)
			os.Exit(1)
		}
	}
}

func write(path string, s draw.Scene) error {
	enc := png.Encoder{CompressionLevel: png.BestCompression}
	var b bytes.Buffer
	if err := enc.Encode(&b, s.Image()); err != nil {
		return err
	}
	return wholefile.Write(path, b.Bytes())
}
