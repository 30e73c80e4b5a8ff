package models_test

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"text/tabwriter"

	"github.com/gneiss-go/gneiss/arch"
	"github.com/gneiss-go/gneiss/internal/test/testdata"
	"github.com/gneiss-go/gneiss/models"
	"github.com/gneiss-go/gneiss/models/npy"
	"github.com/gneiss-go/gneiss/runtime"
)

// notYet are models of the zoo that do not run, or not as their framework runs them, and why. One that does fails the
// test, so that this list is true.
var notYet = map[string]string{}

// zooGolden are the checksums of the outputs of quantised models that run, of both inputs: the same bytes on every
// tier, architecture and number of threads.
var zooGolden = map[string]uint32{
	"blazeface_front_128":         0xebf59eb5,
	"kws_dscnn_int8":              0x9d62a10c,
	"mobilenet_v1_025_128_quant":  0x0a5aa50f,
	"mobilenet_v2_224_quant":      0x920bac15,
	"movenet_singlepose_192":      0xa1067859,
	"palm_detection_full_192":     0xcd5e6667,
	"person_detect":               0xd3c46144,
	"resnet8_cifar_int8":          0xfea84a7d,
	"ssd_mobilenet_v1_coco_quant": 0x268b74ba,
	"vww_96_int8":                 0xdb0dfa1b,
	"yolov8n_192":                 0xfdf03bf8,
}

// zooModel is an entry of zoo.json.
type zooModel struct {
	File            string
	Cases           []string
	Inputs, Outputs [][]any // name, dimensions, type, scales, zero points

	dir string
}

func (z *zooModel) name() string { return strings.TrimSuffix(z.File, filepath.Ext(z.File)) }

// zoo are the networks that cameras run, with inputs and what the framework of each answers.
func zoo(t *testing.T) []*zooModel {
	t.Helper()
	dir := testdata.Path(t, "zoo")
	raw, err := os.ReadFile(filepath.Join(dir, "zoo.json"))
	if err != nil {
		t.Fatal(err)
	}
	var all []*zooModel
	if err := json.Unmarshal(raw, &all); err != nil {
		t.Fatal(err)
	}
	for _, z := range all {
		z.dir = filepath.Join(dir, z.name())
	}
	return all
}

// open opens the model.
func (z *zooModel) open() (*runtime.Graph, error) { return models.Open(filepath.Join(z.dir, z.File)) }

// session makes a session of the model.
func session(g *runtime.Graph, opts ...runtime.Option) (*runtime.Session, error) {
	plan, err := runtime.Compile(g, opts...)
	if err != nil {
		return nil, err
	}
	return plan.NewSession()
}

// run runs a case, as gneiss run does, and returns the outputs.
func (z *zooModel) run(s *runtime.Session, c string) ([]*npy.Array, error) {
	for i := range z.Inputs {
		a, err := npy.Open(filepath.Join(z.dir, fmt.Sprintf("%s.in%d.npy", c, i)))
		if err == nil {
			err = a.Fill(s.Input(i))
		}
		if err != nil {
			return nil, err
		}
	}
	if err := s.Run(); err != nil {
		return nil, err
	}
	var out []*npy.Array
	for i := range s.Plan().Outputs() {
		a, err := npy.Of(s.Output(i))
		if err != nil {
			return nil, err
		}
		out = append(out, a)
	}
	return out, nil
}

// compare runs all cases and sets each output beside what is expected; rows tells how far it is. Floats may be off by
// 1e-4 of the largest; levels by one, in one of a hundred of a case, and not where the answer is.
func (z *zooModel) compare(rows *tabwriter.Writer) error {
	g, err := z.open()
	if err != nil {
		return err
	}
	s, err := session(g)
	if err != nil {
		return err
	}
	defer s.Close()
	var bad []error
	for _, c := range z.Cases {
		got, err := z.run(s, c)
		if err != nil {
			return fmt.Errorf("%s: %w", c, err)
		}
		if len(got) != len(z.Outputs) {
			return fmt.Errorf("%d outputs, want %d", len(got), len(z.Outputs))
		}
		levels, differ := 0, 0
		for i, a := range got {
			want, err := npy.Open(filepath.Join(z.dir, fmt.Sprintf("%s.out%d.npy", c, i)))
			if err != nil {
				return err
			}
			scale := levelOf(g, i)
			d, err := npy.Compare(inLevels(a, scale), inLevels(want, scale), tolerances[scale != 0])
			if err != nil {
				return fmt.Errorf("%s: output %d: %w", c, i, err)
			}
			off := fmt.Sprintf("%.1e", float64(d.Largest/max(d.Peak, 1e-3)))
			if scale != 0 {
				off = fmt.Sprintf("%v", d.Largest)
				levels, differ = levels+d.Elements, differ+d.Differ
			}
			fmt.Fprintf(rows, "%s\t%s\t%d\t%v\t%s\t%.2f %%\n", z.name(), c, i, a, off,
				100*float64(d.Differ)/float64(d.Elements))
			if d.Beyond > 0 || scale != 0 && best(a) != best(want) {
				bad = append(bad, fmt.Errorf("%s: output %d: %v; the best is %d, expected %d", c, i, d, best(a), best(want)))
			}
		}
		if 100*differ > levels {
			bad = append(bad, fmt.Errorf("%s: %d of %d levels differ", c, differ, levels))
		}
	}
	return errors.Join(bad...)
}

