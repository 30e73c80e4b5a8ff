package kernels

import (
	"slices"
	"sync"

	"github.com/gneiss-go/gneiss/arch"
)

// Target makes an ISA, a tier of a GOARCH's machines, the limit of operations that are only made, never run: whatever
// this CPU is, their kernels are chosen and their weights packed as on a machine of that kind ([arch.ISA.Machine]).
// Only here are the rows of other architectures linked into a program. Errors wrap [arch.ErrTarget].
func Target(goarch string, tier arch.ISA) (arch.ISA, error) {
	isa, err := arch.Target(goarch, tier)
	if err != nil {
		return isa, err
	}
	if _, ok := targetTables.Load(goarch); !ok {
		table, err := newTargetTable(goarch)
		if err != nil {
			return isa, err
		}
		targetTables.Store(goarch, table)
	}
	return isa, nil
}

// targetTables has the []Kernel of each GOARCH that [Target] was asked for.
var targetTables sync.Map

func targetTable(goarch string) []Kernel {
	t, _ := targetTables.Load(goarch)
	table, _ := t.([]Kernel)
	return table
}

// newTargetTable lists a GOARCH's kernels as a build for it would have them, but for their functions, which are the
// portable kernels' of the same type. Their tiers are those of targets.
func newTargetTable(goarch string) ([]Kernel, error) {
	portable := archRows("")
	table := archRows(goarch)
	for i := range table {
		k := &table[i]
		isa, err := arch.Target(goarch, k.ISA)
		if err != nil {
			return nil, errorf("%s: %w", k.Name, err)
		}
		at := slices.IndexFunc(portable, func(p Kernel) bool { return p.Op == k.Op && p.DType == k.DType })
		k.ISA, k.fn = isa, portable[at].fn
	}
	return append(table, portable...), nil
}
