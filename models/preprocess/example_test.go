package preprocess_test

import (
	"fmt"
	"log"

	"github.com/gneiss-go/gneiss/models/cifar10"
	"github.com/gneiss-go/gneiss/models/preprocess"
	"github.com/gneiss-go/gneiss/runtime"
)

// A camera's frame becomes a network's input in one pass, straight from its bytes.
func ExampleNewFrame() {
	graph, err := cifar10.Int8()
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

	format := preprocess.FrameFormat{Pixels: preprocess.YUYV, Width: 1280, Height: 720}
	frame, err := preprocess.NewFrame(format, cifar10.Preprocess, sess.Input(0))
	if err != nil {
		log.Fatal(err)
	}
	bytes := make([]byte, format.Size()) // the camera fills it
	for range 3 {                        // frame after frame, without garbage
		if err := frame.Fill(bytes); err != nil {
			log.Fatal(err)
		}
		if err := sess.Run(); err != nil {
			log.Fatal(err)
		}
	}
	fmt.Println(len(bytes), len(sess.Output(0).TopK(1, nil)))
	// Output: 1843200 1
}
