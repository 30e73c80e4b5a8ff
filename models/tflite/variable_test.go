package tflite

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	flatbuffers "github.com/google/flatbuffers/go"

	"github.com/gneiss-go/gneiss/runtime"
)

// names makes a table of strings.
func stringsOf(fields ...string) func(b *flatbuffers.Builder) flatbuffers.UOffsetT {
	return func(b *flatbuffers.Builder) flatbuffers.UOffsetT {
		at := make([]flatbuffers.UOffsetT, len(fields))
		for i, s := range fields {
			at[i] = b.CreateString(s)
		}
		b.StartObject(len(fields))
		for i, o := range at {
			b.PrependUOffsetTSlot(i, o, 0)
		}
		return b.EndObject()
	}
}

// handle is a variable's handle.
func (f *file) handle(name string) int {
	return f.op(opVarHandle, stringsOf("", name), f.tensor(tensorSpec{name: name, shape: []int{1}, dtype: typeResource}))
}

// streams runs a graph on several inputs in turn in one session, and again after Reset.
func streams(t *testing.T, g *runtime.Graph, ins ...[]float32) [][]float32 {
	t.Helper()
	p, err := runtime.Compile(g)
	if err != nil {
		t.Fatal(err)
	}
	s, err := p.NewSession()
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var first [][]float32
	for again := range 2 {
		for i, in := range ins {
			if err := s.Input(0).CopyFrom(in); err != nil {
				t.Fatal(err)
			}
			if err := s.Run(); err != nil {
				t.Fatal(err)
			}
			out := make([]float32, s.Output(0).Shape().Elements())
			if err := s.Output(0).CopyTo(out); err != nil {
				t.Fatal(err)
			}
			if again == 0 {
				first = append(first, out)
			} else if !slices.Equal(out, first[i]) {
				t.Errorf("run %d after Reset: %v, want %v", i, out, first[i])
			}
		}
		if err := s.Reset(); err != nil {
			t.Fatal(err)
		}
	}
	return first
}

// ring is a model that gives the last three frames of two numbers, the oldest first: of a variable of the two before,
// which begins with what is given.
func ring(dt dtype, begin []byte) *file {
	var f file
	var scale []float32
	var zero []int64
	if dt == typeInt8 {
		scale, zero = []float32{0.5}, []int64{-3}
	}
	value := func(name string, data []byte, shape ...int) int {
		return f.tensor(tensorSpec{name: name, shape: shape, dtype: dt, scale: scale, zero: zero, data: data})
	}
	x := value("x", nil, 1, 1, 2)
	f.inputs = []int{x}
	f.ops = append(f.ops, opSpec{code: opCallOnce, options: options(opt{0, int32(1)})})
	h := f.handle("frames")
	before := f.op(opReadVariable, options(), value("before", nil, 1, 2, 2), h)
	all := f.op(opConcatenation, options(opt{0, int32(1)}), value("all", nil, 1, 3, 2), before, x)
	from, size := f.row(0, 1, 0), f.row(1, 2, 2)
	last := f.op(opSlice, options(), value("last", nil, 1, 2, 2), all, from, size)
	f.ops = append(f.ops, opSpec{code: opAssignVariable, inputs: []int{h, last}, options: options()})
	f.outputs = []int{all}
	// the subgraph that is called once
	g := &file{}
	gh := g.handle("frames")
	k := g.tensor(tensorSpec{name: "zeros", shape: []int{1, 2, 2}, dtype: dt, scale: scale, zero: zero, data: begin})
	g.ops = append(g.ops, opSpec{code: opAssignVariable, inputs: []int{gh, k}, options: options()})
	f.more = []*file{g}
	return &f
}

// TestVariables: a variable is what the run before assigned, in float and in int8.
func TestVariables(t *testing.T) {
	for name, c := range map[string]struct {
		f     *file
		begin []float32
	}{
		"float": {ring(typeFloat32, floatBytes([]float32{1, 2, 3, 4})), []float32{1, 2, 3, 4}},
		"int8":  {ring(typeInt8, []byte{0xff, 1, 3, 5}), []float32{1, 2, 3, 4}},
	} {
		data := c.f.bytes()
		save(t, "ring-"+name+".tflite", data)
		g, err := Load(data)
		if err != nil {
			t.Fatal(name, err)
		}
		outs := streams(t, g, []float32{5, 6}, []float32{7, 8}, []float32{9, 10})
		all := append(slices.Clone(c.begin), 5, 6, 7, 8, 9, 10)
		for i, got := range outs {
			if want := all[2*i : 2*i+6]; !slices.Equal(got, want) {
				t.Errorf("%s, run %d: %v, want %v", name, i, got, want)
			}
		}
	}
}

