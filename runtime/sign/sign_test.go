package sign

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"testing"

	"github.com/gneiss-go/gneiss/runtime"
)

// model is a file of one node.
func model(t *testing.T) []byte {
	t.Helper()
	g := runtime.NewGraph("model")
	x, err := g.Input("x", runtime.Shape{N: 1, H: 2, W: 2, C: 3})
	if err != nil {
		t.Fatal(err)
	}
	y, err := g.Add("y", &runtime.Conv{Window: runtime.Window{R: 1, S: 1}, K: 2, Weights: make([]float32, 6)}, x)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := errors.Join(g.Output(y), runtime.Write(&b, g, runtime.WithGolden(1))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func key(seed byte) (ed25519.PublicKey, ed25519.PrivateKey) {
	private := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{seed}, ed25519.SeedSize))
	return private.Public().(ed25519.PublicKey), private
}

func TestSign(t *testing.T) {
	public, private := key(1)
	other, stranger := key(2)
	plain := model(t)
	signed, err := File(plain, private)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := runtime.Load(signed, WithPublicKey(public)); err != nil {
		t.Errorf("signed: %v", err)
	}
	if _, err := runtime.Load(signed); err != nil {
		t.Errorf("signed, nobody asks: %v", err)
	}
	twice, err := File(signed, stranger)
	if err != nil || len(twice) != len(signed) || Verify(twice, other) != nil || Verify(twice, public) == nil {
		t.Errorf("signed again: %d bytes, %v", len(twice), err)
	}
	again, err := File(twice, private)
	if err != nil || !bytes.Equal(again, signed) {
		t.Errorf("signed by the first again: not the same file, %v", err)
	}
	for name, c := range map[string]struct {
		data []byte
		key  ed25519.PublicKey
	}{"unsigned": {plain, public}, "a stranger's key": {signed, other}, "no key": {signed, nil},
		"a stranger's file": {twice, public}} {
		if _, err := runtime.Load(c.data, WithPublicKey(c.key)); !errors.Is(err, runtime.ErrSignature) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := File(plain, nil); err == nil {
		t.Error("signed without a key")
	}
}

// TestEveryByte: no byte of a signed file can be changed.
func TestEveryByte(t *testing.T) {
	public, private := key(1)
	signed, err := File(model(t), private)
	if err != nil {
		t.Fatal(err)
	}
	for i := range signed {
		bad := bytes.Clone(signed)
		bad[i] ^= 1 << (i % 8)
		if _, err := runtime.Load(bad, WithPublicKey(public)); err == nil {
			t.Fatalf("byte %d can be changed", i)
		} else if !errors.Is(err, runtime.ErrSignature) && !errors.Is(err, runtime.ErrCorrupt) {
			t.Fatalf("byte %d: %v", i, err)
		}
	}
}
