package kernels

import (
	"encoding/binary"
	"fmt"
	"slices"
	"testing"

	"github.com/gneiss-go/gneiss/internal/test/guard"
)

// Every kernel writes what weaveArgs's definition says and nothing else, and keeps within what it may reach.
func TestWeave(t *testing.T) {
	forKernels(t, OpWeave, U8, func(t *testing.T, k *Kernel) {
		r := newRand(t)
		for range 400 {
			c, size, rows, columns := 1+r.IntN(4), 1+r.IntN(2), 1+r.IntN(2), 1+r.IntN(40)
			pitch := size * max(8, c*(2+r.IntN(10)))
			for _, side := range guard.Sides {
				w := newWeave(c, size, rows, pitch, columns)
				dst := guardedSlice(t, side, integers[uint8](r, columns*pitch+weaveSlack, 0, 255))
				want := slices.Clone(dst)
				w.dst = addr(dst)
				for row := range w.lines {
					line := guardedSlice(t, side, integers[uint8](r, columns*c+weaveSlack, 0, 255))
					w.lines[row] = addr(line)
					for i, v := range line[:columns*c] {
						at := i/c*pitch + (row*c+i%c)*size
						switch {
						case row >= rows:
						case size == 1:
							want[at] = v
						default:
							binary.LittleEndian.PutUint16(want[at:], uint16(v))
						}
					}
				}
				k.fn.(func(*weaveArgs))(&w)
				equalBits(t, fmt.Sprintf("%d columns of %d bytes, %d rows of %d channels of %d", columns, pitch, rows, c, size),
					dst[:columns*pitch], want[:columns*pitch])
			}
		}
	})
}
