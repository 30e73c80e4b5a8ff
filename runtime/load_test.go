package runtime

import (
	"bytes"
	"encoding/binary"
	"errors"
	"flag"
	"math/rand/v2"
	"os"
	"path/filepath"
	goruntime "runtime"
	"slices"
	"testing"
	"unsafe"

	"github.com/gneiss-go/gneiss/arch"
)

var flips = flag.Int("flips", 2_000, "bit flips that TestFlips tries")

// fileNet is a small quantised network with all that a file may hold: merged siblings, Winograd, split pairs.
func fileNet(t testing.TB) *Graph {
	t.Helper()
	b := &selfBuilder{g: NewGraph("net"), rnd: 3}
	x, err := b.g.Input("x", Shape{1, 24, 25, 3})
	if err != nil {
		t.Fatal(err)
	}
	q := b.qconv(b.quantize(x), 32, 7, 2, 1)
	q = b.qconv(q, 33, 3, 1, 1)
	y, z := b.qconv(q, 16, 1, 1, 1), b.qconv(q, 24, 1, 1, 1)
	j := b.add(&Concat{}, y, b.qconv(z, 24, 3, 1, 24))
	j = b.qconv(j, 20, 3, 1, 4)
	f := b.conv(b.add(&Dequantize{}, j), 16, 3, 1, 1)
	w := make([]int8, 7*20*12*13)
	for i := range w {
		w[i] = int8(i % 127)
	}
	scale := bytes.Repeat([]byte{1}, 7)
	s := make([]float32, 7)
	for i := range scale {
		s[i] = 1e-4
	}
	out := b.add(&Softmax{}, b.add(&QFC{K: 7, Weights: w, WScale: s}, j))
	if b.err != nil {
		t.Fatal(b.err)
	}
	if err := b.g.Output(out, f); err != nil {
		t.Fatal(err)
	}
	return b.g
}

func written(t testing.TB, g *Graph, opts ...WriteOption) []byte {
	t.Helper()
	data, err := encode(g, opts...)
	if err != nil {
		t.Fatal(err)
	}
	return aligned64(data)
}

