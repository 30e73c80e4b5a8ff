package axes

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/gneiss-go/gneiss/kernels"
	"github.com/gneiss-go/gneiss/models/internal/interp"
	"github.com/gneiss-go/gneiss/runtime"
)

// both adds the same operations by a builder, which shortens, and one by one.
type both struct {
	t      *testing.T
	b      *Builder
	plain  *runtime.Graph
	short  *runtime.Value
	long   *runtime.Value
	writes string // what was added
}

func newBoth(t *testing.T, s runtime.Shape) *both {
	d := &both{t: t, b: NewBuilder("short", 1<<20, runtime.DefaultLimits), plain: runtime.NewGraph("long")}
	var errs [2]error
	d.short, errs[0] = d.b.G.Input("x", s)
	d.long, errs[1] = d.plain.Input("x", s)
	if errs != [2]error{} {
		t.Fatal(errs)
	}
	d.writes = fmt.Sprint(s)
	return d
}

func (d *both) add(op runtime.Op) {
	d.t.Helper()
	d.writes += fmt.Sprintf(" → %T %+v", op, op)
	var errs [2]error
	d.short, errs[0] = d.b.add("n", op, d.short)
	d.long, errs[1] = d.plain.Add(fmt.Sprint("n", len(d.plain.Nodes)), op, d.long)
	if errs != [2]error{} {
		d.t.Fatal(d.writes, errs)
	}
}

// same runs both over noise, compares, and returns the kinds of the nodes that are left of the shortened graph.
func (d *both) same(tolerance float64) (kinds []string) {
	d.t.Helper()
	if d.short.Shape != d.long.Shape {
		d.t.Fatalf("%s: %v, want %v", d.writes, d.short.Shape, d.long.Shape)
	}
	if err := d.b.G.Output(d.short); err != nil {
		d.t.Fatal(d.writes, err)
	}
	if err := d.plain.Output(d.long); err != nil {
		d.t.Fatal(d.writes, err)
	}
	x := make([]float32, d.plain.Inputs[0].Shape.Elements())
	for i := range x {
		x[i] = float32(math.Sin(float64(7*i + 1)))
	}
	got, err := interp.Run(d.b.G, x)
	if err != nil {
		d.t.Fatal(d.writes, err)
	}
	want, err := interp.Run(d.plain, x)
	if err != nil {
		d.t.Fatal(d.writes, err)
	}
	for i, v := range want[0] {
		if !(math.Abs(float64(got[0][i]-v)) <= tolerance) {
			d.t.Fatalf("%s: element %d is %v, want %v", d.writes, i, got[0][i], v)
		}
	}
	simple, err := runtime.Simplify(d.b.G)
	if err != nil {
		d.t.Fatal(d.writes, err)
	}
	for _, n := range simple.Nodes {
		kinds = append(kinds, n.Op.Kind())
	}
	return kinds
}

// randomRearrange cuts a shape's axes into factors and gives them another order and other axes.
func randomRearrange(r *rand.Rand, s runtime.Shape) *runtime.Rearrange {
	op := &runtime.Rearrange{}
	for _, n := range channelSizes(s) {
		if f := []int{1, 2, 3, 4}[r.IntN(4)]; n%f == 0 && n > f {
			op.Dims, n = append(op.Dims, f), n/f
		}
		op.Dims = append(op.Dims, n)
	}
	op.Perm = r.Perm(len(op.Dims))
	to := [4]int{1, 1, 1, 1}
	at := 0
	for _, d := range op.Perm {
		to[at] *= op.Dims[d]
		if at < 3 && r.IntN(2) == 0 {
			at++
		}
	}
	op.To = runtime.Shape{N: to[0], C: to[1], H: to[2], W: to[3]}
	return op
}

// randomTake takes along one axis or two: a range, every n-th, or anything.
func randomTake(r *rand.Rand, s runtime.Shape) *runtime.Take {
	op := &runtime.Take{Fill: float32(r.IntN(2))}
	lists, sizes := []*[]int32{&op.Images, &op.Channels, &op.Rows, &op.Cols}, channelSizes(s)
	for range 1 + r.IntN(2) {
		i := r.IntN(4)
		n, list := sizes[i], []int32{}
		switch step := 1 + r.IntN(4); {
		case r.IntN(3) > 0 && n%step == 0:
			for j := r.IntN(step); j < n; j += step {
				list = append(list, int32(j))
			}
		case r.IntN(2) == 0:
			from := r.IntN(n)
			for j := from; j < min(n, from+step); j++ {
				list = append(list, int32(j))
			}
		default:
			for range 1 + r.IntN(n) {
				list = append(list, int32(r.IntN(n+1)-1))
			}
		}
		*lists[i] = list
	}
	return op
}

