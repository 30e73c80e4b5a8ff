package segment_test

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"log"

	"github.com/gneiss-go/gneiss/models"
	"github.com/gneiss-go/gneiss/models/card"
	"github.com/gneiss-go/gneiss/models/preprocess"
	"github.com/gneiss-go/gneiss/models/segment"
	"github.com/gneiss-go/gneiss/runtime"
)

// toy is a network whose answer is its input: the class of a pixel is its strongest colour. A program has
// models.Load(file) in its place.
func toy() *models.Model {
	g := runtime.NewGraph("toy")
	x, err := g.Input("picture", runtime.Shape{N: 1, H: 8, W: 8, C: 3})
	if err == nil {
		x, err = g.Add("scores", &runtime.Identity{}, x)
	}
	if err == nil {
		err = g.Output(x)
	}
	if err != nil {
		log.Fatal(err)
	}
	g.Card, err = card.Encode(card.Card{Task: card.Segment, Labels: []string{"red", "green", "blue"},
		Input: &preprocess.Spec{Width: 8, Height: 8, Scale: [3]float32{1, 1, 1}}, Head: &card.Head{Kind: segment.Scores}})
	if err != nil {
		log.Fatal(err)
	}
	m, err := models.FromGraph(g)
	if err != nil {
		log.Fatal(err)
	}
	return m
}

// What each pixel of a picture belongs to.
func Example() {
	seg, err := segment.New(toy()) // models.Load(file) of your own
	if err != nil {
		log.Fatal(err)
	}
	defer seg.Close()
	img := image.NewRGBA(image.Rect(0, 0, 320, 240)) // its left half is blue, its right half red
	draw.Draw(img, img.Rect, image.NewUniform(color.RGBA{200, 0, 0, 255}), image.Point{}, draw.Src)
	draw.Draw(img, image.Rect(0, 0, 160, 240), image.NewUniform(color.RGBA{0, 0, 200, 255}), image.Point{}, draw.Src)
	var mask segment.Mask // kept from picture to picture
	if err := seg.Image(img, &mask); err != nil {
		log.Fatal(err)
	}
	fmt.Println(mask.W, mask.H, seg.Label(int(mask.At(20, 100))), seg.Label(int(mask.At(300, 100))))
	// Output: 320 240 blue red
}
