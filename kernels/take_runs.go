package kernels

import "unsafe"

// stripe is a part of a list in which indices go on in one way, or are −1:
//
//	list[first + i] = at + i/repeat·step      0 ≤ i < n
type stripe struct{ first, n, at, step, repeat int }

// stripesOf cuts a list, or all of n indices, into stripes; an index repeats only where some may.
func stripesOf(list []int32, n int, repeats bool) (all []stripe) {
	if list == nil {
		return []stripe{{0, n, 0, 1, 1}}
	}
	for i := 0; i < len(list); {
		s := stripe{first: i, n: 1, at: int(list[i]), repeat: 1}
		rest := list[i:]
		for (repeats || s.at < 0) && s.repeat < len(rest) && rest[s.repeat] == rest[0] {
			s.repeat++
		}
		if s.n = s.repeat; s.n < len(rest) && s.at >= 0 && rest[s.n] >= 0 {
			s.step = int(rest[s.n] - rest[0])
			for s.n < len(rest) && int(rest[s.n]) == s.at+s.n/s.repeat*s.step && rest[s.n] >= 0 {
				s.n++
			}
			s.n -= s.n % s.repeat
		}
		all = append(all, s)
		i += s.n
	}
	return all
}

// within is what of the stripe lies from i on and below end, in one way: all that is, or what is left of one index.
func (s stripe) within(i, end int) stripe {
	off := i - s.first
	n := min(s.n-off, end-i)
	at, inside := s.at+off/s.repeat*s.step, off%s.repeat
	if inside > 0 || n < s.repeat {
		n = min(n, s.repeat-inside)
		return stripe{i, n, at, s.step, n}
	}
	return stripe{i, n - n%s.repeat, at, s.step, s.repeat}
}

// runs are the stripes of columns and channels of a taking in which they are so long that whole boxes of elements are
// copied.
type runs struct{ cols, chans []stripe }

func (o *take) runs() (r runs, ok bool) {
	r = runs{stripesOf(o.axes[2].at, o.in[2], true), stripesOf(o.axes[3].at, o.in[3], false)}
	count := func(stripes []stripe) int { s := stripes[len(stripes)-1]; return s.first + s.n }
	const least = 8 // elements of a box
	return r, count(r.cols)*count(r.chans) >= least*len(r.cols)*len(r.chans)
}

// boxes takes what row takes, a box of each stripe of columns and of channels at a time. from is the source's row.
func (t *takeTask) boxes(w *takeWorker, from, c int) {
	row, b := &w.args, &w.box
	end := row.first + row.pixels
	for _, x := range t.stripes.cols {
		for i := max(x.first, row.first); i < min(x.first+x.n, end); {
			x := x.within(i, end)
			for _, ch := range t.stripes.chans {
				if ch = ch.within(max(ch.first, c), c+row.channels); ch.n <= 0 {
					continue
				}
				to := (x.first-row.first)*row.dstStride + ch.first - c
				part := *row
				if part.dst, part.pixels, part.channels = unsafe.Add(row.dst, to*t.dtype.Size()), x.n, ch.n; x.at < 0 || ch.at < 0 {
					t.blank(&part)
					continue
				}
				*b = reorderArgs{dst: part.dst, src: t.in.at(from + x.at*row.srcStride + ch.at),
					n:       [3]int{x.n / x.repeat, x.repeat, ch.n},
					dstStep: [3]int{x.repeat * row.dstStride, row.dstStride, 1}, srcStep: [3]int{x.step * row.srcStride, 0, ch.step}}
				b.tidy()
				t.reorder(b)
			}
			i += x.n
		}
	}
}
