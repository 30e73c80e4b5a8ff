package runtime

import (
	"github.com/gneiss-go/gneiss/arch"
	"github.com/gneiss-go/gneiss/kernels"
)

var (
	_ = register(2, func() Op { return new(Pool) })
	_ = register(3, func() Op { return new(GlobalPool) })
)

// PoolKind is Max or Average.
type PoolKind uint8

const (
	MaxPool PoolKind = iota
	AvgPool
)

func (k PoolKind) String() string { return [...]string{"MaxPool", "AveragePool"}[k&1] }

// outType, traits, field and kernel serve windowed and global pooling.
func (k PoolKind) outType(in []*Value) (DType, Quant, error) {
	if k == MaxPool && in[0].DType == U8 {
		return moved(in)
	}
	return floats(in)
}

func (k PoolKind) traits() traits {
	if k == MaxPool {
		return traits{apart, pixels, sameBits, Moves}
	}
	return traits{apart, pixels, tierBits, Wrapped}
}

func (k *PoolKind) field(f *fields) {
	if f.byte((*byte)(k)); f.in != nil && *k > AvgPool {
		f.in.fail("pooling of kind %d", *k)
	}
}

func (k PoolKind) kernel(shape kernels.PoolShape, dt DType, isa arch.ISA) (kernels.Op, error) {
	if k == MaxPool && dt == U8 {
		return kernels.NewMaxPoolU8(shape, isa)
	}
	return kernels.NewPoolF32(shape, k == MaxPool, isa)
}

// average lowers a quantised average.
func average(shape kernels.PoolShape, in, to Quant, isa arch.ISA) (kernels.Op, error) {
	return kernels.NewAvgPoolU8(shape, rescale(in, to, Clamp{}.levels(to)), isa)
}

func (k PoolKind) check() error {
	if k > AvgPool {
		return errorf("pooling of kind %d: %w", uint8(k), ErrGraph)
	}
	return nil
}

// Pool is windowed max or average pooling.
type Pool struct {
	Window
	Type PoolKind
	// round the output size up (Caffe; ONNX ceil_mode=1); the last window still starts inside the input or its leading
	// padding
	Ceil            bool
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
		return s, errorf("padding as large as the %d×%d window: %w", p.R, p.S, ErrShape)
	}
	geo := p.Shape(s)
	if geo.OutH < 1 || geo.OutW < 1 {
		return s, errorf("a %d×%d window does not fit %v: %w", p.R, p.S, s, ErrShape)
	}
	return Shape{s.N, geo.OutH, geo.OutW, s.C}, nil
}

// Shape returns the geometry over an input of shape s, with the output's size.
func (p *Pool) Shape(s Shape) kernels.PoolShape {
	w := p.Norm()
	return kernels.PoolShape{N: s.N, H: s.H, W: s.W, C: s.C, R: w.R, S: w.S, StrideH: w.StrideH, StrideW: w.StrideW,
		PadTop: w.PadTop, PadLeft: w.PadLeft, PadBottom: w.PadBottom, PadRight: w.PadRight, DilationH: w.DilationH,
		DilationW:       w.DilationW,
		OutH:            poolDim(s.H, w.R, w.StrideH, w.DilationH, w.PadTop, w.PadBottom, p.Ceil),
		OutW:            poolDim(s.W, w.S, w.StrideW, w.DilationW, w.PadLeft, w.PadRight, p.Ceil),
		CountIncludePad: p.CountIncludePad}
}

func (p *Pool) outType(in []*Value) (DType, Quant, error) { return p.Type.outType(in) }

func (p *Pool) cost(_ []Shape, out Shape) Cost {
	return poolCost(out, p.R, p.S)
}

func (p *Pool) traits() traits { return p.Type.traits() }

func (p *Pool) fields(f *fields) {
	f.window(&p.Window)
	p.Type.field(f)
	f.bool(&p.Ceil)
	f.bool(&p.CountIncludePad)
}

func (p *Pool) lower(s *step, isa arch.ISA, _ *packer) (kernels.Op, error) {
	return p.Type.kernel(p.Shape(s.in[0].Shape), s.in[0].DType, isa)
}

func (p *Pool) lowerWrapped(in []*Value, to Quant, isa arch.ISA) (kernels.Op, error) {
	return average(p.Shape(in[0].Shape), in[0].Quant, to, isa)
}

// poolCost counts the cells of all windows, and for each pixel of a window finding it: most of the time of few
// channels.
func poolCost(out Shape, r, s int) Cost {
	return Cost{Work: times(int64(out.N*out.H*out.W), r, s, out.C+pixelWork)}
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

func (p *GlobalPool) outType(in []*Value) (DType, Quant, error) { return p.Type.outType(in) }

func (*GlobalPool) cost(in []Shape, out Shape) Cost { return poolCost(out, in[0].H, in[0].W) }

func (p *GlobalPool) traits() traits { return p.Type.traits() }

func (p *GlobalPool) fields(f *fields) { p.Type.field(f) }

func (p *GlobalPool) lower(s *step, isa arch.ISA, _ *packer) (kernels.Op, error) {
	return p.Type.kernel(p.Shape(s.in[0].Shape), s.in[0].DType, isa)
}

func (p *GlobalPool) lowerWrapped(in []*Value, to Quant, isa arch.ISA) (kernels.Op, error) {
	return average(p.Shape(in[0].Shape), in[0].Quant, to, isa)
}

// Shape returns the geometry over an input of shape s: one window, the whole map.
func (*GlobalPool) Shape(s Shape) kernels.PoolShape {
	return kernels.PoolShape{N: s.N, H: s.H, W: s.W, C: s.C, R: s.H, S: s.W, StrideH: 1, StrideW: 1, DilationH: 1,
		DilationW: 1,
		OutH:      1, OutW: 1}
}
