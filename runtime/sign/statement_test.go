package sign

import (
	"bytes"
	"crypto/ed25519"
	"encoding/binary"
	"errors"
	"strings"
	"testing"

	"github.com/gneiss-go/gneiss/runtime"
)

func TestStatement(t *testing.T) {
	public, private := key(1)
	plain := model(t)
	file := func(as runtime.Statement) []byte {
		t.Helper()
		data, err := FileAs(plain, as, private)
		if err != nil {
			t.Fatal(err)
		}
		got, err := Signed(data, public)
		if err != nil || got != as {
			t.Fatalf("signed as %+v: %+v, %v", as, got, err)
		}
		return data
	}
	none := file(runtime.Statement{})
	if old, err := File(plain, private); err != nil || !bytes.Equal(old, none) {
		t.Errorf("a signature that says nothing is not as it always was: %v", err)
	}
	third := file(runtime.Statement{Version: 3, Target: "camera"})
	load := func(data []byte, opts ...runtime.Option) error {
		_, err := runtime.Load(data, opts...)
		_, also := runtime.ReadGraph(data, opts...)
		if (err == nil) != (also == nil) {
			t.Errorf("load: %v; read: %v", err, also)
		}
		return err
	}
	for name, c := range map[string]struct {
		data []byte
		opts []runtime.Option
		ok   bool
	}{
		"nobody asks":      {third, nil, true},
		"later":            {third, []runtime.Option{runtime.WithMinVersion(2)}, true},
		"the same":         {third, []runtime.Option{runtime.WithMinVersion(3), runtime.WithSignedTarget("camera")}, true},
		"earlier":          {third, []runtime.Option{runtime.WithMinVersion(4)}, false},
		"no version":       {none, []runtime.Option{runtime.WithMinVersion(1)}, false},
		"another target":   {third, []runtime.Option{runtime.WithSignedTarget("door")}, false},
		"no target at all": {none, []runtime.Option{runtime.WithSignedTarget("door")}, false},
	} {
		err := load(c.data, append(c.opts, WithPublicKey(public))...)
		var se *runtime.StatementError
		if (err == nil) != c.ok || !c.ok && (!errors.As(err, &se) || !errors.Is(err, runtime.ErrSignature) ||
			se.Error() == "") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := load(third, runtime.WithMinVersion(1)); !errors.Is(err, runtime.ErrSignature) {
		t.Errorf("a version that nobody vouches for: %v", err)
	}
	for i := len(none) - ed25519.SignatureSize; i < len(third); i++ { // statement and signature
		bad := bytes.Clone(third)
		bad[i] ^= 1 << (i % 8)
		if err := load(bad, WithPublicKey(public)); !errors.Is(err, runtime.ErrSignature) {
			t.Errorf("byte %d can be changed: %v", i, err)
		}
	}
	for _, as := range []runtime.Statement{{Version: -1}, {Target: strings.Repeat("x", 256)}} {
		if _, err := FileAs(plain, as, private); !errors.Is(err, runtime.ErrLimit) {
			t.Errorf("%+v: %v", as, err)
		}
	}
}

// FuzzStatement: whatever is signed in place of a statement is refused with a typed error, or is the only way to write
// it.
func FuzzStatement(f *testing.F) {
	public, private := key(1)
	b := runtime.NewGraph("one")
	x, err := b.Input("x", runtime.Shape{N: 1, H: 1, W: 1, C: 1})
	if err != nil {
		f.Fatal(err)
	}
	var plain bytes.Buffer
	if err := errors.Join(b.Output(x), runtime.Write(&plain, b)); err != nil {
		f.Fatal(err)
	}
	for _, s := range []string{"", "\x00\x00", "\x03\x06camera", "\x80\x00\x00", "\x01", "\xff\xff\xff\xff\x0f\x00"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, said []byte) {
		// Signed as a target of the same length, the file has room for what is said in its place.
		target := strings.Repeat("x", min(max(len(said)-2, 1), 127))
		data, err := FileAs(plain.Bytes(), runtime.Statement{Target: target}, private)
		if err != nil {
			t.Fatal(err)
		}
		room := data[len(data)-ed25519.SignatureSize-len(target)-2:][:len(target)+2]
		n := copy(room, said)
		clear(room[n:])
		copy(data[len(data)-ed25519.SignatureSize:], ed25519.Sign(private, data[:len(data)-ed25519.SignatureSize]))
		as, err := Signed(data, public)
		if err != nil {
			if !errors.Is(err, runtime.ErrCorrupt) {
				t.Fatalf("error of no type: %v", err)
			}
			return
		}
		want := append(binary.AppendUvarint(nil, uint64(as.Version)), byte(len(as.Target)))
		if !bytes.Equal(room, append(want, as.Target...)) {
			t.Errorf("%x is read as %+v", room, as)
		}
	})
}
