package main

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/gneiss-go/gneiss/internal/test/disasm"
	"github.com/gneiss-go/gneiss/runtime"
)

// code makes instructions of lines, from address 0x1000 on.
func code(lines ...string) (all []disasm.Insn) {
	for i, l := range lines {
		all = append(all, disasm.Insn{Addr: 0x1000 + 4*uint64(i), Text: l})
	}
	return all
}

func texts(all []disasm.Insn) string {
	var s []string
	for _, i := range all {
		s = append(s, i.Text)
	}
	return strings.Join(s, "; ")
}

func TestLoops(t *testing.T) {
	c := code(
		"mov x0, x1",                   // 1000
		"b.gt 0x1014",                  // 1004 outer begins: whole groups, or what is left
		"fmla v0.4s, v1.4s, v2.s[0]",   // 1008 hot
		"fmla v3.4s, v1.4s, v2.s[1]",   // 100c
		"b.le 0x1008",                  // 1010
		"cbz x3, 0x1020",               // 1014 to the second path
		"str x1, [x2]",                 // 1018
		"b.eq 0x1024",                  // 101c ends the first path: always taken
		"str x2, [x2]",                 // 1020 second path
		"subs x5, x5, #0x1",            // 1024
		"b.ne 0x1004",                  // 1028
		"sdot v0.4s, v1.16b, v2.4b[0]", // 102c a loop of products beside, but fewer
		"tbnz w1, #2, 0x102c",          // 1030
		"ret",                          // 1034
	)
	root, err := loops(c)
	if err != nil {
		t.Fatal(err)
	}
	if len(root.inner) != 2 {
		t.Fatalf("%d outer loops, not 2", len(root.inner))
	}
	if got := root.inner[0].own(); texts(got) != "b.gt 0x1014; cbz x3, 0x1020; str x1, [x2]; b.eq 0x1024; subs x5, x5, #0x1; b.ne 0x1004" {
		t.Errorf("path %q", texts(got))
	}
	if hot := root.inner[0].hot(); hot.lo() != 0x1008 || hot.hi() != 0x1010 || macs(hot.code) != 8 ||
		len(root.around(hot)) != 3 {
		t.Errorf("hot loop %q", texts(hot.code))
	}
	if hot := root.hot(); macs(hot.code) != 16 {
		t.Errorf("hot loop %q", texts(hot.code))
	}
	if _, err := loops(c[:3]); !errors.Is(err, errNoLoop) {
		t.Errorf("error %v", err)
	}
}

func TestRegisterOnly(t *testing.T) {
	got := registerOnly(code("ldr q0, [x1]", "sdot v16.4s, v8.16b, v0.4b[0]", "eor v0.16b, v0.16b, v12.16b",
		"sadalp v9.4s, v8.8h"))
	if texts(got) != "sdot v8.4s, v2.16b, v3.4b[0]; sadalp v9.4s, v3.8h" {
		t.Errorf("stream %q", texts(got))
	}
}

func TestReadLog(t *testing.T) {
	const enter = "Trace 0: 0x7f31 [0000000000001001/%s/00000001/00080200] %s\n"
	tile, mark := fmt.Sprintf(enter, "0000000000001000", kernelsPath+".convTileF32NEON.abi0"),
		fmt.Sprintf(enter, "0000000000002000", markName)
	listed := "----\nIN: f\n0x00001000:  f94007e0  ldr x0, [sp, #8]\n0x00001004:  d65f03c0  ret\n\n" +
		"IN: mark\n0x00002000:  d65f03c0  ret\n\n"
	var got trace
	err := got.read(strings.NewReader(listed + tile + mark + tile + tile + strings.Replace(tile, "0:", "1:", 1) + mark + tile))
	if err != nil || len(got.steps) != 1 || got.steps[0][0x1000] != 2 || got.blocks[0x1000].size != 2 ||
		got.blocks[0x1000].function != kernelsPath+".convTileF32NEON.abi0" {
		t.Errorf("got %+v, %v", got, err)
	}
	for _, bad := range []string{tile, "0xzz: f9\n", "Trace 0: x\n", "IN: f\n0x00001000: ", fmt.Sprintf(enter, "zz", "f")} {
		var got trace
		if err := got.read(strings.NewReader(bad)); err == nil && !strings.HasSuffix(bad, " ") {
			t.Errorf("%q gives %v", bad, got)
		}
	}
}

