package pose_test

import (
	"fmt"
	"image"
	"log"

	"github.com/gneiss-go/gneiss/models"
	"github.com/gneiss-go/gneiss/models/card"
	"github.com/gneiss-go/gneiss/models/pose"
	"github.com/gneiss-go/gneiss/runtime"
)

// toy is a network of MoveNet's form that sees all key points in the middle. A program has models.Load(file) in its
// place.
func toy() *models.Model {
	g := runtime.NewGraph("toy")
	_, err := g.Input("picture", runtime.Shape{N: 1, H: 64, W: 64, C: 3})
	if err != nil {
		log.Fatal(err)
	}
	points := make([]float32, 17*3) // y and x as shares of the picture, and a score
	for i := range points {
		points[i] = [3]float32{0.5, 0.5, 0.9}[i%3]
	}
	dims := []int{1, 1, 17, 3}
	v, err := g.Add("points", &runtime.Constant{Shape: runtime.ShapeOf(dims, runtime.AsWritten), Floats: points})
	if err == nil {
		err = g.SetDims(v, dims, runtime.AsWritten)
	}
	if err == nil {
		err = g.Output(v)
	}
	if err == nil {
		g.Card, err = card.Encode(card.Card{Task: card.Keypoints, Head: &card.Head{Kind: "movenet"}})
	}
	if err != nil {
		log.Fatal(err)
	}
	m, err := models.FromGraph(g)
	if err != nil {
		log.Fatal(err)
	}
	return m
}

// Where a body's points are, in pixels of the picture.
func Example() {
	p, err := pose.New(toy()) // models.Load(file) of your own
	if err != nil {
		log.Fatal(err)
	}
	defer p.Close()
	poses, err := p.Image(image.NewRGBA(image.Rect(0, 0, 640, 640)), nil)
	if err != nil {
		log.Fatal(err)
	}
	nose := poses[0].Points[0]
	fmt.Printf("%s at %.0f, %.0f, %.0f %% sure\n", pose.Names(p.Kind())[0], nose.X, nose.Y, 100*nose.Score)
	// Output: nose at 320, 320, 90 % sure
}
