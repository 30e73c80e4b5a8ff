package runtime

import (
	"reflect"
	"unsafe"

	"github.com/gneiss-go/gneiss/kernels"
)

// fields visits the parameters of an operation, in their order in the file, and writes or reads each. Writing changes
// nothing, so a graph may be written by several goroutines.
type fields struct {
	out *encoder // writing; nil when reading
	in  *decoder // reading; nil when writing

	within bool // another operation
}

// ints visits numbers. Where an operation accepts one below 0 it means what 0 means.
func (f *fields) ints(vs ...*int) {
	for _, v := range vs {
		if f.out != nil {
			f.out.int(max(*v, 0))
		} else {
			*v = f.in.int()
		}
	}
}

// list visits a list of at most so many numbers, after its length.
func (f *fields) list(v *[]int, most int) {
	n := len(*v)
	f.ints(&n)
	if f.in != nil {
		if n > most {
			f.in.fail("a list of %d numbers, more than %d", n, most)
			return
		}
		*v = make([]int, n)
	}
	for i := range *v {
		f.ints(&(*v)[i])
	}
}

func (f *fields) byte(v *byte) {
	if f.out != nil {
		f.out.byte(*v)
	} else {
		*v = f.in.byte()
	}
}

func (f *fields) bool(v *bool) {
	if f.out != nil {
		f.out.bool(*v)
	} else {
		*v = f.in.bool()
	}
}

func (f *fields) float(v *float32) {
	if f.out != nil {
		f.out.float(*v)
	} else {
		*v = f.in.float()
	}
}

// window: R, S, strides, paddings (top, left, bottom, right), dilations.
func (f *fields) window(w *Window) {
	f.ints(&w.R, &w.S, &w.StrideH, &w.StrideW, &w.PadTop, &w.PadLeft, &w.PadBottom, &w.PadRight, &w.DilationH,
		&w.DilationW)
}

// axes: a byte for each of N, H, W, C.
func (f *fields) axes(a *kernels.Axes) {
	for _, v := range []*bool{&a.N, &a.H, &a.W, &a.C} {
		f.bool(v)
	}
}

// clamp: a byte 0, or 1 and two float32.
func (f *fields) clamp(c *Clamp) {
	if f.bool(&c.On); c.On {
		f.float(&c.Lo)
		f.float(&c.Hi)
	}
}

// quant: float32 scale, byte zero.
func (f *fields) quant(q *Quant) {
	f.float(&q.Scale)
	f.byte(&q.Zero)
}

// array visits an array that is used as it lies in the file.
func array[T number](f *fields, v *[]T) {
	if size := int(unsafe.Sizeof(T(0))); f.out != nil {
		f.out.put(&f.out.data, bytesOf(*v), size)
	} else {
		*v = numbers[T](f.in.array(&f.in.data, size))
	}
}

// filterArray visits the filters of a convolution: they may come packed, and stay unread.
func filterArray[T number](f *fields, v *[]T) {
	if size := int(unsafe.Sizeof(T(0))); f.out != nil {
		f.out.put(&f.out.filters, bytesOf(*v), size)
	} else {
		*v = numbers[T](f.in.array(&f.in.filters, size))
	}
}

// op visits an operation: its code and its parameters.
func (f *fields) op(v *Op) {
	if f.out != nil {
		f.out.byte(byte(codes[reflect.TypeOf(*v)]))
	} else {
		code := opCode(f.in.byte())
		make := registry[code]
		switch {
		case make == nil:
			f.in.fail("operation code %d", code)
			return
		case f.within && (code == opQuantised || code == opLookup || code == opHalf):
			f.in.fail("operation %d in another", code)
			return
		}
		*v = make()
	}
	inner := fields{out: f.out, in: f.in, within: true}
	(*v).fields(&inner)
}
