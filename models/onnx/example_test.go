package onnx_test

import (
	"errors"
	"fmt"

	"github.com/gneiss-go/gneiss/models/onnx"
	"github.com/gneiss-go/gneiss/runtime"
)

func ExampleOpen() {
	g, err := onnx.Open("googlenet.onnx", onnx.WithBatch(1))
	var u *runtime.UnsupportedError
	switch {
	case errors.As(err, &u):
		for _, op := range u.Ops {
			fmt.Println(op.Node, op.Op, op.Reason)
		}
	case err != nil:
		fmt.Println(err)
	default:
		fmt.Println(g.Inputs[0].Shape, "→", g.Outputs[0].Shape)
	}
	// Output: googlenet.onnx: no such file or directory
}

// What is wrong with a file is said in terms of the file.
func ExampleLoad() {
	_, err := onnx.Load([]byte("\x89PNG\r\n\x1a\n"))
	fmt.Println(errors.Is(err, runtime.ErrCorrupt), err != nil)
	// Output: true true
}