// save writes a model to the folder GNEISS_SAVE, for other engines to run.
func save(t *testing.T, name string, data []byte) {
	if dir := os.Getenv("GNEISS_SAVE"); dir != "" {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// TestVariablesRefuse: what has no value, or no meaning, is refused.
func TestVariablesRefuse(t *testing.T) {
	begin := floatBytes([]float32{1, 2, 3, 4})
	for name, change := range map[string]func(f *file){
		"no first value":        func(f *file) { f.ops = f.ops[1:] },
		"another variable":      func(f *file) { f.more[0].ops[0].options = stringsOf("", "other") },
		"no handle":             func(f *file) { f.ops[2].inputs[0] = 0 },
		"computed first value":  func(f *file) { f.more[0].tensors[1].data = nil },
		"operator called once":  func(f *file) { f.more[0].ops[1].code = opAdd },
		"no such subgraph":      func(f *file) { f.ops[0].options = options(opt{0, int32(2)}) },
		"itself":                func(f *file) { f.ops[0].options = options(opt{0, int32(0)}) },
		"first value of 3 rows": func(f *file) { f.more[0].tensors[1].shape = []int{1, 1, 4} },
		"assigned otherwise":    func(f *file) { f.ops[len(f.ops)-1].inputs[1] = 0 },
	} {
		f := ring(typeFloat32, begin)
		change(f)
		if _, err := Load(f.bytes()); !errors.Is(err, runtime.ErrGraph) && !errors.Is(err, runtime.ErrShape) &&
			!errors.Is(err, runtime.ErrCorrupt) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// lstmFile is a layer of LSTM over sequences.
func lstmFile(r *rand.Rand, steps, in, hidden int, timeFirst bool, clip float32) (f *file, w [][]float32) {
	f = &file{}
	dims := func(n int) []int {
		if timeFirst {
			return []int{steps, 1, n}
		}
		return []int{1, steps, n}
	}
	inputs := []int{f.outOf("x", dims(in)...)}
	f.inputs = []int{inputs[0]}
	weights := func(name string, shape ...int) {
		n := 1
		for _, d := range shape {
			n *= d
		}
		w = append(w, random(r, n, 0.7))
		inputs = append(inputs, f.floats(name, w[len(w)-1], shape...))
	}
	for i := range 4 {
		weights(fmt.Sprint("w", i), hidden, in)
	}
	for i := range 4 {
		weights(fmt.Sprint("r", i), hidden, hidden)
	}
	inputs = append(inputs, -1, -1, -1)
	for i := range 4 {
		weights(fmt.Sprint("b", i), hidden)
	}
	inputs = append(inputs, -1, -1)
	for _, name := range []string{"h", "c"} {
		inputs = append(inputs, f.tensor(tensorSpec{name: name, shape: []int{1, hidden}, kept: true}))
	}
	inputs = append(inputs, -1, -1, -1, -1)
	first := int8(0)
	if timeFirst {
		first = 1
	}
	f.outputs = []int{f.op(opSequenceLSTM, options(opt{0, int8(4)}, opt{1, clip}, opt{3, first}),
		f.outOf("y", dims(hidden)...), inputs...)}
	return f, w
}

// TestSequenceLSTM: beside a plain loop over what all runs were given, whose state goes on from run to run.
func TestSequenceLSTM(t *testing.T) {
	const in, hidden = 3, 5
	r := rand.New(rand.NewPCG(9, 9))
	for _, steps := range []int{1, 4} {
		for _, clip := range []float32{0, 0.3} {
			f, w := lstmFile(r, steps, in, hidden, steps == 4 && clip > 0, clip)
			data := f.bytes()
			save(t, fmt.Sprintf("lstm-%d-%v.tflite", steps, clip), data)
			g, err := Load(data)
			if err != nil {
				t.Fatal(err)
			}
			var ins [][]float32
			for range 3 {
				ins = append(ins, random(r, steps*in, 1))
			}
			outs := streams(t, g, ins...)
			h, c := make([]float64, hidden), make([]float64, hidden)
			sigmoid := func(x float64) float64 { return 1 / (1 + math.Exp(-x)) }
			for i, x := range ins {
				for s := range steps {
					var gates [4][hidden]float64
					for k := range gates {
						for j := range hidden {
							sum := float64(w[8+k][j])
							for m := range in {
								sum += float64(w[k][j*in+m]) * float64(x[s*in+m])
							}
							for m := range hidden {
								sum += float64(w[4+k][j*hidden+m]) * h[m]
							}
							gates[k][j] = sum
						}
					}
					for j := range hidden {
						c[j] = sigmoid(gates[1][j])*c[j] + sigmoid(gates[0][j])*math.Tanh(gates[2][j])
						if clip > 0 {
							c[j] = max(-float64(clip), min(float64(clip), c[j]))
						}
						h[j] = sigmoid(gates[3][j]) * math.Tanh(c[j])
						if got := float64(outs[i][s*hidden+j]); math.Abs(got-h[j]) > 1e-5 {
							t.Fatalf("%d steps, run %d, step %d, unit %d: %v, want %v", steps, i, s, j, got, h[j])
						}
					}
				}
			}
		}
	}
}
