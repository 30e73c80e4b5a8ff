package gnm

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"unsafe"

	"github.com/gneiss-go/gneiss/internal/testdata"
	"github.com/gneiss-go/gneiss/models/caffe"
	"github.com/gneiss-go/gneiss/runtime"
)

type builder struct {
	t testing.TB
	g *runtime.Graph
}

func (b builder) input(name string, s runtime.Shape) *runtime.Value {
	v, err := b.g.Input(name, s)
	if err != nil {
		b.t.Fatal(err)
	}
	return v
}

func (b builder) add(name string, op runtime.Op, in ...*runtime.Value) *runtime.Value {
	v, err := b.g.Add(name, op, in...)
	if err != nil {
		b.t.Fatal(err)
	}
	return v
}

func ramp(n int) []float32 {
	v := make([]float32, n)
	for i := range v {
		v[i] = float32(i)/8 - 1
	}
	return v
}

func bytesRamp(n int) []int8 {
	v := make([]int8, n)
	for i := range v {
		v[i] = int8(i%255 - 127)
	}
	return v
}

// everything is a graph with every operation in it.
func everything(t testing.TB) *runtime.Graph {
	g := runtime.NewGraph("everything äöü")
	b := builder{t, g}
	x, y := b.input("x", runtime.Shape{N: 2, H: 6, W: 5, C: 4}), b.input("y", runtime.Shape{N: 2, H: 6, W: 5, C: 4})
	w := runtime.Window{R: 3, S: 3, StrideH: 2, StrideW: 1, PadTop: 1, PadLeft: 0, PadBottom: 2, PadRight: 1, DilationH: 1, DilationW: 2}
	pool := runtime.Window{R: 2, S: 2}
	c := b.add("conv", &runtime.Conv{Window: w, K: 6, Groups: 2, Weights: ramp(6 * 9 * 2), Bias: ramp(6), Act: runtime.ReLU}, x)
	b.add("unbiased", &runtime.Conv{Window: runtime.Window{R: 1, S: 1}, K: 1, Weights: ramp(4)}, x)
	p := b.add("pool", &runtime.Pool{Window: pool, Type: runtime.AvgPool, Ceil: true, CountIncludePad: true}, x)
	b.add("max", &runtime.Pool{Window: pool}, c)
	b.add("global", &runtime.GlobalPool{Type: runtime.AvgPool}, p)
	l := b.add("lrn", &runtime.LRN{Size: 5, Alpha: 1e-4, Beta: 0.75, Bias: 1}, x)
	s := b.add("add", &runtime.Add{Act: runtime.Clamp{On: true, Lo: -1, Hi: 6}}, l, y)
	a := b.add("affine", &runtime.Affine{Scale: ramp(4), Shift: ramp(4)}, s)
	a = b.add("activation", &runtime.Activation{Act: runtime.Clamp{On: true, Lo: float32(math.Inf(-1)), Hi: 3}}, a)
	j := b.add("concat", &runtime.Concat{}, a, x, a)
	i := b.add("identity", &runtime.Identity{}, j)
	fl := b.add("flatten", &runtime.Flatten{}, p)
	fc := b.add("fc", &runtime.FC{K: 3, Weights: ramp(3 * fl.Shape.C), Bias: ramp(3)}, fl)
	sm := b.add("softmax", &runtime.Softmax{Exact: true}, fc)
	q := b.add("quantize", &runtime.Quantize{To: runtime.Quant{Scale: 0.5, Zero: 3}}, i)
	qc := b.add("qconv", &runtime.QConv{Window: w, K: 2, Weights: bytesRamp(2 * 9 * 12), WScale: []float32{0.25, 2}, Bias: []int32{math.MinInt32, 7},
		Out: runtime.Quant{Scale: 0.125, Zero: 255}, Lo: 3, Hi: 250}, q)
	qp := b.add("qpool", &runtime.Quantised{Op: &runtime.Pool{Window: pool, Type: runtime.AvgPool}, Out: runtime.Quant{Scale: 1}}, qc)
	qf := b.add("qfc", &runtime.QFC{K: 1, Weights: bytesRamp(qp.Shape.Elements() / 2), WScale: []float32{3}}, qp)
	d := b.add("dequantize", &runtime.Dequantize{}, qp)
	if err := g.Output(sm, qf, d, x, sm); err != nil {
		t.Fatal(err)
	}
	return g
}

