package caffe

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gneiss-go/gneiss/models/internal/wire"
	"github.com/gneiss-go/gneiss/runtime"
)

// TestOpen: the description is found beside the caffemodel, by name or as deploy.prototxt, or inside it.
func TestOpen(t *testing.T) {
	dir := t.TempDir()
	write := func(name string, b []byte) string {
		p := filepath.Join(dir, name)
		if err := os.WriteFile(p, b, 0o600); err != nil {
			t.Fatal(err)
		}
		return p
	}
	bare := write("bare.caffemodel", weightsOf(trainWeights))
	snap := write("snap.caffemodel", snapshot(false))
	if _, err := Open(bare, ""); err == nil || !strings.Contains(err.Error(), "deploy.prototxt") {
		t.Errorf("a bare caffemodel: %v", err)
	}
	if g, err := Open(snap, ""); err != nil || g.Name != "snap" {
		t.Errorf("a snapshot: %v", err)
	}
	write("deploy.prototxt", []byte(trainNet))
	if g, err := Open(bare, ""); err != nil || g.Name != "train" {
		t.Errorf("beside a deploy.prototxt: %v", err)
	}
	write("bare.prototxt", []byte(strings.Replace(trainNet, `"train"`, `"mine"`, 1)))
	if g, err := Open(bare, ""); err != nil || g.Name != "mine" {
		t.Errorf("beside its own prototxt: %v", err)
	}
	write("deploy.prototxt", []byte(netText(1, 2, 2,
		`layer { name: "other" type: "InnerProduct" bottom: "data" top: "o" inner_product_param { num_output: 9 } }`)))
	if g, err := Open(snap, ""); err != nil || g.Name != "snap" {
		t.Errorf("beside another network's deploy.prototxt: %v", err)
	}
}

// TestErrors: what is wrong, and where, is said.
func TestErrors(t *testing.T) {
	conv := netText(1, 2, 2, `layer { name: "conv" type: "Convolution" bottom: "data" top: "conv" convolution_param { num_output: 2 kernel_size: 2 } }`)
	good := weightsOf(trainWeights)
	blob := func(b wire.Msg) []byte { return wire.Msg{}.Sub(100, wire.Msg{}.Str(1, "conv").Sub(7, b)) }
	for _, c := range []struct {
		name    string
		weights []byte
		text    string
		is      error
		says    string
	}{
		{"nothing", nil, "", runtime.ErrGraph, "neither"},
		{"empty caffemodel", []byte{}, "", runtime.ErrCorrupt, "caffemodel: the file is empty"},
		{"empty prototxt", good, " ", runtime.ErrCorrupt, "prototxt"},
		{"PNG", []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"), "", runtime.ErrCorrupt, "not a caffemodel but a PNG image"},
		{"prototxt as caffemodel", []byte(conv), "", runtime.ErrCorrupt, "not a caffemodel but text"},
		{"caffemodel as prototxt", good, string(good), runtime.ErrCorrupt, "not a prototxt but a binary file"},
		{"HTML", []byte("<!DOCTYPE html>"), "", runtime.ErrCorrupt, "failed download"},
		{"truncated", good[:len(good)-3], conv, runtime.ErrCorrupt, "cut short: a field of"},
		{"no description", good, "", runtime.ErrGraph, "give the network's deploy.prototxt"},
		{"no weights", weightsOf(nil), conv, ErrNoWeights, "1 layer(s): conv"},
		{"too few weights", blob(wire.Msg{}.Sub(7, wire.Msg{}.Ints(1, 2, 1, 2, 2)).Floats(5, 1, 2)), conv, runtime.ErrCorrupt,
			"need 8 elements, the file has 2"},
		{"huge claim", blob(wire.Msg{}.Sub(7, wire.Msg{}.Ints(1, 1<<20, 1<<20, 1<<20)).Floats(5, 1)), conv,
			runtime.ErrCorrupt, "shape"},
		{"negative dimension", blob(wire.Msg{}.Sub(7, wire.Msg{}.Ints(1, -2)).Floats(5, 1)), conv, runtime.ErrCorrupt,
			"shape"},
		{"ragged floats", blob(wire.Msg{}.Sub(5, []byte{1, 2, 3})), conv, runtime.ErrCorrupt, "multiple of 4"},
		{"other weights", weightsOf(map[string][]arr{"conv": {{[]int64{2, 1, 3, 3}, ramp(18)}}}), conv, runtime.ErrShape,
			`node "conv" (Convolution)`},
		{"unknown bottom", good, netText(1, 2, 2, `layer { name: "r" type: "ReLU" bottom: "nowhere" top: "r" }`),
			runtime.ErrGraph, `no layer before it makes its bottom "nowhere"`},
		{"no bottom", good, `layer { name: "k" type: "Concat" top: "k" }`, runtime.ErrShape, `node "k" (Concat): no bottom`},
		{"no output", good, `name: "x"`, runtime.ErrGraph, "no output"},
		{"no size", good, `layer { name: "data" type: "Data" top: "data" } layer { name: "r" type: "ReLU" bottom: "data" top: "r" }`, runtime.ErrShape, "WithInputShape"},
		{"window too large", good, netText(1, 2, 2,
			`layer { name: "p" type: "Pooling" bottom: "data" top: "p" pooling_param { kernel_size: 70000 } }`),
			runtime.ErrShape, `node "p"`},
		{"no number", good, netText(1, 2, 2,
			`layer { name: "p" type: "Pooling" bottom: "data" top: "p" pooling_param { kernel_size: many } }`),
			runtime.ErrCorrupt, `kernel_size: "many" is no integer`},
		{"negative number", good, netText(1, 2, 2,
			`layer { name: "p" type: "Pooling" bottom: "data" top: "p" pooling_param { kernel_size: -1 } }`), runtime.ErrCorrupt,
			"negative"},
		{"huge input", good, netText(1<<20, 1<<20, 1<<20, `layer { name: "r" type: "ReLU" bottom: "data" top: "r" }`),
			runtime.ErrLimit, `node "data" (Input)`},
		{"huge filters", good, netText(1, 2, 2,
			`layer { name: "c" type: "InnerProduct" bottom: "data" top: "c" inner_product_param { num_output: 2147483647 } }`),
			runtime.ErrLimit, `node "c"`},
		{"brace missing", good, "layer {\n name: \"x\"", runtime.ErrCorrupt, "line 2"},
		{"string without end", good, "name: \"x", runtime.ErrCorrupt, "string does not end"},
		{"stray brace", good, "}", runtime.ErrCorrupt, "line 1"},
		{"deep nesting", good, strings.Repeat("a { ", 100), runtime.ErrCorrupt, "nested more than 32 deep"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var text []byte
			if c.text != "" {
				text = []byte(c.text)
			}
			_, err := Load(c.weights, text)
			var fe *runtime.FileError
			if !errors.As(err, &fe) || !errors.Is(err, c.is) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v, want a FileError of %v that says %q", err, c.is, c.says)
			}
		})
	}
}
