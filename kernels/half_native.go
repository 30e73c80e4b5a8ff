package kernels

import "github.com/gneiss-go/gneiss/arch"

// onHalves returns an operation of float32 as one that takes float16 from memory and gives it, or nil if this CPU has
// no kernel for that, or the operation is not in its reach. Its results are those of [halfRows], but for LRN's.
func onHalves(op Op, s *HalfShape, limit arch.ISA) Op {
	switch op := op.(type) {
	case *pool:
		return op.onHalves(s.N, limit)
	case *lrn:
		k, fn := Select[func(*lrnArgs)](OpLRN, F16, limit)
		if k.Portable() || !op.halfRoots() {
			return nil
		}
		o := *op
		o.kernel, o.fn, o.dtype = k, fn, F16
		return &o
	case *eltwise:
		if op.kernel.Op != OpClamp && op.kernel.Op != OpAdd || s.repeats() {
			return nil
		}
		k, fn := Select[func(*eltwiseArgs)](op.kernel.Op, F16, limit)
		if k.Portable() {
			return nil
		}
		o := *op
		o.kernel, o.fn, o.dtype = k, fn, F16
		return &o
	}
	return nil
}

// repeats reports whether an input is there for several images.
func (s *HalfShape) repeats() bool {
	for _, once := range s.Once {
		if once {
			return true
		}
	}
	return false
}

// onHalves: the largest of float16 numbers is one of them; a mean is rounded once, so that one call must do a window.
func (o *pool) onHalves(images int, limit arch.ISA) Op {
	s := o.shape
	s.N = images
	kind := OpMaxPool
	if !o.max {
		if kind = OpAvgPool; s.R*s.S > poolTaps || s.R*s.S > poolCall/s.C {
			return nil
		}
	}
	if k, _ := Select[func(*poolArgs)](kind, F16, limit); k.Portable() {
		return nil
	}
	of, err := newPool(s, F16, o.max, limit)
	if err != nil {
		return nil
	}
	return of
}
