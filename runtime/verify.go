package runtime

import "fmt"

// verify proves, before anything runs, that every step reads and writes only memory it may: all views and scratch lie
// inside the arena, storage in use at the same time does not overlap, and outputs do not alias what the step reads
// unless its kernels work in place and the views are the same.
func (p *Plan) verify() error {
	bufs := make([]buffer, len(p.storage))
	offsets := make([]int, len(p.storage))
	for i, s := range p.storage {
		bufs[i] = buffer{size: s.Bytes, first: s.First, last: s.Last}
		offsets[i] = s.Offset
	}
	if err := checkMemory(bufs, offsets, p.arena); err != nil {
		return fmt.Errorf("plan %q: %w: %w", p.name, err, ErrGraph)
	}
	for i := range p.steps {
		if err := p.verifyStep(i); err != nil {
			return &NodeError{Node: p.steps[i].name, Op: p.steps[i].kind, Err: err}
		}
	}
	for _, t := range append(p.Inputs(), p.outputs...) {
		if err := p.verifyView(t.view); err != nil {
			return fmt.Errorf("tensor %q: %w", t.Name, err)
		}
		if t.view.stride != t.Shape.C {
			return fmt.Errorf("tensor %q is not dense: %w", t.Name, ErrGraph)
		}
	}
	return nil
}

func (p *Plan) verifyStep(i int) error {
	s := &p.steps[i]
	for _, v := range s.in {
		if err := p.verifyView(v); err != nil {
			return fmt.Errorf("input: %w", err)
		}
		if p.holder(i, v) == nil {
			return fmt.Errorf("input at %d is in no storage alive at step %d: %w", v.offset, i, ErrGraph)
		}
	}
	for j, v := range s.out {
		if err := p.verifyView(v); err != nil {
			return fmt.Errorf("output: %w", err)
		}
		if p.holder(i, v) == nil {
			return fmt.Errorf("output at %d is in no storage alive at step %d: %w", v.offset, i, ErrGraph)
		}
		for _, in := range s.in {
			if v.touches(in) && !(s.inPlace && v == in) {
				return fmt.Errorf("output overwrites an input: %w", ErrGraph)
			}
		}
		for _, other := range s.out[:j] {
			if v.touches(other) {
				return fmt.Errorf("two outputs overlap: %w", ErrGraph)
			}
		}
		if s.scratch.Bytes > 0 && v.offset < s.scratch.Offset+s.scratch.Bytes && s.scratch.Offset < v.offset+v.extent() {
			return fmt.Errorf("scratch overlaps an output: %w", ErrGraph)
		}
	}
	if want := s.op.Scratch(p.threads); want != s.scratch.Bytes || s.scratch.Offset < 0 || s.scratch.Offset > p.arena-want {
		return fmt.Errorf("scratch of %d bytes, want %d: %w", s.scratch.Bytes, want, ErrGraph)
	}
	return nil
}

// verifyView proves that a view lies inside the arena.
func (p *Plan) verifyView(v viewSpec) error {
	pixels, ok := product(p.arena, v.shape.N, v.shape.H, v.shape.W)
	if !ok {
		return fmt.Errorf("view %v is larger than the arena: %w", v.shape, ErrGraph)
	}
	if _, ok := product(p.arena, max(pixels-1, 1), v.stride, v.dtype.Size()); !ok {
		return fmt.Errorf("view %v in pixels of %d is larger than the arena: %w", v.shape, v.stride, ErrGraph)
	}
	switch {
	case v.stride < v.shape.C, v.shape.C < 1:
		return fmt.Errorf("view of %d channels in pixels of %d: %w", v.shape.C, v.stride, ErrGraph)
	case v.offset < 0, v.offset%v.dtype.Size() != 0, v.offset > p.arena-v.extent():
		return fmt.Errorf("view [%d, %d) leaves the arena of %d bytes: %w", v.offset, v.offset+v.extent(), p.arena, ErrGraph)
	}
	return nil
}

// holder returns the storage, alive at step i, that holds a view.
func (p *Plan) holder(i int, v viewSpec) *storage {
	for j := range p.storage {
		s := &p.storage[j]
		if s.First <= i && i <= s.Last && s.Offset <= v.offset && v.offset+v.extent() <= s.Offset+s.Bytes {
			return s
		}
	}
	return nil
}

// touches reports whether two views have a byte in common. Views of the same stride interleave without touching when
// their channels lie side by side in the pixel.
func (v viewSpec) touches(w viewSpec) bool {
	if v.offset+v.extent() <= w.offset || w.offset+w.extent() <= v.offset {
		return false
	}
	pixel := v.stride * v.dtype.Size()
	if pixel != w.stride*w.dtype.Size() {
		return true
	}
	d := ((w.offset-v.offset)%pixel + pixel) % pixel // where w's channels begin in v's pixel
	return d < v.shape.C*v.dtype.Size() || d+w.shape.C*w.dtype.Size() > pixel
}
