package main

import (
	"fmt"
	"math"
	"strings"

	"github.com/gneiss-go/gneiss/arch"
	"github.com/gneiss-go/gneiss/internal/test/disasm"
	"github.com/gneiss-go/gneiss/kernels"
	"github.com/gneiss-go/gneiss/runtime"
)

// filtering is a form of Winograd's minimal filtering, F(m,r), in float32, and its transforms.
type filtering struct {
	m, r    int
	squares bool // of 2×2 pixels are its channels: for stride 2
	in, out *transform
}

// shapes counts from shapes alone how many instructions the convolutions of a network take: the parts of its tiles and
// transforms, each by how often it runs.
type shapes struct {
	tiles map[string]*tile
	forms map[string]*filtering // by the algorithm's name
}

func newShapes(bin *disasm.Binary) (*shapes, error) {
	of := func(op kernels.OpKind) *transform { return &transform{Kernel: arm64(op, kernels.F32, arch.NEON)} }
	s := &shapes{tiles: map[string]*tile{}, forms: map[string]*filtering{
		"winograd4x3": {m: 4, r: 3, in: of(kernels.OpWino43Input), out: of(kernels.OpWino43Output)},
		"winograd2x3": {m: 2, r: 3, in: of(kernels.OpWino23Input), out: of(kernels.OpWino23Output)},
		"winograd3x4": {m: 3, r: 4, squares: true, in: of(kernels.OpWino43Input), out: of(kernels.OpWino34Output)},
		"winograd2x5": {m: 2, r: 5, in: of(kernels.OpWino43Input), out: of(kernels.OpWino25Output)},
	}}
	for _, f := range s.forms {
		for _, t := range []*transform{f.in, f.out} {
			if err := t.cut(bin); err != nil {
				return nil, err
			}
		}
	}
	for _, t := range tiles {
		t := *t
		if err := t.cut(bin); err != nil {
			return nil, err
		}
		s.tiles[t.Name] = &t
	}
	return s, nil
}

// window is the square window and the groups of a convolution step, from its products for each output.
func window(s *runtime.StepReport) (size, groups int, ok bool) {
	if len(s.In) != 1 || len(s.Out) == 0 || s.MACs == 0 {
		return 0, 0, false
	}
	elements := 0
	for _, out := range s.Out {
		elements += out.Elements()
	}
	each := s.MACs / int64(elements)
	for groups = 1; groups <= s.In[0].C; groups *= 2 {
		taps := float64(each*int64(groups)) / float64(s.In[0].C)
		size = int(math.Round(math.Sqrt(taps)))
		if float64(size*size) == taps {
			return size, groups, true
		}
	}
	return 0, 0, false
}

// step returns the parts of a step, and the functions they are of; none if it is not a convolution by tiles that this
// knows, or a chain, whose tiles hang on its bands. Symbols are names of assembly functions.
func (x *shapes) step(s *runtime.StepReport) (parts []part, symbols []string) {
	t := x.tiles[tileName(s.Kernel)]
	size, groups, ok := window(s)
	if t == nil || !ok || s.In[0].N != 1 || s.Stages != nil {
		return nil, nil
	}
	in, out := s.In[0], s.Out[0]
	c, k := in.C/groups, channels(s)/groups
	algorithm, _, _ := strings.Cut(s.Choice, "@")
	f := x.forms[algorithm]
	if f == nil {
		if algorithm != "direct" && algorithm != "rows" || groups > 1 {
			return nil, nil
		}
		taps, depth := size*size, c
		if algorithm == "rows" {
			taps, depth = size, size*c
		}
		return t.parts(over(out.H*out.W, t.MR)*over(k, t.NR), taps, over(depth, t.KR)), []string{t.Text}
	}
	if t.DType != kernels.F32 || groups > 1 {
		return nil, nil
	}
	tiles := over(out.H, f.m) * over(out.W, f.m)
	positions := (f.m + f.r - 1) * (f.m + f.r - 1)
	depth, transformed := c, c
	if f.squares {
		depth, transformed = 4*c, 16
	}
	parts = t.parts(positions*over(tiles, t.MR)*over(k, t.NR), 1, depth)
	parts = append(parts, f.in.parts(tiles*transformed/4)...)
	parts = append(parts, f.out.parts(tiles*over(k, 4))...)
	return parts, []string{t.Text, f.in.Text, f.out.Text}
}

// countRow sets the instructions of a network's convolutions, counted from shapes, beside those that were executed.
type countRow struct {
	Network  string  `json:"network"`
	DType    string  `json:"dtype"`
	CPU      string  `json:"emulated"`
	Steps    int     `json:"steps"` // that are counted
	MACs     int64   `json:"macs"`  // of direct convolution, in those steps
	Share    float64 `json:"share_of_macs"`
	Shapes   int64   `json:"instructions_by_shapes"`
	Executed int64   `json:"instructions_executed"`
	PerMAC   float64 `json:"instructions_per_mac"` // by shapes
	Off      float64 `json:"percent_off"`
}

// counted is how many instructions are compared: all but those of bounds, which a tile leaves out where a bound is
// infinite.
func counted(code []disasm.Insn) (n int64) {
	for _, i := range code {
		if op := i.Op(); op != "fmax" && op != "fmin" {
			n++
		}
	}
	return n
}

// count compares the two.
func (x *shapes) count(r *run) (c countRow) {
	for i := range r.Plan.Steps {
		s := &r.Plan.Steps[i]
		parts, symbols := x.step(s)
		if parts == nil {
			continue
		}
		c.Steps++
		c.MACs += s.MACs
		for _, p := range parts {
			c.Shapes += int64(p.times) * counted(p.code)
		}
		for k := range r.Pieces {
			for _, name := range symbols {
				if r.Pieces[k].Function == name {
					c.Executed += r.Pieces[k].Times[i] * counted(r.Pieces[k].Code)
					break
				}
			}
		}
	}
	if c.MACs > 0 && c.Executed > 0 {
		c.Share = float64(c.MACs) / float64(r.Plan.MACs)
		c.PerMAC = float64(c.Shapes) / float64(c.MACs)
		c.Off = 100 * (float64(c.Shapes)/float64(c.Executed) - 1)
	}
	return c
}

func (c *countRow) String() string {
	return fmt.Sprintf("%s\t%s\t%s\t%d\t%.0f\t%.1f\t%.1f\t%.4f\t%+.2f\t", c.Network, c.DType, c.CPU, c.Steps, 100*c.Share,
		float64(c.Shapes)/1e6, float64(c.Executed)/1e6, c.PerMAC, c.Off)
}
