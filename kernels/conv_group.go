package kernels

import "github.com/gneiss-go/gneiss/arch"

// grouped runs each group as a convolution of its own over its slice of the channels (AlexNet).
type grouped struct {
	shape  ConvShape
	dtype  DType
	groups []Op
}

func newGrouped(s ConvShape, dt DType, group func(part ConvShape, g int) (Op, error)) (Op, error) {
	g := &grouped{shape: s, dtype: dt}
	part := s
	part.C, part.K, part.Groups = s.C/s.Groups, s.K/s.Groups, 1
	for i := range s.Groups {
		op, err := group(part, i)
		if err != nil {
			return nil, err
		}
		g.groups = append(g.groups, op)
	}
	return g, nil
}

// groupOf is group g's share of what is laid out group by group; nil stays nil.
func groupOf[T any](all []T, g, groups int) []T {
	if all == nil {
		return nil
	}
	each := len(all) / groups
	return all[g*each:][:each:each]
}

func (g *grouped) Kernel() string { return g.groups[0].Kernel() }
func (g *grouped) ISA() arch.ISA  { return g.groups[0].ISA() }

// Choice is the first group's; the zero Choice if it had none.
func (g *grouped) Choice() (c Choice) {
	if op, ok := g.groups[0].(Chosen); ok {
		c = op.Choice()
	}
	return c
}

func (g *grouped) PackedBytes() (n int) {
	for _, op := range g.groups {
		n += op.PackedBytes()
	}
	return n
}

// Scratch: groups may run at the same time on different workers, so each has its own.
func (g *grouped) Scratch(workers int) int { return len(g.groups) * g.scratchEach(workers) }

// scratchEach is what the group that needs most needs: a kernel may be chosen for its weights.
func (g *grouped) scratchEach(workers int) int {
	most := 0
	for _, op := range g.groups {
		most = max(most, op.Scratch(workers))
	}
	return roundUp(most, 64)
}

func (g *grouped) Bind(in, out []View, scratch []byte, workers int) Task {
	checkConvViews(&g.shape, g.dtype, []int{g.shape.K}, in, out)
	t := &groupedTask{first: []int{0}}
	each := g.scratchEach(workers)
	for i, op := range g.groups {
		src, dst := in[0], out[0]
		src.C, dst.C = src.C/len(g.groups), dst.C/len(g.groups)
		src.Data, dst.Data = src.at(i*src.C), dst.at(i*dst.C)
		task := op.Bind([]View{src}, []View{dst}, scratch[i*each:][:each], workers)
		t.tasks = append(t.tasks, task)
		t.first = append(t.first, t.first[i]+task.Units())
	}
	return t
}

type groupedTask struct {
	tasks []Task
	first []int // unit that each group begins with, and the number of all; groups may be cut differently
}

func (t *groupedTask) Units() int { return t.first[len(t.tasks)] }

func (t *groupedTask) Run(worker, lo, hi int, stop *Stop) {
	for g, task := range t.tasks {
		if from, to := max(lo, t.first[g]), min(hi, t.first[g+1]); from < to {
			task.Run(worker, from-t.first[g], to-t.first[g], stop)
		}
	}
}
