package runtime

import "slices"

// then is the rearrangement that two do, one after the other; nil if the dimensions of both have no common refinement,
// or too many.
func (r *Rearrange) then(next *Rearrange) *Rearrange {
	middle := make([]int, len(r.Perm))
	for j, d := range r.Perm {
		middle[j] = r.Dims[d]
	}
	type piece struct{ n, first, second int } // of a dimension of r, and of one of next
	var pieces []piece                        // in the order in which they are between the two
	i, j, left, right := 0, 0, 1, 1
	for i < len(middle) || j < len(next.Dims) || left > 1 {
		for left == 1 && i < len(middle) {
			left, i = middle[i], i+1
		}
		for right == 1 && j < len(next.Dims) {
			right, j = next.Dims[j], j+1
		}
		if left == 1 && right == 1 {
			break
		}
		// The more significant factor is what the larger has above the smaller.
		n := min(left, right)
		if n == 1 || max(left, right)%n != 0 {
			return nil
		}
		pieces = append(pieces, piece{n, r.Perm[i-1], j - 1})
		left, right = left/n, right/n
	}
	both := &Rearrange{To: next.To}
	at := make([]int, len(pieces)) // where in both.Dims each piece is
	for d := range r.Dims {
		for k, p := range pieces {
			if p.first == d {
				at[k] = len(both.Dims)
				both.Dims = append(both.Dims, p.n)
			}
		}
	}
	for _, d := range next.Perm {
		for k, p := range pieces {
			if p.second == d {
				both.Perm = append(both.Perm, at[k])
			}
		}
	}
	both.join()
	if len(both.Dims) > maxRearranged {
		return nil
	}
	return both
}

// join makes one dimension of those that stay neighbours.
func (r *Rearrange) join() {
	for j := len(r.Perm) - 1; j > 0; j-- {
		d := r.Perm[j]
		if r.Perm[j-1] != d-1 {
			continue
		}
		r.Dims[d-1] *= r.Dims[d]
		r.Dims = slices.Delete(r.Dims, d, d+1)
		r.Perm = slices.Delete(r.Perm, j, j+1)
		for k, v := range r.Perm {
			if v >= d {
				r.Perm[k]--
			}
		}
	}
}

// still reports whether a value of that shape stays as it is.
func (r *Rearrange) still(s Shape) bool { return slices.IsSorted(r.Perm) && r.To == s }

// rearrange passes a rearrangement through that moves nothing, and joins one with that before it.
func (w *rewriter) rearrange(n *Node, op *Rearrange) bool {
	if op.still(n.In[0].Shape) {
		w.becomes(n.Out, w.to[n.In[0]])
		return true
	}
	p := w.soleProducer(n.In[0])
	if p == nil {
		return false
	}
	before, ok := p.Op.(*Rearrange)
	if !ok {
		return false
	}
	both := before.then(op)
	switch {
	case both == nil:
		return false
	case both.still(p.In[0].Shape):
		w.gone[p] = true
		w.becomes(n.Out, p.In[0])
	default:
		p.Op, p.Out.Shape = both, both.To
		w.becomes(n.Out, p.Out)
	}
	return true
}