// equal compares what graphs mean.
func equal(t *testing.T, got, want *runtime.Graph) {
	t.Helper()
	if got.Name != want.Name || len(got.Nodes) != len(want.Nodes) || len(got.Inputs) != len(want.Inputs) || len(got.Outputs) != len(want.Outputs) {
		t.Fatalf("%q: %d nodes, %d inputs, %d outputs; want %q: %d, %d, %d", got.Name, len(got.Nodes), len(got.Inputs), len(got.Outputs),
			want.Name, len(want.Nodes), len(want.Inputs), len(want.Outputs))
	}
	value := func(what string, a, b *runtime.Value) {
		t.Helper()
		if a.Name != b.Name || a.Shape != b.Shape || a.DType != b.DType || a.Quant != b.Quant {
			t.Errorf("%s: %q %v %v %v, want %q %v %v %v", what, a.Name, a.Shape, a.DType, a.Quant, b.Name, b.Shape, b.DType, b.Quant)
		}
	}
	for i, v := range want.Inputs {
		value("input", got.Inputs[i], v)
	}
	for i, v := range want.Outputs {
		value("output", got.Outputs[i], v)
	}
	for i, n := range want.Nodes {
		m := got.Nodes[i]
		value("node", m.Out, n.Out)
		if len(m.In) != len(n.In) {
			t.Fatalf("%s: %d inputs, want %d", n.Name, len(m.In), len(n.In))
		}
		for j, v := range n.In {
			value("input of "+n.Name, m.In[j], v)
		}
		if !reflect.DeepEqual(m.Op, n.Op) {
			t.Errorf("%s: operations differ", n.Name)
		}
	}
}