// tolerances are those of floats, and of levels.
var tolerances = map[bool]float64{false: 1e-4, true: 1}

// levelOf is the number that a level of an output stands for, 0 if it is not of levels. Floats are of levels if they
// are dequantised last.
func levelOf(g *runtime.Graph, i int) float32 {
	out := g.Outputs[i]
	if out.DType == runtime.U8 {
		return out.Quant.Scale
	}
	for _, n := range g.Nodes {
		if _, real := n.Op.(*runtime.Dequantize); real && n.Out == out {
			return n.In[0].Quant.Scale
		}
	}
	return 0
}

// inLevels is an array of dequantised floats in levels.
func inLevels(a *npy.Array, scale float32) *npy.Array {
	f, ok := a.Data.([]float32)
	if !ok || scale == 0 {
		return a
	}
	q := make([]int32, len(f))
	for i, v := range f {
		q[i] = int32(math.Round(float64(v / scale)))
	}
	return &npy.Array{Dims: a.Dims, Data: q}
}

// best is the index of the largest element.
func best(a *npy.Array) int {
	at := 0
	switch d := a.Data.(type) {
	case []int8:
		at = slices.Index(d, slices.Max(d))
	case []uint8:
		at = slices.Index(d, slices.Max(d))
	case []float32:
		at = slices.Index(d, slices.Max(d))
	}
	return at
}

// TestZoo runs networks that cameras run beside what their frameworks answer.
func TestZoo(t *testing.T) {
	var table strings.Builder
	rows := tabwriter.NewWriter(&table, 0, 0, 2, ' ', 0)
	all := zoo(t)
	for name := range notYet {
		if !slices.ContainsFunc(all, func(z *zooModel) bool { return z.name() == name }) {
			t.Errorf("%s is not in the zoo", name)
		}
	}
	fmt.Fprintln(rows, "model\tcase\toutput\t\toff by\tdiffer")
	for _, z := range all {
		t.Run(z.name(), func(t *testing.T) {
			err := z.compare(rows)
			why, wait := notYet[z.name()]
			switch {
			case wait && err == nil:
				t.Errorf("it runs: take it out of the list of those that do not (%s)", why)
			case wait:
				t.Skipf("NOT YET: %s: %v", why, err)
			case err != nil:
				t.Error(err)
			}
		})
	}
	rows.Flush()
	t.Logf("of floats the share of the largest, of others levels:\n%s", table.String())
}

// TestZooGolden pins the bytes that quantised networks give, on every tier of this machine.
func TestZooGolden(t *testing.T) {
	for _, z := range zoo(t) {
		if _, wait := notYet[z.name()]; wait {
			continue
		}
		g, err := z.open()
		if err != nil {
			t.Fatal(err)
		}
		if !g.SameBits() {
			continue
		}
		t.Run(z.name(), func(t *testing.T) {
			if _, macs := models.Total(models.Stats(g), ""); testing.Short() && macs > 100e6 {
				t.Skip("hundreds of millions of multiply-accumulates on every tier")
			}
			for _, isa := range arch.Supported() {
				for _, threads := range []int{1, 3} {
					s, err := session(g, runtime.WithISA(isa), runtime.WithThreads(threads))
					if err != nil {
						t.Fatal(err)
					}
					sum := crc32.NewIEEE()
					for _, c := range z.Cases {
						out, err := z.run(s, c)
						if err != nil {
							t.Fatal(err)
						}
						for _, a := range out {
							if err := binary.Write(sum, binary.LittleEndian, a.Data); err != nil {
								t.Fatal(err)
							}
						}
					}
					s.Close()
					if got := sum.Sum32(); got != zooGolden[z.name()] {
						t.Errorf("%v, %d threads: checksum %#010x, want %#010x", isa, threads, got, zooGolden[z.name()])
					}
				}
			}
		})
	}
}
