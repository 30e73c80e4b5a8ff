package eye

import (
	"fmt"

	"github.com/gneiss-go/gneiss/models/card"
	"github.com/gneiss-go/gneiss/models/preprocess"
	"github.com/gneiss-go/gneiss/runtime"
)

// Asked is what a program says of a model in place of its card; nil leaves it to the card.
type Asked struct {
	Head *card.Head
	Spec *preprocess.Spec
}

// Apply puts it into the card. A model for another task than this one is an error that wraps [runtime.ErrShape], unless
// a head is asked for.
func (a Asked) Apply(c *card.Card, task card.Task) error {
	if c.Task != "" && c.Task != task && c.Task != card.Other && a.Head == nil {
		return fmt.Errorf("the model is for another task, %s: %w", c.Task, runtime.ErrShape)
	}
	if a.Head != nil {
		c.Head = a.Head
	}
	if a.Spec != nil {
		c.Input, c.Guessed = a.Spec, false
	}
	return nil
}
