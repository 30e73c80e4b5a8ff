package runtime

import (
	"errors"
	"os"
	"testing"
)

// TestInFile: an error names its file once, and the reason stays.
func TestInFile(t *testing.T) {
	if err := InFile("f", nil); err != nil {
		t.Errorf("no reason: %v", err)
	}
	_, missing := os.Open("none/such")
	err := InFile("none/such", missing)
	var fe *FileError
	if !errors.As(err, &fe) || fe.File != "none/such" || !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%v", err)
	}
	if _, named := fe.Err.(*os.PathError); named {
		t.Errorf("%v names the file twice", err)
	}
	if err := InFile("f", ErrLimit); !errors.Is(err, ErrLimit) || err.Error() != "f: "+ErrLimit.Error() {
		t.Errorf("%v", err)
	}
}

// TestUnsupportedIsGrouped: one line for each operation and reason, however many nodes have it.
func TestUnsupportedIsGrouped(t *testing.T) {
	err := &UnsupportedError{Ops: []Unsupported{{Op: "Erf", Node: "a"}, {Op: "Loop", Node: "l", Reason: "control flow"},
		{Op: "Erf", Node: "b"}, {Op: "Erf", Node: "c", Reason: "of int32"}, {Op: "Erf", Node: "d"}}}
	want := "5 unsupported operation(s):\n  Erf ×3 (first at node \"a\")\n  Loop (node \"l\"): control flow\n" +
		"  Erf (node \"c\"): of int32"
	if got := err.Error(); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
}
