package runtime

// prove shows, before anything runs, that the plan keeps what it promises, whatever the passes did:
//
//   - all storage lies inside the arena, and none overlaps other storage in use at the same time;
//   - every value lies inside its storage, which is in use as long as the value is needed;
//   - a concatenation is its parts, side by side and nothing between; a slice is a part of what it is of;
//   - a step reads values that exist, where their makers wrote them, and scratch is its own;
//   - nothing is written over a value that is still needed, and a step's output does not touch what the step reads,
//     unless its kernels work in place and the views are the same.
//
// The arithmetic cannot overflow: a view is measured against the arena before it is multiplied out.
func (p *Plan) prove() error {
	bufs := make([]buffer, len(p.storage))
	offsets := make([]int, len(p.storage))
	for i, s := range p.storage {
		bufs[i] = buffer{size: s.Bytes, first: s.First, last: s.Last}
		offsets[i] = s.Offset
	}
	if err := checkMemory(bufs, offsets, p.arena); err != nil {
		return errorf("plan %q: %w: %w", p.name, err, ErrGraph)
	}
	holds := make([]bool, len(p.storage)) // values, not scratch
	for i := range p.values {
		if err := p.proveValue(i); err != nil {
			return errorf("value %q: %w", p.values[i].name, err)
		}
		holds[p.values[i].storage] = true
	}
	if err := p.proveLifetimes(); err != nil {
		return err
	}
	written := make([]bool, len(p.values))
	for i := range p.steps {
		if err := p.proveStep(i, holds, written); err != nil {
			return p.steps[i].fault(err)
		}
	}
	for i, t := range append(p.Inputs(), p.outputs...) {
		if err := p.proveTensor(t, i < len(p.inputs)); err != nil {
			return errorf("tensor %q: %w", t.Name, err)
		}
	}
	for i := range p.states {
		if err := p.proveState(&p.states[i]); err != nil {
			return errorf("state %q: %w", p.states[i].in.Name, err)
		}
	}
	return nil
}

// proveState proves that a state's tensors are an input and an output, of the bytes that are kept.
func (p *Plan) proveState(s *planState) error {
	if err := p.proveTensor(s.in, true); err != nil {
		return err
	}
	if len(s.begin) != s.in.view.extent() {
		return errorf("begins with %d bytes of %d: %w", len(s.begin), s.in.view.extent(), ErrGraph)
	}
	if s.out.value < 0 {
		return nil
	}
	if s.out.Shape != s.in.Shape || s.out.DType != s.in.DType || s.out.Quant != s.in.Quant {
		return errorf("becomes another tensor: %w", ErrGraph)
	}
	return p.proveTensor(s.out, false)
}

// proveValue proves that a value lies in storage that is in use as long as the value is needed, and that a
// concatenation is made of its parts.
func (p *Plan) proveValue(i int) error {
	v := &p.values[i]
	if err := p.proveView(v.view); err != nil {
		return err
	}
	if v.storage < 0 || v.storage >= len(p.storage) {
		return errorf("storage %d of %d: %w", v.storage, len(p.storage), ErrGraph)
	}
	s := p.storage[v.storage]
	if v.view.offset < s.Offset || v.view.offset-s.Offset > s.Bytes-v.view.extent() {
		return errorf("[%d, %d) is outside its storage at %d of %d bytes: %w", v.view.offset,
			v.view.offset+v.view.extent(), s.Offset, s.Bytes, ErrGraph)
	}
	if v.made < -1 || v.made >= len(p.steps) || v.until < max(v.made, 0) || s.First > max(v.made, 0) ||
		s.Last < min(v.until, len(p.steps)-1) {
		return errorf("needed in steps %d–%d, its storage is there in %d–%d: %w", v.made, v.until, s.First, s.Last,
			ErrGraph)
	}
	if v.whole >= 0 {
		return p.proveSlice(i, v)
	}
	if v.parts == nil {
		return nil
	}
	next := v.view
	next.shape.C = 0
	for _, k := range v.parts {
		if k < 0 || k >= i {
			return errorf("part %d is no earlier value: %w", k, ErrGraph)
		}
		part := &p.values[k]
		next.shape.C = part.view.shape.C
		if part.view != next || part.storage != v.storage || part.made > v.made || part.until < v.until {
			return errorf("part %q is not where or when it should be: %w", part.name, ErrGraph)
		}
		next.offset += part.view.shape.C * part.view.dtype.Size()
	}
	if end := v.view.offset + v.view.shape.C*v.view.dtype.Size(); next.offset != end {
		return errorf("parts have %d bytes more than the whole: %w", next.offset-end, ErrGraph)
	}
	return nil
}

// proveSlice proves that a slice is a range of channels of an earlier value that is there as long as it is.
func (p *Plan) proveSlice(i int, v *planValue) error {
	if v.whole >= i {
		return errorf("slice of %d, no earlier value: %w", v.whole, ErrGraph)
	}
	w := &p.values[v.whole]
	same, at := w.view, v.view.offset-w.view.offset
	same.offset, same.shape.C = v.view.offset, v.view.shape.C
	if v.view != same || v.parts != nil || v.storage != w.storage || v.made < w.made || v.until > w.until || at < 0 ||
		at > (w.view.shape.C-v.view.shape.C)*v.view.dtype.Size() {
		return errorf("is not where or when %q is: %w", w.name, ErrGraph)
	}
	return nil
}