func TestRoundTrip(t *testing.T) {
	g := everything(t)
	var file, again bytes.Buffer
	if err := Write(&file, g); err != nil {
		t.Fatal(err)
	}
	back, err := Read(file.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	equal(t, back, g)
	if err := Write(&again, back); err != nil || !bytes.Equal(file.Bytes(), again.Bytes()) {
		t.Errorf("written again: %d bytes, %v; want the same %d", again.Len(), err, file.Len())
	}
	for shift := range 4 { // wherever the bytes lie in memory
		room := make([]byte, file.Len()+3)
		moved := room[shift:][:copy(room[shift:], file.Bytes())]
		back, err := Read(moved)
		if err != nil {
			t.Fatal(err)
		}
		equal(t, back, g)
	}
}

func TestCoversEveryOp(t *testing.T) {
	kinds := map[reflect.Type]bool{}
	for _, n := range everything(t).Nodes {
		kinds[reflect.TypeOf(n.Op)] = true
	}
	if want := int(opQuantised); len(kinds) != want {
		t.Errorf("the test graph has %d kinds of operation of %d", len(kinds), want)
	}
}

// TestAlias: int8 weights, and float weights that are aligned, are the file's own bytes.
func TestAlias(t *testing.T) {
	var file bytes.Buffer
	if err := Write(&file, everything(t)); err != nil {
		t.Fatal(err)
	}
	data := file.Bytes()
	within := func(p unsafe.Pointer) bool {
		return uintptr(p) >= uintptr(unsafe.Pointer(&data[0])) && uintptr(p) <= uintptr(unsafe.Pointer(&data[len(data)-1]))
	}
	g, err := Read(data)
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range g.Nodes {
		switch op := n.Op.(type) {
		case *runtime.QConv:
			if !within(unsafe.Pointer(&op.Weights[0])) {
				t.Errorf("%s: weights are copied", n.Name)
			}
		case *runtime.Conv:
			if littleEndian && uintptr(unsafe.Pointer(&data[0]))%4 == 0 && !within(unsafe.Pointer(&op.Weights[0])) {
				t.Errorf("%s: weights are copied", n.Name)
			}
		}
	}
}

// sealed gives bytes a fitting header, so that what is behind it is looked at.
func sealed(data []byte) []byte {
	data = bytes.Clone(data)
	if len(data) < headerSize {
		return data
	}
	copy(data, magic)
	binary.LittleEndian.PutUint32(data[8:], version)
	binary.LittleEndian.PutUint64(data[16:], uint64(len(data)))
	binary.LittleEndian.PutUint32(data[12:], crc32.Checksum(data[16:], crcTable))
	return data
}

func typed(err error) bool {
	for _, e := range []error{runtime.ErrCorrupt, runtime.ErrShape, runtime.ErrLimit, runtime.ErrGraph} {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// TestDamage: any changed byte is noticed; with the checksum made right, reading gives a graph or a typed error.
func TestDamage(t *testing.T) {
	var file bytes.Buffer
	if err := Write(&file, everything(t)); err != nil {
		t.Fatal(err)
	}
	good := file.Bytes()
	for i := range good {
		bad := bytes.Clone(good)
		bad[i] ^= 1 << (i % 8)
		if _, err := Read(bad); !errors.Is(err, runtime.ErrCorrupt) {
			t.Fatalf("byte %d changed: %v", i, err)
		}
		for _, v := range []byte{bad[i], 0, 1, 0x7f, 0x80, 0xff} {
			bad[i] = v
			if _, err := Read(sealed(bad)); err != nil && !typed(err) {
				t.Fatalf("byte %d is %#x: error of no type: %v", i, v, err)
			}
		}
	}
	for i := range good {
		if _, err := Read(good[:i]); !errors.Is(err, runtime.ErrCorrupt) {
			t.Fatalf("%d bytes: %v", i, err)
		}
		if i > headerSize && (i < 1024 || i%61 == 0) {
			if _, err := Read(sealed(good[:i])); err == nil {
				if i < len(good)-alignment {
					t.Fatalf("%d bytes are read as a graph", i)
				}
			} else if !typed(err) {
				t.Fatalf("%d bytes: error of no type: %v", i, err)
			}
		}
	}
}

func TestLimits(t *testing.T) {
	var file bytes.Buffer
	if err := Write(&file, everything(t)); err != nil {
		t.Fatal(err)
	}
	l := runtime.DefaultLimits
	l.MaxWeights = 50
	if _, err := Read(file.Bytes(), WithLimits(l)); !errors.Is(err, runtime.ErrLimit) {
		t.Errorf("error %v", err)
	}
}

func TestNoOutputs(t *testing.T) {
	g := runtime.NewGraph("none")
	builder{t, g}.input("x", runtime.Shape{N: 1, H: 1, W: 1, C: 1})
	if err := Write(new(bytes.Buffer), g); !errors.Is(err, runtime.ErrGraph) {
		t.Errorf("error %v", err)
	}
}

func TestFiles(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "model"+Ext)
	if err := Save(path, everything(t)); err != nil {
		t.Fatal(err)
	}
	g, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, g, everything(t))
	data, _ := os.ReadFile(path)
	data[len(data)/2]++
	os.WriteFile(path, data, 0o600)
	for _, p := range []string{path, filepath.Join(dir, "absent.gnm")} {
		_, err := Open(p)
		var fe *runtime.FileError
		if !errors.As(err, &fe) || fe.File != p {
			t.Errorf("%s: %v", p, err)
		}
	}
	if err := Save(filepath.Join(dir, "no", "where.gnm"), g); err == nil {
		t.Error("saved to a folder that does not exist")
	}
}

// TestGoogLeNet: a real float network comes back as it was, at little more than the size of its weights.
func TestGoogLeNet(t *testing.T) {
	dir := testdata.Path(t, "models", "bvlc_googlenet")
	g, err := caffe.Open(filepath.Join(dir, "bvlc_googlenet.caffemodel"), filepath.Join(dir, "deploy.prototxt"))
	if err != nil {
		t.Fatal(err)
	}
	var file bytes.Buffer
	if err := Write(&file, g); err != nil {
		t.Fatal(err)
	}
	back, err := Read(file.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	equal(t, back, g)
	t.Logf("%d bytes", file.Len())
	if most := 4*6_998_552 + 20_000; file.Len() > most {
		t.Errorf("%d bytes, want at most %d", file.Len(), most)
	}
}

func FuzzRead(f *testing.F) {
	var file bytes.Buffer
	if err := Write(&file, everything(f)); err != nil {
		f.Fatal(err)
	}
	f.Add(file.Bytes())
	small := runtime.NewGraph("small")
	b := builder{f, small}
	x := b.input("x", runtime.Shape{N: 1, H: 2, W: 2, C: 1})
	q := b.add("q", &runtime.Quantize{To: runtime.Quant{Scale: 1}}, x)
	c := b.add("c", &runtime.QConv{Window: runtime.Window{R: 1, S: 1}, K: 1, Weights: []int8{5}, WScale: []float32{1}, Out: runtime.Quant{Scale: 1}, Hi: 255}, q)
	small.Output(b.add("d", &runtime.Dequantize{}, c))
	file.Reset()
	Write(&file, small)
	f.Add(file.Bytes())
	limits := runtime.Limits{MaxNodes: 100, MaxElements: 1 << 16, MaxWeights: 1 << 16, MaxMACs: 1 << 20}
	f.Fuzz(func(t *testing.T, data []byte) {
		g, err := Read(sealed(data), WithLimits(limits))
		if err != nil {
			if !typed(err) {
				t.Fatalf("error of no type: %v", err)
			}
			return
		}
		out, err := encode(g) // what is read can be written, and read again
		if err != nil {
			t.Fatal(err)
		}
		back, err := Read(out, WithLimits(limits))
		if err != nil {
			t.Fatal(err)
		}
		if again, err := encode(back); err != nil || !bytes.Equal(out, again) {
			t.Fatalf("not the same after reading: %v", err)
		}
	})
}
