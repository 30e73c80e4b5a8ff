package runtime

import (
	"errors"
	"math"
	"testing"
)

// concatenated, scratched and inPlaced are the value or step of a plan that is a concatenation, needs scratch, works in
// place.
func concatenated(p *Plan) *planValue {
	for i := range p.values {
		if p.values[i].parts != nil {
			return &p.values[i]
		}
	}
	panic("no concatenation")
}

func scratched(p *Plan) *planStep {
	for i := range p.steps {
		if p.steps[i].scratchAt >= 0 {
			return &p.steps[i]
		}
	}
	panic("no scratch")
}

func inPlaced(p *Plan) *planStep {
	for i := range p.steps {
		if p.steps[i].out[0] == p.steps[i].in[0] {
			return &p.steps[i]
		}
	}
	panic("no step in place")
}

// tamperings are ways in which a plan may be wrong.
var tamperings = map[string]func(p *Plan){
	"offset beyond":      func(p *Plan) { p.steps[3].in[0].offset = p.arena },
	"negative offset":    func(p *Plan) { p.steps[3].out[0].offset = -64 },
	"odd offset":         func(p *Plan) { p.steps[3].out[0].offset++ },
	"more channels":      func(p *Plan) { p.steps[3].out[0].shape.C = p.steps[3].out[0].stride + 1 },
	"huge map":           func(p *Plan) { p.steps[3].in[0].shape.H = math.MaxInt / 2 },
	"aliased":            func(p *Plan) { p.steps[0].out[0].offset = p.steps[0].in[0].offset },
	"smaller arena":      func(p *Plan) { p.arena -= 64 },
	"scratch moved":      func(p *Plan) { scratched(p).scratch.Offset = p.arena },
	"scratch shrunk":     func(p *Plan) { scratched(p).scratch.Bytes = 0 },
	"scratch of nobody":  func(p *Plan) { scratched(p).scratchAt = len(p.storage) },
	"scratch shared":     func(p *Plan) { s := scratched(p); s.scratchAt, s.scratch = 0, p.storage[0] },
	"scratch too late":   func(p *Plan) { p.storage[scratched(p).scratchAt].First++ },
	"more threads":       func(p *Plan) { p.threads++ },
	"storage overlaps":   func(p *Plan) { p.storage[1].Offset = p.storage[0].Offset },
	"dead storage":       func(p *Plan) { p.storage[0].Last = -1 },
	"strided output":     func(p *Plan) { p.outputs[0].view.stride++ },
	"output of no value": func(p *Plan) { p.outputs[0].value = len(p.values) },
	"output elsewhere":   func(p *Plan) { p.outputs[0].value = 0 },
	"late input":         func(p *Plan) { p.inputs[0].value = 1; p.inputs[0].view = p.values[1].view },
	"value beyond":       func(p *Plan) { p.values[1].view.offset = p.arena },
	"value overflows": func(p *Plan) {
		p.values[1].view.shape.H, p.values[1].view.shape.W = math.MaxInt/2+1,
			math.MaxInt/2+1
	},
	"wide pixels":        func(p *Plan) { p.values[1].view.stride = math.MaxInt },
	"value elsewhere":    func(p *Plan) { p.values[1].storage = p.values[0].storage },
	"value of nowhere":   func(p *Plan) { p.values[1].storage = -1 },
	"value lives longer": func(p *Plan) { p.values[1].until = len(p.steps) },
	"value read dead":    func(p *Plan) { p.values[1].until = p.values[1].made },
	"made by another":    func(p *Plan) { p.values[1].made++ },
	"read before made": func(p *Plan) {
		p.steps[0].reads[0], p.steps[0].in[0] = p.steps[2].writes[0],
			p.steps[2].out[0]
	},
	"reads no value":     func(p *Plan) { p.steps[1].reads[0] = -1 },
	"writes no value":    func(p *Plan) { p.steps[1].writes[0] = len(p.values) },
	"reads nothing":      func(p *Plan) { p.steps[1].reads, p.steps[1].in = nil, nil },
	"not in place":       func(p *Plan) { inPlaced(p).inPlace = false },
	"needed after that":  func(p *Plan) { p.values[inPlaced(p).reads[0]].until++ },
	"part moved":         func(p *Plan) { p.values[concatenated(p).parts[1]].view.offset += 4 },
	"parts swapped":      func(p *Plan) { v := concatenated(p); v.parts[0], v.parts[1] = v.parts[1], v.parts[0] },
	"part missing":       func(p *Plan) { v := concatenated(p); v.parts = v.parts[:len(v.parts)-1] },
	"part of the future": func(p *Plan) { concatenated(p).parts[0] = len(p.values) },
	"part dies early":    func(p *Plan) { v := concatenated(p); p.values[v.parts[0]].until = v.until - 1 },
	"whole too early":    func(p *Plan) { concatenated(p).made-- },
}

// A plan that was tampered with in any way that matters is refused.
func TestProof(t *testing.T) {
	fresh := func() *Plan {
		p, err := Compile(small(t))
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	p := fresh()
	if err := p.prove(); err != nil {
		t.Fatal(err)
	}
	for name, corrupt := range tamperings {
		p := fresh()
		corrupt(p)
		if err := p.prove(); err == nil {
			t.Errorf("%s: accepted", name)
		} else if !errors.Is(err, ErrGraph) {
			t.Errorf("%s: %v is not ErrGraph", name, err)
		}
	}
}

// Views of one stride are apart when their channels are.
func TestTouches(t *testing.T) {
	view := func(offset, c, stride int) viewSpec {
		return viewSpec{offset: offset, dtype: F32, shape: Shape{1, 4, 4, c}, stride: stride}
	}
	for _, c := range []struct {
		a, b viewSpec
		want bool
	}{
		{view(0, 4, 16), view(16, 4, 16), false},
		{view(0, 4, 16), view(16, 12, 16), false},
		{view(0, 5, 16), view(16, 12, 16), true},
		{view(0, 4, 16), view(64, 4, 16), true}, // a row further
		{view(0, 4, 16), view(0, 4, 16), true},
		{view(0, 4, 16), view(16, 4, 12), true}, // of different strides: who knows
		{view(0, 4, 4), view(256, 4, 4), false},
		{view(0, 4, 4), view(252, 4, 4), true},
	} {
		if c.a.touches(c.b) != c.want || c.b.touches(c.a) != c.want {
			t.Errorf("%+v and %+v touch: want %v", c.a, c.b, c.want)
		}
	}
}
