package quant

import (
	"io"
	"testing"

	"github.com/gneiss-go/gneiss/runtime"
)

// TestCard: the quantised graph has the card of the float one, and so has what it is prepared from.
func TestCard(t *testing.T) {
	n := newNet(t, 3)
	x := n.input(8, 8, 3)
	x = n.conv("a", x, 8, 3, runtime.ReLU)
	if err := n.g.Output(n.fc("b", x, 4, runtime.Clamp{})); err != nil {
		t.Fatal(err)
	}
	n.g.Card = []byte("a card")
	done := false
	st, err := Calibrate(t.Context(), n.g, func(in []float32) error {
		if done {
			return io.EOF
		}
		done = true
		copy(in, n.weights(len(in), 1))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	q, report, err := Quantize(n.g, st)
	if err != nil {
		t.Fatal(err)
	}
	if string(q.Card) != "a card" || report.Quantised == 0 {
		t.Errorf("card %q, %d layers in int8", q.Card, report.Quantised)
	}
}
