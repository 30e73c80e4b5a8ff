package ncnn

import (
	"encoding/binary"
	"fmt"
	"math"

	"github.com/gneiss-go/gneiss/kernels"
	"github.com/gneiss-go/gneiss/models/internal/axes"
	"github.com/gneiss-go/gneiss/runtime"
)

// array is one array of weights in a .bin, as long as the .param says: tagged by how its elements are written, or
// float32 without a tag.
type array struct {
	n      int
	tagged bool
}

// raw and tagged are arrays of n elements.
func raw(n int) array    { return array{n, false} }
func tagged(n int) array { return array{n, true} }

// Tags of an array; without one of them it is float32 if its four bytes sum up to 0, else indices of a table.
const (
	tagHalf    = 0x01306b47
	tagInt8    = 0x000d4b38
	tagFloat32 = 0x0002c056
)

// weights is an array that was found.
type weights struct {
	src  *axes.Source
	int8 []byte // its elements, if they are whole numbers that scales are for
}

// store is a .bin: arrays in the order of the layers.
type store struct {
	data []byte
	at   int
	most int  // elements of an array
	lost bool // a layer of an unknown size came before: nothing more can be found
}

// take returns the next bytes.
func (s *store) take(n int) ([]byte, error) {
	if left := len(s.data) - s.at; n > left {
		return nil, fmt.Errorf("the .bin is cut short: %d bytes at %d, %d are left: %w", n, s.at, left, runtime.ErrCorrupt)
	}
	s.at += n
	return s.data[s.at-n : s.at], nil
}

// next reads an array.
func (s *store) next(a array) (*weights, error) {
	if a.n < 1 || a.n > s.most {
		return nil, fmt.Errorf("weights of %d elements, at most %d: %w", a.n, s.most, runtime.ErrLimit)
	}
	floats := func() (*weights, error) {
		b, err := s.take(4 * a.n)
		return source(a.n, func(i int) float32 { return math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:])) }), err
	}
	if !a.tagged {
		return floats()
	}
	b, err := s.take(4)
	if err != nil {
		return nil, err
	}
	switch tag := binary.LittleEndian.Uint32(b); {
	case tag == tagHalf:
		b, err := s.take((2*a.n + 3) &^ 3)
		return source(a.n, func(i int) float32 { return kernels.Half(binary.LittleEndian.Uint16(b[2*i:])).Float() }), err
	case tag == tagInt8:
		b, err := s.take((a.n + 3) &^ 3)
		w := source(a.n, func(i int) float32 { return float32(int8(b[i])) })
		w.int8 = b
		return w, err
	case tag == tagFloat32 || b[0]|b[1]|b[2]|b[3] == 0:
		return floats()
	}
	table, err := s.take(4 * 256)
	if err != nil {
		return nil, err
	}
	b, err = s.take((a.n + 3) &^ 3)
	return source(a.n, func(i int) float32 {
		return math.Float32frombits(binary.LittleEndian.Uint32(table[4*int(b[i]):]))
	}), err
}

func source(n int, at func(i int) float32) *weights {
	return &weights{src: &axes.Source{Dims: []int{n}, Decode: func(dst []float32, from int) {
		for i := range dst {
			dst[i] = at(from + i)
		}
	}}}
}

// scaled returns the numbers that whole ones stand for: each scale is a factor that was used for as many of them.
func (w *weights) scaled(scales []float32) *weights {
	n := w.src.Dims[0]
	out := source(n, nil)
	out.src.Decode = func(dst []float32, from int) {
		per := max(1, n/len(scales))
		for i := range dst {
			dst[i] = 0
			if s := scales[min((from+i)/per, len(scales)-1)]; s != 0 {
				dst[i] = float32(int8(w.int8[from+i])) / s
			}
		}
	}
	return out
}

// of returns weights with dimensions; an error if they are of other numbers of elements.
func (w *weights) of(dims ...int) (*axes.Source, error) {
	n := w.src.Dims[0]
	if p, ok := axes.Product(n, dims...); !ok || p != n {
		return nil, fmt.Errorf("%d weights, the layer has %v: %w", n, dims, runtime.ErrShape)
	}
	return &axes.Source{Dims: dims, Decode: w.src.Decode}, nil
}
