package main

import (
	"fmt"
	"sort"
	"testing"
	"os"

	"github.com/gneiss-go/gneiss/models/family"
)

func TestProbe(t *testing.T) {
	tr, err := newTracer(t.TempDir())
	if err != nil { t.Fatal(err) }
	n, err := family.Find(os.Getenv("NET"))
	if err != nil { t.Fatal(err) }
	g, err := n.Build(family.Random(1))
	if err != nil { t.Fatal(err) }
	x, err := tr.run(g, "cortex-a53")
	if err != nil { t.Fatal(err) }
	fn := map[string]int64{}
	total := int64(0)
	for i, s := range x.steps {
		per := map[string]int64{}
		sum := int64(0)
		for a, n := range s {
			b := x.blocks[a]
			fn[b.function] += n * b.size
			per[b.function] += n*b.size
			sum += n*b.size
		}
		total += sum
		r := x.plan.Steps[i]
		fmt.Println(i, r.Name, r.Op, r.Kernel, r.Choice, r.In, r.Out, r.MACs, r.Bytes, r.Weights, sum)
	}
	var names []string
	for f := range fn { names = append(names, f) }
	sort.Slice(names, func(i, j int) bool { return fn[names[i]] > fn[names[j]] })
	for _, f := range names[:min(30, len(names))] { fmt.Println(f, fn[f], float64(fn[f])/float64(total)) }
}
