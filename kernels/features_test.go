package kernels_test

import (
	"errors"
	"fmt"
	"go/ast"
	"go/build"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/gneiss-go/gneiss/internal/disasm"
)

// Features that arch knows, as GNU as calls them, beyond what every CPU of the architecture has. AVX-512 comes with AVX2
// and FMA. On amd64 the base is what Go itself needs (GOAMD64=v1), on arm GOARM=7.
var featureNames = map[string]map[string][]string{
	"amd64": {"AVX2": {"avx2"}, "FMA": {"fma"}, "AVXVNNI": {"avx_vnni"}, "AVX512F": {"avx512f", "fma"}, "AVX512BW": {"avx512bw"},
		"AVX512DQ": {"avx512dq"}, "AVX512VL": {"avx512vl"}, "AVX512VNNI": {"avx512_vnni"}, "AMXInt8": {"amx_int8"}},
	"arm64": {"NEON": {"simd"}, "DotProd": {"dotprod"}, "I8MM": {"i8mm"}},
	"arm":   {"NEON": {"neon"}},
}

// Each assembly kernel may use only instructions of the features that its row declares: with a wrong gate it would end
// a program by SIGILL on the CPU nobody tested. The machine code is disassembled and assembled again by an assembler
// that is told of the declared features only. All architectures are looked at on any machine.
func TestDeclaredFeatures(t *testing.T) {
	for _, goarch := range slices.Sorted(maps.Keys(featureNames)) {
		t.Run(goarch, func(t *testing.T) {
			for _, tool := range []string{"objdump", "as"} {
				if _, err := disasm.Tool(goarch, tool); errors.Is(err, disasm.ErrNoTool) {
					t.Skipf("SKIPPED: %v; the features of the %s kernels stay unproven", err, goarch)
				}
			}
			rows := assemblyRows(t, goarch)
			if len(rows) == 0 {
				t.Skipf("no assembly kernels for %s", goarch)
			}
			bin, err := disasm.Build(goarch, packagePath, t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			left := map[string]bool{}
			for _, name := range bin.Assembly(packagePath) {
				left[name] = true
			}
			for _, r := range rows {
				if len(r.symbols) == 0 {
					t.Errorf("%s: no assembly behind %s", r.name, r.fn)
				}
				for _, sym := range r.symbols {
					code, err := bin.Func(packagePath, sym)
					if err != nil {
						t.Error(err)
						continue
					}
					delete(left, sym)
					if c := undeclared(t, goarch, r.features, code); len(c) > 0 {
						t.Errorf("%s declares %s, but %s has %d other instructions, such as\n%s", r.name,
							strings.Join(r.features, ", "), sym, len(c), strings.Join(c[:min(len(c), 4)], "\n"))
					}
				}
			}
			for name := range left {
				t.Errorf("assembly function %s belongs to no row of the table: its features are unknown", name)
			}
		})
	}
}

// The judge must be able to say no.
func TestUndeclaredFeaturesAreFound(t *testing.T) {
	for _, c := range []struct {
		goarch   string
		features []string
		text     string
		code     []byte
		ok       bool
	}{
		{"amd64", nil, "addps %xmm0,%xmm1", nil, true},
		{"amd64", nil, "vaddps %ymm0,%ymm1,%ymm2", nil, false},
		{"amd64", []string{"AVX2"}, "vpaddd %ymm0,%ymm1,%ymm2", nil, true},
		{"amd64", []string{"AVX2"}, "vfmadd231ps %ymm0,%ymm1,%ymm2", nil, false},
		{"amd64", []string{"AVX2", "FMA"}, "vfmadd231ps %ymm0,%ymm1,%ymm2", nil, true},
		{"amd64", []string{"AVX2"}, "bzhi %eax,%ebx,%ecx", nil, false},
		{"amd64", []string{"AVX2"}, "vaddps %zmm0,%zmm1,%zmm2", []byte{0x62}, false},
		{"amd64", []string{"AVX2"}, "vpaddd %ymm0,%ymm1,%ymm2", []byte{0x62}, false},
		{"amd64", []string{"AVX512F"}, "vpaddd %ymm0,%ymm1,%ymm2", []byte{0x62}, false},
		{"amd64", []string{"AVX512F", "AVX512VL"}, "vpaddd %ymm0,%ymm1,%ymm2", []byte{0x62}, true},
		{"amd64", []string{"AVX512F"}, "vpaddb %zmm0,%zmm1,%zmm2", []byte{0x62}, false},
		{"amd64", []string{"AVX512F"}, "kmovd %eax,%k1", nil, false},
		{"amd64", []string{"AVX2", "AVXVNNI"}, "{vex} vpdpbusd %ymm0,%ymm1,%ymm2", nil, true},
		{"amd64", []string{"AVX512F", "AVX512VL", "AVX512VNNI"}, "{vex} vpdpbusd %ymm0,%ymm1,%ymm2", nil, false},
		{"arm64", []string{"NEON"}, "fmla v0.4s, v1.4s, v2.s[0]", nil, true},
		{"arm64", []string{"NEON"}, "sdot v0.4s, v1.16b, v2.4b[0]", nil, false},
		{"arm64", []string{"NEON", "DotProd"}, "sdot v0.4s, v1.16b, v2.4b[0]", nil, true},
		{"arm64", []string{"NEON", "DotProd"}, "sudot v0.4s, v1.16b, v2.4b[0]", nil, false},
		{"arm64", []string{"NEON", "I8MM"}, "sudot v0.4s, v1.16b, v2.4b[0]", nil, true},
		{"arm64", nil, "fmla v0.4s, v1.4s, v2.s[0]", nil, false},
		{"arm64", []string{"NEON"}, "fmla v0.8h, v1.8h, v2.8h", nil, false},
		{"arm", []string{"NEON"}, "vmla.f32 q8, q0, d4[0]", nil, true},
		{"arm", nil, "vmla.f32 q8, q0, d4[0]", nil, false},
		{"arm", []string{"NEON"}, "vfma.f32 q8, q0, q1", nil, false},
	} {
		if _, err := disasm.Tool(c.goarch, "as"); errors.Is(err, disasm.ErrNoTool) {
			t.Logf("SKIPPED: %v", err)
			continue
		}
		got := undeclared(t, c.goarch, c.features, []disasm.Insn{{Text: c.text, Code: c.code}})
		if (len(got) == 0) != c.ok {
			t.Errorf("%s %v: %s: complaints %q", c.goarch, c.features, c.text, got)
		}
	}
}

const packagePath = "github.com/gneiss-go/gneiss/kernels"

// undeclared returns what in the code needs more than the named features.
func undeclared(t *testing.T, goarch string, features []string, code []disasm.Insn) (complaints []string) {
	as, err := disasm.Tool(goarch, "as")
	if err != nil {
		t.Fatal(err)
	}
	var src strings.Builder
	src.WriteString(prologue(goarch, features))
	above := strings.Count(src.String(), "\n")
	for _, i := range code {
		if goarch == "amd64" && evex(i) {
			// The assembler would write VEX where it can, and so not miss AVX-512.
			if !slices.Contains(features, "AVX512F") || !strings.Contains(i.Text, "%zmm") &&
				!scalar.MatchString(i.Op()) && !slices.Contains(features, "AVX512VL") {
				complaints = append(complaints, i.Text+": EVEX")
			}
		}
		if branch.MatchString(i.Text) {
			src.WriteString("\n")
			continue
		}
		fmt.Fprintln(&src, i.Text)
	}
	cmd := exec.Command(as, "-o", filepath.Join(t.TempDir(), "code.o"), "-")
	cmd.Stdin = strings.NewReader(src.String())
	out, err := cmd.CombinedOutput()
	if err == nil {
		return complaints
	}
	for _, m := range message.FindAllStringSubmatch(string(out), -1) {
		n, err := strconv.Atoi(m[1])
		if err != nil || n <= above || n > above+len(code) {
			t.Fatalf("%s\n%s", as, out)
		}
		complaints = append(complaints, code[n-above-1].Text+": "+m[2])
	}
	if len(complaints) == 0 {
		t.Fatalf("%s: %v\n%s", as, err, out)
	}
	return complaints
}

var (
	// Direct branches, to addresses of the program: they belong to every CPU.
	branch  = regexp.MustCompile(`^(b|bl|b\.?(eq|ne|cs|cc|hs|lo|mi|pl|vs|vc|hi|ls|ge|lt|gt|le|al)|cbn?z|tbn?z|j[a-z]+|adrp?|call)\s.*0x[0-9a-f]+$`)
	message = regexp.MustCompile(`(?m):(\d+): Error: (.*)$`)
	// EVEX instructions on a single element, or into a general register, do not take AVX512VL as those on short vectors do.
	scalar = regexp.MustCompile(`^v\w*(ss|sd|si|usi)$|^vmov[dq]$|^vp(extr|insr)`)
)

// prologue restricts the assembler to the architecture's base and the features.
func prologue(goarch string, features []string) string {
	var names []string
	for _, f := range features {
		names = append(names, featureNames[goarch][f]...)
	}
	switch goarch {
	case "amd64":
		s := ".arch generic64\n"
		for _, n := range names {
			s += ".arch ." + n + "\n"
		}
		return s
	case "arm64":
		s := ".arch armv8-a+nosimd\n"
		if slices.Contains(names, "dotprod") || slices.Contains(names, "i8mm") { // known from 8.2 only; what else 8.2 brings is taken away
			s = ".arch armv8.2-a+nosimd+nordma+nolse\n"
		}
		for _, n := range names {
			s += ".arch_extension " + n + "\n"
		}
		return s
	}
	fpu := "vfpv3-d16"
	if slices.Contains(names, "neon") {
		fpu = "neon"
	}
	return ".syntax unified\n.arch armv7-a\n.fpu " + fpu + "\n"
}

// evex tells whether an instruction of amd64 has the prefix of AVX-512.
func evex(i disasm.Insn) bool { return len(i.Code) > 0 && i.Code[0] == 0x62 }

// row is what the table says of an assembly kernel of any architecture.
type row struct {
	name, fn string
	features []string
	symbols  []string // the assembly functions behind fn
}

// assemblyRows reads an architecture's rows from the source, for the table of this program has only its own.
func assemblyRows(t *testing.T, goarch string) (rows []row) {
	ctx := build.Default
	ctx.GOOS, ctx.GOARCH, ctx.CgoEnabled = "linux", goarch, false
	pkg, err := ctx.ImportDir(".", 0)
	if err != nil {
		t.Fatal(err)
	}
	var files []*ast.File
	fset := token.NewFileSet()
	for _, name := range pkg.GoFiles {
		src, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		f, err := parser.ParseFile(fset, name, src, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
	}
	consts, funcs := map[string]ast.Expr{}, map[string]*ast.FuncDecl{}
	for _, f := range files {
		for _, d := range f.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				if d.Recv == nil {
					funcs[d.Name.Name] = d
				}
			case *ast.GenDecl:
				for _, s := range d.Specs {
					if v, ok := s.(*ast.ValueSpec); ok && d.Tok == token.CONST {
						for i, n := range v.Names {
							if i < len(v.Values) {
								consts[n.Name] = v.Values[i]
							}
						}
					}
				}
			}
		}
	}
	archKernels := funcs["archKernels"]
	if archKernels == nil {
		t.Fatalf("%s: no archKernels", goarch)
	}
	ast.Inspect(archKernels, func(n ast.Node) bool {
		lit, ok := n.(*ast.CompositeLit)
		if !ok {
			return true
		}
		var r row
		for _, e := range lit.Elts {
			kv, ok := e.(*ast.KeyValueExpr)
			if !ok {
				return true
			}
			switch key, _ := kv.Key.(*ast.Ident); key.Name {
			case "Name":
				r.name, err = strconv.Unquote(kv.Value.(*ast.BasicLit).Value)
				if err != nil {
					t.Fatal(err)
				}
			case "Requires":
				r.features = features(t, kv.Value, consts)
			case "Fn":
				r.fn = kv.Value.(*ast.Ident).Name
				r.symbols = assemblyBehind(r.fn, funcs, map[string]bool{})
			}
		}
		rows = append(rows, r)
		return false
	})
	return rows
}

