package runtime

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash"
	"math/rand/v2"
	"strconv"
	"testing"

	"github.com/gneiss-go/gneiss/arch"
)

func sum(h hash.Hash) string { return fmt.Sprintf("%x", h.Sum(nil)[:8]) }

// Places are part of what a plan is: the same sizes and lifetimes get the same ones, whatever is done about the time it
// takes. The sums are of the plain algorithm that compares all pairs.
func TestPlacesStay(t *testing.T) {
	h := sha256.New()
	r := rand.New(rand.NewPCG(7, 11))
	for round := range 300 {
		bufs := make([]buffer, 1+r.IntN(10+round))
		for i := range bufs {
			first := r.IntN(2 * len(bufs))
			bufs[i] = buffer{size: r.IntN(1 << r.IntN(20)), first: first, last: first + r.IntN(1+round%9*len(bufs)/8+3)}
		}
		offsets, total, err := planMemory(never, bufs)
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range append(offsets, total) {
			binary.Write(h, binary.LittleEndian, int64(o))
		}
	}
	if got := sum(h); got != "ded24c20bbb99164" {
		t.Errorf("random buffers have places of the sum %s", got)
	}
	if strconv.IntSize < 64 { // scratch holds addresses
		return
	}
	g := googLeNet(t)
	for name, want := range map[Memory]string{Fast: "0aa076ce4641dc1a", Small: "dd100a04345eeb1d"} {
		p, err := Compile(g, WithISA(arch.Generic), WithMemory(name))
		if err != nil {
			t.Fatal(err)
		}
		h := sha256.New()
		for _, s := range p.storage {
			fmt.Fprintln(h, s.Name, s.Offset, s.Bytes, s.First, s.Last)
		}
		for _, v := range p.values {
			fmt.Fprintln(h, v.name, v.view.offset, v.view.stride, v.made, v.until)
		}
		if got := sum(h); got != want {
			t.Errorf("GoogLeNet, %v: storage of the sum %s", name, got)
		}
	}
}