func noiseOf(t testing.TB, p *Plan) [][]byte {
	t.Helper()
	out, err := p.runNoise(5)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// aligned64 returns a copy of bytes that begins at a multiple of 64, where packed filters are used in place.
func aligned64(data []byte) []byte {
	buf := make([]byte, len(data)+alignment)
	skip := int(-uintptr(unsafe.Pointer(unsafe.SliceData(buf))) % alignment)
	n := copy(buf[skip:], data)
	return buf[skip:][:n:n]
}

// TestLoad: a loaded plan gives the bytes that a compiled one gives, packed or not, on every tier, wherever the file
// lies in memory; and it does not change the file.
func TestLoad(t *testing.T) {
	g := fileNet(t)
	for _, isa := range arch.Supported() {
		p, err := Compile(g, WithISA(isa))
		if err != nil {
			t.Fatal(err)
		}
		want := noiseOf(t, p)
		plain, packed := written(t, g), written(t, g, WithPacked(isa))
		for name, data := range map[string][]byte{"plain": plain, "packed": packed,
			"unaligned": append([]byte{0}, packed...)[1:]} {
			before := bytes.Clone(data)
			for _, m := range []Memory{p.memory, Small} {
				l, err := Load(data, WithISA(isa), WithMemory(m))
				if err != nil {
					t.Fatalf("%v %s: %v", isa, name, err)
				}
				got := noiseOf(t, l)
				for i := range want {
					if !bytes.Equal(got[i], want[i]) {
						t.Errorf("%v %s: output %d differs", isa, name, i)
					}
				}
			}
			if !bytes.Equal(data, before) {
				t.Errorf("%v %s: the file has been changed", isa, name)
			}
		}
	}
}

// TestPackedIsUsed: with a packed section the filters are not read, not even their checksum; without it they are.
func TestPackedIsUsed(t *testing.T) {
	isa, err := arch.Default()
	if err != nil {
		t.Fatal(err)
	}
	data := written(t, fileNet(t), WithPacked(isa))
	c, err := parse(data)
	if err != nil {
		t.Fatal(err)
	}
	filters := c.find(secFilters, "")
	filters.data[100]++
	if _, err := Load(data); err != nil {
		t.Errorf("packed: %v", err)
	}
	if isa != arch.Generic {
		if _, err := Load(data, WithISA(arch.Generic)); !errors.Is(err, ErrCorrupt) {
			t.Errorf("not packed: %v", err)
		}
	}
	if _, err := ReadGraph(data); !errors.Is(err, ErrCorrupt) {
		t.Errorf("graph: %v", err)
	}
	filters.data[100]--
	s := c.find(secPacked, Target(isa))
	s.data[len(s.data)-1]++
	if _, err := Load(data); !errors.Is(err, ErrCorrupt) {
		t.Errorf("damaged packed filters: %v", err)
	}
}

// TestPackedWithin: filters packed for a tier serve one that contains it where that takes the same kernels; elsewhere
// the file's filters are packed anew, for its own.
func TestPackedWithin(t *testing.T) {
	best, err := arch.Default()
	if err != nil {
		t.Fatal(err)
	}
	for _, isa := range arch.Supported()[1:] {
		within := isa.Within()
		if isa > best {
			continue
		}
		g := fileNet(t)
		data := written(t, g, WithPacked(within))
		high, err := Compile(g, WithISA(isa))
		if err != nil {
			t.Fatal(err)
		}
		low, err := Compile(g, WithISA(within))
		if err != nil {
			t.Fatal(err)
		}
		c, err := parse(data)
		if err != nil {
			t.Fatal(err)
		}
		same := slices.Equal(high.kernels(), low.kernels())
		c.find(secFilters, "").data[100]++
		p, err := Load(data, WithISA(isa))
		if same && (err != nil || p.ISA() != isa) {
			t.Errorf("%v, packed for %v, which has the same kernels: %v", isa, within, err)
		}
		if !same && !errors.Is(err, ErrCorrupt) {
			t.Errorf("%v, packed for %v, which has other kernels: %v; want its own packed of the damaged filters", isa, within,
				err)
		}
	}
}

// TestOtherKernels: filters packed for kernels of other names, or of other sizes, are left aside.
func TestOtherKernels(t *testing.T) {
	isa, err := arch.Default()
	if err != nil {
		t.Fatal(err)
	}
	g := fileNet(t)
	want, err := Load(written(t, g))
	if err != nil {
		t.Fatal(err)
	}
	for _, change := range []func(names []string, steps map[string][][]byte){
		func(names []string, _ map[string][][]byte) { names[1] = "u8_conv_9x9__none" },
		func(_ []string, steps map[string][][]byte) { delete(steps, "n1") },
		func(_ []string, steps map[string][][]byte) { steps["n1"] = steps["n1"][:1] },
		func(_ []string, steps map[string][][]byte) {
			last := len(steps["n1"]) - 1
			steps["n1"][last] = append(steps["n1"][last], 0)
		},
		func(_ []string, steps map[string][][]byte) { steps["n1"] = append(steps["n1"], []byte{0}) },
		func(_ []string, steps map[string][][]byte) { steps["nobody"] = steps["n1"] },
	} {
		c, err := parse(written(t, g, WithPacked(isa)))
		if err != nil {
			t.Fatal(err)
		}
		s := c.find(secPacked, Target(isa))
		names, steps, err := readPacked(s.data)
		if err != nil {
			t.Fatal(err)
		}
		change(names, steps)
		s.data = encodePacked(names, steps)
		p, err := Load(aligned64(assemble(c.sections)))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(noiseOf(t, p)[0], noiseOf(t, want)[0]) {
			t.Error("other results")
		}
	}
}

func sealed2(data []byte) []byte { return aligned64(sealed(data)) }

// TestPackedFrom: filters packed elsewhere are taken over, once, and only for the same graph.
func TestPackedFrom(t *testing.T) {
	g := fileNet(t)
	isa, err := arch.Default()
	if err != nil {
		t.Fatal(err)
	}
	want := written(t, g, WithPacked(isa))
	elsewhere := bytes.Clone(want) // as if made for another machine
	at := bytes.Index(elsewhere, []byte(Target(isa)))
	copy(elsewhere[at:][:16], "zz80-simd\x00\x00\x00\x00\x00\x00\x00")
	elsewhere = sealed(elsewhere)
	both := written(t, g, WithPackedFrom(elsewhere), WithPacked(isa), WithPackedFrom(want), WithPacked(isa))
	c, err := parse(both)
	if err != nil {
		t.Fatal(err)
	}
	if len(c.sections) != 5 || c.find(secPacked, "zz80-simd") == nil || c.find(secPacked, Target(isa)) == nil {
		t.Errorf("%d sections", len(c.sections))
	}
	if targets, err := Targets(both); err != nil || len(targets) != 2 || targets[0] != Target(isa) ||
		targets[1] != "zz80-simd" {
		t.Errorf("targets %q, %v", targets, err)
	}
	if _, err := Load(both); err != nil {
		t.Error(err)
	}
	if _, err := encode(everything(t), WithPackedFrom(want)); !errors.Is(err, ErrGraph) {
		t.Errorf("of another graph: %v", err)
	}
	want[len(want)-1]++
	if _, err := encode(g, WithPackedFrom(want)); !errors.Is(err, ErrCorrupt) {
		t.Errorf("of a damaged file: %v", err)
	}
}

// TestFlips: a file with bits flipped is refused; and with its checksums made right again it is refused by type or
// runs.
func TestFlips(t *testing.T) {
	isa, err := arch.Default()
	if err != nil {
		t.Fatal(err)
	}
	good := written(t, fileNet(t), WithPacked(isa), WithGolden(9))
	c, err := parse(good)
	if err != nil {
		t.Fatal(err)
	}
	rnd := rand.New(rand.NewPCG(11, 12))
	limits := Limits{MaxNodes: 100, MaxElements: 1 << 18, MaxWeights: 1 << 20, MaxMACs: 1 << 28}
	ran := 0
	for i := range *flips {
		bad := aligned64(good)
		at := rnd.IntN(len(bad))
		if i%2 == 1 { // half of them where structure is: header, graph, directory of packed filters
			switch s := &c.sections[[]int{0, 3, 4}[rnd.IntN(3)]]; rnd.IntN(3) {
			case 0:
				at = rnd.IntN(headerSize + len(c.sections)*entrySize)
			default:
				at = s.offset + rnd.IntN(min(len(s.data), 1500))
			}
		}
		for range 1 + i%3 {
			bad[at] ^= 1 << rnd.IntN(8)
		}
		if bytes.Equal(bad, good) {
			continue
		}
		if p, err := Load(bad, WithLimits(limits)); err == nil {
			noiseOf(t, p) // the damage is in filters that are not used
		} else if !typed(err) {
			t.Fatalf("byte %d: error of no type: %v", at, err)
		}
		p, err := Load(sealed2(bad), WithLimits(limits))
		if err != nil {
			if !typed(err) {
				t.Fatalf("byte %d, sealed: error of no type: %v", at, err)
			}
			continue
		}
		noiseOf(t, p)
		ran++
	}
	t.Logf("%d of %d ran", ran, *flips)
}

// TestLoadAllocates: without packed filters Load allocates little more than the packed weights that the plan reports;
// with them a small part of that.
func TestLoadAllocates(t *testing.T) {
	isa, err := arch.Default()
	if err != nil {
		t.Fatal(err)
	}
	data := measured(t)
	bytesOf := func(data []byte) (int, *Plan) {
		var before, after goruntime.MemStats
		goruntime.GC()
		goruntime.ReadMemStats(&before)
		p, err := Load(data)
		if err != nil {
			t.Fatal(err)
		}
		goruntime.ReadMemStats(&after)
		return int(after.TotalAlloc - before.TotalAlloc), p
	}
	n, p := bytesOf(data)
	t.Logf("%d bytes for %d of weights: %.2f", n, p.WeightBytes(), float64(n)/float64(p.WeightBytes()))
	const rest = 300 << 10 // graph, plan, biases
	if float64(n) > 1.2*float64(p.WeightBytes())+rest {
		t.Errorf("%d bytes allocated for %d of weights", n, p.WeightBytes())
	}
	g, err := ReadGraph(data)
	if err != nil {
		t.Fatal(err)
	}
	n, p = bytesOf(written(t, g, WithPacked(isa)))
	t.Logf("packed: %d bytes for %d of weights", n, p.WeightBytes())
	if n > p.WeightBytes()/10+rest {
		t.Errorf("packed: %d bytes allocated for %d of weights", n, p.WeightBytes())
	}
}

// measured is the model that load times are measured on: the one named by GNEISS_MODEL, else a made one.
func measured(t testing.TB) []byte {
	if path := os.Getenv("GNEISS_MODEL"); path != "" {
		data, err := os.ReadFile(filepath.Clean(path))
		if err != nil {
			t.Fatal(err)
		}
		return aligned64(data)
	}
	b := &selfBuilder{g: NewGraph("measured"), rnd: 3}
	x, err := b.g.Input("x", Shape{1, 14, 14, 64})
	if err != nil {
		t.Fatal(err)
	}
	q := b.quantize(x)
	for _, r := range []int{3, 1, 5, 1, 3, 1, 1, 1} {
		q = b.add(&Concat{}, b.qconv(q, 256, r, 1, 1), b.qconv(q, 64, 1, 1, 1))
	}
	if b.err == nil {
		b.err = b.g.Output(q)
	}
	if b.err != nil {
		t.Fatal(b.err)
	}
	return written(t, b.g)
}

func BenchmarkLoad(b *testing.B) {
	isa, err := arch.Default()
	if err != nil {
		b.Fatal(err)
	}
	data := measured(b)
	g, err := ReadGraph(data)
	if err != nil {
		b.Fatal(err)
	}
	for name, file := range map[string][]byte{"plain": data, "packed": written(b, g, WithPacked(isa))} {
		b.Run("filters="+name, func(b *testing.B) {
			b.SetBytes(int64(len(file)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Load(file); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// FuzzLoad: whatever bytes there are, Load refuses them with a typed error or makes a plan that runs.
func FuzzLoad(f *testing.F) {
	isa, err := arch.Default()
	if err != nil {
		f.Fatal(err)
	}
	b := &selfBuilder{g: NewGraph("small"), rnd: 3}
	x, err := b.g.Input("x", Shape{1, 10, 10, 3})
	if err != nil {
		f.Fatal(err)
	}
	q := b.qconv(b.quantize(x), 16, 3, 1, 1)
	q = b.qconv(q, 16, 3, 1, 1) // Winograd, on tiers that have it
	q = b.add(&Concat{}, b.qconv(q, 2, 1, 1, 1), b.qconv(q, 3, 1, 1, 1))
	y := b.conv(b.add(&Dequantize{}, b.qconv(q, 5, 3, 2, 5)), 2, 3, 1, 1)
	if b.err == nil {
		b.err = b.g.Output(b.add(&Softmax{}, y))
	}
	if b.err != nil {
		f.Fatal(b.err)
	}
	f.Add(written(f, b.g, WithPacked(isa), WithGolden(9)))
	f.Add(written(f, b.g))
	f.Add(written(f, everything(f)))
	for _, c := range halfCases() {
		g, err := c.graph()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(written(f, g, WithPacked(isa)))
	}
	limits := Limits{MaxNodes: 100, MaxElements: 1 << 16, MaxWeights: 1 << 18, MaxMACs: 1 << 24}
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > headerSize {
			binary.LittleEndian.PutUint32(data[8:], fileVersion)
		}
		p, err := Load(sealed2(data), WithLimits(limits))
		if err != nil {
			if !typed(err) {
				t.Fatalf("error of no type: %v", err)
			}
			return
		}
		noiseOf(t, p)
	})
}
