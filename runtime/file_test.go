package runtime

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"math"
	"reflect"
	"testing"
	"unsafe"
)

type builder struct {
	t testing.TB
	g *Graph
}

func (b builder) input(name string, s Shape) *Value {
	v, err := b.g.Input(name, s)
	if err != nil {
		b.t.Fatal(err)
	}
	return v
}

func (b builder) add(name string, op Op, in ...*Value) *Value {
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
func everything(t testing.TB) *Graph {
	g := NewGraph("everything äöü")
	b := builder{t, g}
	x, y := b.input("x", Shape{N: 2, H: 6, W: 5, C: 4}), b.input("y", Shape{N: 2, H: 6, W: 5, C: 4})
	w := Window{R: 3, S: 3, StrideH: 2, StrideW: 1, PadTop: 1, PadLeft: 0, PadBottom: 2, PadRight: 1, DilationH: 1,
		DilationW: 2}
	pool := Window{R: 2, S: 2}
	c := b.add("conv", &Conv{Window: w, K: 6, Groups: 2, Weights: ramp(6 * 9 * 2), Bias: ramp(6), Act: ReLU}, x)
	b.add("unbiased", &Conv{Window: Window{R: 1, S: 1}, K: 1, Weights: ramp(4)}, x)
	p := b.add("pool", &Pool{Window: pool, Type: AvgPool, Ceil: true, CountIncludePad: true}, x)
	b.add("max", &Pool{Window: pool}, c)
	b.add("global", &GlobalPool{Type: AvgPool}, p)
	l := b.add("lrn", &LRN{Size: 5, Alpha: 1e-4, Beta: 0.75, Bias: 1}, x)
	s := b.add("add", &Add{Act: Clamp{On: true, Lo: -1, Hi: 6}}, l, y)
	a := b.add("affine", &Affine{Scale: ramp(4), Shift: ramp(4)}, s)
	a = b.add("activation", &Activation{Act: Clamp{On: true, Lo: float32(math.Inf(-1)), Hi: 3}}, a)
	j := b.add("concat", &Concat{}, a, x, a)
	i := b.add("identity", &Identity{}, j)
	fl := b.add("flatten", &Flatten{}, p)
	fc := b.add("fc", &FC{K: 3, Weights: ramp(3 * fl.Shape.C), Bias: ramp(3)}, fl)
	sm := b.add("softmax", &Softmax{}, fc)
	q := b.add("quantize", &Quantize{To: Quant{Scale: 0.5, Zero: 3}}, i)
	qc := b.add("qconv", &QConv{Window: w, K: 2, Weights: bytesRamp(2 * 9 * 12), WScale: []float32{0.25, 2},
		Bias: []int32{math.MinInt32 / 2, 7},
		Out:  Quant{Scale: 0.125, Zero: 255}, Lo: 3, Hi: 250}, q)
	qp := b.add("qpool", &Quantised{Op: &Pool{Window: pool, Type: AvgPool}, Out: Quant{Scale: 1}}, qc)
	qf := b.add("qfc", &QFC{K: 1, Weights: bytesRamp(qp.Shape.Elements() / 2), WScale: []float32{3}}, qp)
	d := b.add("dequantize", &Dequantize{}, qp)
	if err := g.Output(sm, qf, d, x, sm); err != nil {
		t.Fatal(err)
	}
	return g
}

// equal compares what graphs mean.
func equal(t *testing.T, got, want *Graph) {
	t.Helper()
	if got.Name != want.Name || len(got.Nodes) != len(want.Nodes) || len(got.Inputs) != len(want.Inputs) ||
		len(got.Outputs) != len(want.Outputs) {
		t.Fatalf("%q: %d nodes, %d inputs, %d outputs; want %q: %d, %d, %d", got.Name, len(got.Nodes), len(got.Inputs),
			len(got.Outputs),
			want.Name, len(want.Nodes), len(want.Inputs), len(want.Outputs))
	}
	value := func(what string, a, b *Value) {
		t.Helper()
		if a.Name != b.Name || a.Shape != b.Shape || a.DType != b.DType || a.Quant != b.Quant {
			t.Errorf("%s: %q %v %v %v, want %q %v %v %v", what, a.Name, a.Shape, a.DType, a.Quant, b.Name, b.Shape, b.DType,
				b.Quant)
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
	back, err := ReadGraph(file.Bytes())
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
		back, err := ReadGraph(moved)
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
	g, err := ReadGraph(data)
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range g.Nodes {
		switch op := n.Op.(type) {
		case *QConv:
			if !within(unsafe.Pointer(&op.Weights[0])) {
				t.Errorf("%s: weights are copied", n.Name)
			}
		case *Conv:
			if littleEndian && uintptr(unsafe.Pointer(&data[0]))%4 == 0 && !within(unsafe.Pointer(&op.Weights[0])) {
				t.Errorf("%s: weights are copied", n.Name)
			}
		}
	}
}

// sealed gives bytes fitting checksums and lengths, so that what is behind them is looked at.
func sealed(data []byte) []byte {
	data = bytes.Clone(data)
	if len(data) < headerSize {
		return data
	}
	le := binary.LittleEndian
	copy(data, fileMagic)
	le.PutUint32(data[8:], fileVersion)
	le.PutUint64(data[16:], uint64(len(data)))
	n := int(min(le.Uint32(data[12:]), maxSections+1))
	if n > maxSections || headerSize+n*entrySize > len(data) {
		return data
	}
	for i := range n {
		e := data[headerSize+i*entrySize:][:entrySize]
		offset, size := le.Uint64(e[8:]), le.Uint64(e[16:])
		if offset <= uint64(len(data)) && size <= uint64(len(data))-offset {
			le.PutUint32(e[4:], crc32.Checksum(data[offset:][:size], crcTable))
		}
	}
	le.PutUint32(data[24:], headerCRC(data[:headerSize+n*entrySize]))
	return data
}

func typed(err error) bool {
	for _, e := range []error{ErrCorrupt, ErrShape, ErrLimit, ErrGraph} {
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
		if _, err := ReadGraph(bad); !errors.Is(err, ErrCorrupt) {
			t.Fatalf("byte %d changed: %v", i, err)
		}
		for _, v := range []byte{bad[i], 0, 1, 0x7f, 0x80, 0xff} {
			bad[i] = v
			if _, err := ReadGraph(sealed(bad)); err != nil && !typed(err) {
				t.Fatalf("byte %d is %#x: error of no type: %v", i, v, err)
			}
		}
	}
	for i := range good {
		if _, err := ReadGraph(good[:i]); !errors.Is(err, ErrCorrupt) {
			t.Fatalf("%d bytes: %v", i, err)
		}
		if i > headerSize && (i < 1024 || i%61 == 0) {
			if _, err := ReadGraph(sealed(good[:i])); err == nil {
				t.Fatalf("%d bytes are read as a graph", i)
			} else if !typed(err) {
				t.Fatalf("%d bytes: error of no type: %v", i, err)
			}
		}
	}
}

// What a file asks for beyond a limit is refused as such, by the loader, by the graph, or once the arena is planned.
func TestLimits(t *testing.T) {
	file := written(t, fileNet(t))
	g, err := ReadGraph(file)
	if err != nil {
		t.Fatal(err)
	}
	operands, reads := 0, 0
	for _, n := range g.Nodes {
		operands, reads = max(operands, len(n.In)), reads+len(n.In)
	}
	ports, values := max(len(g.Inputs), len(g.Outputs)), len(g.Inputs)+len(g.Nodes)+reads
	p, err := Load(file)
	if err != nil {
		t.Fatal(err)
	}
	for name, limit := range map[string]func(l *Limits, less int){
		"weights":  func(l *Limits, less int) { l.MaxWeights = 1<<29 - less*(1<<29-50) },
		"nodes":    func(l *Limits, less int) { l.MaxNodes = len(g.Nodes) - less },
		"operands": func(l *Limits, less int) { l.MaxOperands = operands - less },
		"ports":    func(l *Limits, less int) { l.MaxPorts = ports - less },
		"values":   func(l *Limits, less int) { l.MaxValues = values - less },
		"arena":    func(l *Limits, less int) { l.MaxArena = p.ArenaSize() - less },
	} {
		for less := range 2 {
			l := DefaultLimits
			limit(&l, less)
			if _, err := Load(file, WithLimits(l)); errors.Is(err, ErrLimit) != (less == 1) {
				t.Errorf("%s less %d: %v", name, less, err)
			}
		}
	}
}

// Inputs of which each is within the limits, but not all together: no session must ask for the memory.
func TestArenaLimit(t *testing.T) {
	b := builder{t, NewGraph("arena")}
	for i := range 100 {
		if err := b.g.Output(b.input(fmt.Sprint("i", i), Shape{1, 1 << 13, 1 << 13, 1})); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := Load(written(t, b.g)); !errors.Is(err, ErrLimit) {
		t.Errorf("load: %v", err)
	}
	if _, err := Compile(b.g); !errors.Is(err, ErrLimit) {
		t.Errorf("compile: %v", err)
	}
	l := DefaultLimits
	l.MaxArena = 1 << 24
	one := builder{t, NewGraph("one")}
	one.g.SetLimits(l)
	if err := one.g.Output(one.input("i", Shape{1, 1 << 12, 1 << 10, 1})); err != nil {
		t.Fatal(err)
	}
	if _, err := Compile(one.g); !errors.Is(err, ErrLimit) { // input and output are two
		t.Errorf("the graph's own limit: %v", err)
	}
	if _, err := Compile(one.g, WithLimits(DefaultLimits)); err != nil {
		t.Errorf("a limit that replaces the graph's: %v", err)
	}
}

func TestNoOutputs(t *testing.T) {
	g := NewGraph("none")
	builder{t, g}.input("x", Shape{N: 1, H: 1, W: 1, C: 1})
	if err := Write(new(bytes.Buffer), g); !errors.Is(err, ErrGraph) {
		t.Errorf("error %v", err)
	}
}

func FuzzReadGraph(f *testing.F) {
	var file bytes.Buffer
	if err := Write(&file, everything(f)); err != nil {
		f.Fatal(err)
	}
	f.Add(file.Bytes())
	small := NewGraph("small")
	b := builder{f, small}
	x := b.input("x", Shape{N: 1, H: 2, W: 2, C: 1})
	q := b.add("q", &Quantize{To: Quant{Scale: 1}}, x)
	c := b.add("c", &QConv{Window: Window{R: 1, S: 1}, K: 1, Weights: []int8{5}, WScale: []float32{1},
		Out: Quant{Scale: 1}, Hi: 255}, q)
	small.Output(b.add("d", &Dequantize{}, c))
	file.Reset()
	Write(&file, small)
	f.Add(file.Bytes())
	limits := Limits{MaxNodes: 100, MaxElements: 1 << 16, MaxWeights: 1 << 16, MaxMACs: 1 << 20}
	f.Fuzz(func(t *testing.T, data []byte) {
		g, err := ReadGraph(sealed(data), WithLimits(limits))
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
		back, err := ReadGraph(out, WithLimits(limits))
		if err != nil {
			t.Fatal(err)
		}
		if again, err := encode(back); err != nil || !bytes.Equal(out, again) {
			t.Fatalf("not the same after reading: %v", err)
		}
	})
}
