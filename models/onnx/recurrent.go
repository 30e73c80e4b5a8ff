package onnx

import (
	"fmt"
	"slices"

	"github.com/gneiss-go/gneiss/models/internal/axes"
	"github.com/gneiss-go/gneiss/runtime"
)

const recurrentHeeds = "activations clip direction hidden_size input_forget layout linear_before_reset | " +
	"activation_alpha activation_beta output_sequence"

func registerRecurrent() {
	// Recurrent layers of sequences whose length is known: each step becomes nodes of its own. They keep nothing from one
	// run to the next; initial states are inputs, last ones outputs.
	register("GRU", operator{handle: recurrentLayer, heeds: recurrentHeeds})
	register("LSTM", operator{handle: recurrentLayer, heeds: recurrentHeeds})
	register("RNN", operator{handle: recurrentLayer, heeds: recurrentHeeds})
}

// inputs of the operators.
const (
	inX, inW, inR, inB, inLens, inH, inC, inP = 0, 1, 2, 3, 4, 5, 6, 7
)

func recurrentLayer(c *call) (*value, error) {
	layers, x, err := c.recurrent()
	if layers == nil || err != nil {
		return nil, err
	}
	b, name := c.im.b, c.name()
	batch, hidden := x.Dims[1], layers[0].Hidden
	var all, lastH, lastC []*axes.Tensor
	for d, l := range layers {
		backward := d == 1 || c.str("direction", "forward") == "reverse"
		ys, err := l.Run(x, backward)
		if err != nil {
			return nil, err
		}
		for i, y := range ys {
			if ys[i], err = b.Rearrange(fmt.Sprintf("%s/step%d", l.Name, i), y, nil, []int{1, 1, batch, hidden}); err != nil {
				return nil, err
			}
		}
		y, err := b.Concat(l.Name+"/steps", 0, ys...)
		if err != nil {
			return nil, err
		}
		all = append(all, y)
		for i, s := range []*axes.Tensor{l.H, l.C} {
			if s == nil {
				continue
			}
			s, err := b.Rearrange(fmt.Sprintf("%s/last%d", l.Name, i), s, nil, []int{1, batch, hidden})
			if err != nil {
				return nil, err
			}
			if i == 0 {
				lastH = append(lastH, s)
			} else {
				lastC = append(lastC, s)
			}
		}
	}
	outs := make([]*value, 3)
	for i, parts := range [][]*axes.Tensor{all, lastH, lastC} {
		if len(parts) == 0 {
			continue
		}
		perm := []int{1, 0, 2} // [D B H] to [B D H], if the batch comes first
		along := 0
		if i == 0 {
			perm, along = []int{2, 0, 1, 3}, 1
		}
		t, err := b.Concat(fmt.Sprintf("%s/output%d", name, i), along, parts...)
		if err == nil && c.int("layout", 0) != 0 {
			t, err = b.Transpose(fmt.Sprintf("%s/batches%d", name, i), t, perm)
		}
		if err == nil {
			t, err = b.As(fmt.Sprintf("%s/laid%d", name, i), t, runtime.ChannelsLast)
		}
		if err != nil {
			return nil, err
		}
		outs[i] = &value{t: t, typ: elemFloat}
	}
	c.more = outs[1:]
	return outs[0], nil
}

