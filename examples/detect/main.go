//go:build model

// Detect is a whole program with a detector inside: it prints what a picture shows, and where. No number of the network
// is in its source; the .gneiss file that it embeds has them.
//
//	gneiss compile yolov8n.onnx -o examples/detect/model.gneiss
//	go run -tags model ./examples/detect photo.jpg
//
// The file is not part of the source: without the tag model there is no program to build.
package main

import (
	_ "embed"
	"fmt"
	"log"
	"os"

	"github.com/gneiss-go/gneiss/models"
	"github.com/gneiss-go/gneiss/models/detect"
	"github.com/gneiss-go/gneiss/models/imagefile"
)

//go:embed model.gneiss
var file []byte

func main() {
	detector := must(detect.New(must(models.Load(file))))
	for _, box := range must(detector.Image(must(imagefile.Open(os.Args[1])), nil)) {
		fmt.Printf("%s %.0f %% at %.0f, %.0f\n", detector.Label(box.Class), 100*box.Score, box.X0, box.Y0)
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return v
}
