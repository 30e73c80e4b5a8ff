package main

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/gneiss-go/gneiss/internal/test/disasm"
	"github.com/gneiss-go/gneiss/kernels"
	"github.com/gneiss-go/gneiss/runtime"
)

// piece is a straight piece of a kernel, and how often each step ran it.
type piece struct {
	Function string
	Code     []disasm.Insn
	Times    []int64 // by step
}

// run is a network's trace with its kernels' code: what does not depend on a core.
type run struct {
	Plan   *runtime.Report
	Pieces []piece
	Other  []int64 // instructions of compiled code, by step
}

// code joins a trace with the program that it is of.
func (t *trace) code(bin *disasm.Binary) (*run, error) {
	r := &run{Plan: t.plan, Other: make([]int64, len(t.steps))}
	byFunction := map[string][]piece{}
	functions := map[string]map[uint64]disasm.Insn{}
	for addr, b := range t.blocks {
		name, ok := strings.CutPrefix(b.function, kernelsPath+".")
		name, assembly := strings.CutSuffix(name, ".abi0")
		if !ok || !assembly {
			for i, s := range t.steps {
				r.Other[i] += s[addr] * b.size
			}
			continue
		}
		if functions[name] == nil {
			code, err := bin.Func(kernelsPath, name)
			if err != nil {
				return nil, err
			}
			functions[name] = map[uint64]disasm.Insn{}
			for _, in := range code {
				functions[name][in.Addr] = in
			}
		}
		p := piece{Function: name, Times: make([]int64, len(t.steps))}
		for at := addr; at < addr+4*uint64(b.size); at += 4 {
			in, ok := functions[name][at]
			if !ok {
				return nil, fmt.Errorf("%s: no instruction at %#x", name, at)
			}
			p.Code = append(p.Code, in)
		}
		total := int64(0)
		for i, s := range t.steps {
			p.Times[i] = s[addr]
			total += s[addr]
		}
		if total > 0 {
			byFunction[name] = append(byFunction[name], p)
		}
	}
	for _, name := range sortedKeys(byFunction) {
		r.Pieces = append(r.Pieces, joined(byFunction[name])...)
	}
	return r, nil
}

