package runtime

import (
	"fmt"
	"math"

	"github.com/gneiss-go/gneiss/kernels"
)

// Op is one of the operation types of this file: *Conv, *Pool, *GlobalPool, *FC, *LRN, *Softmax, *Activation,
// *Add, *Concat, *Affine, *Identity, *Flatten, the general ones of ops_general.go and the quantised ones of ops_quant.go.
type Op interface {
	// Kind returns the operation's word, for reports and errors.
	Kind() string
	infer(in []Shape, l *Limits) (Shape, error)
}

// Clamp bounds an operation's output: the fused activation. The zero value means no activation.
type Clamp struct {
	On     bool
	Lo, Hi float32
}

// ReLU is max(0, x).
var ReLU = Clamp{On: true, Lo: 0, Hi: float32(math.Inf(1))}

// Kernel returns the clamp as kernels take it.
func (c Clamp) Kernel() kernels.Clamp {
	if !c.On {
		return kernels.Clamp{Lo: float32(math.Inf(-1)), Hi: float32(math.Inf(1))}
	}
	return kernels.Clamp{Lo: c.Lo, Hi: c.Hi}
}

// check refuses bounds that are not numbers. Where Lo > Hi, every element becomes Hi.
func (c Clamp) check() error {
	if c.On && (c.Lo != c.Lo || c.Hi != c.Hi) {
		return fmt.Errorf("activation bound [%v, %v]: %w", c.Lo, c.Hi, ErrShape)
	}
	return nil
}

// Window is the geometry shared by convolution and pooling.
// Zero strides and dilations mean 1.
type Window struct {
	R, S                                 int // rows and columns
	StrideH, StrideW                     int
	PadTop, PadLeft, PadBottom, PadRight int
	DilationH, DilationW                 int
}

// Norm returns w with zero strides and dilations replaced by 1.
func (w Window) Norm() Window {
	w.StrideH, w.StrideW = max(w.StrideH, 1), max(w.StrideW, 1)
	w.DilationH, w.DilationW = max(w.DilationH, 1), max(w.DilationW, 1)
	return w
}

const maxWindow = 1 << 14 // bound on every number of a window, so that sums of them cannot overflow

func (w Window) check() error {
	for _, v := range []int{w.R, w.S} {
		if v < 1 || v > maxWindow {
			return fmt.Errorf("window %d×%d: %w", w.R, w.S, ErrShape)
		}
	}
	for _, v := range []int{w.StrideH, w.StrideW, w.DilationH, w.DilationW, w.PadTop, w.PadLeft, w.PadBottom, w.PadRight} {
		if v < 0 || v > maxWindow {
			return fmt.Errorf("stride, dilation or padding %d out of range: %w", v, ErrShape)
		}
	}
	return nil
}

// Conv is a convolution: out[n,y,x,k] = Σ in[n, y·stride+r·dilation−pad, …, c]·Weights[k,r,s,c] + Bias[k], clamped.
type Conv struct {
	Window
	K       int       // output channels
	Groups  int       // 0 means 1
	Weights []float32 // [K][R][S][C/Groups]
	Bias    []float32 // [K], or nil for zeros
	Act     Clamp
}

func (*Conv) Kind() string { return "Conv" }

func (c *Conv) infer(in []Shape, l *Limits) (Shape, error) {
	s, err := one(in)
	if err != nil {
		return s, err
	}
	if c.Bias != nil && len(c.Bias) != c.K {
		return s, fmt.Errorf("%d biases, want %d: %w", len(c.Bias), c.K, ErrShape)
	}
	if err := c.Act.check(); err != nil {
		return s, err
	}
	return inferConv(s, c.Window, c.K, c.Groups, len(c.Weights), l)
}

// inferConv is the output shape of a convolution, once its window, groups and number of weights are seen to fit.
func inferConv(s Shape, w Window, k, groups, weights int, l *Limits) (Shape, error) {
	if err := w.check(); err != nil {
		return s, err
	}
	groups = max(groups, 1)
	if k < 1 || s.C%groups != 0 || k%groups != 0 {
		return s, fmt.Errorf("%d filters over %d channels in %d groups: %w", k, s.C, groups, ErrShape)
	}
	want, ok := product(l.MaxWeights, k, w.R, w.S, s.C/groups)
	switch {
	case !ok:
		return s, fmt.Errorf("more than %d weights: %w", l.MaxWeights, ErrLimit)
	case weights != want:
		return s, fmt.Errorf("%d weights, want %d×%d×%d×%d: %w", weights, k, w.R, w.S, s.C/groups, ErrShape)
	}
	geo := convShape(s, w, k, groups)
	out := Shape{s.N, geo.OutH(), geo.OutW(), k}
	if out.H < 1 || out.W < 1 {
		return s, fmt.Errorf("a %d×%d window does not fit %v: %w", w.R, w.S, s, ErrShape)
	}
	return out, nil
}

// Shape returns the geometry over an input of shape s.
func (c *Conv) Shape(s Shape) kernels.ConvShape { return convShape(s, c.Window, c.K, c.Groups) }

