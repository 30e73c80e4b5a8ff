package main

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"time"

	"github.com/gneiss-go/gneiss/arch"
	"github.com/gneiss-go/gneiss/bench"
	"github.com/gneiss-go/gneiss/models"
	"github.com/gneiss-go/gneiss/models/onnx"
	"github.com/gneiss-go/gneiss/quant"
	"github.com/gneiss-go/gneiss/runtime"
	"github.com/gneiss-go/gneiss/runtime/mapped"
)

// picture is the input that all engines get, NHWC: pixels for Caffe's networks, numbers around zero for others.
func picture(s runtime.Shape, file string, seed uint64) []float32 {
	if filepath.Ext(file) == ".caffemodel" {
		return bench.Picture(s, seed, 120)
	}
	return bench.Picture(s, seed, 2)
}

// export writes everything the peers read into s.dir, and computes what their outputs are compared with.
func (s *setup) export(n *network, int8 bool) error {
	g, err := n.open(s.seed)
	if err != nil {
		return err
	}
	s.graph, s.graph8, s.onnx, s.qdq, s.own, s.noNet, s.noQDQ = g, nil, "", "", inputName, nil, nil
	x := picture(g.Inputs[0].Shape, n.file, s.seed)
	if err := s.reference(x); err != nil {
		return err
	}
	if err := exportNet(g, s.dir); err != nil {
		os.Remove(filepath.Join(s.dir, netFile))
		s.noNet = err
	}
	if n.onnx() {
		s.onnx, s.own = n.file, ownName
	} else if s.onnx, err = writeONNX(g, filepath.Join(s.dir, modelFile)); err != nil {
		return err
	}
	if !int8 {
		return nil
	}
	of, err := spans(g, x)
	if err != nil {
		return err
	}
	if err := exportScales(g, of, s.dir); err != nil {
		return err
	}
	var plain *runtime.Graph
	if s.gneiss8 != "" {
		s.graph8, err = models.Open(s.gneiss8)
		plain = s.graph8
	} else {
		s.graph8, plain, err = quantised(g, x)
	}
	if err == nil {
		s.qdq, s.noQDQ = writeONNX(plain, filepath.Join(s.dir, model8File))
	}
	return err
}

func (n *network) onnx() bool { return filepath.Ext(n.file) == ".onnx" }

// writeONNX writes a graph, a quantised one as QDQ.
func writeONNX(g *runtime.Graph, file string) (string, error) {
	f, err := os.Create(file)
	if err != nil {
		return "", err
	}
	err = onnx.WriteQDQ(f, g)
	if e := f.Close(); err == nil {
		err = e
	}
	return file, err
}

// reference writes the input as peers take it and runs the float network once: its outputs are what all are held to.
func (s *setup) reference(x []float32) error {
	session, err := sessionOf(s.graph)
	if err != nil {
		return err
	}
	defer session.Close()
	in := session.Input(0)
	copy(in.Float32(), x)
	own := make([]float32, len(x))
	if err := in.CopyTo(own); err != nil {
		return err
	}
	if err := exportInput(s.dir, ownName, own, in.Info().Dims); err != nil {
		return err
	}
	shape := in.Shape()
	if err := exportInput(s.dir, inputName, planes(x, shape), []int{shape.N, shape.C, shape.H, shape.W}); err != nil {
		return err
	}
	if err := session.Run(); err != nil {
		return err
	}
	s.want = map[string][]float32{}
	if s.want[ownName], s.sizes, err = outputs(session, len(s.graph.Outputs)); err != nil {
		return err
	}
	for i, v := range s.graph.Outputs {
		if v.DType != runtime.F32 {
			return fmt.Errorf("output %q is not of float numbers", v.Name)
		}
		s.want[inputName] = append(s.want[inputName], planes(session.Output(i).Float32(), v.Shape)...)
	}
	return nil
}

// planes reorders [N][H][W][C] to [N][C][H][W].
func planes(x []float32, s runtime.Shape) []float32 {
	out := make([]float32, 0, len(x))
	for n := range s.N {
		for c := range s.C {
			for p := range s.H * s.W {
				out = append(out, x[(n*s.H*s.W+p)*s.C+c])
			}
		}
	}
	return out
}

// outputs are those of a session one after the other, each in the order of the model's own dimensions, and their sizes.
func outputs(session *runtime.Session, n int) (all []float32, sizes []int, err error) {
	for i := range n {
		t := session.Output(i)
		v := make([]float32, t.Shape().Elements())
		if err := t.CopyTo(v); err != nil {
			return nil, nil, err
		}
		all, sizes = append(all, v...), append(sizes, len(v))
	}
	return all, sizes, nil
}

// packed writes the network as a device would have it, with filters packed for the config's tier, and returns the file.
func (s *setup) packed(c config) (string, error) {
	isa := arch.Capped(c.limit())
	file := filepath.Join(s.dir, c.DType+"-"+isa.String()+runtime.Ext)
	if _, err := os.Stat(file); err == nil {
		return file, nil
	}
	g := s.graph
	if c.DType == "int8" {
		g = s.graph8
	}
	return file, models.Save(file, g, runtime.WithPacked(isa))
}

// quantised is a network in int8, with ranges from one run: enough to measure speed with. Plain is the same with one
// scale for all channels of a value, which is what QDQ can say.
func quantised(g *runtime.Graph, x []float32) (of8, plain *runtime.Graph, err error) {
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
		return nil, nil, err
	}
	if of8, _, err = quant.Quantize(g, stats, quant.WithObserver(quant.MinMax())); err != nil {
		return nil, nil, err
	}
	plain, _, err = quant.Quantize(g, stats, quant.WithObserver(quant.MinMax()), quant.WithoutEqualising())
	return of8, plain, err
}

// serveGneiss is this program as a child: gneiss in a process of its own, like every peer.
func serveGneiss(packed, dir string, c config, in io.Reader, out io.Writer) error {
	plan, err := mapped.Load(packed, runtime.WithISA(c.limit()), runtime.WithThreads(c.Threads))
	if err != nil {
		return err
	}
	session, err := plan.NewSession()
	if err != nil {
		return err
	}
	defer session.Close()
	data, err := os.ReadFile(filepath.Join(dir, ownName+".bin"))
	if err != nil {
		return err
	}
	own := make([]float32, len(data)/4)
	for i := range own {
		own[i] = math.Float32frombits(binary.LittleEndian.Uint32(data[4*i:]))
	}
	input := session.Input(0)
	if err := input.CopyFrom(own); err != nil {
		return fmt.Errorf("%s: %w", plan.Inputs()[0].Name, err)
	}
	x := append([]float32(nil), input.Float32()...)
	infer := func() (time.Duration, error) {
		copy(input.Float32(), x) // a run consumes its input; the peers keep theirs
		start := time.Now()
		err := session.Run()
		return time.Since(start), err
	}
	return serve(in, out, plan.ISA().String(), infer, func() ([]float32, error) {
		all, _, err := outputs(session, len(plan.Outputs()))
		return all, err
	})
}
