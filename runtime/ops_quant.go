package runtime

import (
	"fmt"
	"math"

	"github.com/gneiss-go/gneiss/kernels"
)

// The quantised operations. A quantised graph is an ordinary graph in which some values have DType U8 and a Quant;
// its results are the same bytes on every CPU (docs/NUMERICS.md).
//
//	Quantize → QConv, QFC, Quantised{Pool | GlobalPool | LRN | Add}, max Pool, Concat, Identity, Flatten → Dequantize
//
// Max pooling, concatenation, identity and flattening work on uint8 as they are: they keep their input's Quant.

// Quantize makes uint8 of a float value: clamp(To.Zero + roundEven(x/To.Scale), 0, 255) in IEEE binary32.
// A NaN becomes 0.
type Quantize struct{ To Quant }

func (*Quantize) Kind() string { return "Quantize" }

func (q *Quantize) infer(in []Shape, _ *Limits) (Shape, error) { return one(in) }

func (q *Quantize) outType(in []*Value) (DType, Quant, error) {
	if err := wantType(in, F32); err != nil {
		return 0, Quant{}, err
	}
	return U8, q.To, q.To.check()
}

// Dequantize makes a float of a quantised value: float32(q − Zero)·Scale.
type Dequantize struct{}

func (*Dequantize) Kind() string { return "Dequantize" }

func (*Dequantize) infer(in []Shape, _ *Limits) (Shape, error) { return one(in) }

func (*Dequantize) outType(in []*Value) (DType, Quant, error) { return F32, Quant{}, wantType(in, U8) }

// QConv is a convolution of uint8 activations with int8 weights, one scale per output channel:
//
//	acc = Bias[k] + Σ (in − zero)·Weights[k,r,s,c]     exactly
//	out = kernels.Requantize(acc, in.Scale·WScale[k]/Out.Scale, Lo, Hi)
type QConv struct {
	Window
	K       int
	Groups  int       // 0 means 1
	Weights []int8    // [K][R][S][C/Groups], −127…127
	WScale  []float32 // [K]
	Bias    []int32   // [K], in units of in.Scale·WScale[k]; nil for zeros
	Out     Quant
	Lo, Hi  uint8 // bounds of the output: the fused activation; 0, 255 when there is none
}

func (*QConv) Kind() string { return "QConv" }

func (c *QConv) infer(in []Shape, l *Limits) (Shape, error) {
	if len(c.WScale) != c.K || (c.Bias != nil && len(c.Bias) != c.K) {
		return Shape{}, fmt.Errorf("%d scales and %d biases for %d channels: %w", len(c.WScale), len(c.Bias), c.K, ErrShape)
	}
	if err := checkWeights(c.Weights, c.WScale, l); err != nil {
		return Shape{}, err
	}
	s, err := one(in)
	if err != nil {
		return s, err
	}
	return inferConv(s, c.Window, c.K, c.Groups, len(c.Weights), l)
}

func (c *QConv) outType(in []*Value) (DType, Quant, error) {
	if err := wantType(in, U8); err != nil {
		return 0, Quant{}, err
	}
	if c.Lo > c.Hi {
		return 0, Quant{}, fmt.Errorf("output range %d…%d: %w", c.Lo, c.Hi, ErrShape)
	}
	return U8, c.Out, c.Out.check()
}

// Shape returns the geometry over an input of shape s.
func (c *QConv) Shape(s Shape) kernels.ConvShape { return convShape(s, c.Window, c.K, c.Groups) }

// QFC is a fully connected layer of uint8 activations with int8 weights, whose output is float:
// out[k] = float32(Bias[k] + Σ (in − zero)·Weights[k,…])·float32(in.Scale·WScale[k]).
type QFC struct {
	K       int
	Weights []int8    // [K][H][W][C]
	WScale  []float32 // [K]
	Bias    []int32   // [K], in units of in.Scale·WScale[k]; nil for zeros
}

func (*QFC) Kind() string { return "QFC" }

func (f *QFC) infer(in []Shape, l *Limits) (Shape, error) {
	s, err := one(in)
	if err != nil {
		return s, err
	}
	want, ok := product(l.MaxWeights, f.K, s.H, s.W, s.C)
	switch {
	case !ok:
		return s, fmt.Errorf("more than %d weights, or no outputs: %w", l.MaxWeights, ErrLimit)
	case len(f.Weights) != want || len(f.WScale) != f.K || (f.Bias != nil && len(f.Bias) != f.K):
		return s, fmt.Errorf("%d weights, %d scales, %d biases for %d outputs of %v: %w", len(f.Weights), len(f.WScale), len(f.Bias), f.K, s, ErrShape)
	}
	return Shape{s.N, 1, 1, f.K}, checkWeights(f.Weights, f.WScale, l)
}

func (f *QFC) outType(in []*Value) (DType, Quant, error) { return F32, Quant{}, wantType(in, U8) }

// Quantised is a float operation carried out on quantised inputs, its output quantised by Out: average pooling,
// LRN and Add. The order of the IEEE operations is written in docs/NUMERICS.md.
type Quantised struct {
	Op  Op // *Pool, *GlobalPool, *LRN or *Add
	Out Quant
}

func (q *Quantised) Kind() string { return "Q" + q.Op.Kind() }

func (q *Quantised) infer(in []Shape, l *Limits) (Shape, error) {
	switch q.Op.(type) {
	case *Pool, *GlobalPool, *LRN, *Add:
		return q.Op.infer(in, l)
	}
	return Shape{}, fmt.Errorf("%s has no quantised form: %w", q.Op.Kind(), ErrGraph)
}

func (q *Quantised) outType(in []*Value) (DType, Quant, error) {
	if err := wantType(in, U8); err != nil {
		return 0, Quant{}, err
	}
	return U8, q.Out, q.Out.check()
}

// check wants a positive, finite, normal scale.
func (q Quant) check() error {
	if !(q.Scale >= math.SmallestNonzeroFloat32*(1<<23)) || q.Scale > math.MaxFloat32 {
		return fmt.Errorf("scale %v is not a positive normal number: %w", q.Scale, ErrShape)
	}
	return nil
}

func checkWeights(w []int8, scales []float32, l *Limits) error {
	if !l.trusted && !kernels.ValidWeights(w) {
		return fmt.Errorf("weight −128: %w", ErrShape)
	}
	for k, s := range scales {
		if err := (Quant{Scale: s}).check(); err != nil {
			return fmt.Errorf("channel %d: %w", k, err)
		}
	}
	return nil
}

func wantType(in []*Value, dt DType) error {
	for i, v := range in {
		if v.DType != dt {
			return fmt.Errorf("input %d is %v, want %v: %w", i, v.DType, dt, ErrShape)
		}
	}
	return nil
}

// multiplier is a requantisation factor, in·weight/out in binary64, rounded once.
func multiplier(in, weight, out float32) float32 {
	return float32(float64(in) * float64(weight) / float64(out))
}
