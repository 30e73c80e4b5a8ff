package tflite

import (
	"errors"
	"slices"
	"strings"

	"github.com/gneiss-go/gneiss/runtime"
)

// errUnknown is the refusal of an operation that is not known.
var errUnknown = errors.New("not supported")

// run imports the operator. One that reads what is lost is passed over.
func (n *node) run() error {
	f := n.form(n.operator)
	if f.handle == nil {
		return errUnknown
	}
	if slices.ContainsFunc(n.inputs, func(i int) bool { return n.lost[i] }) {
		n.lose(n.outputs)
		return nil
	}
	if err := f.check(n.operator); err != nil {
		return err
	}
	return f.handle(n)
}

// refuse notes that an operator is refused for a reason, and puts inputs in the place of its outputs, so that all
// refusals are found. It returns the error of a file that is broken or too large: with that the import ends.
func (im *importer) refuse(op, name string, err error, outputs []int) error {
	var ne *runtime.NodeError
	if errors.As(err, &ne) { // the graph's own: keep the reason, name the operator
		err = ne.Err
	}
	if errors.Is(err, runtime.ErrCorrupt) || errors.Is(err, runtime.ErrLimit) {
		return &runtime.NodeError{Node: name, Op: op, Err: err}
	}
	u := runtime.Unsupported{Op: op, Node: name, Err: err}
	if err == errUnknown {
		u.Err = nil
	} else {
		u.Reason = err.Error()
		for _, kind := range []error{runtime.ErrGraph, runtime.ErrShape} { // which the list itself says
			u.Reason = strings.TrimSuffix(u.Reason, ": "+kind.Error())
		}
	}
	im.bad = append(im.bad, u)
	im.lose(outputs)
	return nil
}

// lose puts inputs in the place of tensors of which only the file's description is known.
func (im *importer) lose(tensors []int) {
	for _, i := range tensors {
		if im.values[i] == nil && (len(im.sub.tensors[i].shape) == 0 || im.input(i) != nil) {
			im.lost[i] = true
		}
	}
}

// refused is the error of all refusals, or nil.
func (im *importer) refused() error {
	switch u := im.bad; {
	case len(u) == 0:
		return nil
	case len(u) == 1 && u[0].Err != nil:
		return &runtime.NodeError{Node: u[0].Node, Op: u[0].Op, Err: u[0].Err}
	}
	return &runtime.UnsupportedError{Ops: im.bad}
}
