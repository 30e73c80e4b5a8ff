package npy_test

import (
	"fmt"
	"log"

	"github.com/gneiss-go/gneiss/models"
	"github.com/gneiss-go/gneiss/models/npy"
	"github.com/gneiss-go/gneiss/runtime"
)

// A model is held to what its framework gave for the same input.
func ExampleCompare() {
	const dir = "../../internal/test/pages/testdata/"
	graph, err := models.Open(dir + "net.onnx")
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
	input, err := npy.Open(dir + "x.npy")
	if err != nil {
		log.Fatal(err)
	}
	if err := input.Fill(sess.Input(0)); err != nil {
		log.Fatal(err)
	}
	if err := sess.Run(); err != nil {
		log.Fatal(err)
	}
	got, err := npy.Of(sess.Output(0))
	if err != nil {
		log.Fatal(err)
	}
	want, err := npy.Open(dir + "reference/0.npy")
	if err != nil {
		log.Fatal(err)
	}
	diff, err := npy.Compare(got, want, 1e-4)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(diff.Elements, "numbers,", diff.Beyond, "too far off")
	// Output: 10 numbers, 0 too far off
}
