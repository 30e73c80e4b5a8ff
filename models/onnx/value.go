package onnx

import "github.com/gneiss-go/gneiss/models/internal/axes"

// value is what a name stands for while importing: a constant, or a tensor of the graph. If all are nil it is neither
// known nor computable: an unsupported operator makes it.
type value struct {
	c   *tensor
	src *axes.Source // of c, for decoding
	t   *axes.Tensor
	typ elem // of int8 or uint8: t is uint8 (int8 with 128 added), or float with the integers in it if it is of an input

	lazy *lazy    // in place of t
	dyn  *dynamic // in place of t

	fresh bool // t is the output of a Conv or FC without bias, under no other name
	made  int  // what a constant that was computed here took from the budget
}

// constant returns the value of a constant.
func constant(t *tensor) *value {
	return &value{c: t, typ: t.typ, src: &axes.Source{Dims: t.dims, Decode: t.decode}}
}
