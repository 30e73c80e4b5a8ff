package main

import (
	"github.com/gneiss-go/gneiss/models/preprocess"
	"github.com/gneiss-go/gneiss/runtime"
)

// defaultModel is what answers without --model.
func defaultModel() (*model, error) {
	const size = 32
	classes := []string{"mostly red", "mostly green", "mostly blue", "no colour stands out"}
	g := runtime.NewGraph("colours")
	x, err := g.Input("data", runtime.Shape{N: 1, H: size, W: size, C: 3})
	add := func(name string, op runtime.Op) {
		if err == nil {
			x, err = g.Add(name, op, x)
		}
	}
	third := float32(-0.5)
	add("contrast", &runtime.Conv{K: 4, Window: runtime.Window{R: 1, S: 1}, Act: runtime.ReLU, // how far a channel is above the others
		Weights: []float32{1, third, third, third, 1, third, third, third, 1, 0, 0, 0}, Bias: []float32{0, 0, 0, 0.06}})
	add("mean", &runtime.GlobalPool{Type: runtime.AvgPool})
	w := make([]float32, 16)
	for i := range 4 {
		w[5*i] = 30
	}
	add("score", &runtime.FC{K: 4, Weights: w})
	add("prob", &runtime.Softmax{})
	if err != nil {
		return nil, err
	}
	return &model{Name: "colours", Source: "built in code", Graph: g, Labels: classes,
		Note: "a stand-in with weights made in code, which knows colours and no objects; give --model a real one",
		Spec: preprocess.Spec{Width: size, Height: size, Filter: preprocess.Antialias, Scale: [3]float32{1. / 255, 1. / 255, 1. / 255}}}, g.Output(x)
}
