package onnx

import (
	"fmt"
	"math"

	"github.com/gneiss-go/gneiss/models/internal/axes"
	"github.com/gneiss-go/gneiss/models/internal/wire"
	"github.com/gneiss-go/gneiss/runtime"
)

// call is the import of one node: its attributes and inputs. The first attribute that cannot be read sets err.
type call struct {
	im  *importer
	n   *node
	in  []*value // nil for an optional input left out
	err error

	more []*value // of outputs after the first, which the handler returns; nil where there is none

	quanta bool // dequantised inputs are given as the uint8 tensors that they come from
	typ    elem // of inputs and output, if they are integers
}

// unsupported notes that the node cannot be imported, and why.
func (c *call) unsupported(format string, args ...any) {
	c.im.b.Unsupported(c.n.op, c.n.label(), format, args...)
}

// each reads the fields of an attribute and reports whether it is there.
func (c *call) each(name string, fn func(wire.Field) error) bool {
	raw := c.n.find(name)
	if raw == nil {
		return false
	}
	if err := wire.Each(raw, fn); err != nil && c.err == nil {
		c.err = fmt.Errorf("attribute %s: %w", name, err)
	}
	return true
}

const maxInt = math.MaxInt32 // bounds integers of attributes, so that sums of a few cannot overflow

func narrow(v int64) (int, error) {
	if v < -maxInt || v > maxInt {
		return 0, fmt.Errorf("%d is out of range: %w", v, runtime.ErrCorrupt)
	}
	return int(v), nil
}

func (c *call) int(name string, def int) int {
	if c.typed(name, attrIntType) {
		def = 0
	}
	c.each(name, func(f wire.Field) error {
		if f.Num != 3 {
			return nil
		}
		v, err := f.Varint()
		if err == nil {
			def, err = narrow(v)
		}
		return err
	})
	return def
}

func (c *call) float(name string, def float32) float32 {
	if c.typed(name, attrFloatType) {
		def = 0
	}
	c.each(name, func(f wire.Field) (err error) {
		if f.Num == 2 {
			def, err = f.Float()
		}
		return err
	})
	return def
}

func (c *call) str(name, def string) string {
	if c.typed(name, attrStringType) {
		def = ""
	}
	c.each(name, func(f wire.Field) (err error) {
		if f.Num == 4 {
			def, err = f.Str()
		}
		return err
	})
	return def
}

// ints returns a list of integers, nil if it is not there.
func (c *call) ints(name string) []int {
	vs, _, _ := c.wide(name, len(c.in))
	return c.narrowAll(vs)
}

func (c *call) narrowAll(vs []int64) []int {
	if vs == nil {
		return nil
	}
	is := make([]int, 0, len(vs))
	for _, v := range vs {
		i, err := narrow(v)
		if err != nil && c.err == nil {
			c.err = err
		}
		is = append(is, i)
	}
	return is
}

// has reports whether input i is given.
func (c *call) has(i int) bool { return i < len(c.in) && c.in[i] != nil }

// tensor returns input i as an activation that lies channels last; nil if it is unknown, or a constant, which is then
// noted as unsupported.
func (c *call) tensor(i int) (*axes.Tensor, error) {
	t, err := c.any(i)
	if t == nil || err != nil {
		return nil, err
	}
	return c.im.b.As(c.name(), t, runtime.ChannelsLast)
}

// any is tensor for an activation in whatever layout.
func (c *call) any(i int) (*axes.Tensor, error) {
	if !c.has(i) {
		return nil, fmt.Errorf("input %d is missing: %w", i+1, runtime.ErrGraph)
	}
	if c.in[i].c != nil {
		c.unsupported("its input %q is a constant", c.n.in[i])
		return nil, nil
	}
	return c.in[i].t, nil
}

// constant returns input i, which must be a constant; nil if it is unknown, or computed, which is noted as unsupported.
func (c *call) constant(i int) (*value, error) {
	if !c.has(i) {
		return nil, fmt.Errorf("input %d is missing: %w", i+1, runtime.ErrGraph)
	}
	v := c.in[i]
	if v.c == nil {
		if v.t != nil {
			c.unsupported("its input %q is computed; only a constant", c.n.in[i])
		}
		return nil, nil
	}
	return v, nil
}

// real is constant for a tensor of floating-point elements that is not empty.
func (c *call) real(i int) (*value, error) {
	v, err := c.constant(i)
	if v == nil || err != nil {
		return nil, err
	}
	if !v.c.typ.real() || v.c.raw == nil {
		c.unsupported("its input %q has %v elements; only floating point", c.n.in[i], v.c.typ)
		return nil, nil
	}
	if v.c.elements() == 0 {
		return nil, fmt.Errorf("its input %q is empty: %w", c.n.in[i], runtime.ErrShape)
	}
	return v, nil
}

// vector returns input i, a floating-point constant of n elements; nil as for real.
func (c *call) vector(i, n int) ([]float32, error) {
	v, err := c.real(i)
	if v == nil || err != nil {
		return nil, err
	}
	if v.c.elements() != n {
		return nil, fmt.Errorf("its input %q has dimensions %v, want %d elements: %w", c.n.in[i], v.c.dims, n,
			runtime.ErrShape)
	}
	return c.im.b.Floats(v.src)
}

// list returns the integers of attribute name or, if input i is given, of that constant. ok is false if it is computed.
func (c *call) list(name string, i int) (vs []int, ok bool, err error) {
	raw, ok, err := c.wide(name, i)
	return c.narrowAll(raw), ok, err
}

// wide is list without bounds on the integers.
func (c *call) wide(name string, i int) (vs []int64, ok bool, err error) {
	if !c.has(i) {
		if c.typed(name, attrIntsType) {
			vs = []int64{}
		}
		c.each(name, func(f wire.Field) (err error) {
			if f.Num == 8 {
				vs, err = f.AppendVarints(vs, 2*maxRank)
			}
			return err
		})
		return vs, true, nil
	}
	v, err := c.constant(i)
	if v == nil || err != nil {
		return nil, false, err
	}
	if vs, ok = v.c.ints(2 * maxRank); !ok {
		return nil, false, fmt.Errorf("its input %q, %v %v, is no list of integers: %w", c.n.in[i], v.c.typ, v.c.dims,
			runtime.ErrShape)
	}
	return vs, true, nil
}

// name is that of the node to add: ONNX tensors have unique names, nodes need not have any.
func (c *call) name() string {
	out := node{out: c.n.out}
	return out.label()
}

// axis turns a possibly negative axis into an index below rank.
func axis(a, rank int) (int, error) {
	if a < -rank || a >= rank {
		return 0, fmt.Errorf("axis %d of %d: %w", a, rank, runtime.ErrShape)
	}
	if a < 0 {
		a += rank
	}
	return a, nil
}

// axes does so for several, and returns a flag for each dimension.
func flagged(as []int, rank int) ([]bool, error) {
	in := make([]bool, rank)
	for _, a := range as {
		i, err := axis(a, rank)
		if err != nil {
			return nil, err
		}
		in[i] = true
	}
	return in, nil
}