// recurrent reads the layer's parameters, one for each direction, and its input as [steps, batch, in]. It gives none if
// something is unsupported, which is noted.
func (c *call) recurrent() ([]*axes.Recurrent, *axes.Tensor, error) {
	gates := axes.Gates(c.n.op)
	dirs := 1
	switch dir := c.str("direction", "forward"); dir {
	case "forward", "reverse":
	case "bidirectional":
		dirs = 2
	default:
		return nil, nil, fmt.Errorf("direction %q: %w", dir, runtime.ErrGraph)
	}
	for _, attr := range []string{"activations", "clip", "input_forget"} {
		if c.n.find(attr) != nil && (attr != "input_forget" || c.int(attr, 0) != 0) {
			c.unsupported("%s; only the usual functions", attr)
			return nil, nil, nil
		}
	}
	if c.has(inLens) || c.has(inP) {
		c.unsupported("lengths of sequences, or peepholes")
		return nil, nil, nil
	}
	x, err := c.sequence()
	if x == nil || err != nil {
		return nil, nil, err
	}
	b, batchFirst := c.im.b, c.int("layout", 0) != 0
	w, err := c.real(inW)
	if w == nil || err != nil {
		return nil, nil, err
	}
	r, err := c.real(inR)
	if r == nil || err != nil {
		return nil, nil, err
	}
	in := x.Dims[2]
	if len(r.c.dims) != 3 || r.c.dims[2] < 1 {
		return nil, nil, fmt.Errorf("recurrent weights of %v: %w", r.c.dims, runtime.ErrShape)
	}
	hidden := r.c.dims[2]
	if !slices.Equal(w.c.dims, []int{dirs, gates * hidden, in}) ||
		!slices.Equal(r.c.dims, []int{dirs, gates * hidden, hidden}) {
		return nil, nil, fmt.Errorf("weights of %v and %v over %v: %w", w.c.dims, r.c.dims, x.Dims, runtime.ErrShape)
	}
	fw, err := b.Floats(w.src)
	if err != nil {
		return nil, nil, err
	}
	fr, err := b.Floats(r.src)
	if err != nil {
		return nil, nil, err
	}
	bias, err := b.Fill(2*dirs*gates*hidden, 0)
	if err == nil && c.has(inB) {
		bias, err = c.vector(inB, len(bias))
	}
	if bias == nil || err != nil {
		return nil, nil, err
	}
	layers := make([]*axes.Recurrent, dirs)
	for d := range layers {
		g := gates * hidden
		l := &axes.Recurrent{Builder: b, Kind: c.n.op, Name: fmt.Sprintf("%s/direction%d", c.name(), d), In: in,
			Hidden: hidden, W: fw[d*g*in:][:g*in], R: fr[d*g*hidden:][:g*hidden], BW: bias[2*d*g:][:g],
			BR: bias[(2*d+1)*g:][:g], Linear: c.int("linear_before_reset", 0) != 0}
		if l.H, err = c.initial(inH, d, dirs, x.Dims[1], hidden, batchFirst); l.H == nil || err != nil {
			return nil, nil, err
		}
		if c.n.op == "LSTM" {
			if l.C, err = c.initial(inC, d, dirs, x.Dims[1], hidden, batchFirst); l.C == nil || err != nil {
				return nil, nil, err
			}
		}
		layers[d] = l
	}
	return layers, x, nil
}

// sequence is the layer's input as [steps, batch, in].
func (c *call) sequence() (*axes.Tensor, error) {
	x, err := c.operand(inX)
	if x == nil || err != nil {
		return nil, err
	}
	b := c.im.b
	if x, err = b.As(c.name()+"/written", x, runtime.AsWritten); err != nil {
		return nil, err
	}
	if len(x.Dims) != 3 {
		return nil, fmt.Errorf("an input of %v: %w", x.Dims, runtime.ErrShape)
	}
	if c.int("layout", 0) == 0 {
		return x, nil
	}
	if x, err = b.Transpose(c.name()+"/steps", x, []int{1, 0, 2}); err != nil {
		return nil, err
	}
	return b.As(c.name()+"/inorder", x, runtime.AsWritten)
}

// initial is the state that direction d begins with, [batch, hidden]; zeros if the node does not say.
func (c *call) initial(i, d, dirs, batch, hidden int, batchFirst bool) (*axes.Tensor, error) {
	b, name := c.im.b, fmt.Sprintf("%s/initial%d.%d", c.name(), i, d)
	if !c.has(i) {
		return b.Constant(name, &axes.Source{Dims: []int{batch, hidden}, Decode: func([]float32, int) {}}, nil)
	}
	t, err := c.operand(i)
	if t == nil || err != nil {
		return nil, err
	}
	want, at := []int{dirs, batch, hidden}, 0
	if batchFirst {
		want, at = []int{batch, dirs, hidden}, 1
	}
	if !slices.Equal(t.Dims, want) {
		return nil, fmt.Errorf("an initial state of %v, want %v: %w", t.Dims, want, runtime.ErrShape)
	}
	ranges := make([]axes.Range, 3)
	ranges[at] = axes.Range{From: d, Step: 1, Count: 1}
	if t, err = b.Slice(name, t, ranges); err == nil {
		t, err = b.As(name+"/written", t, runtime.AsWritten)
	}
	if err != nil {
		return nil, err
	}
	return b.Rearrange(name+"/rows", t, nil, []int{batch, hidden})
}
