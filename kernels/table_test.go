package kernels

import (
	"errors"
	"fmt"
	"testing"

	"github.com/gneiss-go/gneiss/arch"
)

// Every kernel looks every byte up in every place of its tile, with gaps and without, in place too.
func TestTableU8(t *testing.T) {
	r := newRand(t)
	var table [256]uint8
	for i, j := range r.Perm(256) { // no two bytes alike
		table[i] = uint8(j)
	}
	for _, c := range append(around(64), 5*67, maxChannels+9) {
		values := integers[uint8](r, 6*c, 0, 255)
		for i := range min(256, len(values)) {
			values[i] = uint8(i)
		}
		want := make([]uint8, len(values))
		for i, q := range values {
			want[i] = table[q]
		}
		build := func(l arch.ISA) (Op, error) { return NewTableU8(&table, l) }
		everyTier[uint8](t, fmt.Sprintf("c=%d", c), build, []*tensor{dense(t, U8, 1, 2, 3, c, values)}, U8, U8, 2, 3, c, want)
		forKernels(t, OpTable, U8, func(t *testing.T, k *Kernel) {
			op, err := build(k.ISA)
			if err != nil || op.Kernel() != k.Name {
				t.Fatal(op, err)
			}
			x := dense(t, U8, 1, 2, 3, c, values)
			runTask(t, op, []*tensor{x}, []*tensor{x})
			equalBits(t, fmt.Sprintf("c=%d in place", c), get[uint8](x), want)
		})
	}
	// The table is the operation's own.
	op, err := NewTableU8(&table, arch.Best())
	if err != nil {
		t.Fatal(err)
	}
	x := dense(t, U8, 1, 1, 1, 3, []uint8{1, 2, 3})
	want := []uint8{table[1], table[2], table[3]}
	clear(table[:])
	runTask(t, op, []*tensor{x}, []*tensor{x})
	equalBits(t, "kept table", get[uint8](x), want)
}

// Every channel has its own table: blocks of pixels and of channels with what is left of them, with gaps and without,
// in place too.
func TestTablesU8(t *testing.T) {
	r := newRand(t)
	try := func(pixels, c int) {
		tables, values := integers[uint8](r, 256*c, 0, 255), integers[uint8](r, pixels*c, 0, 255)
		want := make([]uint8, len(values))
		for i, q := range values {
			want[i] = tables[256*(i%c)+int(q)]
		}
		what := fmt.Sprintf("%d pixels of %d", pixels, c)
		build := func(l arch.ISA) (Op, error) { return NewTablesU8(tables, l) }
		everyTier[uint8](t, what, build, []*tensor{dense(t, U8, 1, 1, pixels, c, values)}, U8, U8, 1, pixels, c, want)
		forKernels(t, OpTables, U8, func(t *testing.T, k *Kernel) {
			op, err := build(k.ISA)
			if err != nil || op.Kernel() != k.Name {
				t.Fatal(op, err)
			}
			x := dense(t, U8, 1, 1, pixels, c, values)
			runTask(t, op, []*tensor{x}, []*tensor{x})
			equalBits(t, what+" in place", get[uint8](x), want)
		})
	}
	for _, c := range append(around(16), tablesAtOnce+24, maxChannels+9) {
		try(6, c)
	}
	for _, pixels := range append(around(64), 11, 12, 129, 200) {
		for _, c := range []int{7, 8, 16, 29, 72} {
			try(pixels, c)
		}
	}
	for _, n := range []int{0, 255} {
		if _, err := NewTablesU8(make([]uint8, n), arch.Best()); !errors.Is(err, ErrShape) {
			t.Errorf("%d bytes: %v", n, err)
		}
	}
}