// A loop that the end of a page cuts in two is one piece; what a branch cuts is two.
func TestJoined(t *testing.T) {
	all := code("ldr q0, [x1]", "sdot v16.4s, v8.16b, v0.4b[0]", "b.ne 0x1000", "ret")
	one := func(from, to int, times int64) piece {
		return piece{Function: "f", Code: all[from:to], Times: []int64{times}}
	}
	if got := joined([]piece{one(1, 3, 7), one(0, 1, 7)}); len(got) != 1 || texts(got[0].Code) != texts(all[:3]) {
		t.Errorf("joined %v", got)
	}
	if got := joined([]piece{one(0, 1, 7), one(1, 3, 8)}); len(got) != 2 || texts(got[0].Code) != texts(all[:3]) ||
		got[0].Times[0] != 7 || got[1].Times[0] != 1 {
		t.Errorf("what is also come to from elsewhere: %v", got)
	}
	if got := joined([]piece{one(0, 3, 7), one(3, 4, 7)}); len(got) != 2 {
		t.Errorf("pieces with a branch between were joined: %v", got)
	}
}

// A step's window and groups follow from its products.
func TestWindow(t *testing.T) {
	for _, w := range []struct{ c, k, size, groups int }{{3, 64, 7, 1}, {96, 256, 5, 2}, {64, 64, 1, 1}, {512, 512, 3, 512}} {
		s := runtime.StepReport{In: []runtime.Shape{{N: 1, H: 14, W: 14, C: w.c}}, Out: []runtime.Shape{{N: 1, H: 7, W: 7, C: w.k}}}
		s.MACs = int64(49 * w.k * w.size * w.size * w.c / w.groups)
		if size, groups, ok := window(&s); !ok || size != w.size || groups != w.groups {
			t.Errorf("%+v: window %d, %d groups, %v", w, size, groups, ok)
		}
	}
}

// What the kernels must reach in the models: a change that breaks their pipelining fails here.
var wanted = map[string]float64{
	"f32_conv_8x8__neon cortex-a53":   70,
	"f32_conv_8x8__neon cortex-a55":   70,
	"f32_conv_8x8__neon cortex-a72":   85,
	"f32_conv_8x8__neon cortex-a76":   85,
	"u8_conv_4x4__neon cortex-a53":    65,
	"u8_conv_4x4__neon cortex-a72":    85,
	"u8_conv_8x8__dotprod cortex-a55": 70,
	"u8_conv_8x8__dotprod cortex-a76": 80,
}

