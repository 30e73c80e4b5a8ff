package kernels

import (
	"unsafe"
)

// Packing keeps packed weights apart from the operations that use them, so that a program need not pack them again: a
// recording one collects what operations pack, a loading one gives it back in place of packing, without a copy. What is
// packed is known by the step that it is for and its order there. nil packs and keeps nothing, and so does a Packing
// that neither records nor loads.
type Packing struct {
	// Choose, when not nil, picks among the ways to compute a step, of which the first is taken without it: it returns an
	// index, or anything else for the first.
	Choose func(step string, choices []Choice) int

	steps map[string][][]byte
	load  bool
	step  string
	next  int
	left  int // pieces of a recording that nobody has taken
	done  int // pieces recorded or taken
	err   error
}

// PackAlign is the alignment of packed weights.
const PackAlign = 64

// NewPacking returns a recording Packing.
func NewPacking() *Packing { return &Packing{steps: map[string][][]byte{}} }

// LoadPacking returns a Packing that gives back what was recorded: by step, in order. The bytes must not change while
// operations use them; they may be read-only. Operations use them in place where they begin at a multiple of
// [PackAlign], and never reach beyond them: what does not have the size that an operation needs is refused.
func LoadPacking(steps map[string][][]byte) *Packing {
	p := &Packing{steps: steps, load: true}
	for _, pieces := range steps {
		p.left += len(pieces)
	}
	return p
}

// Step says which step is packed next. Two steps of one name cannot be recorded.
func (p *Packing) Step(name string) {
	if p == nil {
		return
	}
	p.step, p.next = name, 0
	if !p.load && len(p.steps[name]) > 0 && p.err == nil {
		p.err = errorf("%w: two steps of the name %q", ErrShape, name)
	}
}

// Steps returns what was recorded.
func (p *Packing) Steps() map[string][][]byte { return p.steps }

// Pieces returns how many have been recorded or given back.
func (p *Packing) Pieces() int {
	if p == nil {
		return 0
	}
	return p.done
}

// Loading reports whether weights come from a recording: then operations do not look at those they are made with.
func (p *Packing) Loading() bool { return p != nil && p.load }

// Err returns why a recording did not fit.
func (p *Packing) Err() error {
	if p == nil {
		return nil
	}
	return p.err
}

// Finish is Err once all steps are packed: a recording must have what they take, and nothing else.
func (p *Packing) Finish() error {
	if p != nil && p.err == nil && p.left > 0 {
		return errorf("%w: packed weights that no step takes", ErrShape)
	}
	return p.Err()
}

// take returns the next piece of a recording, of that many bytes unless it is negative.
func (p *Packing) take(bytes int) []byte {
	pieces := p.steps[p.step]
	if p.next >= len(pieces) || bytes >= 0 && len(pieces[p.next]) != bytes {
		p.refuse()
		return nil
	}
	p.next++
	p.left--
	p.done++
	return pieces[p.next-1]
}

func (p *Packing) refuse() {
	if p.err == nil {
		p.err = errorf("%w: packed weights of step %q do not fit", ErrShape, p.step)
	}
}

// packed returns n elements that fill packs, or those of the recording if they pass a check, which may be nil: what
// fill leaves zero must be zero there, for kernels multiply it by whatever lies beyond the inputs.
func packed[T any](p *Packing, n int, fill func([]T), check func([]byte) bool) []T {
	size := n * int(unsafe.Sizeof(*new(T)))
	return elements[T](p.packed(size, func(b []byte) { fill(elements[T](b)) }, check))
}

// packed is the function of that name for bytes; programs have one copy of it.
func (p *Packing) packed(size int, fill func([]byte), check func([]byte) bool) []byte {
	if p.Loading() {
		if b := p.checked(size, check); b != nil {
			return b
		}
		return aligned[byte](size)
	}
	b := aligned[byte](size)
	fill(b)
	p.keep(b)
	return b
}

// keep records bytes; they may still change.
func (p *Packing) keep(b []byte) {
	if p != nil && p.steps != nil {
		p.done++
		p.steps[p.step] = append(p.steps[p.step], b)
	}
}

// checked is take of what passes a check, which may be nil; it returns nil if there is none.
func (p *Packing) checked(bytes int, check func([]byte) bool) []byte {
	b := p.take(bytes)
	if b != nil && check != nil && !check(b) {
		p.refuse()
		return nil
	}
	return inLines(b)
}

// inLines returns the same bytes, copied unless they begin where packed weights may.
func inLines(b []byte) []byte {
	if uintptr(unsafe.Pointer(unsafe.SliceData(b)))%PackAlign == 0 {
		return b
	}
	return append(aligned[byte](len(b))[:0], b...)
}

// bytesOf views elements as bytes.
func bytesOf[T any](v []T) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(v))), len(v)*int(unsafe.Sizeof(*new(T))))
}

// elements views bytes as elements.
func elements[T any](b []byte) []T {
	return unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(b))), len(b)/int(unsafe.Sizeof(*new(T))))
}

// count is the number of weights that a convolution is made with: those it must have, where they are not looked at.
func (p *Packing) count(s *ConvShape, weights, parts int) int {
	if p.Loading() {
		return max(parts, 1) * s.K * s.R * s.S * (s.C / max(s.Groups, 1))
	}
	return weights
}
