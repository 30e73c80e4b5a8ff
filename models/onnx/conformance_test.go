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
	"github.com/gneiss-go/gneiss/models/internal/interp"
	"github.com/gneiss-go/gneiss/runtime"
)

// TestConformance runs the node tests of the ONNX project. A case either imports and computes the right numbers, or is
// refused with a typed error; a wrong number fails the test. Where a case passes as inputs what a graph wants as
// constants (weights, shapes), those are given as initializers.
func TestConformance(t *testing.T) {
	dir := testdata.Path(t, "conformance", "onnx-node")
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var pass, wrong int
	refused := map[string][]string{}
	for _, e := range entries {
		c, err := readCase(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		err = c.run()
		var bad *runtime.UnsupportedError
		var node *runtime.NodeError
		switch {
		case err == nil:
			pass++
		case errors.As(err, &bad):
			op := bad.Ops[0]
			refused[op.Op+": "+op.Reason] = append(refused[op.Op+": "+op.Reason], e.Name())
		case errors.As(err, &node):
			refused[node.Error()] = append(refused[node.Error()], e.Name())
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
	t.Logf("ONNX node tests: %d pass, %d refused by a typed error, %d wrong\n%s", pass, n, wrong,
		strings.Join(lines, "\n"))
	if pass < 152 {
		t.Errorf("only %d cases pass", pass)
	}
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

// run imports the case, with all inputs as inputs, or with all but one of them as constants, and compares the outputs.
func (c *nodeCase) run() error {
	err := c.try(nil)
	for i := 0; i < len(c.in) && len(c.in) > 1 && unsupported(err); i++ {
		var opts []Option
		for j, raw := range c.raw {
			if j != i {
				opts = append(opts, WithInitializer(c.m.graph.inputs[j].name, raw))
			}
		}
		if e := c.try(opts); !unsupported(e) || i == 0 {
			err = e
		}
	}
	return err
}

func unsupported(err error) bool {
	var u *runtime.UnsupportedError
	return errors.As(err, &u)
}

func (c *nodeCase) try(opts []Option) error {
	g, err := Load(c.model, opts...)
	if err != nil {
		return err
	}
	var in [][]float32
	for _, v := range g.Inputs {
		for j, p := range c.m.graph.inputs {
			if p.name == v.Name {
				x := make([]float32, c.in[j].elements())
				c.in[j].decode(x)
				if v.DType == runtime.U8 { // levels, for what is given is real numbers
					for i := range x {
						x[i] = (x[i] + signed(v) - float32(v.Quant.Zero)) * v.Quant.Scale
					}
				}
				in = append(in, interp.ToNHWC(v.Shape, x))
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
			c.out[i].decode(want)
			for j := range want {
				want[j] += signed(v)
			}
			if err := near(interp.ToNCHW(v.Shape, got[i]), want); err != nil {
				return fmt.Errorf("%s: output %s %v: %w", how, v.Name, v.Shape, err)
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
