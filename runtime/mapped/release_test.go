//go:build linux

package mapped_test

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	goruntime "runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gneiss-go/gneiss/arch"
	"github.com/gneiss-go/gneiss/models/cifar10"
	"github.com/gneiss-go/gneiss/runtime"
	"github.com/gneiss-go/gneiss/runtime/mapped"
	"github.com/gneiss-go/gneiss/runtime/sign"
)

// mappings counts those of files in a folder.
func mappings(t *testing.T, dir string) int {
	t.Helper()
	maps, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		t.Fatal(err)
	}
	return strings.Count(string(maps), dir+"/")
}

// saved writes the built-in int8 network, packed for a tier, to a file.
func saved(t *testing.T, dir string, isa arch.ISA) (path string, data []byte) {
	t.Helper()
	g, err := cifar10.Int8()
	if err != nil {
		t.Fatal(err)
	}
	path = filepath.Join(dir, "net.gneiss")
	var b bytes.Buffer
	if err := runtime.Write(&b, g, runtime.WithPacked(isa), runtime.WithGolden(1)); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	return path, b.Bytes()
}

// A file is mapped as long as a plan of it, or a session, is there, and no longer.
func TestMappingsEnd(t *testing.T) {
	dir := t.TempDir()
	path, whole := saved(t, dir, arch.Best())
	damaged := slices.Clone(whole)
	damaged[len(damaged)-1]++
	broken := filepath.Join(dir, "broken.gneiss")
	if err := os.WriteFile(broken, damaged, 0o644); err != nil {
		t.Fatal(err)
	}
	public, _, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	for range 100 {
		if _, err := mapped.Load(broken); !errors.Is(err, runtime.ErrCorrupt) {
			t.Fatal(err)
		}
		if _, err := mapped.Load(path, sign.WithPublicKey(public)); !errors.Is(err, runtime.ErrSignature) {
			t.Fatal(err)
		}
	}
	if n := mappings(t, dir); n != 0 {
		t.Fatalf("%d mappings after loads that failed", n)
	}
	session := func() *runtime.Session {
		p, err := mapped.Load(path)
		if err != nil {
			t.Fatal(err)
		}
		s, err := p.NewSession()
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	s := session()
	for range 100 {
		if p, err := mapped.Load(path); err != nil || p == nil {
			t.Fatal(err)
		}
	}
	if p, err := mapped.LoadCopy(path); err != nil || p == nil {
		t.Fatal(err)
	}
	wait := func(want int) {
		t.Helper()
		n := 0
		for range 200 {
			goruntime.GC()
			if n = mappings(t, dir); n == want {
				return
			}
			time.Sleep(10 * time.Millisecond)
		}
		t.Fatalf("%d mappings, want %d", n, want)
	}
	wait(1) // the session's
	if err := s.Run(); err != nil {
		t.Fatal(err)
	}
	out := s.Output(0).Float32()
	goruntime.KeepAlive(s)
	wait(0)
	_ = slices.Max(out) // tensors are no part of the file
}

// Who writes to a mapped file changes weights, not addresses: kernels stay within their memory. A copy does not change.
func TestOverwritten(t *testing.T) {
	for _, isa := range arch.Supported() {
		dir := t.TempDir()
		path, data := saved(t, dir, isa)
		p, err := mapped.Load(path, runtime.WithISA(isa))
		if err != nil {
			t.Fatal(err)
		}
		kept, err := mapped.LoadCopy(path, runtime.WithISA(isa))
		if err != nil {
			t.Fatal(err)
		}
		want := scores(t, kept)
		if !slices.Equal(scores(t, p), want) {
			t.Errorf("%v: a mapped file and its copy give other scores", isa)
		}
		f, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		junk := data[:len(data)-4096]
		for i := range junk {
			junk[i] = byte(rand.Uint32())
		}
		if _, err := f.WriteAt(junk, 4096); err != nil {
			t.Fatal(err)
		}
		f.Close()
		scores(t, p)
		if !slices.Equal(scores(t, kept), want) {
			t.Errorf("%v: a copy has changed with the file", isa)
		}
	}
}
