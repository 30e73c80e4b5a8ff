// Package samples holds the pictures that the command line classifies when it is given none. They are drawn by code,
// in package draw; after a change there run go generate.
package samples

import "embed"

//go:generate go run ./gen . ../../../examples/detect/street.png

//go:embed *.png
var files embed.FS

// Sample is a picture and what it shows.
type Sample struct {
	Name string // of the file
	Data []byte // PNG
}

// names are in the order of draw.Scenes.
var names = []string{"ship", "airplane", "truck", "car", "frog"}

// All returns the samples.
func All() []Sample {
	all := make([]Sample, len(names))
	for i, n := range names {
		data, err := files.ReadFile(n + ".png")
		if err != nil {
			panic(err) // the embedded files are those of names: a test holds them together
		}
		all[i] = Sample{Name: n + ".png", Data: data}
	}
	return all
}
