package tflite

import (
	"fmt"
	"slices"

	"github.com/gneiss-go/gneiss/models/internal/axes"
	"github.com/gneiss-go/gneiss/runtime"
)

const opSequenceLSTM = 44

func registerLstm() {
	// Options of UNIDIRECTIONAL_SEQUENCE_LSTM: the activation, the clipping of cells and of projections, whether time
	// comes first, and two that say how hybrid kernels compute.
	register(opSequenceLSTM, form{handle: sequenceLSTM, options: 71, fields: 5})
}

// Inputs of UNIDIRECTIONAL_SEQUENCE_LSTM: weights of the gates input, forget, cell and output, and what follows.
const (
	lstmWeights, lstmRecurrent, lstmPeepholes, lstmBias = 1, 5, 9, 12
	lstmProjection, lstmOutput, lstmCell, lstmNorms     = 16, 18, 19, 20
)

// lstmGates are the gates of the file in the order of [axes.Recurrent]: input, output, forget, cell.
var lstmGates = [4]int{0, 3, 1, 2}

// sequenceLSTM is a layer whose states are the session's: what the last step leaves is there in the next run.
func sequenceLSTM(n *node) error {
	for i := range n.inputs {
		left := n.tensor(i) == nil
		switch {
		case i >= lstmNorms || i >= lstmPeepholes && i < lstmBias || i >= lstmProjection && i < lstmOutput:
			if !left {
				return fmt.Errorf("input %d: peepholes, projections and normalised gates are not supported: %w", i,
					runtime.ErrGraph)
			}
		case left:
			return fmt.Errorf("input %d is missing: %w", i, runtime.ErrGraph)
		}
	}
	const tanh = 4
	clip := n.options.float(1, 0)
	if act := n.options.byte(0); act != tanh || !(clip >= 0) || n.options.float(2, 0) != 0 {
		return fmt.Errorf("activation %d, clipping by %v and %v: %w", act, clip, n.options.float(2, 0), runtime.ErrGraph)
	}
	x, err := n.steps(n.options.byte(3) != 0)
	if err != nil {
		return err
	}
	l, err := n.lstm(x)
	if err != nil {
		return err
	}
	l.Clip = clip
	var vars [2]*variable
	for i, state := range []**axes.Tensor{&l.H, &l.C} {
		if vars[i], *state, err = n.kept(lstmOutput + i); err != nil {
			return err
		}
		if want := []int{x.Dims[1], l.Hidden}; !slices.Equal((*state).Dims, want) || (*state).DType != runtime.F32 {
			return fmt.Errorf("a state of %v, want %v: %w", (*state).Dims, want, runtime.ErrShape)
		}
	}
	ys, err := l.Run(x, false)
	if err != nil {
		return err
	}
	vars[0].now, vars[1].now = l.H, l.C
	return n.is(n.sequence(ys, n.options.byte(3) != 0))
}

// steps is the input as [steps, batch, in].
func (n *node) steps(timeFirst bool) (*axes.Tensor, error) {
	x, err := n.input(0)
	if err != nil {
		return nil, err
	}
	if len(x.Dims) != 3 || x.DType != runtime.F32 {
		return nil, fmt.Errorf("an input of %v, %v; sequences are float32: %w", x.Dims, x.DType, runtime.ErrShape)
	}
	if !timeFirst {
		if x, err = n.b.Transpose(n.name+"/steps", x, []int{1, 0, 2}); err != nil {
			return nil, err
		}
	}
	return n.b.As(n.name+"/inorder", x, runtime.AsWritten)
}

// lstm reads the layer's weights.
func (n *node) lstm(x *axes.Tensor) (*axes.Recurrent, error) {
	if len(n.inputs) <= lstmCell {
		return nil, fmt.Errorf("%d inputs: %w", len(n.inputs), runtime.ErrGraph)
	}
	first := n.tensor(lstmRecurrent)
	if len(first.shape) != 2 {
		return nil, fmt.Errorf("weights of %v: %w", first.shape, runtime.ErrShape)
	}
	in, hidden := x.Dims[2], first.shape[1]
	l := &axes.Recurrent{Builder: n.b, Kind: "LSTM", Name: n.name, In: in, Hidden: hidden}
	for _, part := range []struct {
		at   int
		dims []int
		all  *[]float32
	}{{lstmWeights, []int{hidden, in}, &l.W}, {lstmRecurrent, []int{hidden, hidden}, &l.R}, {lstmBias, []int{hidden},
		&l.BW}} {
		for _, gate := range lstmGates {
			t := n.tensor(part.at + gate)
			if !slices.Equal(t.shape, part.dims) {
				return nil, fmt.Errorf("%q is %v, want %v: %w", t.name, t.shape, part.dims, runtime.ErrShape)
			}
			w, err := n.reals(t)
			if err != nil {
				return nil, err
			}
			*part.all = append(*part.all, w...)
		}
	}
	var err error
	l.BR, err = n.b.Fill(4*hidden, 0)
	return l, err
}

// sequence is what all steps gave, as one tensor.
func (n *node) sequence(ys []*axes.Tensor, timeFirst bool) (*axes.Tensor, error) {
	at := 1
	if timeFirst {
		at = 0
	}
	var err error
	for i, y := range ys {
		dims := slices.Insert(slices.Clone(y.Dims), at, 1)
		if ys[i], err = n.b.Rearrange(fmt.Sprintf("%s/step%d", n.name, i), y, nil, dims); err != nil {
			return nil, err
		}
	}
	return n.b.Concat(n.name+"/sequence", at, ys...)
}
