package ncnn

import (
	"encoding/binary"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/gneiss-go/gneiss/models/internal/interp"
	"github.com/gneiss-go/gneiss/runtime"
)

// paramOf writes a .param of lines.
func paramOf(lines ...string) []byte {
	return fmt.Appendf(nil, "7767517\n%d %d\n%s\n", len(lines), len(lines)+8, strings.Join(lines, "\n"))
}

// bin collects a .bin.
type bin []byte

func (b bin) raw(v ...float32) bin {
	for _, x := range v {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(x))
	}
	return b
}

func (b bin) tag(t uint32) bin { return binary.LittleEndian.AppendUint32(b, t) }

// floats is a tagged array of float32.
func (b bin) floats(v ...float32) bin { return b.tag(0).raw(v...) }

func (b bin) halves(v ...uint16) bin {
	b = b.tag(tagHalf)
	for _, x := range v {
		b = binary.LittleEndian.AppendUint16(b, x)
	}
	return b.aligned(2 * len(v))
}

func (b bin) bytes(v ...int8) bin {
	b = b.tag(tagInt8)
	for _, x := range v {
		b = append(b, byte(x))
	}
	return b.aligned(len(v))
}

func (b bin) aligned(n int) bin { return append(b, make([]byte, (4-n%4)%4)...) }

// ramp are n numbers of either sign that float32 has exactly.
func ramp(n int) []float32 {
	v := make([]float32, n)
	for i := range v {
		v[i] = float32(i*7%23-11) / 8
	}
	return v
}

// mem visits an array's elements: their places in memory and in row-major order.
func mem(dims []int, l runtime.Layout, f func(at, i int)) {
	n := 1
	for _, d := range dims {
		n *= d
	}
	ix := make([]int, len(dims))
	for i := range n {
		left := i
		for j := len(dims) - 1; j >= 0; j-- {
			ix[j], left = left%dims[j], left/dims[j]
		}
		at := 0
		for _, j := range l.Order(len(dims)) {
			at = at*dims[j] + ix[j]
		}
		f(at, i)
	}
}

// run imports a model and runs it on inputs in ncnn's order; so are the results, with their dimensions.
func run(t *testing.T, text, weights []byte, in [][]float32, opts ...Option) (out [][]float32, dims [][]int) {
	t.Helper()
	g, err := Load(text, weights, opts...)
	if err != nil {
		t.Fatal(err)
	}
	if len(in) != len(g.Inputs) {
		t.Fatalf("%d inputs for %d", len(in), len(g.Inputs))
	}
	feed := make([][]float32, len(in))
	for i, v := range g.Inputs {
		d, l := v.Dims()
		feed[i] = make([]float32, len(in[i]))
		mem(d, l, func(at, j int) { feed[i][at] = in[i][j] })
	}
	res, err := interp.Run(g, feed...)
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range g.Outputs {
		d, l := v.Dims()
		o := make([]float32, len(res[i]))
		mem(d, l, func(at, j int) { o[j] = res[i][at] })
		out, dims = append(out, o), append(dims, d)
	}
	return out, dims
}

// near fails if results are not those wanted.
func near(t *testing.T, got, want []float32) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d elements, want %d", len(got), len(want))
	}
	for i := range got {
		if d := math.Abs(float64(got[i] - want[i])); got[i] != want[i] && !(d <= 1e-5+1e-5*math.Abs(float64(want[i]))) {
			t.Fatalf("element %d is %v, want %v\n%v\n%v", i, got[i], want[i], got, want)
		}
	}
}
