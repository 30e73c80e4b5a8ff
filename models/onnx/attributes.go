package onnx

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gneiss-go/gneiss/models/internal/wire"
	"github.com/gneiss-go/gneiss/runtime"
)

// plainForm reports whether a node asks for nothing but what its handler, or folder, heeds; what else it asks for is
// noted.
func (c *call) plainForm(heeds string) (bool, error) {
	known := strings.Fields(heeds)
	for i, a := range c.n.attrs {
		switch {
		case slices.ContainsFunc(c.n.attrs[:i], func(b attr) bool { return a.name == b.name }):
			return false, fmt.Errorf("two attributes %q: %w", a.name, runtime.ErrCorrupt)
		case !slices.Contains(known, a.name):
			c.unsupported("its attribute %q", a.name)
			return false, nil
		}
	}
	if c.n.op == "BatchNormalization" && slices.ContainsFunc(c.n.out[1:], func(s string) bool { return s != "" }) {
		c.unsupported("%d outputs, which ask for statistics of the batch; export the model for inference", len(c.n.out))
		return false, nil
	}
	return true, nil
}

// attrType is AttributeProto.AttributeType.
type attrType int

const (
	attrFloatType  attrType = 1
	attrIntType    attrType = 2
	attrStringType attrType = 3
	attrIntsType   attrType = 7
)

// typed reports whether there is an attribute of that name, and notes one of another type than want as an error. An
// attribute's number or text may be left out where it is 0 or empty, so that only its type says that it is there; old
// files leave the type out.
func (c *call) typed(name string, want attrType) bool {
	var got attrType
	there := c.each(name, func(f wire.Field) error {
		var v int64
		var err error
		switch f.Num {
		case 20:
			v, err = f.Varint()
			got = attrType(v)
		case 21:
			err = fmt.Errorf("it refers to an attribute of a function: %w", runtime.ErrGraph)
		}
		return err
	})
	if there && got != 0 && got != want && c.err == nil {
		c.err = fmt.Errorf("attribute %s is of type %d, want %d: %w", name, got, want, runtime.ErrCorrupt)
	}
	return there && got == want
}
