package main

import (
	"encoding/binary"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gneiss-go/gneiss/models"
	"github.com/gneiss-go/gneiss/models/npy"
	"github.com/gneiss-go/gneiss/runtime"
)

// message is an encoded protocol buffer.
type message []byte

func (m message) num(field, v int) message {
	return binary.AppendUvarint(binary.AppendUvarint(m, uint64(field)<<3), uint64(v))
}

func (m message) sub(field int, b []byte) message {
	return append(binary.AppendUvarint(binary.AppendUvarint(m, uint64(field)<<3|2), uint64(len(b))), b...)
}

// onnxPort is an input of float32 with these dimensions, of which 0 is open.
func onnxPort(name string, dims ...int) message {
	var shape message
	for _, d := range dims {
		if d > 0 {
			shape = shape.sub(1, message(nil).num(1, d))
		} else {
			shape = shape.sub(1, nil) // without a name
		}
	}
	return message(nil).sub(1, []byte(name)).sub(2, message(nil).sub(1, message(nil).num(1, 1).sub(2, shape)))
}

func onnxNode(op, out string, in ...string) message {
	var n message
	for _, name := range in {
		n = n.sub(1, []byte(name))
	}
	return n.sub(2, []byte(out)).sub(3, []byte("node of "+out)).sub(4, []byte(op))
}

// onnxFile writes a model of these nodes, the last of which gives its output.
func onnxFile(t *testing.T, inputs []message, out string, nodes ...message) string {
	t.Helper()
	var g message
	for _, n := range nodes {
		g = g.sub(1, n)
	}
	g = g.sub(2, []byte("g"))
	for _, in := range inputs {
		g = g.sub(11, in)
	}
	g = g.sub(12, onnxPort(out))
	m := message(nil).num(1, 8).sub(8, message(nil).num(2, 13)).sub(7, g)
	return write(t, filepath.Join(t.TempDir(), "net.onnx"), string(m))
}

// signsFile is y = Relu(x), z = x + y over [N 2 H W], the size open; z is the output.
func signsFile(t *testing.T) string {
	return onnxFile(t, []message{onnxPort("x", 0, 2, 0, 0)}, "z", onnxNode("Relu", "y:0/a", "x"),
		onnxNode("Add", "z", "x", "y:0/a"))
}

func array(t *testing.T, dims []int, data any) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "a.npy")
	if err := (&npy.Array{Dims: dims, Data: data}).Save(path); err != nil {
		t.Fatal(err)
	}
	return path
}

