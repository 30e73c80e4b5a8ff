package runtime

import (
	"encoding/binary"
	"math"
	goruntime "runtime"
)

// golden is what a model gave for inputs from a seed on the machine that wrote its file.
type golden struct {
	seed    uint64
	exact   bool     // every machine gives the same numbers
	outputs [][]byte // in the plan's order, little-endian
}

// WithGolden adds the outputs for noise from a seed, computed here, for [SelfTest] to compare with on another machine.
func WithGolden(seed uint64) WriteOption {
	return func(w *writer) {
		p, err := Compile(w.graph)
		if err != nil {
			w.fail(err)
			return
		}
		outputs, err := p.runNoise(seed)
		if err != nil {
			w.fail(err)
			return
		}
		// uint64 seed, a byte 1 if exact, then the outputs, each after its length
		var e encoder
		e.buf = binary.LittleEndian.AppendUint64(e.buf, seed)
		e.bool(w.graph.SameBits())
		e.int(len(outputs))
		for _, o := range outputs {
			e.int(len(o))
			e.buf = append(e.buf, o...)
		}
		w.add(section{kind: secGolden, data: e.buf})
	}
}

// golden reads the section, if the file has one.
func (c *container) golden(p *Plan) (*golden, error) {
	s := c.find(secGolden, "")
	if s == nil {
		return nil, nil
	}
	if err := s.check(); err != nil {
		return nil, err
	}
	d := &decoder{buf: s.data}
	g := &golden{}
	if b := d.take(8); b != nil {
		g.seed = binary.LittleEndian.Uint64(b)
	}
	g.exact = d.bool()
	if n := d.count(); d.err == nil && n != len(p.outputs) {
		d.fail("%d golden outputs of %d", n, len(p.outputs))
	}
	for i := range p.outputs {
		o := d.take(d.count())
		if want := p.outputs[i].view.extent(); d.err == nil && len(o) != want {
			d.fail("golden output %d of %d bytes, want %d", i, len(o), want)
		}
		g.outputs = append(g.outputs, o)
	}
	if d.err == nil && len(d.buf) != 0 {
		d.fail("bytes behind the golden outputs")
	}
	if d.err != nil {
		return nil, d.err
	}
	return g, nil
}

// check runs the plan; it says what is not as it should be.
func (g *golden) check(p *Plan) (string, error) {
	defer goruntime.KeepAlive(p) // the file that outputs are part of may go with it
	got, err := p.runNoise(g.seed)
	if err != nil {
		return "", err
	}
	for i, want := range g.outputs {
		if problem := difference(p.outputs[i].DType, got[i], want, g.exact, p.tolerance()); problem != "" {
			return problem, nil
		}
	}
	return "", nil
}

// floatsOf reads little-endian numbers.
func floatsOf(b []byte) []float32 {
	v := make([]float32, len(b)/4)
	for i := range v {
		v[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
	}
	return v
}
