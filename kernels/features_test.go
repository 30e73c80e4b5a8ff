package kernels

import (
	"bufio"
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/gneiss-go/gneiss/arch"
)

// instruction is a line of a disassembly.
type instruction struct {
	code string // bytes, as hexadecimal digits
	op   string
	args string
}

// disassemblers by architecture; each is part of GNU binutils for it.
var disassemblers = map[string][]string{
	"amd64": {"objdump", "x86_64-linux-gnu-objdump"},
	"arm64": {"aarch64-linux-gnu-objdump"},
	"arm":   {"arm-linux-gnueabihf-objdump"},
}

// disassembly is this package built for this architecture, function by function.
func disassembly(t *testing.T) map[string][]instruction {
	var objdump string
	for _, name := range disassemblers[runtime.GOARCH] {
		if path, err := exec.LookPath(name); err == nil {
			objdump = path
			break
		}
	}
	if objdump == "" {
		t.Skipf("SKIPPED: no %v (Debian: binutils, binutils-aarch64-linux-gnu, binutils-arm-linux-gnueabihf); what kernels use stays unproven", disassemblers[runtime.GOARCH])
	}
	bin := filepath.Join(t.TempDir(), "kernels.test")
	build := exec.Command("go", "test", "-c", "-o", bin, ".")
	build.Env = append(os.Environ(), "GOOS=linux", "GOARCH="+runtime.GOARCH, "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Skipf("SKIPPED: cannot build for %s: %v\n%s", runtime.GOARCH, err, out)
	}
	out, err := exec.Command(objdump, "-d", "-w", bin).Output()
	if err != nil {
		t.Fatal(err)
	}
	var (
		head  = regexp.MustCompile(`^[0-9a-f]+ <(.*)>:$`)
		line  = regexp.MustCompile(`^\s*[0-9a-f]+:\t([0-9a-f ]+)\t(.*)$`)
		funcs = map[string][]instruction{}
		in    string
	)
	s := bufio.NewScanner(bytes.NewReader(out))
	s.Buffer(nil, 1<<20)
	for s.Scan() {
		if m := head.FindStringSubmatch(s.Text()); m != nil {
			in = m[1]
		} else if m := line.FindStringSubmatch(s.Text()); m != nil && strings.HasPrefix(in, kernelsPath) {
			text := strings.TrimPrefix(strings.TrimSpace(m[2]), "{vex} ")
			op, args, _ := strings.Cut(strings.Replace(text, "\t", " ", 1), " ")
			funcs[in] = append(funcs[in], instruction{strings.ReplaceAll(m[1], " ", ""), op, strings.TrimSpace(args)})
		}
	}
	return funcs
}

const kernelsPath = "github.com/gneiss-go/gneiss/kernels."

// Each kernel in assembly uses exactly the features that its row of the table requires: none beyond them, or it would
// die of an illegal instruction on a CPU that lacks them, and all of them, or CPUs that could run it do without.
func TestKernelsUseWhatTheyRequire(t *testing.T) {
	if len(archKernels()) == 0 {
		t.Skip("no assembly in this build")
	}
	funcs := disassembly(t)
	checked := 0
	for _, k := range archKernels() {
		name := runtime.FuncForPC(reflect.ValueOf(k.Fn).Pointer()).Name()
		var used arch.Feature
		bodies := 0
		for _, f := range assemblyOf(funcs, name) {
			bodies++
			for _, in := range funcs[f] {
				feature, known := featuresOf(in)
				if !known {
					t.Errorf("%s: %s: %s %s: what does it need?", k.Name, f, in.op, in.args)
				}
				if feature&^k.Requires != 0 {
					t.Errorf("%s: %s: %s %s needs %v, the table has %v", k.Name, f, in.op, in.args, feature&^k.Requires, k.Requires)
				}
				used |= feature
			}
		}
		if bodies == 0 {
			t.Errorf("%s: no assembly found behind %s", k.Name, name)
		}
		if missing := k.Requires &^ used; missing != 0 {
			t.Errorf("%s requires %v but does not use it", k.Name, missing)
		}
		checked++
	}
	t.Logf("%d kernels", checked)
}

