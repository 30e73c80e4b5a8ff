package main

import (
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/gneiss-go/gneiss/internal/test/disasm"
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
	const entered = "Trace 0: 0x7f31 [0000000000001001/0000000000001000/00000001/00080200] github.com/gneiss-go/gneiss/kernels.convTileF32NEON.abi0\n"
	got, err := readLog(strings.NewReader("----\nIN: f\n0x00001000:  f94007e0  ldr x0, [sp, #8]\n0x00001004:  d65f03c0  ret\n\n" +
		entered + entered))
	if err != nil || got[kernelsPath+".convTileF32NEON.abi0"] != 4 {
		t.Errorf("got %v, %v", got, err)
	}
	for _, bad := range []string{entered, "0xzz: f9\n", "Trace 0: x\n", "IN: f\n0x00001000: "} {
		if got, err := readLog(strings.NewReader(bad)); err == nil {
			t.Errorf("%q gives %v", bad, got)
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

func TestReport(t *testing.T) {
	m, err := findMCA("llvm-mca-19") // the figures above are of that version
	if err != nil {
		t.Skip("SKIPPED: ", err)
	}
	if _, err := disasm.Tool("arm64", "objdump"); err != nil {
		t.Skip("SKIPPED: ", err)
	}
	bin, err := disasm.Build("arm64", kernelsPath, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	r, err := makeReport(bin, m)
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, k := range r.Kernels {
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
	for _, c := range r.Counts {
		direct := !strings.HasPrefix(c.Kernel, "f32")
		if c.MACs < 1_581_000_000 || c.MACs > 1_582_000_000 || direct &&
			(c.Products < c.MACs || float64(c.Products) > 1.1*float64(c.MACs)) {
			t.Errorf("%s: %d products for %d MAC", c.Kernel, c.Products, c.MACs)
		}
	}
	if len(r.Boards) != 2*len(boards) {
		t.Errorf("%d predictions for %d boards", len(r.Boards), len(boards))
	}
	for _, b := range r.Boards {
		if !(b.Kernels > 0 && b.Memory > 0 && b.Other > 0 && b.Total > b.Kernels) {
			t.Errorf("%s: %+v", b.Board, b)
		}
	}
}

// The counts from shapes must be those of the instructions that really run.
func TestExecuted(t *testing.T) {
	if testing.Short() {
		t.Skip("half a minute under an emulator")
	}
	m, err := findMCA("")
	if err != nil {
		t.Skip("SKIPPED: ", err)
	}
	dir := t.TempDir()
	bin, err := disasm.Build("arm64", kernelsPath, dir)
	if errors.Is(err, disasm.ErrNoTool) {
		t.Skip("SKIPPED: ", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	r, err := makeReport(bin, m)
	if err != nil {
		t.Fatal(err)
	}
	r.Counts = r.Counts[:1] // float32; int8 takes a minute more, and --execute does it
	err = r.execute(dir)
	if errors.Is(err, disasm.ErrNoTool) {
		t.Skip("SKIPPED: ", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range r.Counts {
		t.Logf("%s: %d counted, %d executed", c.Kernel, c.Instructions, c.Executed)
		if off := float64(c.Instructions)/float64(c.Executed) - 1; math.Abs(off) > 0.01 {
			t.Errorf("%s: %d instructions counted, %d executed: %.1f %% off", c.Kernel, c.Instructions, c.Executed, 100*off)
		}
	}
}
