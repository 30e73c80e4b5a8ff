package kernels

import (
	"fmt"
	"reflect"
	goruntime "runtime"
	"slices"
	"strings"
	"sync"

	"github.com/gneiss-go/gneiss/arch"
)

// OpKind names what an inner kernel computes. Each kind is declared beside its reference. Its function type is
// fixed by the kind and the dtype.
type OpKind string

// transform reports whether the kernel is one of Winograd's transforms, whose tiles are squares.
func (op OpKind) transform() bool {
	return strings.HasPrefix(string(op), "wino") && op != OpWinoGemm
}

// packs reports whether weights are packed for the kernel, or the choice of what is packed depends on it.
func (op OpKind) packs() bool {
	switch op {
	case OpConvTile, OpConvHalf, OpConvWide, OpWeave, OpDepthwise, OpGroupRow, OpFC:
		return true
	}
	return strings.HasPrefix(string(op), "wino")
}

// Kernel is one row of the catalogue, the only place where an inner kernel is declared, for whatever architecture.
// Selection, tests, selftest, benchmarks and documents range over the rows; what a heuristic asks of a kernel is a
// field.
type Kernel struct {
	Name   string // <dtype>_<op>_<tile>__<isa>; derived
	GOARCH string // "" if it is portable; derived

	Op         OpKind       //
	DType      DType        // of the activations
	MR, NR, KR int          // tile: pixels × output channels × channels per step; 0 where it has no meaning
	Narrow     int          // panels of fewer channels than NR have a multiple of this; 0 if all have NR
	ISA        arch.ISA     // the tier it belongs to
	Requires   arch.Feature // exactly the features its instructions need
	Family     string       // the first word of its file's name, see File
	Text       string       // the assembly functions that it runs, apart by spaces, or the portable function: derived

	PairSum16    bool // adds pairs of products in saturating int16: weights are packed by pairs
	Words        bool // depthrow, grouprow: weights are widened to int16
	Whole        bool // grouprow: groups are of whole vectors of NR channels
	Minus128     bool // takes 128 from each input: bias carries 128·Σ w
	Flips        bool // what calls it has taken them, by the top bit of each input: see OpFlip
	BytesPerWord int  // products of bytes in the time of one of int16, on this tier; 0 if that has not been measured
	// pixels from which on Winograd by int16 is faster than this tile, where BytesPerWord is 2
	WinoFrom int
	// pixels from which on 5×5 in parts, by int16, is faster than this tile; 0: none, where BytesPerWord > 1
	PartsFrom int
	AtOnce    int  // tiles to which a panel of weights is applied at once, where not tilesAtOnce
	Columns   bool // windows of few channels have been measured to be faster as columns than as rows

	pairs pairPacker  // of PairSum16: only programs with such a row link it
	group *groupMaker // of grouprow; likewise
	// Its type is given by Op and DType; a portable row has it, other rows get it where this build has one.
	fn any
}

// Catalogue returns all kernels of all architectures, whether or not this build has them: those of a GOARCH together,
// best tier first within an op, the portable ones last. The slice must not be changed. A program that does not call it
// does not link the rows of other architectures.
func Catalogue() []Kernel {
	catalogue.once.Do(func() {
		catalogue.rows = slices.Concat(archRows("amd64"), archRows("arm"), archRows("arm64"), archRows(""))
	})
	return catalogue.rows
}

var catalogue struct {
	once sync.Once
	rows []Kernel
}

// Table returns the kernels that this build has, whether or not this CPU can run them, best tier first within an op.
// The slice must not be changed.
var Table = sync.OnceValue(func() (table []Kernel) {
	for _, rows := range [][]Kernel{derive(goruntime.GOARCH, ownRows()), derive("", rowsPortable)} {
		for _, k := range rows {
			if k.Bound() {
				table = append(table, k)
			}
		}
	}
	return table
})

// archRows returns the rows of any GOARCH, derived.
func archRows(goarch string) []Kernel {
	return derive(goarch, map[string][]Kernel{"amd64": rowsAMD64, "arm64": rowsARM64, "arm": rowsARM,
		"": rowsPortable}[goarch])
}

// ownRows are those of this GOARCH. The compiler leaves one case, and the linker the rows of no other.
func ownRows() []Kernel {
	switch {
	case goruntime.GOARCH == "amd64":
		return rowsAMD64
	case goruntime.GOARCH == "arm64":
		return rowsARM64
	case goruntime.GOARCH == "arm":
		return rowsARM
	}
	return nil
}

