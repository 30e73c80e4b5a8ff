package main

import (
	"github.com/spf13/cobra"

	"github.com/gneiss-go/gneiss/internal/app/answer"
	"github.com/gneiss-go/gneiss/models/card"
	"github.com/gneiss-go/gneiss/runtime"
)

// readFlags say how a network's outputs are read, where the card does not or is wrong.
type readFlags struct{ task, head string }

func (f *readFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.head, "head", "",
		"`kind` of the outputs, such as yolov8; default: as the card says, or by their shapes")
	cmd.Flags().StringVar(&f.task, "task", "",
		"what the network is for: classify, detect, segment or keypoints; default: as the card says")
}

// open opens a model and what its outputs mean: its card, with the flags above it.
func (f *readFlags) open(mf *modelFlags, sf *specFlags) (*model, answer.Options, error) {
	o := answer.Options{Task: card.Task(f.task), Head: f.head, Change: sf.apply}
	mf.finds = mf.finds && f.task != string(card.Classify)
	m, err := mf.open(false)
	if err == nil && len(m.Graph.Outputs) > 0 {
		o.Probabilities = m.probabilities()
	}
	return m, o, err
}

// newReader opens, checks and compiles a model that looks at images.
func (f *readFlags) newReader(cmd *cobra.Command, mf *modelFlags, sf *specFlags, classes []int) (*model, *answer.Reader,
	error) {
	m, o, err := f.open(mf, sf)
	if err != nil {
		return nil, nil, err
	}
	m.once = true
	plan, err := mf.plan(cmd.Context(), m)
	if err != nil {
		return nil, nil, err
	}
	o.Classes = classes
	r, err := answer.New(plan, m.Card, o)
	if err != nil {
		return nil, nil, runtime.InFile(m.Source, err)
	}
	return m, r, nil
}
