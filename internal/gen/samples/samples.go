// Package samples holds the pictures that the command line looks at when it is given none. They are drawn by code, in
// package draw; after a change there run go generate.
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

// All returns the samples of one thing each.
func All() []Sample {
	all := make([]Sample, len(names))
	for i, n := range names {
		all[i] = read(n)
	}
	return all
}

// Road returns the scene with several things, of draw.Road.
func Road() Sample { return read("road") }

func read(name string) Sample {
	data, err := files.ReadFile(name + ".png")
	if err != nil {
		panic(err) // the embedded files are those that are named here: a test holds them together
	}
	return Sample{Name: name + ".png", Data: data}
}
