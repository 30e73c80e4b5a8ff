package detect_test

import (
	"fmt"
	"image"
	"log"

	"github.com/gneiss-go/gneiss/models"
	"github.com/gneiss-go/gneiss/models/card"
	"github.com/gneiss-go/gneiss/models/detect"
	"github.com/gneiss-go/gneiss/models/preprocess"
	"github.com/gneiss-go/gneiss/runtime"
)

// toy is a detector that always sees a dog in the middle: 84 candidates of YOLOv8's form, of which one is sure. A
// program has models.Load(file) in its place.
func toy() *models.Model {
	g := runtime.NewGraph("toy")
	_, err := g.Input("images", runtime.Shape{N: 1, H: 64, W: 64, C: 3})
	if err != nil {
		log.Fatal(err)
	}
	dims := []int{1, 6, 84} // centre, size and two scores of each candidate
	answer := make([]float32, 6*84)
	for i, v := range []float32{32, 32, 32, 16, 0.1, 0.9} {
		answer[i*84+50] = v
	}
	v, err := g.Add("output0", &runtime.Constant{Shape: runtime.ShapeOf(dims, runtime.AsWritten), Floats: answer})
	if err != nil {
		log.Fatal(err)
	}
	if err := g.SetDims(v, dims, runtime.AsWritten); err != nil {
		log.Fatal(err)
	}
	if err := g.Output(v); err != nil {
		log.Fatal(err)
	}
	if g.Card, err = card.Encode(card.Card{Task: card.Detect, Labels: []string{"cat", "dog"},
		Head: &card.Head{Kind: "yolov8"}}); err != nil {
		log.Fatal(err)
	}
	m, err := models.FromGraph(g)
	if err != nil {
		log.Fatal(err)
	}
	return m
}

// What a picture shows, and where.
func Example() {
	det, err := detect.New(toy()) // models.Load(file) of your own
	if err != nil {
		log.Fatal(err)
	}
	defer det.Close()
	boxes, err := det.Image(image.NewRGBA(image.Rect(0, 0, 640, 640)), nil)
	if err != nil {
		log.Fatal(err)
	}
	for _, b := range boxes {
		fmt.Printf("%s %.0f %% from %.0f, %.0f to %.0f, %.0f\n", det.Label(b.Class), 100*b.Score, b.X0, b.Y0, b.X1, b.Y1)
	}
	// Output: dog 90 % from 160, 240 to 480, 400
}

// A camera's frames, as bytes: no picture is made in between, and nothing is allocated from the second frame on.
func ExampleDetector_Frame() {
	det, err := detect.New(toy(), detect.WithThreshold(0.5))
	if err != nil {
		log.Fatal(err)
	}
	defer det.Close()
	format := preprocess.FrameFormat{Pixels: preprocess.YUYV, Width: 1280, Height: 720}
	frame := make([]byte, format.Size()) // the camera fills it
	var boxes []detect.Box
	for range 3 {
		if boxes, err = det.Frame(format, frame, boxes[:0]); err != nil {
			log.Fatal(err)
		}
	}
	fmt.Println(len(boxes), det.Label(boxes[0].Class))
	// Output: 1 dog
}
