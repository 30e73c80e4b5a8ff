package kernels

import (
	"fmt"
	"slices"

	"github.com/gneiss-go/gneiss/arch"
)

// Choice is a way to compute a step that can be computed in several.
type Choice struct {
	Algorithm string   // direct, rows, columns, or winograd and its form: winograd4x3 is F(4,3)
	ISA       arch.ISA // the tier of the tile kernel
	Why       string   // why it is taken without a [Packing.Choose], or is not
}

// String names the choice, as in winograd4x3@avx2.
func (c *Choice) String() string { return c.Algorithm + "@" + c.ISA.String() }

// Chosen is an operation that could have been computed in other ways.
type Chosen interface{ Choice() Choice }

// chosen is what an operation keeps of the choice it was made by.
type chosen struct{ choice Choice }

func (c *chosen) Choice() Choice     { return c.choice }
func (c *chosen) setChoice(x Choice) { c.choice = x }

// candidate is a choice and how to make it.
type candidate struct {
	Choice
	make func() Op
}

// choose makes the first candidate, or the one that p prefers or has the weights of, packed.
func (p *Packing) choose(all []candidate) Op {
	i, any := 0, true
	if p != nil && p.Choose != nil {
		choices := make([]Choice, len(all))
		for k := range all {
			choices[k] = all[k].Choice
		}
		if k := p.Choose(p.step, choices); k >= 0 && k < len(all) {
			i, any = k, false
		}
	}
	if p.Loading() {
		name := string(p.take(-1))
		k := slices.IndexFunc(all, func(c candidate) bool { return c.String() == name })
		if k >= 0 && (any || k == i) {
			i = k
		} else {
			p.refuse()
		}
	}
	p.keep([]byte(all[i].String()))
	op := all[i].make()
	if c, ok := op.(interface{ setChoice(Choice) }); ok {
		c.setChoice(all[i].Choice)
	}
	return op
}

// tiers lists candidates for each tile kernel at or below limit, but for the portable one where there is another. Of
// the lower tiers none is taken by itself.
func tiers(dt DType, limit arch.ISA, of func(k *Kernel, limit arch.ISA) []candidate) (all []candidate) {
	for {
		k := convTile(dt, limit)
		if k.Portable() && len(all) > 0 {
			return all
		}
		list := of(k, limit)
		if len(all) > 0 {
			for i := range list {
				list[i].Why = "a lower tier"
			}
		}
		all = append(all, list...)
		if k.Portable() {
			return all
		}
		limit = k.ISA - 1
	}
}

// algorithms orders the algorithms on one tier as the rule takes them: a form of Winograd that wins, rows or columns of
// a padded copy for few channels, the indirect GEMM. Any of these may be nil. Why not says why a form does not win, or
// nothing.
func algorithms(s *ConvShape, k *Kernel, forms []*winoForm, whyNot func(*winoForm) string, wino func(*winoForm) Op,
	columns, rows, direct func() Op) []candidate {
	var win, plain, lose []candidate
	for _, f := range forms {
		c := candidate{Choice{Algorithm: "winograd" + f.name, ISA: k.ISA.Tier()}, func() Op { return wino(f) }}
		if c.Why = whyNot(f); c.Why != "" {
			lose = append(lose, c)
			continue
		}
		c.Why = f.saving(s)
		win = append(win, c)
	}
	if rows != nil {
		plain = append(plain, candidate{Choice{"rows", k.ISA.Tier(),
			fmt.Sprintf("%d channels: a row of the window is %d numbers side by side", s.C, s.S*s.C)}, rows})
	}
	if direct != nil {
		plain = append(plain, candidate{Choice{"direct", k.ISA.Tier(),
			fmt.Sprintf("%d×%d, %d channels", s.R, s.S, s.C)}, direct})
	}
	if len(plain) == 2 && !fewChannels(s) {
		plain[0], plain[1] = plain[1], plain[0]
	}
	if columns != nil {
		pay, why := columnsPay(s, k)
		c := candidate{Choice{"columns", k.ISA.Tier(), why}, columns}
		if pay {
			win = append(win, c)
		} else {
			lose = append(lose, c)
		}
	}
	return append(append(win, plain...), lose...)
}
