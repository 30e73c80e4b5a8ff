// Command once runs GoogLeNet a single time, on one thread, with weights from a seed: the program whose instructions
// bench/cycles counts under an emulator. Its argument is f32 or int8; int8 is quantised by what one picture shows.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/gneiss-go/gneiss/bench"
	"github.com/gneiss-go/gneiss/quant"
	"github.com/gneiss-go/gneiss/runtime"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "once:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) != 1 || args[0] != "f32" && args[0] != "int8" {
		return errors.New("usage: once f32|int8")
	}
	g, err := bench.GoogLeNet(1)
	if err != nil {
		return err
	}
	if args[0] == "int8" {
		if g, err = quantised(g); err != nil {
			return err
		}
	}
	plan, err := runtime.Compile(g)
	if err != nil {
		return err
	}
	sess, err := plan.NewSession()
	if err != nil {
		return err
	}
	defer sess.Close()
	return sess.Run()
}

func quantised(g *runtime.Graph) (*runtime.Graph, error) {
	left := 1
	stats, err := quant.Calibrate(context.Background(), g, func(in []float32) error {
		if left--; left < 0 {
			return io.EOF
		}
		copy(in, bench.Picture(g.Inputs[0].Shape, 1, 100))
		return nil
	})
	if err != nil {
		return nil, err
	}
	q, _, err := quant.Quantize(g, stats, quant.WithObserver(quant.MinMax()))
	return q, err
}
