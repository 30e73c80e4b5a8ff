package house_test

import (
	"fmt"

	"github.com/gneiss-go/gneiss/models"
	"github.com/gneiss-go/gneiss/models/imagefile"
	"github.com/gneiss-go/gneiss/models/preprocess"
	"github.com/gneiss-go/gneiss/runtime"
)

// classify is the example of QUICKSTART.md, between the marks.
func classify(model, photo string) error {
	// QUICKSTART:
	graph, err := models.Open(model) // .onnx, .tflite, .caffemodel, .param or .gneiss
	if err != nil {
		return err
	}
	plan, err := runtime.Compile(graph) // kernels chosen, weights packed, memory laid out
	if err != nil {
		return err
	}
	sess, err := plan.NewSession() // one arena; Run allocates nothing
	if err != nil {
		return err
	}
	defer sess.Close()
	img, err := imagefile.Open(photo)
	if err != nil {
		return err
	}
	if err := preprocess.GoogLeNet.Preparer().Fill(sess.Input(0), img); err != nil {
		return err
	}
	if err := sess.Run(); err != nil {
		return err
	}
	for _, c := range sess.Output(0).TopK(5, nil) {
		fmt.Printf("class %d: %.1f %%\n", c.Index, 100*c.Score)
	}
	return nil
	// :QUICKSTART
}

func Example() {
	fmt.Println(classify("googlenet.onnx", "photo.jpg"))
	// Output: googlenet.onnx: no such file or directory
}
