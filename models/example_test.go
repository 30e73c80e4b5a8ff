package models_test

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"log"

	"github.com/gneiss-go/gneiss/internal/gen/samples"
	"github.com/gneiss-go/gneiss/models"
	"github.com/gneiss-go/gneiss/models/cifar10"
	"github.com/gneiss-go/gneiss/models/imagefile"
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

// An ONNX model of one's own, as PyTorch exports it, is opened, compiled, and run on numbers in the model's own order.
func ExampleOpen() {
	graph, err := models.Open("../internal/test/pages/testdata/net.onnx")
	if err != nil {
		log.Fatal(err)
	}
	plan, err := runtime.Compile(graph)
	if err != nil {
		log.Fatal(err)
	}
	sess, err := plan.NewSession()
	if err != nil {
		log.Fatal(err)
	}
	defer sess.Close()
	pixels := make([]float32, 3*32*32) // channel by channel, as PyTorch has them
	if err := sess.Input(0).CopyFrom(pixels); err != nil {
		log.Fatal(err)
	}
	if err := sess.Run(); err != nil {
		log.Fatal(err)
	}
	fmt.Println(sess.Input(0))
	fmt.Println(sess.Output(0).Info())
	// Output:
	// "image" float32 [1 3 32 32]: 0 0 0 0 0 0 0 0 … (least 0, most 0, mean 0)
	// "scores" float32 [1 10]
}

// A photograph is decoded and classified.
func ExampleModel_Classify() {
	graph, err := cifar10.Int8() // the same bytes on every machine
	if err != nil {
		log.Fatal(err)
	}
	model, err := models.FromGraph(graph)
	if err != nil {
		log.Fatal(err)
	}
	defer model.Close()
	img, err := imagefile.Open("../internal/gen/samples/frog.png")
	if err != nil {
		log.Fatal(err)
	}
	top, err := model.Classify(img)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s %.0f %%\n", top[0].Label, 100*top[0].Score)
	// Output: frog 92 %
}

// Picture after picture is classified into the same buffer: nothing is allocated.
func ExampleModel_AppendClassify() {
	graph, err := cifar10.Int8()
	if err != nil {
		log.Fatal(err)
	}
	model, err := models.FromGraph(graph)
	if err != nil {
		log.Fatal(err)
	}
	defer model.Close()
	best := make([]models.Class, 0, 1)
	for _, s := range samples.All() {
		img, err := imagefile.Decode(bytes.NewReader(s.Data), imagefile.DefaultLimits)
		if err != nil {
			log.Fatal(err)
		}
		if best, err = model.AppendClassify(best[:0], img); err != nil {
			log.Fatal(err)
		}
		fmt.Println(s.Name, best[0].Label)
	}
	// Output:
	// ship.png ship
	// airplane.png airplane
	// truck.png truck
	// car.png automobile
	// frog.png frog
}