func convShape(s Shape, w Window, k, groups int) kernels.ConvShape {
	w = w.Norm()
	return kernels.ConvShape{N: s.N, H: s.H, W: s.W, C: s.C, K: k, R: w.R, S: w.S, StrideH: w.StrideH, StrideW: w.StrideW,
		PadTop: w.PadTop, PadLeft: w.PadLeft, PadBottom: w.PadBottom, PadRight: w.PadRight,
		DilationH: w.DilationH, DilationW: w.DilationW, Groups: max(groups, 1)}
}

// PoolKind is Max or Average.
type PoolKind uint8

const (
	MaxPool PoolKind = iota
	AvgPool
)

func (k PoolKind) String() string { return [...]string{"MaxPool", "AveragePool"}[k&1] }

func (k PoolKind) check() error {
	if k > AvgPool {
		return fmt.Errorf("pooling of kind %d: %w", uint8(k), ErrGraph)
	}
	return nil
}

// Pool is windowed max or average pooling.
type Pool struct {
	Window
	Type            PoolKind
	Ceil            bool // round the output size up (Caffe; ONNX ceil_mode=1); the last window still starts inside the input or its leading padding
	CountIncludePad bool // averages divide by all cells of the padded input, not only those inside the input
}

func (p *Pool) Kind() string { return p.Type.String() }

func (p *Pool) infer(in []Shape, _ *Limits) (Shape, error) {
	s, err := one(in)
	if err != nil {
		return s, err
	}
	if err := p.Type.check(); err != nil {
		return s, err
	}
	if err := p.check(); err != nil {
		return s, err
	}
	if max(p.PadTop, p.PadBottom) >= p.R*max(p.DilationH, 1) || max(p.PadLeft, p.PadRight) >= p.S*max(p.DilationW, 1) {
		return s, fmt.Errorf("padding as large as the %d×%d window: %w", p.R, p.S, ErrShape)
	}
	geo := p.Shape(s)
	if geo.OutH < 1 || geo.OutW < 1 {
		return s, fmt.Errorf("a %d×%d window does not fit %v: %w", p.R, p.S, s, ErrShape)
	}
	return Shape{s.N, geo.OutH, geo.OutW, s.C}, nil
}

// Shape returns the geometry over an input of shape s, with the output's size.
func (p *Pool) Shape(s Shape) kernels.PoolShape {
	w := p.Norm()
	return kernels.PoolShape{N: s.N, H: s.H, W: s.W, C: s.C, R: w.R, S: w.S, StrideH: w.StrideH, StrideW: w.StrideW,
		PadTop: w.PadTop, PadLeft: w.PadLeft, PadBottom: w.PadBottom, PadRight: w.PadRight, DilationH: w.DilationH, DilationW: w.DilationW,
		OutH:            poolDim(s.H, w.R, w.StrideH, w.DilationH, w.PadTop, w.PadBottom, p.Ceil),
		OutW:            poolDim(s.W, w.S, w.StrideW, w.DilationW, w.PadLeft, w.PadRight, p.Ceil),
		CountIncludePad: p.CountIncludePad}
}

// poolDim is the output size of one dimension; 0 when the window does not fit. In ceil mode the last window is
// dropped if it would start in the trailing padding, as Caffe, PyTorch and ONNX do.
func poolDim(in, window, stride, dilation, before, after int, ceil bool) int {
	room := in + before + after - (dilation*(window-1) + 1)
	if room < 0 {
		return 0
	}
	out := room/stride + 1
	if ceil && room%stride != 0 {
		out++
		if (out-1)*stride >= in+before {
			out--
		}
	}
	return out
}

// GlobalPool reduces each channel to one number.
type GlobalPool struct{ Type PoolKind }

func (p *GlobalPool) Kind() string { return "Global" + p.Type.String() }

func (p *GlobalPool) infer(in []Shape, _ *Limits) (Shape, error) {
	s, err := one(in)
	if err == nil {
		err = p.Type.check()
	}
	return Shape{s.N, 1, 1, s.C}, err
}

// FC is a fully connected layer over all of an image's elements, in NHWC order.
type FC struct {
	K       int
	Weights []float32 // [K][H][W][C] of the input
	Bias    []float32 // [K], or nil for zeros
	Act     Clamp
}

func (*FC) Kind() string { return "FC" }

func (f *FC) infer(in []Shape, l *Limits) (Shape, error) {
	s, err := one(in)
	if err != nil {
		return s, err
	}
	want, ok := product(l.MaxWeights, f.K, s.H, s.W, s.C)
	switch {
	case !ok:
		return s, fmt.Errorf("more than %d weights, or no outputs: %w", l.MaxWeights, ErrLimit)
	case len(f.Weights) != want:
		return s, fmt.Errorf("%d weights, want %d×%d×%d×%d: %w", len(f.Weights), f.K, s.H, s.W, s.C, ErrShape)
	case f.Bias != nil && len(f.Bias) != f.K:
		return s, fmt.Errorf("%d biases, want %d: %w", len(f.Bias), f.K, ErrShape)
	}
	return Shape{s.N, 1, 1, f.K}, f.Act.check()
}