// tools builds what the tests below need, or skips them.
func tools(t *testing.T) (*tracer, *mca) {
	t.Helper()
	m, err := findMCA("llvm-mca-19") // the figures here are of that version
	if err != nil {
		t.Skip("SKIPPED: ", err)
	}
	if _, err := disasm.Tool("arm64", "objdump"); err != nil {
		t.Skip("SKIPPED: ", err)
	}
	tr, err := newTracer(t.TempDir(), "")
	if errors.Is(err, disasm.ErrNoTool) {
		t.Skip("SKIPPED: ", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return tr, m
}

func TestHotLoops(t *testing.T) {
	tr, m := tools(t)
	rows, err := hotLoops(tr.bin, m)
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, k := range rows {
		if k.Percent > 101 || k.Percent < 10 || math.IsNaN(k.Percent) {
			t.Errorf("%s on %s: %.1f %% of the peak", k.Kernel, k.Core, k.Percent)
		}
		if want, ok := wanted[k.Kernel+" "+k.Core]; ok {
			seen++
			if k.Percent < want {
				t.Errorf("%s on %s: %.1f %% of the peak, want %.0f", k.Kernel, k.Core, k.Percent, want)
			}
		}
	}
	if seen != len(wanted) {
		t.Errorf("%d of %d loops found", seen, len(wanted))
	}
	micro, err := microRows(m)
	if err != nil {
		t.Fatal(err)
	}
	cores := map[string]int{}
	for _, r := range micro {
		cores[r.Core]++
		limit := map[string]float64{"cortex-a53": 20, "cortex-a55": 5}[r.Core]
		if math.Abs(r.Off) > max(limit, 1) {
			t.Errorf("%s on %s: modelled %.2f MAC a cycle, measured %.2f", r.Loop, r.Core, r.Modelled, r.Measured)
		}
	}
	for core, n := range cores {
		if n < 2 {
			t.Errorf("%s has %d microbenchmarks", core, n)
		}
	}
}

// What memory is taken to give is less than what a copy reaches, and more than a third of it.
func TestStreams(t *testing.T) {
	for _, r := range streamRows() {
		if r.Modelled >= r.Copy || r.Modelled < r.Copy/3 || r.Set <= 0 {
			t.Errorf("%+v", r)
		}
	}
	if mean, factor := spread([]float64{0.5, 2}); math.Abs(mean-1) > 1e-9 || math.Abs(factor-2) > 1e-9 {
		t.Errorf("0.5 and 2: mean %v, factor %v", mean, factor)
	}
}

// What goes to memory in a case known by hand: three layers over 100 kB each, of 1 kB of weights, on a cache of 64 kB.
// One after the other they read and write each tensor. In bands of 20 kB what lies between stays in the cache; in bands
// of 40 kB, more than half of it, it does not; and beside bands of 30 kB, 36 kB of weights are read for each.
func TestTraffic(t *testing.T) {
	const tensor, kb = 100 << 10, 1 << 10
	b := &board{Cache: 64 * kb}
	plan := &runtime.Report{WeightBytes: 3 * kb, ArenaBytes: 2 * tensor}
	layer := runtime.StepReport{Bytes: 2*tensor + kb, Weights: kb}
	chain := func(scratch, weights int) *runtime.StepReport {
		s := &runtime.StepReport{Bytes: 2*tensor + 3*int64(weights), Weights: 3 * weights, Scratch: scratch, Bands: 5}
		for range 3 {
			s.Stages = append(s.Stages, runtime.StepReport{Bytes: 2*tensor + int64(weights), Weights: weights})
		}
		return s
	}
	small := &runtime.StepReport{Bytes: 21 * kb, Weights: kb}
	for _, c := range []struct {
		what string
		step *runtime.StepReport
		want int64
	}{
		{"a layer", &layer, 2*tensor + kb},
		{"a layer of 20 kB", small, kb},
		{"a chain", chain(20*kb, kb), 2*tensor + 3*kb},
		{"a chain of large bands", chain(40*kb, kb), 6*tensor + 3*kb},
		{"a chain of large weights", chain(30*kb, 12*kb), 2*tensor + 5*36*kb},
	} {
		if got := b.traffic(plan, c.step); got != c.want {
			t.Errorf("%s: %d bytes, want %d", c.what, got, c.want)
		}
	}
	if got := b.traffic(&runtime.Report{WeightBytes: 3 * kb, ArenaBytes: 40 * kb}, small); got != 0 {
		t.Errorf("a network that stays in the cache: %d bytes", got)
	}
	if got := stages(chain(kb, kb)); len(got) != 3 {
		t.Errorf("%d layers of a chain of three", len(got))
	}
}

// The counts from shapes must be those of the instructions that really run, and a prediction must be whole.
func TestExecuted(t *testing.T) {
	if testing.Short() {
		t.Skip("minutes under an emulator")
	}
	tr, m := tools(t)
	r, err := newReport(tr.bin, m)
	if err != nil {
		t.Fatal(err)
	}
	list, err := networks([]string{"squeezenet"}, []string{"f32"})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.add(tr, m, list[0], nil); err != nil {
		t.Fatal(err)
	}
	for _, c := range r.Counts {
		t.Logf("%+v", c)
		if math.Abs(c.Off) > 1 || c.Share < 0.9 {
			t.Errorf("%.0f %% of the products: %d instructions by shapes, %d executed: %.1f %% off", 100*c.Share, c.Shapes,
				c.Executed, c.Off)
		}
	}
	if len(r.Networks) != len(boards) {
		t.Errorf("%d predictions for %d boards", len(r.Networks), len(boards))
	}
	for _, b := range r.Networks {
		if !(b.Kernels > 0 && b.Memory > 0 && b.Other > 0 && b.Total > b.Kernels) || len(b.Steps) == 0 || b.Generic < 0 {
			t.Errorf("%s: %+v", b.Board, b)
		}
	}
	var out bytes.Buffer
	if err := errors.Join(r.print(&out, true), r.printMarkdown(&out), r.printJSON(&out)); err != nil ||
		!strings.Contains(out.String(), "squeezenet") {
		t.Errorf("%v: %s", err, out.String())
	}
}
