package runtime

import (
	"testing"

	"github.com/gneiss-go/gneiss/arch"
	"github.com/gneiss-go/gneiss/internal/memory"
)

// No pointer is formed past the arena. Only a build whose pointers are checked (-race, or -gcflags=-d=checkptr) sees
// it, and only where the arena ends with its allocation, and a tensor with the arena.
func TestPointersStayInside(t *testing.T) {
	restore := memory.New
	defer func() { memory.New = restore }()
	memory.New = func(n int) []byte {
		const page = 8 << 10
		buf := make([]byte, (n+page-1)/page*page+4*page)
		return buf[len(buf)-n:]
	}
	for _, isa := range arch.Supported() {
		for _, of := range []PoolKind{MaxPool, AvgPool} {
			n := newNet(t)
			x := n.input(Shape{1, 8, 8, 16})
			wide := Window{R: 4, S: 4, PadTop: 3, PadLeft: 3, PadBottom: 3, PadRight: 3}
			g := n.output(n.add("pool", &Pool{Window: wide, Type: of}, x)) // larger than its input, which is placed last
			run(t, g, testInput(8*8*16), WithISA(isa))
		}
		n := newNet(t)
		x := n.input(Shape{1, 9, 9, 4})
		one := func(name string, k int, x *Value) *Value {
			return n.add(name, &Conv{Window: Window{R: 1, S: 1}, K: k, Weights: n.floats(k * x.Shape.C)}, x)
		}
		a, b := one("a", 4, x), one("b", 4, x)
		join := n.add("join", &Concat{}, a, b)
		rows := func(name string, x *Value, c int) *Value { // from a part of the concatenation, to something larger
			return n.add(name, &Conv{Window: Window{R: 3, S: 3, PadTop: 1, PadLeft: 1, PadBottom: 1, PadRight: 1}, K: 24,
				Weights: n.floats(24 * 9 * c)}, x)
		}
		run(t, n.output(rows("rows of a", a, 4), rows("rows of b", b, 4), rows("rows of both", join, 8)), testInput(9*9*4),
			WithISA(isa))
		run(t, small(t), testInput(21*21*3), WithISA(isa))
	}
}
