package runtime

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	goruntime "runtime"
	"slices"

	"github.com/gneiss-go/gneiss/arch"
	"github.com/gneiss-go/gneiss/kernels"
)

// Load makes a plan of a model file's bytes: it is [ReadGraph] and [Compile] in one, without the copies between.
//
// The plan uses data in place, so data must not change while the plan is in use; it may be read-only, as go:embed's and
// mapped files are. Filters that the file holds packed for this tier are used as they lie there, if data begins at a
// multiple of 64 bytes, and those of the graph are not even read; otherwise Load packs. A packed section that was made
// by another version, with other kernels, or by other choices than a [WithChooser] here makes, is left aside.
//
// Errors wrap [ErrCorrupt], [ErrSignature], [ErrLimit], or are those of [Graph.Add] and [Compile].
func Load(data []byte, opts ...Option) (*Plan, error) {
	o := newOptions(opts)
	c, err := parse(data)
	if err != nil {
		return nil, err
	}
	c.relief = &o.relief
	if err := c.authenticate(data, &o); err != nil {
		return nil, err
	}
	isa, err := o.tier()
	if err != nil {
		return nil, err
	}
	p, err := c.loadPacked(&o, isa)
	if p == nil && err == nil {
		var g *Graph
		if g, err = c.graph(o.limits, true, true); err != nil {
			return nil, err
		}
		p, err = compile(g, &o, isa, nil)
	}
	if err != nil {
		return nil, err
	}
	p.golden, err = c.golden(p)
	return p, err
}

// loadPacked loads with the filters packed for a tier, or for one that it contains and adds no kernel to that packs. It
// returns neither plan nor error if there are none that fit.
func (c *container) loadPacked(o *options, isa arch.ISA) (*Plan, error) {
	s := c.find(secPacked, Target(isa))
	tier := isa
	for s == nil && tier != arch.Generic && kernels.PackAlike(isa, tier.Within(), false) {
		tier = tier.Within()
		s = c.find(secPacked, Target(tier))
	}
	if s == nil || !littleEndian {
		return nil, nil
	}
	if err := s.check(); err != nil {
		return nil, err
	}
	names, steps, err := readPacked(s.data)
	if err != nil {
		return nil, err
	}
	g, err := c.graph(o.limits, false, true)
	if err != nil {
		return nil, err
	}
	if g.inHalf() && !kernels.PackAlike(isa, tier, true) {
		return nil, nil
	}
	inPlace := *o
	inPlace.relief = relief{} // what is packed is in use
	p, err := compile(g, &inPlace, isa, kernels.LoadPacking(steps))
	switch {
	case errors.Is(err, kernels.ErrShape):
		return nil, nil
	case err != nil:
		return nil, err
	case o.memory == 0 && !p.packedAs(names):
		return nil, nil
	}
	return p, nil
}

// Target names what filters are packed for: architecture and tier, as in arm64-dotprod. A tier that is no target is one
// of this architecture.
func Target(isa arch.ISA) string { return cmp.Or(isa.GOARCH(), goruntime.GOARCH) + "-" + isa.String() }

// ParseTarget is the inverse of [Target], for any architecture. Errors wrap [arch.ErrTarget].
func ParseTarget(name string) (arch.ISA, error) { return arch.ParseTarget(name) }

// Targets lists what a model file holds packed filters for. Nothing but the file's header is checked.
func Targets(file []byte) ([]string, error) {
	c, err := parse(file)
	if err != nil {
		return nil, err
	}
	targets := []string{}
	for _, s := range c.sections {
		if s.kind == secPacked {
			targets = append(targets, s.target)
		}
	}
	return targets, nil
}

// kernels lists the steps' kernels.
func (p *Plan) kernels() []string {
	names := make([]string, len(p.steps))
	for i := range p.steps {
		names[i] = p.steps[i].op.Kernel()
	}
	return names
}

// packedAs reports whether filters that were packed for these kernels fit: those of the steps that have any.
func (p *Plan) packedAs(kernels []string) bool {
	return slices.EqualFunc(p.steps, kernels, func(s planStep, name string) bool {
		return !s.packs || s.op.Kernel() == name
	})
}

// WithPacked adds filters packed for a tier, so that loading the file on a machine that has it need not pack. Of the
// options those count that choose how steps are computed, [WithChooser] and what is made of it; the file keeps the
// choice.
//
// The tier is one of this machine, or a target of any architecture as [ParseTarget] returns it. Packing for a target is
// portable: every machine writes the bytes that one writes whose CPU has exactly the features of the target's tier, and
// half precision where it has dot products.
func WithPacked(isa arch.ISA, opts ...Option) WriteOption {
	return func(w *writer) {
		data, err := w.pack(isa, opts)
		if err != nil {
			w.fail(fmt.Errorf("filters packed for %s: %w", Target(isa), err))
			return
		}
		w.add(section{kind: secPacked, target: Target(isa), data: data})
	}
}