func TestShortened(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 8))
	shorter := 0
	for range 3000 {
		d := newBoth(t, runtime.Shape{N: 1 + r.IntN(2), H: 1 + r.IntN(6), W: 1 + r.IntN(6), C: 1 + r.IntN(12)})
		for range 2 + r.IntN(4) {
			switch r.IntN(5) {
			case 0, 1:
				d.add(randomTake(r, d.long.Shape))
			case 2, 3:
				d.add(randomRearrange(r, d.long.Shape))
			case 4:
				a := kernels.Axes{}
				*[]*bool{&a.N, &a.H, &a.W, &a.C}[r.IntN(4)] = true
				d.add(&runtime.SoftmaxOver{Form: kernels.SoftmaxForm(r.IntN(2)), Over: a})
			}
		}
		if len(d.same(1e-5)) < len(d.plain.Nodes) {
			shorter++
		}
	}
	if shorter < 1000 {
		t.Errorf("%d of 3000 are shorter", shorter)
	}
}

// The halves of a shuffle, as ShuffleNet's authors write it: reshape, transpose, reshape, pick, reshape.
func TestShortenedShuffle(t *testing.T) {
	for half := range int32(2) {
		d := newBoth(t, runtime.Shape{N: 1, H: 6, W: 5, C: 8})
		d.add(&runtime.Curve{Of: kernels.Abs})
		d.add(&runtime.Rearrange{Dims: []int{1, 8, 30}, Perm: []int{0, 1, 2}, To: runtime.Shape{N: 4, C: 2, H: 30, W: 1}})
		d.add(&runtime.Rearrange{Dims: []int{4, 2, 30}, Perm: []int{1, 0, 2}, To: runtime.Shape{N: 2, C: 4, H: 30, W: 1}})
		d.add(&runtime.Take{Images: []int32{half}})
		d.add(&runtime.Rearrange{Dims: []int{4, 30}, Perm: []int{0, 1}, To: runtime.Shape{N: 1, C: 4, H: 6, W: 5}})
		if kinds := d.same(0); !slices.Equal(kinds, []string{"Curve", "Rearrange", "Take"}) {
			t.Errorf("half %d: %v", half, kinds)
		}
	}
}

// Softmax over channels between two transpositions, as exporters wrote it for operator sets below 13.
func TestShortenedSoftmax(t *testing.T) {
	d := newBoth(t, runtime.Shape{N: 1, H: 4, W: 5, C: 7})
	d.add(&runtime.Rearrange{Dims: []int{1, 7, 4, 5}, Perm: []int{0, 3, 2, 1}, To: runtime.Shape{N: 1, C: 5, H: 4, W: 7}})
	d.add(&runtime.SoftmaxOver{Over: kernels.Axes{W: true}})
	d.add(&runtime.Rearrange{Dims: []int{1, 5, 4, 7}, Perm: []int{0, 3, 2, 1}, To: runtime.Shape{N: 1, C: 7, H: 4, W: 5}})
	if kinds := d.same(1e-6); !slices.Equal(kinds, []string{"Softmax"}) {
		t.Error(kinds)
	}
}

// The focus of YOLOX, its parities in any order: one convolution, of the image.
func TestShortenedFocus(t *testing.T) {
	list := func(from int32, n int) (l []int32) {
		for i := from; i < int32(n); i += 2 {
			l = append(l, i)
		}
		return l
	}
	r := rand.New(rand.NewPCG(1, 6))
	for _, in := range []runtime.Shape{{N: 1, H: 10, W: 14, C: 3}, {N: 2, H: 8, W: 6, C: 1}, {N: 1, H: 9, W: 6, C: 3}} {
		for range 8 {
			d := newBoth(t, in)
			ends := [2]*runtime.Value{d.short, d.long}
			graphs := [2]func(runtime.Op, ...*runtime.Value) *runtime.Value{
				func(op runtime.Op, in ...*runtime.Value) *runtime.Value {
					v, err := d.b.add("n", op, in...)
					if err != nil {
						t.Fatal(err)
					}
					return v
				},
				func(op runtime.Op, in ...*runtime.Value) *runtime.Value {
					v, err := d.plain.Add(fmt.Sprint("n", len(d.plain.Nodes)), op, in...)
					if err != nil {
						t.Fatal(err)
					}
					return v
				},
			}
			w := runtime.Window{R: 1 + r.IntN(3), S: 1 + r.IntN(3), StrideH: 1 + r.IntN(2), StrideW: 1 + r.IntN(2),
				PadTop: r.IntN(2), PadLeft: r.IntN(2), PadBottom: r.IntN(2), PadRight: r.IntN(2)}
			conv := &runtime.Conv{Window: w, K: 5, Weights: make([]float32, 5*w.R*w.S*4*in.C), Bias: []float32{1, 2, 3, 4, 5}}
			for i := range conv.Weights {
				conv.Weights[i] = r.Float32() - 0.5
			}
			order := r.Perm(4)
			for i, add := range graphs {
				var parts []*runtime.Value
				for _, p := range order {
					rows := add(&runtime.Take{Rows: list(int32(p/2), in.H&^1)}, ends[i])
					parts = append(parts, add(&runtime.Take{Cols: list(int32(p%2), in.W)}, rows))
				}
				ends[i] = add(conv, add(&runtime.Concat{}, parts...))
			}
			d.short, d.long = ends[0], ends[1]
			kinds, want := d.same(1e-4), []string{"Conv"}
			if in.H%2 != 0 { // the last row is not read
				want = []string{"Take", "Take", "Take", "Take", "Concat", "Conv"}
			}
			if !slices.Equal(kinds, want) {
				t.Errorf("%v: %v, want %v", in, kinds, want)
			}
		}
	}
}

