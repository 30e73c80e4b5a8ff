package main

import (
	"fmt"
	"slices"

	"github.com/gneiss-go/gneiss/arch"
	"github.com/gneiss-go/gneiss/internal/test/disasm"
	"github.com/gneiss-go/gneiss/kernels"
)

const kernelsPath = "github.com/gneiss-go/gneiss/kernels"

// tile is a convolution tile kernel of the catalogue, taken apart. Its loops are nested tile → tap → hot and left over.
type tile struct {
	kernels.Kernel

	hot, left, tap, tile []disasm.Insn
	groups               int // of KR channels in a pass of the hot loop
	ahead                int // passes of the hot loop that are in tap, unrolled: 1 if it is pipelined
}

// The arm64 kernels that GoogLeNet spends its time in.
var tiles = []*tile{
	{Kernel: arm64(kernels.OpConvTile, kernels.F32, arch.NEON)},
	{Kernel: arm64(kernels.OpConvTile, kernels.U8, arch.NEON)},
	{Kernel: arm64(kernels.OpConvTile, kernels.U8, arch.DotProd)},
}

// hotTiles are those and the one whose instructions are not counted by shapes: a run of channels is a loop more, and
// where it ends hangs on those before.
var hotTiles = append(tiles[:len(tiles):len(tiles)],
	&tile{Kernel: arm64(kernels.OpConvHalf, kernels.F16, arch.FP16)})

// arm64 is the first kernel of the catalogue for arm64 of that operation, type and tier; the zero Kernel if there is
// none.
func arm64(op kernels.OpKind, dt kernels.DType, isa arch.ISA) kernels.Kernel {
	all := kernels.Catalogue()
	i := slices.IndexFunc(all, func(k kernels.Kernel) bool {
		return k.GOARCH == "arm64" && k.Op == op && k.DType == dt && k.ISA == isa
	})
	if i < 0 {
		return kernels.Kernel{}
	}
	return all[i]
}

// transform is a Winograd transform: its unit is one tile and four channels.
type transform struct {
	kernels.Kernel
	body, row    []disasm.Insn // row runs four times for each body, where there is one
	rowsEachBody int
}

// cutHot takes the hot loop out of a tile kernel. It returns that and all loops.
func (t *tile) cutHot(bin *disasm.Binary) (hot, root *loop, err error) {
	code, err := bin.Func(kernelsPath, t.Text)
	if err != nil {
		return nil, nil, err
	}
	if root, err = loops(code); err != nil {
		return nil, nil, fmt.Errorf("%s: %w", t.Name, err)
	}
	hot = root.hot()
	t.hot = hot.code
	return hot, root, nil
}

// cut takes a tile kernel apart.
func (t *tile) cut(bin *disasm.Binary) error {
	hot, root, err := t.cutHot(bin)
	if err != nil {
		return err
	}
	chain := root.around(hot)
	if len(chain) != 4 {
		return fmt.Errorf("%s: the hot loop is %d loops deep, not 3", t.Name, len(chain)-1)
	}
	t.tap, t.tile = chain[2].own(), chain[1].own()
	for _, in := range chain[2].inner {
		if in != hot {
			t.left = in.code
		}
	}
	group := t.MR * t.NR * t.KR
	if macs(t.hot)%group != 0 || macs(t.hot) == 0 || macs(t.tap)%macs(t.hot) != 0 {
		return fmt.Errorf("%s: %d products in the hot loop and %d beside it do not make groups of %d", t.Name, macs(t.hot),
			macs(t.tap), group)
	}
	t.groups, t.ahead = macs(t.hot)/group, macs(t.tap)/macs(t.hot)
	if t.groups > 1 && macs(t.left) != group {
		return fmt.Errorf("%s: no loop for what is left over", t.Name)
	}
	return nil
}

// cut takes a transform apart.
func (t *transform) cut(bin *disasm.Binary) error {
	code, err := bin.Func(kernelsPath, t.Text)
	if err != nil {
		return err
	}
	root, err := loops(code)
	if err != nil {
		return fmt.Errorf("%s: %w", t.Text, err)
	}
	outer := root.inner[len(root.inner)-1]
	t.body = outer.own()
	if len(outer.inner) > 0 {
		t.row, t.rowsEachBody = outer.inner[0].own(), 4
	}
	return nil
}

// part is some code and how often it runs.
type part struct {
	code  []disasm.Insn
	times int
}

// parts of `calls` tiles, each of so many taps and groups of KR channels.
func (t *tile) parts(calls, taps, groups int) []part {
	full, left := groups/t.groups, groups%t.groups
	return []part{
		{t.tile, calls},
		{t.tap, calls * taps},
		{t.hot, calls * taps * max(0, full-t.ahead)},
		{t.left, calls * taps * left},
	}
}

// parts of so many units.
func (t *transform) parts(units int) []part {
	return []part{{t.body, units}, {t.row, units * t.rowsEachBody}}
}
