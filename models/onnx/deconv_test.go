package onnx

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/gneiss-go/gneiss/models/internal/interp"
	"github.com/gneiss-go/gneiss/models/internal/wire"
	"github.com/gneiss-go/gneiss/runtime"
)

// scattered is a transposed convolution by its definition: each input is added to the outputs that it touches.
type scattered struct {
	n, c, h, w, k, groups int
	r, s                  int
	stride, dilation      [2]int
	pads                  [4]int // before rows, columns, after rows, columns
	more                  [2]int // output_padding
}

func (d *scattered) out() (h, w int) {
	side := func(n, taps, i int) int {
		return (n-1)*d.stride[i] + (taps-1)*d.dilation[i] + 1 + d.more[i] - d.pads[i] - d.pads[2+i]
	}
	return side(d.h, d.r, 0), side(d.w, d.s, 1)
}

// scatter computes the output, [N K H W], of x, [N C H W], with filters [C][K of a group][R][S].
func (d *scattered) scatter(x, filters, bias []float32) []float64 {
	oh, ow := d.out()
	cg, kg := d.c/d.groups, d.k/d.groups
	y := make([]float64, d.n*d.k*oh*ow)
	for i := range y {
		y[i] = float64(bias[i/(oh*ow)%d.k])
	}
	for i, v := range x {
		iw, ih, c, n := i%d.w, i/d.w%d.h, i/d.w/d.h%d.c, i/d.w/d.h/d.c
		for j := range kg * d.r * d.s {
			s, r, k := j%d.s, j/d.s%d.r, j/d.s/d.r
			ty, tx := ih*d.stride[0]+r*d.dilation[0]-d.pads[0], iw*d.stride[1]+s*d.dilation[1]-d.pads[1]
			if ty < 0 || ty >= oh || tx < 0 || tx >= ow {
				continue
			}
			y[((n*d.k+c/cg*kg+k)*oh+ty)*ow+tx] += float64(v) * float64(filters[((c*kg+k)*d.r+r)*d.s+s])
		}
	}
	return y
}

func (d *scattered) node(x, y string) wire.Msg {
	list := func(name string, v ...int) wire.Msg {
		var l []int64
		for _, n := range v {
			l = append(l, int64(n))
		}
		return attrInts(name, l...)
	}
	return nodeOf("ConvTranspose", x+" w b", y, attrInt("group", int64(d.groups)), list("strides", d.stride[:]...),
		list("dilations", d.dilation[:]...), list("pads", d.pads[:]...), list("output_padding", d.more[:]...))
}

// randomDeconv is a transposed convolution of any form.
func randomDeconv(r *rand.Rand) *scattered {
	for {
		d := &scattered{n: 1 + r.IntN(2), groups: 1 + r.IntN(3), h: 1 + r.IntN(5), w: 1 + r.IntN(5), r: 1 + r.IntN(5),
			s: 1 + r.IntN(4)}
		d.c, d.k = d.groups*(1+r.IntN(3)), d.groups*(1+r.IntN(3))
		for i := range 2 {
			d.stride[i], d.dilation[i], d.more[i] = 1+r.IntN(3), 1+r.IntN(3), r.IntN(3)
			d.pads[i], d.pads[2+i] = r.IntN(5), r.IntN(5)
		}
		if r.IntN(2) == 0 { // the usual
			d.stride[1], d.dilation = d.stride[0], [2]int{1, 1}
		}
		if h, w := d.out(); h > 0 && w > 0 {
			return d
		}
	}
}

// TestConvTranspose compares with each input added to the outputs that it touches, by definition and compiled.
func TestConvTranspose(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for i := range 150 {
		d := randomDeconv(r)
		numbers := func(n int) []float32 {
			v := make([]float32, n)
			for i := range v {
				v[i] = r.Float32() - 0.5
			}
			return v
		}
		x, w, b := numbers(d.n*d.c*d.h*d.w), numbers(d.c*d.k/d.groups*d.r*d.s), numbers(d.k)
		g, err := Load(modelOf(11, []int64{int64(d.n), int64(d.c), int64(d.h), int64(d.w)}, []wire.Msg{
			floats("w", []int64{int64(d.c), int64(d.k / d.groups), int64(d.r), int64(d.s)}, w...),
			floats("b", []int64{int64(d.k)}, b...)}, d.node("x", "y")))
		if err != nil {
			t.Fatalf("%+v: %v", d, err)
		}
		h, wide := d.out()
		if want := (runtime.Shape{N: d.n, H: h, W: wide, C: d.k}); g.Outputs[0].Shape != want {
			t.Fatalf("%+v: %v, want %v", d, g.Outputs[0].Shape, want)
		}
		want := d.scatter(x, w, b)
		for how, run := range runs {
			got, err := run(g, interp.ToNHWC(g.Inputs[0].Shape, x))
			if err != nil {
				t.Fatal(err)
			}
			for j, v := range interp.ToNCHW(g.Outputs[0].Shape, got[0]) {
				if math.Abs(float64(v)-want[j]) > 1e-4 {
					t.Fatalf("%d, %s, %+v: output %d is %v, want %v", i, how, d, j, v, want[j])
				}
			}
		}
	}
}