// What does not fit its input is refused as it was written, whatever made the input: nothing is read beyond a list or
// beyond the weights.
func TestShortenedHostile(t *testing.T) {
	every := func(from int32) []int32 { return []int32{from, from + 2, from + 4} }
	after := map[string]func(b *Builder, x *runtime.Value) (*runtime.Value, error){
		"take": func(b *Builder, x *runtime.Value) (*runtime.Value, error) {
			return b.add("t", &runtime.Take{Channels: []int32{1, 0}, Rows: every(0)}, x)
		},
		"rearrange": func(b *Builder, x *runtime.Value) (*runtime.Value, error) {
			return b.add("r", &runtime.Rearrange{Dims: []int{1, 4, 6, 6}, Perm: []int{0, 2, 3, 1},
				To: runtime.Shape{N: 1, C: 6, H: 6, W: 4}}, x)
		},
		"focus": func(b *Builder, x *runtime.Value) (*runtime.Value, error) {
			var parts []*runtime.Value
			for p := range int32(4) {
				v, err := b.add("p", &runtime.Take{Rows: every(p / 2), Cols: every(p % 2)}, x)
				if err != nil {
					return nil, err
				}
				parts = append(parts, v)
			}
			return b.add("c", &runtime.Concat{}, parts...)
		},
	}
	conv := func(k, weights int, w runtime.Window) *runtime.Conv {
		return &runtime.Conv{Window: w, K: k, Weights: make([]float32, weights)}
	}
	square := runtime.Window{R: 3, S: 3, StrideH: 1, StrideW: 1}
	ops := map[string]runtime.Op{
		"a channel too far":   &runtime.Take{Channels: []int32{99}},
		"a channel before -1": &runtime.Take{Channels: []int32{-2}},
		"a row too far":       &runtime.Take{Rows: []int32{0, 7}},
		"a column too far":    &runtime.Take{Cols: []int32{6, 7}},
		"an image too far":    &runtime.Take{Images: []int32{1}},
		"too few weights":     conv(5, 5*9*16-1, square),
		"no weights":          conv(5, 0, square),
		"no filters":          conv(0, 0, square),
		"filters below zero":  conv(-5, 5*9*16, square),
		"no window":           conv(5, 5*9*16, runtime.Window{}),
		"a window below zero": conv(5, 5*9*16, runtime.Window{R: -3, S: -3, StrideH: 1, StrideW: 1}),
		"a wide window":       conv(1, 16, runtime.Window{R: 1 << 30, S: 1 << 30, StrideH: 1, StrideW: 1}),
		"a wide stride":       conv(1, 16, runtime.Window{R: 1, S: 1, StrideH: math.MaxInt, StrideW: math.MinInt}),
	}
	for first, made := range after {
		for what, op := range ops {
			b := NewBuilder("m", 1<<10, runtime.DefaultLimits)
			x, err := b.G.Input("x", runtime.Shape{N: 1, H: 6, W: 6, C: 4})
			if err != nil {
				t.Fatal(err)
			}
			v, err := made(b, x)
			if err != nil {
				t.Fatal(first, err)
			}
			nodes := len(b.G.Nodes)
			if got, err := b.add("bad", op, v); err == nil || !strings.Contains(err.Error(), "bad") {
				t.Errorf("%s after %s: %v, %v", what, first, got, err)
			}
			if len(b.G.Nodes) != nodes {
				t.Errorf("%s after %s: %d nodes were added", what, first, len(b.G.Nodes)-nodes)
			}
		}
	}
}

// Lists that shortening makes longer count as constants; when no more may be made, nodes stay as they were written.
func TestShortenedBudget(t *testing.T) {
	const long = 1 << 20
	b := NewBuilder("m", 0, runtime.DefaultLimits)
	x, err := b.G.Input("x", runtime.Shape{N: 1, H: 1, W: 1, C: long})
	if err == nil {
		x, err = b.add("r", &runtime.Rearrange{Dims: []int{2, long / 2}, Perm: []int{1, 0},
			To: runtime.Shape{N: 1, H: 1, W: 2, C: long / 2}}, x)
	}
	if err != nil {
		t.Fatal(err)
	}
	short, plain, listed := 0, 0, 0
	for range 100 {
		if _, err := b.add("t", &runtime.Take{Cols: []int32{1}}, x); err != nil {
			t.Fatal(err)
		}
	}
	for _, n := range b.G.Nodes {
		if take, ok := n.Op.(*runtime.Take); ok {
			listed += len(take.Channels)
			if len(take.Channels) > 0 {
				short++
			} else {
				plain++
			}
		}
	}
	if most := 1 << 24; short == 0 || plain == 0 || short+plain != 100 || listed > most {
		t.Errorf("%d shortened, %d as written, %d indices, want both and at most %d", short, plain, listed, most)
	}
}
