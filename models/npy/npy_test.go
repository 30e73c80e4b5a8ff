package npy

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/gneiss-go/gneiss/runtime"
)

// file is the bytes of a .npy file of this version and header.
func file(major byte, text string, body ...byte) []byte {
	b := []byte(magic + string(major) + "\x00")
	if major == 1 {
		b = binary.LittleEndian.AppendUint16(b, uint16(len(text)))
	} else {
		b = binary.LittleEndian.AppendUint32(b, uint32(len(text)))
	}
	return append(append(b, text...), body...)
}

func dict(descr, shape string) string {
	return "{'descr': '" + descr + "', 'fortran_order': False, 'shape': " + shape + ", }\n"
}

// Files of every version, order and spelling are read.
func TestDecode(t *testing.T) {
	for _, c := range []struct {
		file []byte
		want Array
	}{
		{file(1, dict("<u2", "(2,)"), 1, 0, 2, 1), Array{[]int{2}, []uint16{1, 258}}},
		{file(2, dict(">u2", "(2,)"), 1, 0, 2, 1), Array{[]int{2}, []uint16{256, 513}}},
		{file(3, dict("|i1", "(2, 1)"), 1, 255), Array{[]int{2, 1}, []int8{1, -1}}},
		{file(1, dict("|b1", "(2L, 1L)"), 1, 0), Array{[]int{2, 1}, []bool{true, false}}},
		{file(1, dict(">f4", "()"), 0x40, 0x20, 0, 0), Array{[]int{}, []float32{2.5}}},
		{file(1, dict("<f2", "(3,)"), 0, 0x3e, 1, 0, 0, 0xfc), Array{[]int{3}, []Float16{0x3e00, 1, 0xfc00}}},
		{file(1, dict("<f8", "(0, 7)")), Array{[]int{0, 7}, []float64{}}},
		{file(1, `{"shape":(2,3),"fortran_order":True,"descr":"|u1"}`, 1, 2, 3, 4, 5, 6),
			Array{[]int{2, 3}, []uint8{1, 3, 5, 2, 4, 6}}},
		{file(1, `{'fortran_order': True, 'shape': (2, 1, 2), 'descr': '<i2'}`, 1, 0, 2, 0, 3, 0, 4, 0),
			Array{[]int{2, 1, 2}, []int16{1, 3, 2, 4}}},
	} {
		a, err := Decode(c.file)
		if err != nil || !reflect.DeepEqual(*a, c.want) {
			t.Errorf("%q: %v, %v, want %v", c.file, a, err, c.want)
			continue
		}
		again, err := a.Encode()
		if err != nil {
			t.Fatal(err)
		}
		if b, err := Decode(again); err != nil || !reflect.DeepEqual(a, b) || len(again)%64 != a.Len()*kindOf(a.Data).size%64 {
			t.Errorf("%v written and read is %v, %v", a, b, err)
		}
	}
}

// What is no sound file is refused for its own reason.
func TestDecodeRefuses(t *testing.T) {
	good := dict("<f4", "(1,)")
	for _, c := range []struct {
		file []byte
		says string
	}{
		{nil, "ends in the header"}, {[]byte(magic), "ends in the header"}, {[]byte("PK\x03\x04 an archive"), ".npz"},
		{[]byte("no such file at all"), "does not begin"}, {file(0, good), "version 0.0"}, {file(4, good), "version 4.0"},
		{file(1, good)[:30], "ends in the header"}, {file(1, good), "ends after 0 bytes"},
		{file(1, good, 1, 2, 3), "ends after 3 bytes"}, {file(1, good, 1, 2, 3, 4, 5), "more after"},
		{file(2, strings.Repeat(" ", maxHeader+1)), "a header of"},
		{file(1, dict("<f4", "(2147483647, 2147483647)")), "takes more than"},
		{file(1, dict("<f4", "(99999999999,)")), "no tuple"}, {file(1, dict("<f4", "(-1,)")), "no tuple"},
		{file(1, dict("<f4", "(4)")), "no tuple"}, {file(1, dict("<f4", "4")), "no tuple"},
		{file(1, dict("<f4", "("+strings.Repeat("1, ", 33)+")")), "no tuple"}, {file(1, dict("<f4", "(1 2)")), "no tuple"},
		{file(1, dict("|O", "(1,)"), 1), "pickled"}, {file(1, dict("<c8", "(1,)"), 1), `"<c8"`},
		{file(1, dict("|f4", "(1,)"), 1), `"|f4"`}, {file(1, dict("", "(1,)"), 1), `""`},
		{file(1, "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,)}", 1), "records"},
		{file(1, "{'descr': '<f4', 'fortran_order': 0, 'shape': (1,)}", 1), "fortran_order"},
		{file(1, "{'descr': '<f4', 'shape': (1,)}", 1), "just descr"}, {file(1, good+"x", 1), "just descr"},
		{file(1, "{'descr': '<f4', 'descr': '<f4'}", 1), "dictionary"}, {file(1, "['descr']"), "dictionary"},
		{file(1, "{'descr': '<f4' 'shape': (1,)}"), "dictionary"}, {file(1, "{'x': 1}"), `"x"`},
		{file(1, dict("|b1", "(2,)"), 1, 2), "element 1"},
	} {
		a, err := Decode(c.file)
		if err == nil || !strings.Contains(err.Error(), c.says) ||
			!errors.Is(err, ErrFormat) && !errors.Is(err, runtime.ErrLimit) {
			t.Errorf("%.60q: %v, %v, want an error that says %q", c.file, a, err, c.says)
		}
	}
	for _, a := range []Array{{[]int{2}, []float32{1}}, {[]int{1}, []string{"a"}}, {[]int{1}, nil},
		{[]int{-1, -1}, []int8{1}}, {slices.Repeat([]int{1}, 33), []int8{1}}} {
		if b, err := a.Encode(); err == nil {
			t.Errorf("%v is written as %q", a, b)
		}
	}
}