func sortedKeys[V any](m map[string]V) (keys []string) {
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// joined lengthens pieces that the emulator cut where no branch is, at the end of a page, by what follows there. That
// is left with the times that it was come to otherwise.
func joined(all []piece) (out []piece) {
	slices.SortFunc(all, func(a, b piece) int { return cmp.Compare(a.Code[0].Addr, b.Code[0].Addr) })
	for _, p := range all {
		left := slices.Clone(p.Times)
		for i := range out {
			cut := &out[i]
			end := cut.Code[len(cut.Code)-1]
			if _, _, branch := target(end); branch || end.Op() == "ret" || end.Addr+4 != p.Code[0].Addr {
				continue
			}
			cut.Code = slices.Concat(cut.Code, p.Code)
			for s := range left {
				left[s] -= cut.Times[s]
			}
		}
		if slices.Max(left) > 0 {
			out = append(out, piece{p.Function, p.Code, left})
		}
	}
	return out
}

// timing is where the predicted time goes, in ms, kernels first.
type timing struct {
	Kernels float64 `json:"kernels_ms"`
	L2      float64 `json:"l2_ms"`
	Memory  float64 `json:"memory_ms"`
	Other   float64 `json:"other_ms"`
}

func (t *timing) total() float64 { return t.Kernels + t.L2 + t.Memory + t.Other }

func (t *timing) add(o timing) {
	t.Kernels, t.L2, t.Memory, t.Other = t.Kernels+o.Kernels, t.L2+o.L2, t.Memory+o.Memory, t.Other+o.Other
}

// predict returns the time of each step on a board. Kernels take what the model of the core says of their pieces, each
// repeated; compiled code, cycles for each instruction.
func (r *run) predict(m *mca, b *board) ([]timing, error) {
	c, err := coreNamed(b.core)
	if err != nil {
		return nil, err
	}
	codes := make([][]disasm.Insn, len(r.Pieces))
	for i := range r.Pieces {
		codes[i] = r.Pieces[i].Code
	}
	each, err := m.cyclesOf(c, codes)
	if err != nil {
		return nil, err
	}
	perMs := b.GHz * 1e6
	all := make([]timing, len(r.Plan.Steps))
	for s := range all {
		cycles := 0.0
		for i := range r.Pieces {
			cycles += each[i] * float64(r.Pieces[i].Times[s])
		}
		step := &r.Plan.Steps[s]
		l2 := 0.0
		for _, of := range stages(step) {
			l2 += again(&of) / c.L2
		}
		if !c.InOrder {
			l2 = max(0, l2-cycles)
		}
		all[s] = timing{Kernels: cycles / perMs, L2: l2 / perMs, Memory: b.memory(r.Plan, step),
			Other: float64(r.Other[s]) * c.OtherPI / perMs}
	}
	return all, nil
}

// stages are the operations of a step: those of a chain, or the one that it is.
func stages(step *runtime.StepReport) []runtime.StepReport {
	if step.Stages != nil {
		return step.Stages
	}
	return []runtime.StepReport{*step}
}

// memory is the time in ms that a step waits for memory: for its weights, unless those of the whole network stay in the
// last cache, and for what its inputs and outputs are larger than half of that. A chain in bands keeps what lies
// between its operations in scratch, which is all that goes over in each band: if that is larger than half the cache,
// what lies between goes to memory and back as it would without bands; and if the weights do not fit beside it, each
// band reads them again.
func (b *board) memory(plan *runtime.Report, step *runtime.StepReport) float64 {
	return float64(b.traffic(plan, step)) / (b.stream() * 1e6)
}

// traffic is the bytes that a step moves from and to memory.
func (b *board) traffic(plan *runtime.Report, step *runtime.StepReport) int64 {
	weights, cache := int64(step.Weights), int64(b.Cache)
	activity := max(step.Bytes-weights, 0)
	if activity <= cache/2 {
		activity = 0
	}
	if step.Stages != nil && int64(step.Scratch) > cache/2 {
		activity = 0
		for i := range step.Stages {
			s := &step.Stages[i]
			activity += max(s.Bytes-int64(s.Weights), 0)
		}
	}
	switch {
	case plan.WeightBytes+plan.ArenaBytes <= b.Cache:
		weights = 0
	case step.Stages != nil && weights+int64(step.Scratch) > cache:
		weights *= int64(step.Bands)
	}
	return weights + activity
}

// again is how many bytes of its input, or of that transformed, a convolution reads from L2, because a panel of weights
// for NR channels passes over tiles that a 32 KiB L1 does not hold.
func again(s *runtime.StepReport) float64 {
	size, groups, ok := window(s)
	t := tileOf(s.Kernel)
	if t == nil || !ok {
		return 0
	}
	pixels, depth := s.Out[0].H*s.Out[0].W, size*size*s.In[0].C/groups
	tiles := over(pixels, t.MR)
	if m, r, ok := winograd(s.Choice); ok {
		depth /= size * size
		if r != size { // squares of 2×2 pixels are its channels
			depth *= 4
		}
		tiles = (m + r - 1) * (m + r - 1) * over(over(s.Out[0].H, m)*over(s.Out[0].W, m), t.MR)
	}
	each := t.MR * depth * t.DType.Size()
	if tilesAtOnce*each <= l1 {
		return 0
	}
	return float64(tiles*over(channels(s), t.NR)) * float64(each)
}

// channels are those of all outputs of a step.
func channels(s *runtime.StepReport) (n int) {
	for _, out := range s.Out {
		n += out.C
	}
	return n
}

// winograd takes m and r out of a choice as winograd4x3@neon.
func winograd(choice string) (m, r int, ok bool) {
	n, err := fmt.Sscanf(choice, "winograd%dx%d@", &m, &r)
	return m, r, err == nil && n == 2
}

var form = regexp.MustCompile(`_winograd\d+x\d+_`)

// tileName is the convolution tile of a step's kernel, which does the products of Winograd too.
func tileName(kernel string) string {
	name, _, _ := strings.Cut(kernel, " + ") // what follows is an activation
	op := kernels.OpConvTile
	if strings.HasPrefix(name, kernels.F16.String()) {
		op = kernels.OpConvHalf
	}
	return form.ReplaceAllString(name, "_"+string(op)+"_")
}

// tileOf returns the convolution tile of the catalogue that a step's kernel works by.
func tileOf(kernel string) *kernels.Kernel {
	all := kernels.Catalogue()
	i := slices.IndexFunc(all, func(k kernels.Kernel) bool {
		return k.GOARCH == "arm64" && (k.Op == kernels.OpConvTile || k.Op == kernels.OpConvHalf) && k.Name == tileName(kernel)
	})
	if i < 0 {
		return nil
	}
	return &all[i]
}

var errNoCore = errors.New("no such core")

func coreNamed(name string) (*core, error) {
	for i := range cores {
		if cores[i].Name == name {
			return &cores[i], nil
		}
	}
	return nil, fmt.Errorf("%s: %w", name, errNoCore)
}

func over(n, d int) int { return (n + d - 1) / d }

const (
	tilesAtOnce = 8 // tiles that share a pass over a panel of weights
	l1          = 32 << 10
)
