// Command gen writes the sample pictures into the folder given, as go generate runs it.
package main

import (
	"fmt"
	"image/png"
	"os"
	"path/filepath"

	"github.com/gneiss-go/gneiss/internal/samples/draw"
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
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	enc := png.Encoder{CompressionLevel: png.BestCompression}
	if err := enc.Encode(f, s.Image()); err != nil {
		f.Close()
		return err
	}
	return f.Close()
}