// A header that asks for much more than the file has takes no memory for it.
func TestDecodeIsBounded(t *testing.T) {
	b := file(1, dict("<f8", "(1000, 1000, 200)"), make([]byte, 64)...)
	n := testing.Benchmark(func(b2 *testing.B) {
		for b2.Loop() {
			if _, err := Decode(b); err == nil {
				b2.Fatal("read")
			}
		}
	}).AllocedBytesPerOp()
	if n > 1<<16 {
		t.Errorf("%d bytes are allocated for a file of %d", n, len(b))
	}
}

// NumPy's own files are read, and NumPy reads what is written: all types, orders and versions.
func TestNumPy(t *testing.T) {
	dir := t.TempDir()
	script := `
import sys, numpy as np
d = sys.argv[1]
n = 0
for t in "?bhiqBHIQefd":
    for e in "<>":
        for s in [(), (5,), (2, 3), (2, 3, 4), (1, 3, 2, 4), (0, 2)]:
            for o in "CF":
                a = (np.arange(int(np.prod(s))) - 3).reshape(s).astype(np.dtype(t).newbyteorder(e))
                a = np.asarray(a, order=o)
                with open(f"{d}/{n}.npy", "wb") as f:
                    np.lib.format.write_array(f, a, version=(1 + n % 3, 0))
                with open(f"{d}/{n}.bin", "wb") as f:
                    f.write(a.astype(a.dtype.newbyteorder("<")).tobytes(order="C"))
                n += 1
`
	python := func(script string) (string, bool) {
		out, err := exec.Command("python3", "-c", script, dir).CombinedOutput()
		if err != nil && !strings.Contains(string(out), "numpy") && len(out) > 0 {
			t.Fatalf("%v\n%s", err, out)
		}
		return string(out), err == nil
	}
	if out, ok := python(script); !ok {
		t.Skipf("NOT TESTED: no python3 with NumPy: files are NOT compared with NumPy's. %.80s", out)
	}
	files, _ := filepath.Glob(filepath.Join(dir, "*.npy"))
	if len(files) != 12*2*6*2 {
		t.Fatalf("%d files", len(files))
	}
	for i := range files {
		path := filepath.Join(dir, fmt.Sprint(i))
		a, err := Open(path + ".npy")
		if err != nil {
			t.Fatal(err)
		}
		want, err := os.ReadFile(path + ".bin")
		if err != nil {
			t.Fatal(err)
		}
		var got bytes.Buffer
		if err := binary.Write(&got, binary.LittleEndian, a.Data); err != nil || !bytes.Equal(got.Bytes(), want) {
			t.Errorf("%d: %v: elements differ, %v", i, a, err)
		}
		if err := a.Save(path + ".again.npy"); err != nil {
			t.Fatal(err)
		}
	}
	out, ok := python(`
import sys, numpy as np
d = sys.argv[1]
for n in range(288):
    a, b = np.load(f"{d}/{n}.npy"), np.load(f"{d}/{n}.again.npy")
    if a.shape != b.shape or a.dtype.newbyteorder("<") != b.dtype.newbyteorder("<") or not (a == b).all():
        print(n, a.dtype, a.shape, b.dtype, b.shape)
`)
	if !ok || out != "" {
		t.Errorf("NumPy reads something else:\n%s", out)
	}
}

// All 65,536 numbers of binary16 are what they are.
func TestFloat16(t *testing.T) {
	for i := range 1 << 16 {
		h := Float16(i)
		e, m := i>>10&31, float64(i&1023)
		want := math.Ldexp(m, -24)
		switch {
		case e == 31 && m == 0:
			want = math.Inf(1)
		case e == 31:
			want = math.NaN()
		case e > 0:
			want = math.Ldexp(1024+m, e-25)
		}
		if i>>15 == 1 {
			want = -want
		}
		if got := float64(h.Float32()); got != want && (got == got || want == want) {
			t.Fatalf("%#x: %v, want %v", i, got, want)
		}
	}
}

// No bytes do harm, and what is read is written and read again as the same.
func FuzzDecode(f *testing.F) {
	f.Add(file(1, dict("<f4", "(1,)"), 0, 0, 0, 0))
	f.Add(file(2, `{'fortran_order': True, 'shape': (2, 1, 2), 'descr': '>i2'}`, 1, 0, 2, 0, 3, 0, 4, 0))
	f.Add(file(3, dict("|b1", "(0, 3)")))
	f.Fuzz(func(t *testing.T, b []byte) {
		a, err := Decode(b)
		if err != nil {
			if !errors.Is(err, ErrFormat) && !errors.Is(err, runtime.ErrLimit) {
				t.Fatal(err)
			}
			return
		}
		first, err := a.Encode()
		if err != nil {
			t.Fatal(err)
		}
		again, err := Decode(first)
		if err != nil {
			t.Fatal(err)
		}
		if second, err := again.Encode(); err != nil || !bytes.Equal(first, second) {
			t.Fatalf("%v: %v", a, err)
		}
	})
}
