package axes

import (
	"fmt"

	"github.com/gneiss-go/gneiss/runtime"
)

// Source is a constant tensor of a model file. Whoever makes one has checked that the file holds all the elements
// that Dims claim.
type Source struct {
	Dims   []int
	Decode func(dst []float32, from int) // fills dst with elements in row-major order, of which the first is that

	laid map[layout][]float32
}

// layout names an order of elements, for the cache: a constant shared by layers is decoded once per order.
type layout struct{ k, c, rs int }

// Elements returns the number of elements.
func (s *Source) Elements() int {
	n := 1
	for _, d := range s.Dims {
		n *= d
	}
	return n
}

// alloc returns n zeros, if the budget allows them.
func (b *Builder) alloc(n int) ([]float32, error) {
	if err := b.Take(n); err != nil {
		return nil, err
	}
	return make([]float32, n), nil
}

// Take takes n elements from the budget, for constants that are not float.
func (b *Builder) Take(n int) error {
	if n < 0 || n > b.budget {
		return fmt.Errorf("the model's constants grow far beyond the size of its file: %w", runtime.ErrLimit)
	}
	b.budget -= n
	return nil
}

// Read counts elements that were decoded, and gives back the file's pages that they are in.
func (b *Builder) Read(n int) {
	const most = 2 << 20
	if b.unread += n; b.unread >= most && b.Forget != nil {
		b.unread = 0
		b.Forget()
	}
}

// Fill returns n elements of one value.
func (b *Builder) Fill(n int, v float32) ([]float32, error) {
	f, err := b.alloc(n)
	for i := range f {
		f[i] = v
	}
	return f, err
}

// Spread returns f if it has c elements, its one element c times, or c times def if it is nil.
func (b *Builder) Spread(f []float32, c int, def float32) ([]float32, error) {
	switch len(f) {
	case c:
		return f, nil
	case 0:
		return b.Fill(c, def)
	case 1:
		return b.Fill(c, f[0])
	}
	return nil, fmt.Errorf("%d constants for %d channels: %w", len(f), c, runtime.ErrShape)
}

// Floats returns the elements in row-major order.
func (b *Builder) Floats(s *Source) ([]float32, error) {
	const piece = 1 << 20
	return b.lay(s, layout{1, 1, s.Elements()}, func(dst []float32) {
		for at := 0; at < len(dst); at += piece {
			part := dst[at:min(at+piece, len(dst))]
			s.Decode(part, at)
			b.Read(len(part))
		}
	})
}

// ConvWeights returns filters [K][C][R·S] as [K][R·S][C].
func (b *Builder) ConvWeights(s *Source, k, c, rs int) ([]float32, error) {
	if c == 1 || rs == 1 {
		return b.Floats(s)
	}
	return b.lay(s, layout{k, c, rs}, func(dst []float32) {
		src := make([]float32, c*rs)
		for f := range k {
			s.Decode(src, f*len(src))
			Interleave(dst[f*len(src):], src, 1, c, rs)
			b.Read(len(src))
		}
	})
}

// Interleave copies k blocks of [c][rs] to dst as k blocks of [rs][c].
func Interleave(dst, src []float32, k, c, rs int) {
	for ; k > 0; k-- {
		for i := range c {
			for j, v := range src[i*rs : (i+1)*rs] {
				dst[j*c+i] = v
			}
		}
		dst, src = dst[c*rs:], src[c*rs:]
	}
}

// FCWeights returns the matrix [K][C·HW], or [C·HW][K] if it is transposed, as [K][HW][C].
func (b *Builder) FCWeights(s *Source, k, c, hw int, transposed bool) ([]float32, error) {
	if !transposed {
		return b.ConvWeights(s, k, c, hw)
	}
	return b.lay(s, layout{-k, c, hw}, func(dst []float32) {
		src := make([]float32, k)
		for i := range c {
			for j := range hw {
				s.Decode(src, (i*hw+j)*k)
				for o, v := range src {
					dst[(o*hw+j)*c+i] = v
				}
				b.Read(k)
			}
		}
	})
}

func (b *Builder) lay(s *Source, l layout, fill func(dst []float32)) ([]float32, error) {
	if f, ok := s.laid[l]; ok {
		return f, nil
	}
	f, err := b.alloc(s.Elements())
	if err != nil {
		return nil, err
	}
	fill(f)
	if s.laid == nil {
		s.laid = map[layout][]float32{}
	}
	s.laid[l] = f
	return f, nil
}

// Scaled returns f times s.
func (b *Builder) Scaled(f []float32, s float32) ([]float32, error) {
	if s == 1 {
		return f, nil
	}
	out, err := b.alloc(len(f))
	for i := range out {
		out[i] = f[i] * s
	}
	return out, err
}
