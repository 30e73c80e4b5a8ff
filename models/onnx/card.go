package onnx

import (
	"github.com/gneiss-go/gneiss/models/card"
	"github.com/gneiss-go/gneiss/models/internal/meta"
	"github.com/gneiss-go/gneiss/models/internal/wire"
	"github.com/gneiss-go/gneiss/runtime"
)

// decodeProp decodes a StringStringEntryProto. Those beyond a few mean nothing here.
func (m *model) decodeProp(b []byte) error {
	var key, value string
	err := wire.Each(b, func(f wire.Field) (err error) {
		switch f.Num {
		case 1:
			key, err = f.Str()
		case 2:
			value, err = f.Str()
		}
		return err
	})
	if len(m.props) < maxAttrs {
		m.props[key] = value
	}
	return err
}

// described gives a graph the card that the model's metadata make, and returns it.
func (m *model) described(g *runtime.Graph) *runtime.Graph {
	var c card.Card
	meta.ONNX(&c, g, m.props, m.doc)
	meta.Put(g, c)
	return g
}