// LRN is local response normalisation across channels (Krizhevsky et al. 2012, with α divided by the window as in
// Caffe and ONNX): out = in / (Bias + Alpha/Size · Σ in²)^Beta, the sum over the Size channels around each.
type LRN struct {
	Size              int
	Alpha, Beta, Bias float32
}

func (*LRN) Kind() string { return "LRN" }

func (n *LRN) infer(in []Shape, _ *Limits) (Shape, error) {
	s, err := one(in)
	if err == nil && (n.Size < 1 || n.Size > maxWindow) {
		err = fmt.Errorf("size %d: %w", n.Size, ErrShape)
	}
	return s, err
}

// Softmax is over the channels of each pixel, by IEEE operations in one written order: every CPU gives the same bytes.
type Softmax struct{}

func (*Softmax) Kind() string { return "Softmax" }

func (*Softmax) infer(in []Shape, _ *Limits) (Shape, error) { return one(in) }

// Activation clamps each element.
type Activation struct{ Act Clamp }

func (*Activation) Kind() string { return "Activation" }

func (a *Activation) infer(in []Shape, _ *Limits) (Shape, error) {
	s, err := one(in)
	if err == nil {
		err = a.Act.check()
	}
	return s, err
}

// Add is the elementwise sum of two values of one shape, clamped.
type Add struct{ Act Clamp }

func (*Add) Kind() string { return "Add" }

func (a *Add) infer(in []Shape, _ *Limits) (Shape, error) {
	if len(in) != 2 || in[0] != in[1] {
		return Shape{}, fmt.Errorf("want two inputs of one shape, have %v: %w", in, ErrShape)
	}
	return in[0], a.Act.check()
}

// Concat joins its inputs along the channels.
type Concat struct{}

func (*Concat) Kind() string { return "Concat" }

func (*Concat) outType(in []*Value) (DType, Quant, error) {
	for _, v := range in {
		if v.DType != in[0].DType || v.Quant != in[0].Quant {
			return 0, Quant{}, fmt.Errorf("%q and %q differ in type or scale: %w", in[0].Name, v.Name, ErrShape)
		}
	}
	return in[0].DType, in[0].Quant, nil
}

func (*Concat) infer(in []Shape, l *Limits) (Shape, error) {
	if len(in) == 0 {
		return Shape{}, fmt.Errorf("no inputs: %w", ErrShape)
	}
	out := in[0]
	for _, s := range in[1:] {
		if s.N != out.N || s.H != out.H || s.W != out.W {
			return out, fmt.Errorf("%v beside %v: %w", s, in[0], ErrShape)
		}
		if out.C += s.C; out.C > l.MaxElements {
			return out, fmt.Errorf("more than %d channels: %w", l.MaxElements, ErrLimit)
		}
	}
	return out, nil
}

// Affine is a scale and shift per channel: out = in·Scale[c] + Shift[c]. Batch normalisation and Caffe's
// Scale and Power layers are imported as this, and the simplifier folds it into a convolution where it can.
type Affine struct{ Scale, Shift []float32 }

func (*Affine) Kind() string { return "Affine" }

func (a *Affine) infer(in []Shape, _ *Limits) (Shape, error) {
	s, err := one(in)
	if err == nil && (len(a.Scale) != s.C || len(a.Shift) != s.C) {
		err = fmt.Errorf("%d scales and %d shifts for %d channels: %w", len(a.Scale), len(a.Shift), s.C, ErrShape)
	}
	return s, err
}

// Identity passes its input on: dropout at inference, and nodes with no meaning here.
type Identity struct{}

func (*Identity) Kind() string { return "Identity" }

func (*Identity) infer(in []Shape, _ *Limits) (Shape, error) { return one(in) }

// Flatten makes each image one row of C·H·W numbers in the channel-major order that Caffe, ONNX and PyTorch
// flatten in. Over a 1×1 image it costs nothing; importers fold it into an FC that follows.
type Flatten struct{}

func (*Flatten) Kind() string { return "Flatten" }

func (*Flatten) infer(in []Shape, l *Limits) (Shape, error) {
	s, err := one(in)
	return Shape{s.N, 1, 1, s.H * s.W * s.C}, err
}

// movesElements reports whether an operation only moves or compares its one input's elements, so that it takes a value
// of any type and gives one of the same.
func movesElements(op Op) bool {
	switch op := op.(type) {
	case *Pool:
		return op.Type == MaxPool
	case *GlobalPool:
		return op.Type == MaxPool
	case *Identity, *Flatten, *Rearrange:
		return true
	}
	return false
}

func one(in []Shape) (Shape, error) {
	if len(in) != 1 {
		return Shape{}, fmt.Errorf("%d inputs, want 1: %w", len(in), ErrShape)
	}
	return in[0], nil
}
