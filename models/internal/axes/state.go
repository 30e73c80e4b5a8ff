package axes

import "github.com/gneiss-go/gneiss/runtime"

// State declares what a session keeps from run to run, of these dimensions as written. s says its type and what it
// begins with; its shape is filled in.
func (b *Builder) State(name string, dims []int, s *runtime.State) (*Tensor, error) {
	if err := b.Fits(dims); err != nil {
		return nil, err
	}
	if len(dims) > runtime.MaxRank {
		return nil, tooDeep("a state", dims)
	}
	s.Shape = runtime.ShapeOf(dims, runtime.AsWritten)
	v, err := b.add(name, s)
	if err != nil {
		return nil, err
	}
	return over(v, dims, runtime.AsWritten), nil
}

// Keep says what a state is to be in the next run: t, of the same dimensions.
func (b *Builder) Keep(name string, state, t *Tensor) error {
	t, err := b.As(name+"/written", t, state.Layout)
	if err != nil {
		return err
	}
	v, err := b.Value(t)
	if err == nil {
		_, err = b.add(name, &runtime.Keep{}, state.v, v)
	}
	return err
}
