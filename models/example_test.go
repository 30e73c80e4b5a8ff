package models_test

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/draw"

	"github.com/gneiss-go/gneiss/models"
	"github.com/gneiss-go/gneiss/models/cifar10"
	"github.com/gneiss-go/gneiss/runtime"
)

// A program loads a .gneiss file, which it may embed, and classifies pictures, with no number of the model in its
// source.
func ExampleLoad() {
	var file bytes.Buffer
	graph, err := cifar10.Int8()
	if err == nil {
		err = runtime.Write(&file, graph)
	}
	if err != nil {
		panic(err)
	}

	model, err := models.Load(file.Bytes())
	if err != nil {
		panic(err)
	}
	defer model.Close()
	img := image.NewGray(image.Rect(0, 0, 320, 240))
	draw.Draw(img, img.Rect, image.NewUniform(color.Gray{200}), image.Point{}, draw.Src)
	top, err := model.Classify(img)
	if err != nil {
		panic(err)
	}
	fmt.Println(model.Card.Task, len(model.Card.Labels), len(top), top[0].Score >= top[1].Score)
	// Output: classify 10 5 true
}
