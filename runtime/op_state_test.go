package runtime

import (
	"bytes"
	"context"
	"errors"
	"math"
	"slices"
	"testing"
	"time"
)

// counter adds its input to a state of a type, which it keeps, and gives it.
func counter(t *testing.T, dt DType, begin bool) *Graph {
	n := newNet(t)
	s := &State{Shape: Shape{1, 1, 1, 3}, DType: dt}
	x := n.input(s.Shape)
	var sum *Value
	switch dt {
	case F32:
		if begin {
			s.Floats = []float32{1, 2, 3}
		}
		state := n.add("state", s)
		sum = n.add("sum", &Add{}, x, state)
		n.add("keep", &Keep{}, state, sum)
	case I32:
		if begin {
			s.Ints = []int32{1, 2, 3}
		}
		state := n.add("state", s)
		sum = n.add("sum", &Whole{}, n.add("whole", &Cast{To: I32}, x), state)
		n.add("keep", &Keep{}, state, sum)
	case U8:
		s.Quant = Quant{Scale: 1, Zero: 100}
		if begin {
			s.Levels = []uint8{101, 102, 103}
		}
		state := n.add("state", s)
		sum = n.add("sum", &Quantised{Op: &Add{}, Out: s.Quant}, n.add("u8", &Quantize{To: s.Quant}, x), state)
		n.add("keep", &Keep{}, state, sum)
	}
	return n.output(n.add("copy", &Identity{}, sum))
}

// reals are an output's numbers.
func reals(o *Tensor) (v []float32) {
	v = slices.Clone(o.Float32())
	for _, w := range o.Int32() {
		v = append(v, float32(w))
	}
	for _, q := range o.Uint8() {
		v = append(v, float32(int(q)-int(o.Info().Quant.Zero))*o.Info().Quant.Scale)
	}
	return v
}

// TestStates: what is kept is there in the next run of the same session and of no other, through a file too; Reset
// forgets it, and so does nothing else.
func TestStates(t *testing.T) {
	for _, dt := range []DType{F32, I32, U8} {
		for _, begin := range []bool{false, true} {
			var file bytes.Buffer
			if err := Write(&file, counter(t, dt, begin)); err != nil {
				t.Fatal(err)
			}
			p, err := Load(file.Bytes())
			if err != nil {
				t.Fatal(err)
			}
			if len(p.Inputs()) != 1 || len(p.Outputs()) != 1 || !p.Stateful() {
				t.Fatalf("%v: inputs %v, outputs %v", dt, p.Inputs(), p.Outputs())
			}
			s, err := p.NewSession()
			if err != nil {
				t.Fatal(err)
			}
			other, err := p.NewSession()
			if err != nil {
				t.Fatal(err)
			}
			runs := func(s *Session, want ...float32) {
				t.Helper()
				for _, w := range want {
					copy(s.Input(0).Float32(), []float32{1, 2, 3})
					if err := s.Run(); err != nil {
						t.Fatal(err)
					}
					if got := reals(s.Output(0)); !slices.Equal(got, []float32{w, 2 * w, 3 * w}) {
						t.Fatalf("%v: %v, want %v times 1, 2, 3", dt, got, w)
					}
				}
			}
			first := float32(1)
			if begin {
				first = 2
			}
			runs(s, first, first+1, first+2)
			runs(other, first)
			if err := s.Reset(); err != nil {
				t.Fatal(err)
			}
			runs(s, first, first+1)
			runs(other, first+1)
			for _, s := range []*Session{s, other} {
				if err := s.Close(); err != nil {
					t.Fatal(err)
				}
				if err := s.Reset(); !errors.Is(err, ErrClosed) {
					t.Errorf("after Close: %v", err)
				}
			}
		}
	}
}

// TestStateOfInterruptedRun: a run that does not end keeps nothing.
func TestStateOfInterruptedRun(t *testing.T) {
	s := session(t, counter(t, F32, false))
	defer s.Close()
	ctx, cancel := context.WithCancel(context.Background())
	s.SetHook(func(StepInfo, time.Duration) { cancel() })
	copy(s.Input(0).Float32(), []float32{1, 2, 3})
	if err := s.RunContext(ctx); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	s.SetHook(nil)
	copy(s.Input(0).Float32(), []float32{1, 2, 3})
	if err := s.Run(); err != nil || s.Output(0).Float32()[0] != 1 {
		t.Errorf("%v, %v", s.Output(0).Float32(), err)
	}
}

func TestStatesDoNotAllocate(t *testing.T) {
	s := session(t, counter(t, F32, true))
	defer s.Close()
	if n := testing.AllocsPerRun(20, func() {
		if err := errors.Join(s.Run(), s.Reset()); err != nil {
			t.Fatal(err)
		}
	}); n != 0 {
		t.Errorf("%v allocations per run", n)
	}
}

// TestStateRefuses: what is no state, is kept twice, or becomes something else.
func TestStateRefuses(t *testing.T) {
	n := newNet(t)
	x := n.input(Shape{1, 2, 2, 2})
	state := n.add("state", &State{Shape: x.Shape})
	small := n.add("small", &State{Shape: Shape{1, 1, 1, 1}})
	levels := n.add("levels", &State{Shape: x.Shape, DType: U8, Quant: Quant{Scale: 1}})
	n.add("kept", &Keep{}, state, x)
	for name, c := range map[string]struct {
		op Op
		in []*Value
	}{
		"twice":         {&Keep{}, []*Value{state, x}},
		"no state":      {&Keep{}, []*Value{x, x}},
		"one":           {&Keep{}, []*Value{state}},
		"another shape": {&Keep{}, []*Value{small, x}},
		"another type":  {&Keep{}, []*Value{levels, x}},
		"an input":      {&State{Shape: x.Shape}, []*Value{x}},
		"no shape":      {&State{}, nil},
		"huge":          {&State{Shape: Shape{1 << 30, 1 << 30, 1 << 30, 1}}, nil},
		"type":          {&State{Shape: x.Shape, DType: 9}, nil},
		"no scale":      {&State{Shape: x.Shape, DType: U8}, nil},
		"NaN":           {&State{Shape: x.Shape, DType: U8, Quant: Quant{Scale: float32(math.NaN())}}, nil},
		"few numbers":   {&State{Shape: x.Shape, Floats: make([]float32, 7)}, nil},
		"other numbers": {&State{Shape: x.Shape, Ints: make([]int32, 8)}, nil},
	} {
		if _, err := n.g.Add(name, c.op, c.in...); !errors.Is(err, ErrShape) && !errors.Is(err, ErrGraph) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
