package tflite

import (
	"fmt"

	"github.com/gneiss-go/gneiss/models/internal/axes"
	"github.com/gneiss-go/gneiss/runtime"
)

const (
	opCallOnce       = 129
	opVarHandle      = 142
	opReadVariable   = 143
	opAssignVariable = 144

	typeResource dtype = 13
)

func registerVariable() {
	// Variables of a streaming model. Operators run in their order: reading gives what was assigned last, or, if that was
	// in the run before, the session's state. CALL_ONCE names the subgraph that says what variables begin with.
	register(opCallOnce, form{handle: callOnce, options: 103, fields: 1})
	register(opVarHandle, form{handle: varHandle, options: 111, fields: 2})
	register(opReadVariable, form{handle: readVariable, options: 112})
	register(opAssignVariable, form{handle: assignVariable, options: 113})
}

// variableKey names a variable: by the container and name of its handle, or by its tensor.
type variableKey struct {
	container, name string
	tensor          int // of those that are marked as variable, plus 1
}

// variable is one on the way through the operators.
type variable struct {
	name  string
	begin *tensor      // what it begins with, a constant; nil if it is not known
	zero  bool         // it begins with zeros
	state *axes.Tensor // what the run before left; nil if nothing reads that
	now   *axes.Tensor // what it is; nil if it is as the run before left it
}

func (im *importer) variable(key variableKey, name string) *variable {
	v := im.states[key]
	if v == nil {
		v = &variable{name: name}
		im.states[key] = v
		im.order = append(im.order, v)
	}
	return v
}

// keyOf is the variable that a VAR_HANDLE makes known.
func keyOf(op operator) variableKey {
	return variableKey{container: op.options.string(0), name: op.options.string(1)}
}

func varHandle(n *node) error {
	t, err := n.output()
	if err != nil {
		return err
	}
	if t.dtype != typeResource {
		return fmt.Errorf("the handle is %v: %w", t.dtype, runtime.ErrGraph)
	}
	n.handles[t.number] = keyOf(n.operator)
	return nil
}

// held is the variable that input 0 is the handle of.
func (n *node) held() (*variable, error) {
	t := n.tensor(0)
	if t == nil {
		return nil, fmt.Errorf("the handle is missing: %w", runtime.ErrGraph)
	}
	key, ok := n.handles[t.number]
	if !ok {
		return nil, fmt.Errorf("%q is no variable's handle: %w", t.name, runtime.ErrGraph)
	}
	return n.variable(key, key.name), nil
}

func readVariable(n *node) error {
	v, err := n.held()
	if err != nil {
		return err
	}
	t, err := n.output()
	if err != nil {
		return err
	}
	x, err := n.read(v, t)
	return n.is(x, err)
}

func assignVariable(n *node) error {
	v, err := n.held()
	if err != nil {
		return err
	}
	if len(n.outputs) != 0 {
		return fmt.Errorf("%d outputs: %w", len(n.outputs), runtime.ErrGraph)
	}
	if t := n.tensor(1); t != nil && t.constant() {
		v.now, err = n.begins(fmt.Sprint(v.name, "/assigned"), t)
		return err
	}
	v.now, err = n.input(1)
	return err
}

// read gives what a variable is, as the file describes it.
func (im *importer) read(v *variable, as *tensor) (*axes.Tensor, error) {
	switch {
	case v.now != nil:
		return v.now, nil
	case v.state != nil:
		return v.state, nil
	case v.begin == nil && !v.zero:
		return nil, fmt.Errorf("variable %q is read, and has no value to begin with: %w", v.name, runtime.ErrGraph)
	}
	var err error
	if v.begin != nil {
		as = v.begin
	}
	v.state, err = im.state(v, as)
	return v.state, err
}

// state declares a variable's state.
func (im *importer) state(v *variable, as *tensor) (*axes.Tensor, error) {
	s, err := im.stateOf(as)
	if err != nil {
		return nil, err
	}
	return im.b.State(v.name, as.shape, s)
}

// stateOf is a state of a tensor's type that begins with its data, or with zeros.
func (im *importer) stateOf(t *tensor) (s *runtime.State, err error) {
	s = &runtime.State{DType: runtime.F32}
	switch {
	case t.whole():
		if s.DType = runtime.I32; t.constant() {
			s.Ints, err = im.wholeNumbers(t)
		}
	case t.dtype == typeFloat32:
		if t.constant() {
			s.Floats, err = im.floats(t)
		}
	default:
		if s.DType = runtime.U8; t.constant() {
			s.Levels, err = im.levels(t)
		}
		if err == nil {
			s.Quant, err = t.quant()
		}
	}
	return s, err
}

// levels are a constant's bytes, as uint8.
func (im *importer) levels(t *tensor) ([]uint8, error) {
	raw, err := im.raw(t, 1)
	if err != nil || t.dtype != typeInt8 {
		return raw, err
	}
	levels := make([]uint8, len(raw))
	for i, b := range raw {
		levels[i] = b ^ 0x80
	}
	return levels, nil
}

// begins makes a constant a value.
func (n *node) begins(name string, t *tensor) (*axes.Tensor, error) {
	s, err := n.stateOf(t)
	if err != nil {
		return nil, err
	}
	return n.b.State(name, t.shape, s) // one that nothing keeps: a constant of any type
}

// callOnce reads what variables begin with.
func callOnce(n *node) error {
	at := n.options.int(0, 0)
	if at < 1 || at >= len(n.model.subgraphs) || len(n.inputs)+len(n.outputs) != 0 {
		return fmt.Errorf("subgraph %d of %d, %d inputs and %d outputs: %w", at, len(n.model.subgraphs), len(n.inputs),
			len(n.outputs), runtime.ErrGraph)
	}
	sub := n.model.subgraphs[at]
	handles := map[int]variableKey{}
	for _, op := range sub.operators {
		switch {
		case op.code == opVarHandle && len(op.outputs) == 1:
			handles[op.outputs[0]] = keyOf(op)
			continue
		case op.code != opAssignVariable || len(op.inputs) != 2 || op.inputs[1] < 0:
			return fmt.Errorf("%s in the subgraph that is called once; only constants are assigned there: %w", opName(op),
				runtime.ErrGraph)
		}
		key, ok := handles[op.inputs[0]]
		t := &sub.tensors[op.inputs[1]]
		if !ok || !t.constant() {
			return fmt.Errorf("what is assigned once is no constant: %w", runtime.ErrGraph)
		}
		v := n.variable(key, key.name)
		if v.now != nil || v.state != nil {
			return fmt.Errorf("variable %q is used before its first value is assigned: %w", v.name, runtime.ErrGraph)
		}
		v.begin = t
	}
	return nil
}

// kept is the state that a tensor marked as variable stands for; it begins with zeros.
func (n *node) kept(i int) (*variable, *axes.Tensor, error) {
	t := n.tensor(i)
	if t == nil || !t.kept || t.constant() {
		return nil, nil, fmt.Errorf("input %d is no variable: %w", i, runtime.ErrGraph)
	}
	v := n.variable(variableKey{tensor: t.number + 1}, t.name)
	v.zero = true
	x, err := n.read(v, t)
	return v, x, err
}

// keep says what variables are in the next run.
func (im *importer) keep() error {
	for _, v := range im.order {
		if v.state == nil || v.now == nil || v.now == v.state {
			continue
		}
		if err := im.b.Keep(v.name+"/kept", v.state, v.now); err != nil {
			return err
		}
	}
	return nil
}