// derive returns a GOARCH's rows with what is derived of them.
func derive(goarch string, rows []Kernel) []Kernel {
	rows = slices.Clone(rows)
	for i := range rows {
		k := &rows[i]
		k.GOARCH = goarch
		k.Name = fmt.Sprintf("%s_%s%s__%s", k.DType, k.Op, k.tile(), k.ISA)
		switch {
		case goarch == "":
			k.Text = symbol(k.fn)
		case k.Op == OpCurve:
			k.Text = curvesOf(goarch, k.Text)
		}
		if goarch == goruntime.GOARCH {
			k.fn = bound(k.Name)
		}
	}
	return rows
}

// binding is a function of the catalogue's rows, by name. They are a list, which the linker lays out: code would have
// to fill a map.
type binding struct {
	name string
	fn   any
}

func bound(name string) any {
	for i := range bindings {
		if bindings[i].name == name {
			return bindings[i].fn
		}
	}
	return nil
}

// symbol is the name of one of this package's functions; "" if fn is none.
func symbol(fn any) string {
	v := reflect.ValueOf(fn)
	if v.Kind() != reflect.Func || v.IsNil() {
		return ""
	}
	name := goruntime.FuncForPC(v.Pointer()).Name()
	return name[strings.LastIndexByte(name, '.')+1:]
}

// tile is the part of a name that tells the tile: of transforms its side, else pixels, or rows, × channels.
func (k *Kernel) tile() string {
	switch {
	case k.MR == 0:
		return ""
	case k.Op.transform():
		return fmt.Sprintf("_%dx%d", k.MR, k.MR)
	case k.NR == 0:
		return fmt.Sprintf("_%d", k.MR)
	}
	return fmt.Sprintf("_%dx%d", k.MR, k.NR)
}

// File is the name of the file that has the kernel's code: <family>_<dtype>_<isa>_<goarch>.s, or <family>.go.
func (k *Kernel) File() string {
	if k.GOARCH == "" {
		return k.Family + ".go"
	}
	return fmt.Sprintf("%s_%s_%s_%s.s", k.Family, k.DType, k.ISA, k.GOARCH)
}

// Bound reports whether this build has the kernel.
func (k *Kernel) Bound() bool { return k.fn != nil }

// Portable reports whether it is the reference, in Go, of its operation.
func (k *Kernel) Portable() bool { return k.ISA == arch.Generic }

// Runnable reports whether this build has the kernel, and this CPU its features.
func (k *Kernel) Runnable() bool { return k.Bound() && arch.Features().Has(k.Requires) }

// Select returns the first kernel in the table of that op and dtype that this CPU can run and whose tier is not
// above limit, with its function. There is always the generic one; a missing one is a bug, hence the panic.
//
// If limit is a target ([Target]), it is the first of the target's machines, and its function is the portable kernel's,
// so that an operation can be made, with its weights packed, which must not run.
func Select[F any](op OpKind, dt DType, limit arch.ISA) (*Kernel, F) {
	k := selected(op, dt, limit)
	return k, k.fn.(F)
}

// selected is the row that [Select] finds. Programs have its body once.
//
//go:noinline
func selected(op OpKind, dt DType, limit arch.ISA) *Kernel { return selectedOf(op, dt, limit, nil) }

// selectedOf is the first of those that fit, if fit is not nil.
func selectedOf(op OpKind, dt DType, limit arch.ISA, fit func(*Kernel) bool) *Kernel {
	t, have := Table(), arch.Features()
	if goarch := limit.GOARCH(); goarch != "" {
		t, have = targetTable(goarch), limit.Machine()
	}
	for i := range t {
		if k := &t[i]; k.Op == op && k.DType == dt && k.ISA <= limit && have.Has(k.Requires) &&
			(fit == nil || fit(k)) {
			return k
		}
	}
	panic(fmt.Sprintf("kernels: no %s %s kernel at or below %s", dt, op, limit))
}

// PackAlike reports whether what is packed for one tier is what would be packed for the other, here: no kernel for
// packed weights lies between them. Those of float16 count for a graph in half precision only.
func PackAlike(a, b arch.ISA, half bool) bool {
	return !slices.ContainsFunc(Table(), func(k Kernel) bool {
		return min(a, b) < k.ISA && k.ISA <= max(a, b) && k.Op.packs() && k.Runnable() &&
			(half || k.DType != F16)
	})
}

// groups is how many groups of KR some channels are.
func (k *Kernel) groups(channels int) int { return (channels + k.KR - 1) / k.KR }

// taken is what the kernel takes from each uint8 input.
func (k *Kernel) taken() int32 {
	if k.Minus128 {
		return 128
	}
	return 0
}