// proveLifetimes proves that nothing is written over a value between the step that makes it and the last that needs
// it. Values in different storage cannot meet. Those of one storage are ranges of its pixels' channels. What the last
// step itself writes is judged by proveStep.
func (p *Plan) proveLifetimes() error {
	made := make([][]int, len(p.storage)) // values that are written
	for i := range p.values {
		if v := &p.values[i]; v.parts == nil && v.whole < 0 {
			made[v.storage] = append(made[v.storage], i)
		}
	}
	for storage, group := range made {
		var ranges []occupied
		for _, i := range group {
			v, first := &p.values[i], p.values[group[0]].view
			pixel, channels := v.view.stride*v.view.dtype.Size(), v.view.shape.C*v.view.dtype.Size()
			at := v.view.offset - p.storage[storage].Offset
			if pixel != first.stride*first.dtype.Size() || at > pixel-channels {
				return errorf("value %q is no range of channels of its storage: %w", v.name, ErrGraph)
			}
			ranges = append(ranges, occupied{at, at + channels, v.made, max(v.made, v.until-1)})
		}
		if i, j, found := conflict(ranges); found {
			v, w := &p.values[group[i]], &p.values[group[j]]
			if v.made > w.made {
				v, w = w, v
			}
			return errorf("value %q, needed until step %d, is overwritten by %q in step %d: %w", v.name, v.until, w.name,
				w.made, ErrGraph)
		}
	}
	return nil
}

func (p *Plan) proveStep(i int, holds, written []bool) error {
	s := &p.steps[i]
	reads := len(s.in) > 0 || s.kind == new(Constant).Kind()
	if len(s.reads) != len(s.in) || len(s.writes) != len(s.out) || !reads || len(s.out) == 0 {
		return errorf("%d inputs and %d outputs: %w", len(s.in), len(s.out), ErrGraph)
	}
	for j, v := range s.in {
		if s.reads[j] < 0 || s.reads[j] >= len(p.values) {
			return errorf("input %d is no value: %w", j, ErrGraph)
		}
		if w := &p.values[s.reads[j]]; v != w.view || w.made >= i || w.until < i {
			return errorf("input %q is not where or when the step reads it: %w", w.name, ErrGraph)
		}
	}
	for j, v := range s.out {
		if s.writes[j] < 0 || s.writes[j] >= len(p.values) {
			return errorf("output %d is no value: %w", j, ErrGraph)
		}
		if w := &p.values[s.writes[j]]; v != w.view || w.made != i || w.parts != nil || w.whole >= 0 {
			return errorf("output %q is not where or when the step writes it: %w", w.name, ErrGraph)
		}
		if written[s.writes[j]] { // two values that are made by one step do not meet, as proveLifetimes has proven
			return errorf("output %q is written twice: %w", p.values[s.writes[j]].name, ErrGraph)
		}
		written[s.writes[j]] = true
		for _, in := range s.in {
			if v.touches(in) && !(s.inPlace && v == in) {
				return errorf("output overwrites an input: %w", ErrGraph)
			}
		}
	}
	return p.proveScratch(i, holds)
}

// proveScratch proves that a step has the scratch it asks for, in storage that holds nothing else meanwhile.
func (p *Plan) proveScratch(i int, holds []bool) error {
	s := &p.steps[i]
	want := s.op.Scratch(p.threads)
	if want == 0 && s.scratchAt < 0 && s.scratch == (Storage{}) {
		return nil
	}
	if want != s.scratch.Bytes || s.scratchAt < 0 || s.scratchAt >= len(p.storage) ||
		p.storage[s.scratchAt] != s.scratch ||
		s.scratch.First > i || s.scratch.Last < i {
		return errorf("scratch of %d bytes in steps %d–%d, want %d: %w", s.scratch.Bytes, s.scratch.First, s.scratch.Last,
			want, ErrGraph)
	}
	if holds[s.scratchAt] {
		return errorf("scratch shares its storage with a value: %w", ErrGraph)
	}
	return nil
}

// proveTensor proves that an input is written before anything runs and an output stays until the end, both dense.
func (p *Plan) proveTensor(t TensorInfo, input bool) error {
	if t.value < 0 || t.value >= len(p.values) {
		return errorf("no value: %w", ErrGraph)
	}
	v := &p.values[t.value]
	switch {
	case t.view != v.view || t.view.shape != t.Shape || t.view.dtype != t.DType:
		return errorf("not where its value is: %w", ErrGraph)
	case t.view.stride != t.Shape.C:
		return errorf("not dense: %w", ErrGraph)
	case input && v.made != -1, !input && v.until < len(p.steps):
		return errorf("needed in steps %d–%d only: %w", v.made, v.until, ErrGraph)
	}
	return nil
}

// proveView proves that a view lies inside the arena.
func (p *Plan) proveView(v viewSpec) error {
	pixels, ok := product(p.arena, v.shape.N, v.shape.H, v.shape.W)
	if !ok {
		return errorf("view %v is larger than the arena: %w", v.shape, ErrGraph)
	}
	if _, ok := product(p.arena, pixels, v.stride, v.dtype.Size()); !ok {
		return errorf("view %v in pixels of %d is larger than the arena: %w", v.shape, v.stride, ErrGraph)
	}
	switch {
	case v.stride < v.shape.C, v.shape.C < 1:
		return errorf("view of %d channels in pixels of %d: %w", v.shape.C, v.stride, ErrGraph)
	case v.offset < 0, v.offset%v.dtype.Size() != 0, v.offset > p.arena-v.extent():
		return errorf("view [%d, %d) leaves the arena of %d bytes: %w", v.offset, v.offset+v.extent(), p.arena, ErrGraph)
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