// features evaluates the expression of a row's Requires.
func features(t *testing.T, e ast.Expr, consts map[string]ast.Expr) []string {
	switch e := e.(type) {
	case *ast.BinaryExpr:
		x, y := features(t, e.X, consts), features(t, e.Y, consts)
		switch e.Op {
		case token.OR:
			return append(x, y...)
		case token.AND_NOT:
			return slices.DeleteFunc(x, func(f string) bool { return slices.Contains(y, f) })
		}
	case *ast.ParenExpr:
		return features(t, e.X, consts)
	case *ast.SelectorExpr:
		if name, ok := strings.CutPrefix(e.Sel.Name, "Feat"); ok {
			return []string{name}
		}
	case *ast.Ident:
		if c, ok := consts[e.Name]; ok {
			return features(t, c, consts)
		}
	}
	t.Fatalf("cannot read the features in %#v", e)
	return nil
}

// assemblyBehind returns the functions without a Go body that a function calls, or is, in order of their names.
func assemblyBehind(fn string, funcs map[string]*ast.FuncDecl, seen map[string]bool) (names []string) {
	d := funcs[fn]
	if d == nil || seen[fn] {
		return nil
	}
	seen[fn] = true
	if d.Body == nil {
		return []string{fn}
	}
	ast.Inspect(d.Body, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok {
			names = append(names, assemblyBehind(id.Name, funcs, seen)...)
		}
		return true
	})
	slices.Sort(names)
	return names
}
