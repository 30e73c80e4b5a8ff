package runtime_test

import (
	"fmt"

	"github.com/gneiss-go/gneiss/arch"
	"github.com/gneiss-go/gneiss/runtime"
)

// edges is a network of one convolution, a horizontal difference, and a softmax over the map's mean.
func edges() (*runtime.Graph, error) {
	g := runtime.NewGraph("edges")
	in, err := g.Input("image", runtime.Shape{N: 1, H: 4, W: 4, C: 1})
	if err != nil {
		return nil, err
	}
	x, err := g.Add("diff", &runtime.Conv{Window: runtime.Window{R: 1, S: 2}, K: 2, Weights: []float32{-1, 1, 1, -1}}, in)
	if err != nil {
		return nil, err
	}
	if x, err = g.Add("relu", &runtime.Activation{Act: runtime.ReLU}, x); err != nil {
		return nil, err
	}
	if x, err = g.Add("mean", &runtime.GlobalPool{Type: runtime.AvgPool}, x); err != nil {
		return nil, err
	}
	if x, err = g.Add("prob", &runtime.Softmax{}, x); err != nil {
		return nil, err
	}
	return g, g.Output(x)
}

func Example() {
	g, err := edges()
	if err != nil {
		fmt.Println(err)
		return
	}
	plan, err := runtime.Compile(g)
	if err != nil {
		fmt.Println(err)
		return
	}
	sess, err := plan.NewSession()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer sess.Close()
	pixels := sess.Input(0).Float32() // filled before each Run
	for i := range pixels {
		pixels[i] = float32(i % 4)
	}
	if err := sess.Run(); err != nil {
		fmt.Println(err)
		return
	}
	for _, c := range sess.Output(0).TopK(2, nil) {
		fmt.Printf("class %d %.3f\n", c.Index, c.Score)
	}
	// Output:
	// class 0 0.731
	// class 1 0.269
}

func ExamplePlan_Report() {
	g, err := edges()
	if err != nil {
		fmt.Println(err)
		return
	}
	plan, err := runtime.Compile(g, runtime.WithISA(arch.Generic))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, s := range plan.Report().Steps { // the activation is part of the convolution
		fmt.Println(s.Index, s.Name, s.Op, s.Out[0], s.MACs)
	}
	// Output:
	// 0 diff Conv 1×4×3×2 48
	// 1 mean GlobalAveragePool 1×1×1×2 0
	// 2 prob Softmax 1×1×1×2 0
}

func ExampleGraph_Add() {
	g := runtime.NewGraph("bad")
	in, err := g.Input("image", runtime.Shape{N: 1, H: 8, W: 8, C: 3})
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = g.Add("conv1", &runtime.Conv{Window: runtime.Window{R: 3, S: 3}, K: 16, Weights: make([]float32, 99)}, in)
	fmt.Println(err)
	// Output:
	// node "conv1" (Conv): 99 weights, want 16×3×3×3: shape mismatch
}
