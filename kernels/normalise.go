package kernels

import (
	"math"
	"unsafe"

	"github.com/gneiss-go/gneiss/arch"
)

// OpNormalise is the last pass of a normalisation: func(*normaliseArgs).
const OpNormalise OpKind = "normalise"

// Norm is what numbers x are divided by, n of them together.
type Norm uint8

const (
	NormVariance  Norm = iota // (x − mean) / √(Σ (x − mean)²/n + ε)
	NormDeviation             // (x − mean) / (√(Σ (x − mean)²/n) + ε)
	NormL1                    // x / max(Σ |x|, ε); 0 where that is 0
	NormL2                    // x / max(√Σ x², ε); 0 where that is 0
	NormL2Sum                 // x / √(Σ x² + ε); 0 where that is 0
	norms
)

// Check refuses a number that stands for no norm, and an ε that none has.
func (n Norm) Check(epsilon float32) error {
	if n >= norms || !(epsilon >= 0) || epsilon > math.MaxFloat32 {
		return errorf("%w: norm %d with ε = %v", ErrShape, uint8(n), epsilon)
	}
	return nil
}

// normaliseArgs is the argument of the last pass over a pixel:
//
//	dst[i] = (src[i] − mean[i·step])·factor[i·step]      i < c
//
// in IEEE binary64, each operation rounded, then to binary32. dst may be src exactly (in place).
type normaliseArgs struct {
	_            uncompared
	src, dst     unsafe.Pointer
	mean, factor *[reduceBlock]float64
	step, c      int // 0 or 1; ≥ 1
}

func normaliseGeneric(a *normaliseArgs) {
	dst := floats(a.dst, 0, a.c)
	for i, x := range floats(a.src, 0, a.c) {
		dst[i] = float32((float64(x) - a.mean[i*a.step]) * a.factor[i*a.step])
	}
}

// NewNormaliseF32 returns the normalisation of all numbers along some axes together. Sums are those of [NewReduceF32],
// in binary64; what divides is inverted once in binary64 and multiplied: every machine gives the same bits. In place is
// allowed.
func NewNormaliseF32(norm Norm, epsilon float32, over Axes, limit arch.ISA) (Op, error) {
	if err := norm.Check(epsilon); err != nil {
		return nil, err
	}
	o := &normalise{norm: norm, epsilon: float64(epsilon), reduce: reduce{over: over, dtype: F32}}
	_, o.reduce.fn = Select[func(*reduceArgs)](OpReduce, F32, limit)
	o.kernel, o.fn = Select[func(*normaliseArgs)](OpNormalise, F32, limit)
	return o, nil
}

type normalise struct {
	reduce
	fn      func(*normaliseArgs)
	norm    Norm
	epsilon float64
}

func (o *normalise) Bind(in, out []View, _ []byte, workers int) Task {
	return bindOver(o, &o.reduce, in, out, workers)
}

func (o *normalise) sums(t *overTask, w *overWorker, p, c0 int, stop *Stop) {
	n := float64(t.numbers)
	switch clear(w.mean[:]); o.norm {
	case NormVariance, NormDeviation:
		t.fold(w, Sum, p, c0, stop)
		for i := range w.mean {
			w.mean[i] = w.acc[i] / n
		}
		t.fold(w, deviation, p, c0, stop)
	case NormL1:
		t.fold(w, L1, p, c0, stop)
	default:
		t.fold(w, SumSquare, p, c0, stop)
	}
	for i, sum := range w.acc {
		switch o.norm {
		case NormVariance:
			sum = math.Sqrt(sum/n + o.epsilon)
		case NormDeviation:
			sum = math.Sqrt(sum/n) + o.epsilon
		case NormL1:
			sum = max(sum, o.epsilon)
		case NormL2:
			sum = max(math.Sqrt(sum), o.epsilon)
		case NormL2Sum:
			sum = math.Sqrt(sum + o.epsilon)
		}
		if w.factors[i] = 1 / sum; sum == 0 && o.norm >= NormL1 {
			w.factors[i] = 0
		}
	}
	w.normalise = normaliseArgs{mean: &w.mean, factor: &w.factors, step: t.step()}
}

func (o *normalise) last(w *overWorker, dst, src unsafe.Pointer, c int) {
	a := &w.normalise
	a.dst, a.src, a.c = dst, src, c
	o.fn(a)
}
