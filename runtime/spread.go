package runtime

// spreadShape is the shape of what is computed of each element of some values, of which those are repeated along N, H,
// W or C that have 1 there where others have more.
func spreadShape(in []Shape, want int) (Shape, error) {
	if len(in) != want {
		return Shape{}, errorf("%d inputs, want %d: %w", len(in), want, ErrShape)
	}
	out := Shape{1, 1, 1, 1}
	for _, s := range in {
		out = Shape{N: max(out.N, s.N), H: max(out.H, s.H), W: max(out.W, s.W), C: max(out.C, s.C)}
	}
	for _, s := range in {
		if s.N != 1 && s.N != out.N || s.H != 1 && s.H != out.H || s.W != 1 && s.W != out.W || s.C != 1 && s.C != out.C {
			return out, errorf("%v side by side: %w", in, ErrShape)
		}
	}
	return out, nil
}