func loaded(t *testing.T, path string) *npy.Array {
	t.Helper()
	a, err := npy.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// fails runs the program, which must fail with this code and say all of these.
func fails(t *testing.T, code int, says []string, args ...string) {
	t.Helper()
	got, _, stderr := try(strings.NewReader(""), args...)
	if got != code {
		t.Errorf("gneiss %s: exit %d, want %d: %s", strings.Join(args, " "), got, code, stderr)
	}
	for _, s := range says {
		if !strings.Contains(stderr, s) {
			t.Errorf("gneiss %s: says %q, want %q in it", strings.Join(args, " "), stderr, s)
		}
	}
}

// A float model takes and gives arrays in its own order, and values inside it.
func TestRun(t *testing.T) {
	x := []float32{1, -2, 3, -4, 5, -6, 7, -8, 9, -10, 11, -12}
	twice := make([]float32, 12)
	relu := make([]float32, 12)
	for i, v := range x {
		relu[i] = max(v, 0)
		twice[i] = v + relu[i]
	}
	dir := filepath.Join(t.TempDir(), "new", "out")
	in := array(t, []int{1, 2, 2, 3}, x)
	args := []string{"run", "-m", signsFile(t), "--input-shape", "1x2x2x3", "-i", in, "--node", "y:0/a", "--node",
		"node of y:0/a"}
	out := must(t, append(args, "-o", dir)...)
	for _, s := range []string{"input 0", "float32 [1 2 2 3]", "-12 … 22", "y_0_a.npy"} {
		if !strings.Contains(out, s) {
			t.Errorf("%q is not in\n%s", s, out)
		}
	}
	for file, want := range map[string][]float32{"0.npy": twice, "y_0_a.npy": relu, "node_of_y_0_a.npy": relu} {
		a := loaded(t, filepath.Join(dir, file))
		if got, ok := a.Data.([]float32); !ok || !slices.Equal(a.Dims, []int{1, 2, 2, 3}) || !slices.Equal(got, want) {
			t.Errorf("%s: %v %v, want %v", file, a, a.Data, want)
		}
	}
	if out := must(t, append(args, "--expect", dir)...); strings.Count(out, "all 12 elements are equal: ok") != 3 {
		t.Error(out)
	}
	twice[7] += 22 * 1.5e-4 // a share of the largest, 22
	if err := (&npy.Array{Dims: []int{1, 2, 2, 3}, Data: twice}).Save(filepath.Join(dir, "0.npy")); err != nil {
		t.Fatal(err)
	}
	code, out, stderr := try(nil, append(args, "--expect", dir)...)
	if code != exitFailure || !strings.Contains(out, "1 of 12 elements differ, at most by 0.0033") ||
		!strings.Contains(out, "at [0 1 0 1] -8, expected -7.9967") || !strings.Contains(stderr, "1 of 3 outputs beyond") {
		t.Errorf("exit %d: %s%s", code, out, stderr)
	}
	var r ran
	mustJSON(t, &r, append(args, "--expect", dir, "--tolerance", "2e-4", "--json")...)
	if r.Beyond != 0 || len(r.Outputs) != 3 || r.Outputs[0].Diff.Differ != 1 || !slices.Equal(r.Outputs[0].Diff.At,
		[]int{0, 1, 0, 1}) || r.Outputs[1].Name != "y:0/a" || r.Inputs[0].File != in {
		t.Errorf("%+v", r)
	}
	fails(t, exitFailure, []string{dir, "0.npy", "[1 2 2 3]", "[1 2 1 1]"}, "run", "-m", args[2], "--input-shape",
		"1x2x1x1", "-i", array(t, []int{1, 2, 1, 1}, []float32{1, 2}), "--expect", dir)
	fails(t, exitFailure, []string{"0.npy", "no such file"}, append(args, "--expect", t.TempDir())...)
	fails(t, exitFailure, []string{"no tensor or node \"yy:0\"", "\"y:0/a\""}, append(args, "--node", "yy:0")...)
	fails(t, exitUsage, []string{"--tolerance"}, append(args, "--expect", dir, "--tolerance", "-1")...)
	fails(t, exitUsage, []string{"--tolerance"}, append(args, "--expect", dir, "--tolerance", "NaN")...)
	fails(t, exitUsage, []string{"--expect"}, append(args, "--tolerance", "1")...)
}

// A size that a model leaves open is the array's.
func TestRunOpenSize(t *testing.T) {
	dir := t.TempDir()
	must(t, "run", "-m", signsFile(t), "-i", array(t, []int{2, 2, 1, 3}, make([]float32, 12)), "-o", dir)
	if a := loaded(t, filepath.Join(dir, "0.npy")); !slices.Equal(a.Dims, []int{2, 2, 1, 3}) {
		t.Errorf("%v", a)
	}
	path := onnxFile(t, []message{onnxPort("a", 0, 3), onnxPort("b", 1, 0)}, "y", onnxNode("Add", "y", "a", "b"))
	a, b := array(t, []int{4, 3}, make([]float32, 12)), array(t, []int{1, 3}, make([]float32, 3))
	fails(t, exitFailure, []string{"--input-shape b=1x320"}, "run", "-m", path, "-i", a, "-i", b)
	must(t, "run", "-m", path, "-i", "b="+b, "-i", "a="+a, "-o", dir, "--batch", "4", "--input-shape", "a=4x3",
		"--input-shape", "b=1x3")
	fails(t, exitFailure, []string{"a.npy", "[4 3]", "--input-shape a=4x3"}, "run", "-m", path, "-i", "b="+b, "-i", "a="+a)
	must(t, "run", "-m", path, "-i", "b="+b, "-i", "a="+b)
	fails(t, exitFailure, []string{"nowhere.npy"}, "run", "-m", path, "-i", "b=nowhere.npy", "-i", "a="+b)
	wide := array(t, []int{1, 3, 1, 3}, make([]float32, 9))
	fails(t, exitFailure, []string{"[1 3 1 3]", "the model fixes [? 2 ? ?]"}, "run", "-m", signsFile(t), "-i", wide)
}

// A difference that is no number is beyond every tolerance, and written in JSON.
func TestRunNaN(t *testing.T) {
	dir := t.TempDir()
	nan := float32(math.NaN())
	args := []string{"run", "-m", signsFile(t), "--input-shape", "1x2x1x1", "-i", array(t, []int{1, 2, 1, 1},
		[]float32{nan, 1}), "--json", "--expect", dir, "--tolerance", "1e30"}
	for _, c := range []struct {
		want []float32
		code int
	}{{[]float32{nan, 2}, exitOK}, {[]float32{1, 2}, exitFailure}} {
		if err := (&npy.Array{Dims: []int{1, 2, 1, 1}, Data: c.want}).Save(filepath.Join(dir, "0.npy")); err != nil {
			t.Fatal(err)
		}
		code, out, stderr := try(nil, args...)
		if code != c.code || !strings.Contains(out, `"nans": 1`) ||
			c.code == exitFailure && !strings.Contains(out, `"largest": "+Inf"`) {
			t.Errorf("%v: exit %d: %s%s", c.want, code, out, stderr)
		}
	}
}

// Inputs are found by name or in order; what is amiss is said with what the model takes.
func TestRunInputs(t *testing.T) {
	path := onnxFile(t, []message{onnxPort("a=b", 2, 3), onnxPort("c", 2, 3)}, "d", onnxNode("Sub", "d", "a=b", "c"))
	one, two := array(t, []int{2, 3}, []float32{1, 1, 1, 1, 1, 1}), array(t, []int{2, 3}, []float64{3, 3, 3, 3, 3, 3})
	for _, c := range []struct {
		in   []string
		want float32
	}{{[]string{one, two}, -2}, {[]string{two, "a=b=" + one}, -2}, {[]string{"c=" + one, two}, 2}} {
		dir := t.TempDir()
		args := []string{"run", "-m", path, "-o", dir}
		for _, in := range c.in {
			args = append(args, "-i", in)
		}
		must(t, args...)
		if got := loaded(t, filepath.Join(dir, "0.npy")).Data.([]float32); got[0] != c.want || got[5] != c.want {
			t.Errorf("%v: %v", c.in, got)
		}
	}
	lists := []string{"a=b  float32 [2 3]", "c  float32 [2 3]"}
	run := []string{"run", "-m", path}
	fails(t, exitUsage, append(lists, "--input is missing"), run...)
	fails(t, exitUsage, append(lists, `no file for "c"`), append(run, "-i", one)...)
	fails(t, exitUsage, append(lists, "1 file too many"), append(run, "-i", one, "-i", one, "-i", one)...)
	fails(t, exitUsage, append(lists, `input "d"`), append(run, "-i", "d="+one, "-i", two)...)
	fails(t, exitUsage, []string{`"c" twice`}, append(run, "-i", "c="+one, "-i", "c="+one)...)
	wide := array(t, []int{3, 2}, make([]float32, 6))
	fails(t, exitFailure, []string{wide, "[3 2]", "[2 3]"}, append(run, "-i", wide, "-i", two)...)
	photo := write(t, filepath.Join(t.TempDir(), "photo.npy"), "\xff\xd8\xff\xe0\x00\x10JFIF")
	fails(t, exitFailure, []string{photo, ".npy"}, append(run, "-i", photo, "-i", two)...)
}

// levels is a model file of one quantised value, as int8 or uint8.
func levels(t *testing.T, signed bool) string {
	t.Helper()
	g := runtime.NewGraph("levels")
	x, err := g.QuantisedInput("x", runtime.Shape{N: 1, H: 2, W: 1, C: 2}, runtime.Quant{Scale: 0.5, Zero: 130})
	if err != nil {
		t.Fatal(err)
	}
	y, err := g.Add("y", &runtime.Identity{}, x)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range []*runtime.Value{x, y} {
		if err := g.SetDims(v, []int{1, 2, 2}, runtime.ChannelsLast); err != nil {
			t.Fatal(err)
		}
		if signed {
			if err := g.SetSigned(v); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := g.Output(y); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "levels.gneiss")
	if err := models.Save(path, g); err != nil {
		t.Fatal(err)
	}
	return path
}

// Quantised models take levels in their own type, or numbers where that is asked for.
func TestRunQuantised(t *testing.T) {
	dims := []int{1, 2, 2}
	signed := array(t, dims, []int8{-128, 2, 3, 127})
	unsigned := array(t, dims, []uint8{0, 130, 131, 255})
	real := array(t, dims, []float32{-65, 0, 0.5, 62.5})
	for _, c := range []struct {
		signed    bool
		own, not  string
		expresses any
	}{{true, signed, unsigned, []int8{-128, 2, 3, 127}}, {false, unsigned, signed, []uint8{0, 130, 131, 255}}} {
		dir := t.TempDir()
		run := []string{"run", "-m", levels(t, c.signed), "-o", dir, "-i"}
		must(t, append(run, c.own)...)
		a := loaded(t, filepath.Join(dir, "0.npy"))
		if !slices.Equal(a.Dims, dims) || !slices.Equal(numbersOf(a), numbersOf(&npy.Array{Data: c.expresses})) {
			t.Errorf("signed %v: %v %v", c.signed, a, a.Data)
		}
		levels := loaded(t, filepath.Join(dir, "0.npy"))
		must(t, append(run, real, "--real")...)
		if a := loaded(t, filepath.Join(dir, "0.npy")); !slices.Equal(a.Data.([]float32), []float32{-65, 0, 0.5, 62.5}) {
			t.Errorf("signed %v: %v", c.signed, a.Data)
		}
		fails(t, exitFailure, []string{real, "float32", "--real"}, append(run, real)...)
		fails(t, exitFailure, []string{c.not, "type does not fit"}, append(run, c.not)...)
		fails(t, exitFailure, []string{c.own, "without --real"}, append(run, c.own, "--real")...)
		fails(t, exitFailure, []string{"float32", "--real"}, append(run, c.own, "--expect", dir, "-o", t.TempDir())...)
		switch d := levels.Data.(type) {
		case []int8:
			d[3] -= 2
		case []uint8:
			d[3] -= 2
		}
		if err := levels.Save(filepath.Join(dir, "0.npy")); err != nil {
			t.Fatal(err)
		}
		compare := append(slices.Clone(run), c.own, "-o", t.TempDir(), "--expect", dir)
		fails(t, exitFailure, []string{"1 of 1 output beyond"}, compare...)
		if out := must(t, append(compare, "--tolerance", "2")...); !strings.Contains(out,
			"1 of 4 elements differ, at most by 2: at [0 1 1]") {
			t.Error(out)
		}
	}
	fails(t, exitFailure, []string{"a.npy", "int8", "--real"}, "run", "-m", signsFile(t), "--input-shape", "1x2x1x2", "-i",
		array(t, []int{1, 2, 1, 2}, []int8{1, 2, 3, 4}))
}

func numbersOf(a *npy.Array) []int {
	var out []int
	switch d := a.Data.(type) {
	case []int8:
		for _, v := range d {
			out = append(out, int(v))
		}
	case []uint8:
		for _, v := range d {
			out = append(out, int(v)+1000)
		}
	}
	return out
}

// Names of nodes become names of files that lead nowhere else.
func TestSafeNames(t *testing.T) {
	long := strings.Repeat("x", 500)
	got := outputFiles(2, []string{"../../etc/passwd", "a/b", "a:b", "A_B", "", ".", "1", "ümläut", "C:\\x", long, long})
	want := []string{"0.npy", "1.npy", "_._.._etc_passwd.npy", "a_b.npy", "a_b-2.npy", "A_B-3.npy", "_.npy", "_-2.npy",
		"1-2.npy", "__ml__ut.npy", "C__x.npy", long[:maxName] + ".npy", long[:maxName] + "-2.npy"}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// A value inside the built-in model, whose output stays what it is.
func TestRunBuiltin(t *testing.T) {
	var c checkedModels
	own := filepath.Join(t.TempDir(), "net.gneiss")
	must(t, "compile", "-o", own)
	mustJSON(t, &c, "check", "--json", own)
	in := c.Models[0].Inputs[0]
	x := array(t, in.Dims, make([]float32, 32*32*3))
	plain, probed := t.TempDir(), t.TempDir()
	must(t, "run", "-i", x, "--real", "-o", plain)
	for _, model := range []string{own, ""} {
		var nodes struct {
			Nodes []struct{ Name, DType string }
		}
		mustJSON(t, &nodes, "inspect", "--json", own)
		node := nodes.Nodes[len(nodes.Nodes)/2]
		must(t, "run", "-m", model, "-i", x, "--real", "-o", probed, "--node", node.Name, "--node", node.Name)
		must(t, "run", "-m", model, "-i", x, "--real", "--expect", plain, "--tolerance", "0")
		files := outputFiles(1, []string{node.Name, node.Name})
		if a, b := loaded(t, filepath.Join(probed, files[1])), loaded(t, filepath.Join(probed, files[2])); a.Len() == 0 ||
			!slices.Equal(a.Data.([]float32), b.Data.([]float32)) {
			t.Errorf("%v and %v", a, b)
		}
		fails(t, exitFailure, []string{"no node"}, "run", "-m", model, "-i", x, "--node", "no such node")
	}
	file := write(t, filepath.Join(t.TempDir(), "x"), "")
	fails(t, exitFailure, []string{file, "not a directory"}, "run", "-o", file, "-i", x)
}
