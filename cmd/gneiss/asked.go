package main

import (
	"github.com/spf13/cobra"

	"github.com/gneiss-go/gneiss/internal/app/answer"
	"github.com/gneiss-go/gneiss/models/card"
	"github.com/gneiss-go/gneiss/models/labels"
	"github.com/gneiss-go/gneiss/models/preprocess"
	"github.com/gneiss-go/gneiss/runtime"
)

// readFlags say how a network's outputs are read.
type readFlags struct {
	task, head string
	labels     string
}

func (f *readFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.head, "head", "", "`kind` of the outputs, as yolov8; default: as the card says, or by their shapes")
	flags.StringVar(&f.task, "task", "", "what the network is for: classify, detect, segment, keypoints; default: as the card says")
	flags.StringVarP(&f.labels, "labels", "l", "",
		"text `file` of class names, one a line, or coco; default: the card's, or labels.txt beside the model")
}

// openAsked opens a model and what is known of it: its card, with the flags above it.
func (f *readFlags) openAsked(mf *modelFlags, sf *specFlags) (*model, card.Card, answer.Options, error) {
	o := answer.Options{Task: card.Task(f.task), Head: f.head}
	m, err := mf.open(false)
	if err != nil {
		return nil, card.Card{}, o, err
	}
	c, err := card.Decode(m.Graph.Card)
	if err != nil {
		return nil, c, o, err
	}
	if c.Input == nil && len(m.Graph.Inputs) == 1 { // what nobody says is guessed
		if in := m.Graph.Inputs[0].Shape; in.N == 1 && in.C == m.Spec.Order.Channels() && m.Spec.Check() == nil {
			c.Input, c.Guessed = &m.Spec, m.Source != builtIn
		}
	}
	if c.Note == "" {
		c.Note = m.Note
	}
	switch {
	case f.labels == "coco":
		c.Labels = labels.COCO
	case f.labels == "coco90":
		c.Labels = labels.COCO90
	case f.labels != "":
		c.Labels, err = labels.Read(f.labels)
	case len(c.Labels) == 0:
		c.Labels = m.Labels
	}
	if len(m.Graph.Outputs) > 0 {
		o.Probabilities = m.probabilities()
	}
	o.Change = func(s preprocess.Spec) (preprocess.Spec, error) { return sf.apply(s) }
	return m, c, o, err
}

// newReader opens, checks and compiles a model that looks at images.
func (f *readFlags) newReader(cmd *cobra.Command, mf *modelFlags, sf *specFlags, classes []int) (*model, *answer.Reader,
	error) {
	m, c, o, err := f.openAsked(mf, sf)
	if err != nil {
		return nil, nil, err
	}
	plan, err := mf.plan(cmd.Context(), m)
	if err != nil {
		return nil, nil, err
	}
	o.Classes = classes
	r, err := answer.New(plan, c, o)
	if err != nil {
		return nil, nil, runtime.InFile(m.Source, err)
	}
	return m, r, nil
}
