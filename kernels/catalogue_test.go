package kernels

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	goruntime "runtime"
	"slices"
	"strings"
	"testing"

	"github.com/gneiss-go/gneiss/arch"
)

// Rows say what is so, on whatever machine: their tiers exist on their GOARCH, their files hold their functions, and
// the best comes first.
func TestCatalogue(t *testing.T) {
	names, portables := map[string]bool{}, map[string]bool{}
	last := map[string]arch.ISA{}
	for _, k := range Catalogue() {
		where := k.GOARCH + " " + k.Name
		if names[where] {
			t.Errorf("%s: two rows", where)
		}
		names[where] = true
		if (k.GOARCH == "") != k.Portable() || k.Portable() && k.Requires != 0 || k.GOARCH != "" && !k.ISA.On(k.GOARCH) {
			t.Errorf("%s: tier %v, features %v", where, k.ISA, k.Requires)
		}
		if !k.ISA.Requires().Has(k.Requires) {
			t.Errorf("%s needs %v, of which the tier does not promise all", where, k.Requires)
		}
		slot := fmt.Sprint(k.GOARCH, k.Op, k.DType)
		if above, ok := last[slot]; ok && above < k.ISA {
			t.Errorf("%s stands below a lower tier", where)
		}
		last[slot] = k.ISA
		if k.Portable() {
			portables[fmt.Sprint(k.Op, k.DType)] = true
		}
		if k.Op == OpConvTile && k.DType == U8 && k.GOARCH == "amd64" && k.BytesPerWord == 0 {
			t.Errorf("%s does not say what products of int16 cost, and there is Winograd by them", where)
		}
		src, err := os.ReadFile(k.File())
		if err != nil {
			t.Errorf("%s: %v", where, err)
			continue
		}
		for fn := range strings.FieldsSeq(k.Text) {
			if k.Portable() && !strings.Contains(string(src), "\nfunc "+fn+"(") ||
				!k.Portable() && !regexp.MustCompile(`(?m)^(TEXT|#define \w+) ·`+fn+`\b`).Match(src) {
				t.Errorf("%s: no %s in %s", where, fn, k.File())
			}
		}
		if k.Text == "" {
			t.Errorf("%s names no function", where)
		}
	}
	for _, k := range Catalogue() {
		if !portables[fmt.Sprint(k.Op, k.DType)] {
			t.Errorf("%s has no reference", k.Name)
		}
	}
}

// A build has every row of its GOARCH, or, without assembly, none but the portable ones; and no function that no row
// names.
func TestCatalogueIsBound(t *testing.T) {
	rows := map[string]bool{}
	types := map[string]reflect.Type{}
	for _, k := range Catalogue() {
		if k.Portable() {
			types[fmt.Sprint(k.Op, k.DType)] = reflect.TypeOf(k.fn)
		}
	}
	for _, k := range Catalogue() {
		here := k.Portable() || k.GOARCH == goruntime.GOARCH && bindings != nil
		if k.Bound() != here {
			t.Errorf("%s %s: bound is %v", k.GOARCH, k.Name, k.Bound())
		}
		if k.Bound() {
			rows[k.Name] = true
			if f := reflect.TypeOf(k.fn); f != types[fmt.Sprint(k.Op, k.DType)] {
				t.Errorf("%s is a %v", k.Name, f)
			}
		}
	}
	if len(Table()) != len(rows) {
		t.Errorf("%d kernels in the table, %d bound rows", len(Table()), len(rows))
	}
	for _, b := range bindings {
		if !rows[b.name] {
			t.Errorf("%s is bound, but has no row, or twice", b.name)
		}
		delete(rows, b.name)
	}
	for name := range rows {
		if !strings.HasSuffix(name, "__generic") {
			t.Errorf("%s is bound to nothing", name)
		}
	}
}

// groups are families of assembly files by another word than an operation's own, or its beginning.
var groups = map[string][]OpKind{
	"pool":       {OpMaxPool, OpAvgPool},
	"eltwise":    {OpClamp, OpAdd, OpAffine},
	"groupwhole": {OpGroupRow},
}

// Names of assembly files follow the grammar of the package's documentation, and each file has a row; headers follow
// theirs, of one architecture or of all, and each is included.
func TestFileNames(t *testing.T) {
	tiers := map[string]bool{}
	for _, x := range arch.Tiers() {
		tiers[x.Name] = true
	}
	families := map[string][]OpKind{}
	for _, k := range Catalogue() {
		families[k.File()] = append(families[k.File()], k.Op)
	}
	source, err := filepath.Glob("*.s")
	if err != nil || len(source) < 40 {
		t.Fatal(source, err)
	}
	headers, err := filepath.Glob("*.h")
	if err != nil || len(headers) < 10 {
		t.Fatal(headers, err)
	}
	included := map[string]bool{}
	for _, name := range append(source, headers...) {
		src, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`(?m)^#include "(\w+\.h)"$`).FindAllSubmatch(src, -1) {
			included[string(m[1])] = true
		}
	}
	for _, name := range source {
		family, _, _ := strings.Cut(name, "_")
		if !slices.ContainsFunc(families[name], func(op OpKind) bool {
			return strings.HasPrefix(string(op), family) || slices.Contains(groups[family], op)
		}) {
			t.Errorf("%s has no row of the family %s: <family>_<dtype>_<isa>_<goarch>.s is a row's file", name, family)
		}
	}
	pattern := regexp.MustCompile(`^[a-z][a-z0-9]*(_[0-9]+x[0-9]+)?(_(f32|u8))?(_([a-z][a-z0-9]+))??(_(amd64|arm64|arm))?\.h$`)
	for _, name := range headers {
		m := pattern.FindStringSubmatch(name)
		if m == nil || m[5] != "" && !tiers[m[5]] {
			t.Errorf("%s: not <what>[_<tile>][_<dtype>][_<isa>][_<goarch>].h", name)
		}
		if !included[name] {
			t.Errorf("%s is included nowhere", name)
		}
	}
}
