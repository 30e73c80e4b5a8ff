package runtime

import (
	"fmt"
	"strings"
)

// String is the tensor's name, type and dimensions in the model's order: "prob" float32 [1 1000]. A quantised one has
// its scale and zero point.
func (i TensorInfo) String() string {
	word := map[DType]string{F32: "float32", U8: "uint8", I32: "int32"}[i.DType]
	switch {
	case i.Signed:
		word = "int8"
	case i.Elem != ElemSame:
		word = i.Elem.String()
	}
	dims := any(i.Dims)
	if i.Dims == nil {
		dims = i.Shape
	}
	if i.DType == U8 {
		return fmt.Sprintf("%q %s %v scale=%g zero=%d", i.Name, word, dims, i.Quant.Scale, i.Quant.Zero)
	}
	return fmt.Sprintf("%q %s %v", i.Name, word, dims)
}

// printed is how many elements String shows.
const printed = 8

// String is what a person looks for first: name, type and dimensions, the first elements in the model's order as
// numbers, the least, the largest and the mean, and how many are no finite numbers. It allocates.
func (t *Tensor) String() string {
	v := make([]float32, t.info.Shape.Elements())
	if err := t.CopyTo(v); err != nil {
		return fmt.Sprintf("%v: %v", t.info, err)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%v:", t.info)
	for _, x := range v[:min(len(v), printed)] {
		fmt.Fprintf(&b, " %.6g", x)
	}
	if len(v) > printed {
		b.WriteString(" …")
	}
	var least, most float32
	finite, sum := 0, 0.0
	for _, x := range v {
		if x-x != 0 { // an infinity or a NaN
			continue
		}
		if finite == 0 {
			least, most = x, x
		}
		least, most = min(least, x), max(most, x)
		finite, sum = finite+1, sum+float64(x)
	}
	if finite > 0 {
		fmt.Fprintf(&b, " (least %.6g, most %.6g, mean %.6g)", least, most, sum/float64(finite))
	}
	if n := len(v) - finite; n > 0 {
		fmt.Fprintf(&b, " (%d not finite)", n)
	}
	return b.String()
}

// String is a page for people: what was compared on which tier, what failed and how, and the verdict.
func (r *SelfReport) String() string {
	var b strings.Builder
	kernels, tiers := map[string]bool{}, map[string]int{}
	var order []string
	for _, c := range r.Checks {
		for _, k := range c.Kernels {
			kernels[k] = true
		}
		tier := c.ISA.String()
		if tiers[tier]++; tiers[tier] == 1 {
			order = append(order, tier)
		}
		if c.Problem != "" {
			fmt.Fprintf(&b, "FAILED  %s on %s %v: %s\n", c.Name, tier, c.Kernels, c.Problem)
		}
	}
	fmt.Fprintf(&b, "best tier %s; %s with %d kernels, beside the portable reference\n", r.ISA,
		plural(len(r.Checks), "check"), len(kernels))
	for _, tier := range order {
		fmt.Fprintf(&b, "  %-12s %s\n", tier, plural(tiers[tier], "check"))
	}
	if r.Golden {
		b.WriteString("the model's golden output was compared\n")
	} else {
		b.WriteString("no golden output: the model's answer was not compared\n")
	}
	if r.Failed > 0 {
		fmt.Fprintf(&b, "%d failed: do not trust what this machine computes\n", r.Failed)
	} else {
		b.WriteString("all is well: this machine computes what it should\n")
	}
	return b.String()
}

func plural(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return fmt.Sprintf("%d %ss", n, word)
}