// assemblyOf returns the functions in assembly behind a kernel: its own, or those that its Go wrapper calls.
func assemblyOf(funcs map[string][]instruction, name string) []string {
	if _, ok := funcs[name+".abi0"]; ok {
		return []string{name + ".abi0"}
	}
	target := regexp.MustCompile(`<(` + regexp.QuoteMeta(kernelsPath) + `\w+\.abi0)>`)
	var found []string
	for _, in := range funcs[name] {
		if m := target.FindStringSubmatch(in.args); m != nil && !slices.Contains(found, m[1]) {
			found = append(found, m[1])
		}
	}
	return found
}

// featuresOf says what an instruction needs beyond the baseline of its architecture, and whether it is known at all.
func featuresOf(in instruction) (arch.Feature, bool) {
	switch runtime.GOARCH {
	case "amd64":
		return featuresAMD64(in)
	case "arm64":
		return featuresARM64(in)
	case "arm":
		return featuresARM(in)
	}
	return 0, false
}

var (
	plainAMD64 = regexp.MustCompile(`^(mov(abs|l|q|b|w|zbl|zwl|zbq|zwq|sbl|slq|swl|ss|sd|d|q)?|lea[lq]?|add[lqbw]?|sub[lqbw]?|imul[lq]?|and[lqbw]?|x?or[lqbw]?|sh[lr][lq]?|sar[lq]?|neg[lq]?|not[lq]?|cmp[lqbw]?|test[lqbw]?|inc[lq]?|dec[lq]?|j\w+|call[q]?|ret[q]?|nop[lw]?|data16|cs|push[q]?|pop[q]?|cmov\w+|set\w+|xchg|int3|prefetcht[012]|ud2|bt[lq]?)$`)
	byteWord   = regexp.MustCompile(`^(vmovdqu(8|16)|vp(add|sub)(s|us)?[bw]|vpack\w+|vpunpck\w+(bw|wd)|vpbroadcast[bw]|vp(max|min)[su][bw]|vpmov\w*(b|bw|wb|w)|vpmadd(wd|ubsw)|vpsr\wdq|vpshuf(b|hw|lw)|vpermw|vpcmp\w*[bw]|kmov[dq]|kortest[dq]|vps[rl]lw|vpsraw)$`)
	convertsF  = regexp.MustCompile(`^vpmov(s|us)?(db|dw|qb|qd|qw)|^vpmov[sz]x(bd|wd|bq|wq|dq)`) // AVX-512 F though their names end in b or w
)

// featuresAMD64 goes by the encoding: EVEX is AVX-512, VEX is AVX or AVX2, the rest is baseline.
func featuresAMD64(in instruction) (arch.Feature, bool) {
	evex := strings.HasPrefix(in.code, "62")
	vex := strings.HasPrefix(in.code, "c4") || strings.HasPrefix(in.code, "c5")
	switch {
	case strings.HasPrefix(in.op, "k"): // mask registers
		if strings.HasSuffix(in.op, "d") || strings.HasSuffix(in.op, "q") {
			return arch.FeatAVX512F | arch.FeatAVX512BW, true
		}
		if strings.HasSuffix(in.op, "b") {
			return arch.FeatAVX512F | arch.FeatAVX512DQ, true
		}
		return arch.FeatAVX512F, true
	case evex:
		f := arch.FeatAVX512F
		scalar := strings.HasSuffix(in.op, "ss") || strings.HasSuffix(in.op, "sd") || strings.HasSuffix(in.op, "si")
		if !strings.Contains(in.args, "zmm") && (!scalar || strings.HasPrefix(in.op, "vp")) {
			f |= arch.FeatAVX512VL
		}
		switch {
		case strings.HasPrefix(in.op, "vpdp"):
			f |= arch.FeatAVX512VNNI
		case convertsF.MatchString(in.op):
		case byteWord.MatchString(in.op):
			f |= arch.FeatAVX512BW
		}
		return f, true
	case vex:
		switch {
		case strings.HasPrefix(in.op, "vpdp"):
			return arch.FeatAVX2 | arch.FeatAVXVNNI, true
		case strings.HasPrefix(in.op, "vfm"), strings.HasPrefix(in.op, "vfnm"):
			return arch.FeatFMA, true
		case strings.HasPrefix(in.op, "v"):
			return arch.FeatAVX2, true
		}
		return 0, false // BMI and the like
	}
	return 0, plainAMD64.MatchString(in.op)
}

