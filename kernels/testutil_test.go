package kernels

import (
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"unsafe"

	"github.com/gneiss-go/gneiss/arch"
	"github.com/gneiss-go/gneiss/internal/test/guard"
)

// Tests of kernels share one shape: forKernels ranges over the table's rows of an op; inside, tensors live between
// guard pages (newTensor), strided with canaries in the gaps; runTask runs an op whole, in pieces and by several
// workers, and fails if the bits differ, a gap was touched or anything was allocated; equalBits and within compare
// with the reference.

// forKernels runs body once for each row of the table for that op and dtype. A kernel this CPU cannot run is
// skipped loudly, and is a failure if GNEISS_REQUIRE names its tier.
func forKernels(t *testing.T, op OpKind, dt DType, body func(t *testing.T, k *Kernel)) {
	t.Helper()
	found := false
	table := Table()
	for i := range table {
		k := &table[i]
		if k.Op != op || k.DType != dt {
			continue
		}
		found = true
		t.Run(k.Name, func(t *testing.T) {
			needKernel(t, k)
			body(t, k)
		})
	}
	if !found {
		t.Fatalf("no kernel for %s %s", dt, op)
	}
}

// needKernel skips the test if this CPU lacks the kernel's features; a failure if GNEISS_REQUIRE names its tier.
func needKernel(t *testing.T, k *Kernel) {
	t.Helper()
	if k.Runnable() {
		return
	}
	for word := range strings.SplitSeq(os.Getenv("GNEISS_REQUIRE"), ",") {
		if strings.TrimSpace(word) == k.ISA.String() {
			t.Fatalf("GNEISS_REQUIRE names %s, but this CPU lacks %s", k.ISA, k.Requires)
		}
	}
	t.Skipf("NOT TESTED: %s needs %s, this CPU has %s", k.Name, k.Requires, arch.Features())
}

// newRand returns a generator seeded by the test's name: the same numbers every run.
func newRand(t testing.TB) *rand.Rand {
	h := fnv.New64a()
	h.Write([]byte(t.Name()))
	return rand.New(rand.NewPCG(h.Sum64(), 1))
}

// canary fills the gaps between strided pixels, and outputs before they are written. As a float32 it is a NaN, so
// that a kernel which reads a gap spoils its result.
const canary = 0xff

// tensor is a view between guard pages.
type tensor struct {
	View
	mem []byte
}

// newTensor returns a tensor of canaries, whose last (or first) byte seen touches a guard page.
func newTensor(t testing.TB, side guard.Side, dt DType, n, h, w, c, stride int) *tensor {
	t.Helper()
	v := View{DType: dt, N: n, H: h, W: w, C: c, Stride: stride}
	mem := guard.Bytes(t, side, v.Extent())
	v.Data = addr(mem)
	for i := range mem {
		mem[i] = canary
	}
	return &tensor{v, mem}
}

// like returns a tensor of canaries with x's geometry.
func (x *tensor) like(t testing.TB, side guard.Side) *tensor {
	t.Helper()
	return newTensor(t, side, x.DType, x.N, x.H, x.W, x.C, x.Stride)
}

// pixel is the memory of the C channels of pixel p.
func pixel[T any](x *tensor, p int) []T {
	return unsafe.Slice((*T)(x.at(p*x.Stride)), x.C)
}

// set writes dense values [pixels][C].
func set[T any](x *tensor, values []T) *tensor {
	if len(values) != x.Pixels()*x.C {
		panic(fmt.Sprintf("%d values for %d×%d", len(values), x.Pixels(), x.C))
	}
	for p := range x.Pixels() {
		copy(pixel[T](x, p), values[p*x.C:])
	}
	return x
}

// get returns the values, dense.
func get[T any](x *tensor) []T {
	values := make([]T, 0, x.Pixels()*x.C)
	for p := range x.Pixels() {
		values = append(values, pixel[T](x, p)...)
	}
	return values
}

// gapsIntact fails the test if a byte between two pixels is no longer the canary.
func (x *tensor) gapsIntact(t testing.TB) {
	t.Helper()
	size := x.DType.Size()
	for p := range x.Pixels() - 1 {
		for i, b := range x.mem[(p*x.Stride+x.C)*size : (p+1)*x.Stride*size] {
			if b != canary {
				t.Fatalf("byte %d after pixel %d was overwritten", i, p)
			}
		}
	}
}

// guardedSlice returns a copy of values between guard pages.
func guardedSlice[T any](t testing.TB, side guard.Side, values []T) []T {
	t.Helper()
	if len(values) == 0 {
		return nil
	}
	mem := guard.Bytes(t, side, len(values)*int(unsafe.Sizeof(values[0])))
	s := unsafe.Slice((*T)(addr(mem)), len(values))
	copy(s, values)
	return s
}

