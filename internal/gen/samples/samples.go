// Package samples holds the pictures that the command line looks at when it is given none. They are drawn by code, in
// package draw; after a change there run go generate.
package samples

import "embed"

//go:generate go run ./gen .

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

// Street returns the scene that is shown to detectors, of draw.Street.
func Street() Sample { return read("street") }

func read(name string) Sample {
	data, err := files.ReadFile(name + ".png")
	if err != nil {
		panic(err) // the embedded files are those that are named here: a test holds them together
	}
	return Sample{Name: name + ".png", Data: data}
}
