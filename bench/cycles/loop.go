package main

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/gneiss-go/gneiss/internal/test/disasm"
)

// loop is a loop of an assembly function: from the target of a backward branch to that branch.
type loop struct {
	code  []disasm.Insn
	inner []*loop
}

func (l *loop) lo() uint64 { return l.code[0].Addr }
func (l *loop) hi() uint64 { return l.code[len(l.code)-1].Addr }

var branchTo = regexp.MustCompile(`^(b|b\.\w+|cbn?z|tbn?z) (?:.*, )?0x([0-9a-f]+)$`)

// target returns where a direct branch leads, and whether it may fall through.
func target(i disasm.Insn) (to uint64, conditional, ok bool) {
	m := branchTo.FindStringSubmatch(i.Text)
	if m == nil {
		return 0, false, false
	}
	to, err := strconv.ParseUint(m[2], 16, 64)
	return to, m[1] != "b", err == nil
}

var errNoLoop = errors.New("no loop")

// loops returns the outermost loops of a function, which hold the others.
func loops(code []disasm.Insn) (*loop, error) {
	root := &loop{code: code}
	var all []*loop
	for n, i := range code {
		to, _, ok := target(i)
		if !ok || to > i.Addr || to < code[0].Addr {
			continue
		}
		for k := range code[:n+1] {
			if code[k].Addr == to {
				all = append(all, &loop{code: code[k : n+1]})
			}
		}
	}
	if len(all) == 0 {
		return nil, errNoLoop
	}
	for _, l := range all { // into the smallest that holds it
		parent := root
		for _, p := range all {
			if p != l && p.lo() <= l.lo() && l.hi() <= p.hi() && len(p.code) < len(parent.code) {
				parent = p
			}
		}
		parent.inner = append(parent.inner, l)
	}
	return root, nil
}

// hot returns the innermost loop with the most multiply-accumulates, or instructions if none has any.
func (l *loop) hot() *loop {
	if len(l.inner) == 0 {
		return l
	}
	var best *loop
	for _, in := range l.inner {
		h := in.hot()
		if best == nil || macs(h.code) > macs(best.code) || macs(h.code) == macs(best.code) && len(h.code) > len(best.code) {
			best = h
		}
	}
	return best
}

// around returns the chain of loops from the outermost to the one given.
func (l *loop) around(to *loop) []*loop {
	if l == to {
		return []*loop{l}
	}
	for _, in := range l.inner {
		if chain := in.around(to); chain != nil {
			return append([]*loop{l}, chain...)
		}
	}
	return nil
}

// own returns what one pass through a loop runs besides the loops inside it, on the path of whole tiles: branches
// forward are not taken, except where the next instruction is only the target of another, that is, where one path ends
// and the code of another follows.
func (l *loop) own() (path []disasm.Insn) {
	targets := map[uint64]bool{}
	skipTo := uint64(0)
next:
	for n, i := range l.code {
		if i.Addr < skipTo {
			continue
		}
		for _, in := range l.inner {
			if in.lo() <= i.Addr && i.Addr <= in.hi() {
				continue next
			}
		}
		path = append(path, i)
		to, conditional, ok := target(i)
		if !ok || to <= i.Addr {
			continue
		}
		if !conditional || n+1 < len(l.code) && targets[l.code[n+1].Addr] {
			skipTo = to
		} else if to <= l.hi() {
			targets[to] = true
		}
	}
	return path
}

var register = regexp.MustCompile(`\bv\d+`)

// macs counts the multiply-accumulates in some code.
func macs(code []disasm.Insn) (n int) {
	for _, i := range code {
		n += macsOf(i)
	}
	return n
}

// macsOf returns the multiply-accumulates of one instruction: lanes times products added to each.
func macsOf(i disasm.Insn) int {
	switch op := i.Op(); op {
	case "fmla", "fmls":
		switch {
		case strings.Contains(i.Text, ".8h"):
			return 8
		case strings.Contains(i.Text, ".4s"):
			return 4
		}
		return 2
	case "sdot", "udot", "usdot", "sudot":
		return 16
	case "smmla", "ummla", "usmmla":
		return 32
	case "smull", "smull2", "smlal", "smlal2", "umull", "umull2", "umlal", "umlal2":
		if strings.Contains(i.Text, ".8h,") {
			return 8
		}
		return 4
	}
	return 0
}

// arithmetic tells whether an instruction does part of the products and sums.
func arithmetic(i disasm.Insn) bool {
	return macsOf(i) > 0 || i.Op() == "sadalp" || i.Op() == "uadalp"
}

// registerOnly is the arithmetic of some code without its loads and without dependences: each instruction writes
// another of 24 registers and reads two of the other eight.
func registerOnly(code []disasm.Insn) (stream []disasm.Insn) {
	for _, i := range code {
		if !arithmetic(i) {
			continue
		}
		k, n := len(stream), 0
		i.Text = register.ReplaceAllStringFunc(i.Text, func(string) string {
			n++
			if n == 1 {
				return fmt.Sprintf("v%d", 8+k%24)
			}
			return fmt.Sprintf("v%d", (k+n)%8)
		})
		stream = append(stream, i)
	}
	return stream
}
