package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/gneiss-go/gneiss/arch"
	"github.com/gneiss-go/gneiss/bench"
	"github.com/gneiss-go/gneiss/models"
	"github.com/gneiss-go/gneiss/quant"
	"github.com/gneiss-go/gneiss/runtime"
	"github.com/gneiss-go/gneiss/runtime/mapped"
)

// openGraph is the network that all engines run, simplified so that every peer gets the same operations.
func openGraph(model string, seed uint64) (*runtime.Graph, error) {
	var g *runtime.Graph
	var err error
	if model == "" {
		g, err = bench.GoogLeNet(seed)
	} else {
		g, err = models.Open(model)
	}
	if err != nil {
		return nil, err
	}
	return runtime.Simplify(g)
}

// picture is the input that all engines get. Seeded networks take numbers around one, real ones pixels.
func picture(s runtime.Shape, model string, seed uint64) []float32 {
	if model == "" {
		return bench.Picture(s, seed, 2)
	}
	return bench.Picture(s, seed, 120)
}

// packed writes the network as a device would have it, with filters packed for the config's tier, and returns the file.
func (s *setup) packed(c config) (string, error) {
	isa := arch.Capped(c.limit())
	file := filepath.Join(s.dir, c.DType+"-"+isa.String()+runtime.Ext)
	if _, err := os.Stat(file); err == nil {
		return file, nil
	}
	var g *runtime.Graph
	var err error
	switch {
	case c.DType != "int8":
		g, err = openGraph(s.model, s.seed)
	case s.gneiss8 != "":
		g, err = models.Open(s.gneiss8)
	default:
		g, err = s.quantised()
	}
	if err != nil {
		return "", err
	}
	return file, models.Save(file, g, runtime.WithPacked(isa))
}

// quantised is the network in int8, with ranges from one run on the picture: enough to measure speed with.
func (s *setup) quantised() (*runtime.Graph, error) {
	g, err := openGraph(s.model, s.seed)
	if err != nil {
		return nil, err
	}
	x := picture(g.Inputs[0].Shape, s.model, s.seed)
	once := false
	stats, err := quant.Calibrate(context.Background(), g, func(in []float32) error {
		if once {
			return io.EOF
		}
		once = true
		copy(in, x)
		return nil
	})
	if err != nil {
		return nil, err
	}
	g, _, err = quant.Quantize(g, stats, quant.WithObserver(quant.MinMax()))
	return g, err
}

// serveGneiss is this program as a child: gneiss in a process of its own, like every peer.
func serveGneiss(model, packed string, seed uint64, c config, in io.Reader, out io.Writer) error {
	plan, err := mapped.Load(packed, runtime.WithISA(c.limit()), runtime.WithThreads(c.Threads))
	if err != nil {
		return err
	}
	x := picture(plan.Inputs()[0].Shape, model, seed)
	session, err := plan.NewSession()
	if err != nil {
		return err
	}
	defer session.Close()
	infer := func() (time.Duration, error) {
		copy(session.Input(0).Float32(), x) // a run consumes its input; the peers keep theirs
		start := time.Now()
		err := session.Run()
		return time.Since(start), err
	}
	return serve(in, out, plan.ISA().String(), infer, session.Output(0).Float32)
}

// export writes everything the peers read into dir. What cannot be written as ONNX leaves setup.onnx empty.
func (s *setup) export(g *runtime.Graph, scales string, int8 bool) error {
	in := g.Inputs[0].Shape
	x := picture(in, s.model, s.seed)
	if err := exportInput(x, in, s.dir); err != nil {
		return err
	}
	if err := exportNet(g, s.dir); err != nil {
		fmt.Fprintln(os.Stderr, "peers: oneDNN:", err)
	}
	if int8 && scales == "" {
		if err := exportScales(g, x, s.dir); err != nil {
			fmt.Fprintln(os.Stderr, "peers: scales:", err)
		}
	}
	if scales != "" {
		text, err := os.ReadFile(scales)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(s.dir, scalesFile), text, 0o644); err != nil {
			return err
		}
	}
	if filepath.Ext(s.model) == ".onnx" {
		s.onnx = s.model
		return nil
	}
	if err := exportONNX(g, s.dir); err != nil {
		fmt.Fprintln(os.Stderr, "peers: ONNX:", err)
		return nil
	}
	s.onnx = filepath.Join(s.dir, modelFile)
	return nil
}