// TestConvTransposeQuantised: between a DequantizeLinear and a QuantizeLinear it is a quantised convolution, whose
// levels are those of exact sums.
func TestConvTransposeQuantised(t *testing.T) {
	d := &scattered{n: 1, c: 4, h: 3, w: 4, k: 6, groups: 2, r: 3, s: 3, stride: [2]int{2, 2}, dilation: [2]int{1, 1},
		pads: [4]int{1, 1, 1, 1}, more: [2]int{1, 1}}
	r := rand.New(rand.NewPCG(3, 4))
	var raw []int64
	scales, w := []float32{0.02, 0.01, 0.03}, make([]float32, 4*3*9)
	for i := range w {
		raw = append(raw, int64(r.IntN(255)-127))
		w[i] = float32(raw[i]) * scales[i/9%3]
	}
	x := make([]float32, 4*3*4)
	for i := range x {
		x[i] = float32(r.IntN(256)-100) * 0.05
	}
	model := modelOf(13, []int64{1, 4, 3, 4}, []wire.Msg{f32("sx", 0.05), u8("zx", 100), f32("sy", 0.3), u8("zy", 128),
		ints(elemInt8, "wq", []int64{4, 3, 3, 3}, raw...), floats("ws", []int64{3}, scales...),
		ints(elemInt8, "wz", []int64{3}, 0, 0, 0), floats("b", []int64{6}, make([]float32, 6)...)},
		q("x", "sx zx", "xq"), dq("xq", "sx zx", "xd"), dq("wq", "ws wz", "w", attrInt("axis", 1)),
		d.node("xd", "c"), q("c", "sy zy", "yq"), dq("yq", "sy zy", "y"))
	g, err := Load(model)
	if err != nil {
		t.Fatal(err)
	}
	if k := kindsOf(g); !strings.Contains(k, "QConv") || strings.Contains(k, " Conv") {
		t.Errorf("it is %s", k)
	}
	want := d.scatter(x, w, make([]float32, 6))
	for how, run := range runs {
		got, err := run(g, interp.ToNHWC(g.Inputs[0].Shape, x))
		if err != nil {
			t.Fatal(err)
		}
		for j, v := range interp.ToNCHW(g.Outputs[0].Shape, got[0]) {
			level := min(max(math.RoundToEven(want[j]/0.3), -128), 127)
			if math.Abs(math.Round(float64(v)/0.3)-level) > 1 {
				t.Fatalf("%s: output %d is %v, want %v", how, j, v, level*0.3)
			}
		}
	}
}

// TestConvTransposeRefuses: what it is not is said.
func TestConvTransposeRefuses(t *testing.T) {
	w := floats("w", []int64{2, 1, 3, 3}, make([]float32, 18)...)
	for name, c := range map[string]struct {
		attr wire.Msg
		want error
	}{
		"stride 0":       {attrInts("strides", 0, 1), runtime.ErrShape},
		"one stride":     {attrInts("strides", 2), runtime.ErrShape},
		"another window": {attrInts("kernel_shape", 3, 2), runtime.ErrShape},
		"groups":         {attrInt("group", 3), runtime.ErrShape},
		"pads":           {attrInts("pads", 1, 1), runtime.ErrShape},
		"negative pads":  {attrInts("pads", -1, 0, 0, 0), nil},
		"all dropped":    {attrInts("pads", 4, 4, 4, 4), runtime.ErrShape},
		"no such pads":   {attrStr("auto_pad", "SAME"), runtime.ErrCorrupt},
		"huge":           {attrInts("output_shape", 1<<20, 1<<20), runtime.ErrShape},
		"negative":       {attrInts("output_padding", -1, 0), runtime.ErrShape},
	} {
		_, err := Load(modelOf(11, []int64{1, 2, 3, 3}, []wire.Msg{w}, nodeOf("ConvTranspose", "x w", "y", c.attr)))
		var u *runtime.UnsupportedError
		if c.want == nil && !errors.As(err, &u) || c.want != nil && !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Load(modelOf(11, []int64{1, 2}, []wire.Msg{floats("w", []int64{2, 1}, 1, 1)},
		nodeOf("ConvTranspose", "x w", "y"))); err == nil || !strings.Contains(fmt.Sprint(err), "[N C H W]") {
		t.Errorf("without axes: %v", err)
	}
}
