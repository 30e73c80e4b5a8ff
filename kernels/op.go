package kernels

import (
	"unsafe"

	"github.com/gneiss-go/gneiss/arch"
)

// DType is the type of a tensor's elements.
type DType uint8

const (
	F32 DType = iota // IEEE binary32
	U8               // quantised activations, value = scale·(q − zero)
	S8               // quantised weights, per output channel
	S32              // whole numbers, as the model's int32, int64 and bool; accumulators and biases
	F16              // IEEE binary16: [Half]
)

// Size returns the bytes of one element.
func (d DType) Size() int {
	switch d {
	case F32, S32:
		return 4
	case F16:
		return 2
	}
	return 1
}

// String returns f32, u8, s8, s32 or f16.
func (d DType) String() string {
	return [...]string{"f32", "u8", "s8", "s32", "f16", "none"}[min(d, F16+1)]
}

// View is a window on an NHWC tensor: N images of H×W pixels, of which C consecutive channels are seen.
// Pixel (n, y, x) starts Stride·((n·H+y)·W+x) elements after Data. Stride ≥ C; it is larger where the
// window is one branch's slice of a concatenation.
type View struct {
	Data       unsafe.Pointer
	DType      DType
	N, H, W, C int
	Stride     int // elements from one pixel to the next
}

// Pixels returns N·H·W.
func (v View) Pixels() int { return v.N * v.H * v.W }

// Extent returns the bytes from Data to the end of the last element seen; 0 for an empty view.
func (v View) Extent() int {
	if v.Pixels() == 0 || v.C == 0 {
		return 0
	}
	return ((v.Pixels()-1)*v.Stride + v.C) * v.DType.Size()
}

// Dense reports whether there are no gaps between pixels.
func (v View) Dense() bool { return v.Stride == v.C }

// at returns the address of element i.
func (v View) at(i int) unsafe.Pointer { return unsafe.Add(v.Data, i*v.DType.Size()) }

// Clamp bounds an output: the fused activation. ReLU is {0, +Inf}, ReLU6 is {0, 6}, none is {−Inf, +Inf}.
type Clamp struct{ Lo, Hi float32 }

// Op is one compiled operation: a kernel chosen, weights packed. It is immutable and may be shared.
//
// It reads exactly the bytes of its input views and writes exactly the bytes of its output views and its
// scratch: whoever hands it views (the runtime) proves that they lie in memory it owns.
type Op interface {
	// Kernel names what runs, in the grammar <dtype>_<op>_<tile>__<isa>.
	Kernel() string
	// ISA is the tier of that kernel.
	ISA() arch.ISA
	// PackedBytes is the size of packed weights and bias held by the op.
	PackedBytes() int
	// Scratch returns the bytes of scratch memory that Bind needs for that many workers.
	Scratch(workers int) int
	// Bind fixes addresses. Scratch is 64-byte aligned and at least Scratch(workers) long; its content is
	// undefined. Bind may allocate; the task it returns does not.
	Bind(in, out []View, scratch []byte, workers int) Task
}

// Task is an Op bound to addresses: Units independent pieces of work. Run does pieces lo ≤ i < hi on behalf of
// one worker (0 ≤ worker < workers); different workers may run at the same time, and the result does not depend
// on who does which piece. Run does not allocate, and each assembly call it makes is short (well under 250 µs): it
// cannot be pre-empted. Run leaves off soon, with its pieces undone, once stop asks; stop may be nil.
type Task interface {
	Units() int
	Run(worker, lo, hi int, stop *Stop)
}

// onlyTask is embedded by a task beside its operation, to hide the operation's methods with its fields: a task is no
// operation, and a program would link a wrapper of each method for each task.
//
//lint:ignore U1000 fields that hide methods
type onlyTask struct{ Kernel, ISA, PackedBytes, Scratch, Bind, setChoice, Choice, band struct{} }

// uncompared is in what kernels are given, and so in what holds that: nobody compares it, and a program would link a
// function for each type that could be.
type uncompared [0]func()

// Coarse is a task whose pieces are larger than its units: a share does those whose middles are in it.
type Coarse interface {
	Task
	Done(lo, hi int) int // units of work that Run(…, lo, hi) does
}