var (
	beyondARM64 = regexp.MustCompile(`^(bf|fmlal|fmlsl|sqrdmla|sqrdmls|fcmla|fcadd|fjcvt|ld(add|clr|set|eor|smax|smin|umax|umin)[abhl]*$|swp|cas|sha512|sm[34]|eor3|bcax|rax1|xar|aes|sha|pmull|crc|ldapr)`)
	vectorARM64 = regexp.MustCompile(`\b[vqds]\d+\b`)
	half        = regexp.MustCompile(`\.[48]h\b`)
)

// featuresARM64: vectors are NEON, which has no arithmetic in half precision before v8.2.
func featuresARM64(in instruction) (arch.Feature, bool) {
	switch op := in.op; {
	case op == "udf" && in.code == "00000000": // what fills up a function's last line, never reached
		return 0, true
	case op == "sdot" || op == "udot":
		return arch.FeatNEON | arch.FeatDotProd, true
	case op == "sudot" || op == "usdot" || op == "smmla" || op == "ummla" || op == "usmmla":
		return arch.FeatNEON | arch.FeatI8MM, true
	case beyondARM64.MatchString(op), strings.HasPrefix(op, "."), op == "udf", strings.HasPrefix(op, "undefined"):
		return 0, false
	case strings.HasPrefix(op, "f") && half.MatchString(in.args) && !strings.HasPrefix(op, "fcvt"):
		return 0, false
	case vectorARM64.MatchString(in.args):
		return arch.FeatNEON, true
	}
	return 0, true
}

var neonARM = regexp.MustCompile(`\b(q\d+|d(1[6-9]|2\d|3[01]))\b|\bd\d+\[|\{d\d+`)

// featuresARM: Go's ARMv7 has VFPv3 with sixteen registers; wider ones and vector instructions are NEON. Fused
// multiply-add came with VFPv4, division of integers later still.
func featuresARM(in instruction) (arch.Feature, bool) {
	op, suffix, _ := strings.Cut(in.op, ".")
	switch {
	case strings.HasPrefix(op, "vfm"), strings.HasPrefix(op, "vfnm"), strings.HasPrefix(op, "sdiv"), strings.HasPrefix(op, "udiv"),
		strings.HasPrefix(op, "vrint"), strings.HasPrefix(op, "vcvtn"), strings.HasPrefix(op, "vmaxnm"), strings.HasPrefix(op, "vminnm"),
		strings.HasPrefix(op, "vsel"), op == "", strings.HasPrefix(op, "undefined"), strings.HasPrefix(op, "udf"):
		return 0, false
	case strings.HasPrefix(op, "v"):
		integer := regexp.MustCompile(`^[iusp]?\d+$`).MatchString(suffix) && !strings.HasPrefix(op, "vcvt") && !strings.HasPrefix(op, "vmov") && !strings.HasPrefix(op, "vldr") && !strings.HasPrefix(op, "vstr") && !strings.HasPrefix(op, "vldm") && !strings.HasPrefix(op, "vstm")
		if integer || neonARM.MatchString(in.args) || strings.HasPrefix(op, "vld1") || strings.HasPrefix(op, "vst1") {
			return arch.FeatNEON, true
		}
	}
	return 0, true
}
