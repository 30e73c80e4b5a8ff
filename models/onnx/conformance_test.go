package onnx

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gneiss-go/gneiss/internal/test/testdata"
	"github.com/gneiss-go/gneiss/models/internal/axes"
	"github.com/gneiss-go/gneiss/models/internal/interp"
	"github.com/gneiss-go/gneiss/runtime"
)

// TestConformance runs the node tests of the ONNX project. A case either imports and computes the right numbers, or is
// refused with a typed error; a wrong number, or an error of another kind, fails the test. Where a case passes as
// inputs what a graph wants as constants (weights, shapes), those are given as initializers. So many cases must pass.
func TestConformance(t *testing.T) {
	for _, c := range []struct {
		folder string
		pass   int
	}{{"onnx-node", 156}, {"onnx-node-more", 218}} {
		t.Run(c.folder, func(t *testing.T) {
			if n := conformance(t, testdata.Path(t, "conformance", c.folder)); n < c.pass {
				t.Errorf("only %d cases pass, want %d at least", n, c.pass)
			}
		})
	}
}

// conformance runs the cases of a folder, and returns how many pass.
func conformance(t *testing.T, dir string) (pass int) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	wrong := 0
	refused := map[string][]string{}
	for _, e := range entries {
		c, err := readCase(filepath.Join(dir, e.Name()))
		if err == nil {
			err = c.run()
		}
		var bad *runtime.UnsupportedError
		switch {
		case err == nil:
			pass++
		case errors.As(err, &bad):
			op := bad.Ops[0]
			refused[op.Op+": "+op.Reason] = append(refused[op.Op+": "+op.Reason], e.Name())
		case unsupported(err):
			why := err.Error()
			if file := (*runtime.FileError)(nil); errors.As(err, &file) {
				why = file.Err.Error()
			}
			refused[why] = append(refused[why], e.Name())
		default:
			wrong++
			t.Errorf("%s: %v", e.Name(), err)
		}
	}
	n := 0
	var lines []string
	for why, names := range refused {
		n += len(names)
		lines = append(lines, fmt.Sprintf("  %3d  %s (%s)", len(names), why, strings.Join(names, " ")))
	}
	slices.Sort(lines)
	t.Logf("%d pass, %d refused by a typed error, %d wrong\n%s", pass, n, wrong, strings.Join(lines, "\n"))
	return pass
}

// nodeCase is one test: a model of one node, its inputs and the outputs wanted.
type nodeCase struct {
	model   []byte
	m       *model
	raw     [][]byte
	in, out []*tensor
}

func readCase(dir string) (*nodeCase, error) {
	c := &nodeCase{}
	var err error
	if c.model, err = os.ReadFile(filepath.Join(dir, "model.onnx")); err != nil {
		return nil, err
	}
	if c.m, err = decodeModel(c.model, runtime.DefaultLimits); err != nil {
		return nil, err
	}
	for _, what := range []string{"input", "output"} {
		for i := 0; ; i++ {
			raw, err := os.ReadFile(filepath.Join(dir, "test_data_set_0", fmt.Sprintf("%s_%d.pb", what, i)))
			if err != nil {
				break
			}
			t, err := decodeTensor(raw)
			if err != nil {
				return nil, fmt.Errorf("%s_%d.pb: %w", what, i, err)
			}
			if what == "input" {
				c.raw, c.in = append(c.raw, raw), append(c.in, t)
			} else {
				c.out = append(c.out, t)
			}
		}
	}
	return c, nil
}

// run imports the case and compares the outputs: with all inputs as inputs or, where that is not supported, with all
// but the first few as constants, or with all but one. What only makes constants is given constants alone.
func (c *nodeCase) run() error {
	all := func(int) bool { return true }
	if op := c.m.graph.nodes[0].op; op == "ConstantOfShape" || op == "Range" {
		all = func(int) bool { return false }
	}
	err := c.try(all)
	for n := len(c.in) - 1; n > 0 && unsupported(err); n-- {
		err = c.try(func(i int) bool { return i < n })
	}
	for one := 1; one < len(c.in) && unsupported(err); one++ {
		if e := c.try(func(i int) bool { return i == one }); !unsupported(e) {
			return e
		}
	}
	return err
}

// unsupported reports whether a case is refused.
func unsupported(err error) bool {
	var u *runtime.UnsupportedError
	var n *runtime.NodeError
	var o *axes.OpenSizeError
	return errors.As(err, &u) || errors.As(err, &n) || errors.As(err, &o)
}

// try imports the case with some of its inputs as inputs, and the others as constants.
func (c *nodeCase) try(isInput func(i int) bool) error {
	var opts []Option
	for i, raw := range c.raw {
		if !isInput(i) {
			opts = append(opts, WithInitializer(c.m.graph.inputs[i].name, raw))
		}
	}
	g, err := Load(c.model, opts...)
	if err != nil {
		return err
	}
	var in [][]float32
	for _, v := range g.Inputs {
		for j, p := range c.m.graph.inputs {
			if p.name == v.Name {
				x := make([]float32, c.in[j].elements())
				c.in[j].decode(x, 0)
				if v.DType == runtime.U8 { // levels, for what is given is real numbers
					for i := range x {
						x[i] = (x[i] + signed(v) - float32(v.Quant.Zero)) * v.Quant.Scale
					}
				}
				in = append(in, ordered(v, x))
			}
		}
	}
	for how, run := range runs {
		got, err := run(g, in...)
		if err != nil {
			return fmt.Errorf("%s: %v", how, err)
		}
		for i, v := range g.Outputs {
			want := make([]float32, c.out[i].elements())
			c.out[i].decode(want, 0)
			dims, _ := v.Dims()
			if !slices.Equal(dims, c.out[i].dims) {
				return fmt.Errorf("%s: output %s has dimensions %v, want %v", how, v.Name, dims, c.out[i].dims)
			}
			for j := range want {
				want[j] += signed(v)
			}
			if err := near(written(v, got[i]), want); err != nil {
				return fmt.Errorf("%s: output %s %v: %w", how, v.Name, dims, err)
			}
		}
	}
	return nil
}

// signed is what the levels of a value have more than the model's.
func signed(v *runtime.Value) float32 {
	if v.Signed() {
		return 128
	}
	return 0
}

// runs are the two ways to run a graph: by the definitions of its operations, and compiled.
var runs = map[string]func(*runtime.Graph, ...[]float32) ([][]float32, error){"by definition": interp.Run,
	"compiled": interp.Compiled}

// near compares with the tolerance that the ONNX project uses: some expected numbers have four digits.
func near(got, want []float32) error {
	if len(got) != len(want) {
		return fmt.Errorf("%d elements, want %d", len(got), len(want))
	}
	for i := range got {
		d := math.Abs(float64(got[i]) - float64(want[i]))
		if !(d <= 1e-7+1e-3*math.Abs(float64(want[i]))) && math.Float32bits(got[i]) != math.Float32bits(want[i]) {
			return fmt.Errorf("element %d is %v, want %v", i, got[i], want[i])
		}
	}
	return nil
}