// normals returns n normal numbers, mean 0 and deviation 1.
func normals(r *rand.Rand, n int) []float32 {
	v := make([]float32, n)
	for i := range v {
		v[i] = float32(r.NormFloat64())
	}
	return v
}

// integers returns n integers, lo ≤ i ≤ hi, as T: float32 sums of small ones are exact, whatever their order.
func integers[T float32 | uint8 | int8 | int32 | Half](r *rand.Rand, n, lo, hi int) []T {
	v := make([]T, n)
	for i := range v {
		v[i] = T(lo + r.IntN(hi-lo+1))
	}
	return v
}

// runTask binds op and runs it: whole, by one worker; then again unit by unit, backwards, by three. Outputs must be
// the same bits both times, no gap may be touched, and Run must not allocate. Outputs that are also inputs (in
// place) are restored between the runs.
func runTask(t testing.TB, op Op, in, out []*tensor) {
	t.Helper()
	views := func(ts []*tensor) (v []View) {
		for _, x := range ts {
			v = append(v, x.View)
		}
		return v
	}
	bind := func(workers int) Task {
		scratch := aligned[byte](op.Scratch(workers))
		for i := range scratch {
			scratch[i] = canary
		}
		return op.Bind(views(in), views(out), scratch, workers)
	}
	var before, once [][]byte
	for _, x := range out {
		before = append(before, append([]byte(nil), x.mem...))
	}
	task := bind(1)
	units := task.Units()
	if units < 1 {
		t.Fatalf("%s: %d units", op.Kernel(), units)
	}
	task.Run(0, 0, units, nil)
	for _, x := range out {
		x.gapsIntact(t)
		once = append(once, append([]byte(nil), x.mem...))
	}
	restore := func() {
		for i, x := range out {
			copy(x.mem, before[i])
		}
	}
	restore()
	const workers = 3
	task = bind(workers)
	if task.Units() != units {
		t.Fatalf("%s: %d units for %d workers, %d for one", op.Kernel(), task.Units(), workers, units)
	}
	for u := units - 1; u >= 0; u-- {
		task.Run(u%workers, u, u+1, nil)
	}
	same := func(how string) {
		t.Helper()
		for i, x := range out {
			x.gapsIntact(t)
			if string(x.mem) != string(once[i]) {
				t.Fatalf("%s: output %d differs %s", op.Kernel(), i, how)
			}
		}
	}
	same("when the units run one by one")
	restore()
	allocs := func() float64 { return testing.AllocsPerRun(1, func() { restore(); task.Run(1, 0, units, nil) }) }
	if n := min(allocs(), allocs(), allocs()); n != 0 { // the runtime's own allocations are counted too
		t.Fatalf("%s: Run allocates %v times", op.Kernel(), n)
	}
	same("when run again")
}

// equalBits fails the test at the first element where got and want are not the same bits.
func equalBits[T comparable](t testing.TB, what string, got, want []T) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d values, want %d", what, len(got), len(want))
	}
	bits := func(v T) any {
		if f, ok := any(v).(float32); ok {
			if f != f {
				return "NaN" // of whatever payload
			}
			return math.Float32bits(f)
		}
		return v
	}
	for i := range got {
		if bits(got[i]) != bits(want[i]) {
			t.Fatalf("%s: element %d is %v, want %v", what, i, got[i], want[i])
		}
	}
}

// plainZeros returns v with +0 for −0, for results in which the sign of a zero is not defined.
func plainZeros(v []float32) []float32 {
	plain := make([]float32, len(v))
	for i, x := range v {
		plain[i] = x + 0 // −0 + 0 = +0
	}
	return plain
}

// within fails the test if |got − want| > bound(i) for some element, naming the worst. NaN and infinities must
// be equal.
func within(t testing.TB, what string, got, want []float32, bound func(i int) float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d values, want %d", what, len(got), len(want))
	}
	worst, at := 1.0, -1
	for i := range got {
		g, w := float64(got[i]), float64(want[i])
		if g == w || (g != g && w != w) {
			continue
		}
		if excess := math.Abs(g-w) / bound(i); !(excess <= worst) {
			worst, at = excess, i
		}
	}
	if at >= 0 {
		t.Fatalf("%s: element %d is %v, want %v: %.3g times the bound %.3g", what, at, got[at], want[at], worst, bound(at))
	}
}

// epsilon is the unit roundoff of float32: one operation's relative error is at most that.
const epsilon = 1.0 / (1 << 24)

// around returns sizes that try a tile of n and a vector of 8: below, equal, above, several, primes.
func around(n int) []int {
	sizes := []int{1, 3, 7, 8, 9, 13, 16, 17, 37}
	for _, v := range []int{n - 1, n, n + 1, 2 * n, 2*n + n/2 + 1, 3*n - 1} {
		if v > 0 && !slices.Contains(sizes, v) {
			sizes = append(sizes, v)
		}
	}
	return sizes
}
