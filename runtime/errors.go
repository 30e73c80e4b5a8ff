package runtime

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
)

// Errors that callers may test for with errors.Is.
var (
	ErrShape   = errors.New("shape mismatch")       // tensors do not fit an operation
	ErrCorrupt = errors.New("corrupt model")        // bytes that are no valid model
	ErrLimit   = errors.New("limit exceeded")       // a size beyond [Limits]
	ErrClosed  = errors.New("session is closed")    // Run after Close
	ErrGraph   = errors.New("invalid graph")        // duplicate names, foreign values, no output
	ErrBusy    = errors.New("session already runs") // two goroutines in one session
)

// NodeError says which node of a graph is at fault and why.
type NodeError struct {
	Node string // the node's name
	Op   string // its operation
	Err  error  // the reason; unwraps to one of the errors above where one fits
}

func (e *NodeError) Error() string { return fmt.Sprintf("node %q (%s): %v", e.Node, e.Op, e.Err) }
func (e *NodeError) Unwrap() error { return e.Err }

// Fault is the error of a node, for a reason.
func (n *Node) Fault(reason error) error { return nodeFault(n.Name, n.Op.Kind(), reason) }

func nodeFault(name, op string, reason error) error {
	return &NodeError{Node: name, Op: op, Err: reason}
}

// FileError says which file is at fault; every importer wraps what it returns in one.
type FileError struct {
	File string
	Err  error
}

func (e *FileError) Error() string { return fmt.Sprintf("%s: %v", e.File, e.Err) }
func (e *FileError) Unwrap() error { return e.Err }

// InFile is the [FileError] for a reason, or nil for nil. Of a file system's error only the reason stays, for it names
// the file too.
func InFile(file string, reason error) error {
	if reason == nil {
		return nil
	}
	if pe, ok := reason.(*fs.PathError); ok {
		reason = pe.Err
	}
	return &FileError{File: file, Err: reason}
}

// Unsupported is one operation that cannot be imported.
type Unsupported struct {
	Op     string // the operation's name in its own format
	Node   string // the node's name
	Reason string // "" when the operation as a whole is unknown; else what about it is not supported, and the way round
	Err    error  // what the reason comes from, where that is an error
}

// UnsupportedError lists everything in a model that is not supported, not only the first thing met.
type UnsupportedError struct{ Ops []Unsupported }

// UnsupportedGroup are the nodes of one operation that is not supported for one reason.
type UnsupportedGroup struct {
	Op, Reason string
	Nodes      []string
}

// Groups returns what is not supported, each operation and reason once, in the order in which they were met.
func (e *UnsupportedError) Groups() []UnsupportedGroup {
	type kind struct{ op, reason string }
	at := map[kind]int{}
	var all []UnsupportedGroup
	for _, u := range e.Ops {
		k := kind{u.Op, u.Reason}
		i, met := at[k]
		if !met {
			i, at[k] = len(all), len(all)
			all = append(all, UnsupportedGroup{Op: u.Op, Reason: u.Reason})
		}
		all[i].Nodes = append(all[i].Nodes, u.Node)
	}
	return all
}

// Unwrap returns the errors that the reasons come from.
func (e *UnsupportedError) Unwrap() (errs []error) {
	for _, u := range e.Ops {
		if u.Err != nil {
			errs = append(errs, u.Err)
		}
	}
	return errs
}

// Error has one line for each operation and reason, in the order in which they were met, with the number of nodes and
// the name of the first.
func (e *UnsupportedError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d unsupported operation(s):", len(e.Ops))
	for _, g := range e.Groups() {
		if n := len(g.Nodes); n > 1 {
			fmt.Fprintf(&b, "\n  %s ×%d (first at node %q)", g.Op, n, g.Nodes[0])
		} else {
			fmt.Fprintf(&b, "\n  %s (node %q)", g.Op, g.Nodes[0])
		}
		if g.Reason != "" {
			fmt.Fprintf(&b, ": %s", g.Reason)
		}
	}
	return b.String()
}

// errorf is fmt.Errorf, of whose body programs have a copy wherever it is called by that name.
//
//go:noinline
func errorf(format string, args ...any) error { return fmt.Errorf(format, args...) }
