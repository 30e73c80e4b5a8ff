package quant_test

import (
	"context"
	"fmt"
	"io"
	"log"

	"github.com/gneiss-go/gneiss/quant"
	"github.com/gneiss-go/gneiss/runtime"
)

// A small network is calibrated on a few inputs, quantised, and compared with its float original.
func Example() {
	g := runtime.NewGraph("edges")
	x, err := g.Input("image", runtime.Shape{N: 1, H: 8, W: 8, C: 1})
	if err != nil {
		log.Fatal(err)
	}
	edges, err := g.Add("edges", &runtime.Conv{Window: runtime.Window{R: 1, S: 2}, K: 2, Weights: []float32{1, -1, -1, 1},
		Act: runtime.ReLU}, x)
	if err != nil {
		log.Fatal(err)
	}
	mean, err := g.Add("mean", &runtime.GlobalPool{Type: runtime.AvgPool}, edges)
	if err != nil {
		log.Fatal(err)
	}
	if err := g.Output(mean); err != nil {
		log.Fatal(err)
	}
	images := func() quant.Source { // four ramps, rising and falling
		n := 0
		return func(input []float32) error {
			if n++; n > 4 {
				return io.EOF
			}
			for i := range input {
				input[i] = float32(i%8) * float32(2*n-5)
			}
			return nil
		}
	}
	stats, err := quant.Calibrate(context.Background(), g, images())
	if err != nil {
		log.Fatal(err)
	}
	int8Graph, report, err := quant.Quantize(g, stats, quant.WithObserver(quant.MinMax()))
	if err != nil {
		log.Fatal(err)
	}
	c, err := quant.Compare(context.Background(), g, int8Graph, images())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%d of %d layers in int8, the same bytes on every CPU: %v\n", report.Quantised, len(report.Layers),
		report.Portable)
	fmt.Printf("same class for %d of %d\n", c.Top1, c.Images)
	// Output:
	// 2 of 2 layers in int8, the same bytes on every CPU: true
	// same class for 4 of 4
}
