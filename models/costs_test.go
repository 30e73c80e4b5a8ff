package models

import (
	"testing"

	"github.com/gneiss-go/gneiss/models/googlenet"
)

// TestFamilyCost compares with the counts in the literature.
func TestFamilyCost(t *testing.T) {
	for _, want := range []struct {
		name   string
		params int
		mmacs  int64 // rounded
	}{
		{"googlenet", 6_998_552, 1583},
		{"alexnet", 60_965_224, 724},
		{"nin", 7_595_176, 1100},
		{"nin-cifar10", 966_986, 222},
	} {
		c, ok, err := FamilyCost(want.name)
		if err != nil || !ok {
			t.Fatal(want.name, ok, err)
		}
		if c.Params != want.params || (c.MACs+500_000)/1_000_000 != want.mmacs {
			t.Errorf("%s: %d parameters, %d multiply-accumulates, want %d, %d million", want.name, c.Params, c.MACs, want.params,
				want.mmacs)
		}
	}
	if _, ok, _ := FamilyCost("lenet"); ok {
		t.Error("there is a lenet")
	}
}

// TestNaiveCost counts the naive modules by their formula.
func TestNaiveCost(t *testing.T) {
	// What comes before and after the modules, then module by module.
	params, in := 7*7*3*64+64+64*64+64+3*3*64*192+192, 192
	for _, m := range googlenet.Modules {
		params += in*(m.N1+9*m.N3+25*m.N5) + m.N1 + m.N3 + m.N5
		in += m.N1 + m.N3 + m.N5
	}
	params += in*1000 + 1000
	c, _, err := FamilyCost("naive")
	if err != nil {
		t.Fatal(err)
	}
	reduced, _, err := FamilyCost("googlenet")
	if err != nil {
		t.Fatal(err)
	}
	if c.Params != params {
		t.Errorf("%d parameters, want %d", c.Params, params)
	}
	if c.MACs < 5*reduced.MACs || c.Activations <= reduced.Activations {
		t.Errorf("the naive network costs %+v, the reduced one %+v", c, reduced)
	}
	if reduced.Activations != 4_816_896 { // conv2/3x3 and its normalisation, 2·56·56·192 floats
		t.Errorf("GoogLeNet needs %d bytes of activations", reduced.Activations)
	}
}