// pack returns a packed section.
func (w *writer) pack(isa arch.ISA, opts []Option) ([]byte, error) {
	switch goarch := isa.GOARCH(); {
	case !littleEndian:
		return nil, errors.New("files have little-endian numbers, and this machine has not")
	case goarch != "":
		var err error
		if isa, err = kernels.Target(goarch, isa.Tier()); err != nil {
			return nil, err
		}
	case !arch.Supports(isa):
		return nil, errors.New("this machine has no such tier; a target may be one of any machine")
	}
	o := newOptions(opts)
	packing := kernels.NewPacking()
	p, err := compile(w.graph, &options{threads: 1, choose: o.choose, ended: o.ended}, isa, packing)
	if err != nil {
		return nil, err
	}
	return encodePacked(p.kernels(), packing.Steps()), nil
}

// WithPackedFrom adds the packed filters of another file of the same graph, made perhaps on a machine of another kind.
// Targets that have been added already stay as they are. A graph without a card gets that of the file.
func WithPackedFrom(file []byte) WriteOption {
	return func(w *writer) {
		c, err := parse(file)
		if err != nil {
			w.fail(err)
			return
		}
		for i := range c.sections {
			s := &c.sections[i]
			if err := s.check(); err != nil {
				w.fail(err)
				return
			}
			switch s.kind {
			case secGraph, secData, secFilters:
				if !bytes.Equal(s.data, w.sections[s.kind-secGraph].data) {
					w.fail(fmt.Errorf("packed filters of another graph: %w", ErrGraph))
					return
				}
			case secPacked, secCard:
				w.add(*s)
			}
		}
	}
}

// add adds a section unless there is one of its kind and target.
func (w *writer) add(s section) {
	if (&container{sections: w.sections}).find(s.kind, s.target) == nil {
		w.sections = append(w.sections, s)
	}
}

func (w *writer) fail(err error) {
	if w.err == nil {
		w.err = err
	}
}

// A packed section is a directory, preceded by its length in a uint64, and the pieces it lists, each at a multiple of
// 64 bytes in their order. The directory, in varints and strings as in the structure:
//
//	kernels  number of steps, and the name of each one's kernel
//	steps    number of packed steps; of each its name, number of pieces, and their bytes
func encodePacked(kernels []string, steps map[string][][]byte) []byte {
	var e encoder
	e.int(len(kernels))
	for _, name := range kernels {
		e.string(name)
	}
	names := make([]string, 0, len(steps))
	for name := range steps {
		names = append(names, name)
	}
	slices.Sort(names)
	e.int(len(names))
	for _, name := range names {
		e.string(name)
		e.int(len(steps[name]))
		for _, piece := range steps[name] {
			e.int(len(piece))
		}
	}
	out := binary.LittleEndian.AppendUint64(nil, uint64(len(e.buf)))
	out = append(out, e.buf...)
	for _, name := range names {
		for _, piece := range steps[name] {
			out = append(out, make([]byte, alignUp(len(out))-len(out))...)
			out = append(out, piece...)
		}
	}
	return out
}

// readPacked is the inverse of encodePacked. Pieces are parts of data; their sizes are the operations' to judge.
func readPacked(data []byte) (kernels []string, steps map[string][][]byte, err error) {
	if len(data) < 8 || binary.LittleEndian.Uint64(data) > uint64(len(data)-8) {
		return nil, nil, corrupt("a packed section of %d bytes", len(data))
	}
	end := 8 + int(binary.LittleEndian.Uint64(data))
	d := &decoder{buf: data[8:end]}
	kernels = make([]string, d.count())
	for i := range kernels {
		kernels[i] = d.string()
	}
	n := d.count()
	steps = make(map[string][][]byte, n)
	last := ""
	for i := range n {
		name := d.string()
		if i > 0 && name <= last {
			d.fail("packed steps are out of order")
		}
		last = name
		pieces := make([][]byte, d.count())
		for k := range pieces {
			size, start := d.int(), alignUp(end)
			if start > len(data) || size > len(data)-start {
				d.fail("packed filters beyond the end of their section")
				break
			}
			end = start + size
			pieces[k] = data[start:end:end]
		}
		steps[name] = pieces
		if d.err != nil {
			break
		}
	}
	if d.err == nil && (len(d.buf) != 0 || end != len(data)) {
		d.fail("bytes behind the packed filters")
	}
	return kernels, steps, d.err
}
