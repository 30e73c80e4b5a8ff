package onnx

import (
	"fmt"
	"strings"

	"github.com/gneiss-go/gneiss/kernels"
	"github.com/gneiss-go/gneiss/runtime"
)

// curveParam is an attribute that a curve's parameter is, and its default.
type curveParam struct {
	name  string
	value float32
}

var curveParams = map[kernels.Curve][]curveParam{
	kernels.HardSigmoid:     {{"alpha", 0.2}, {"beta", 0.5}},
	kernels.LeakyRelu:       {{"alpha", 0.01}},
	kernels.Elu:             {{"alpha", 1}},
	kernels.Selu:            {{"alpha", 1.67326319217681884765625}, {"gamma", 1.05070102214813232421875}},
	kernels.Celu:            {{"alpha", 1}},
	kernels.ThresholdedRelu: {{"alpha", 1}},
	kernels.Shrink:          {{"lambd", 0.5}, {"bias", 0}},
}

// curveOps are the operators that are functions of single elements.
var curveOps = map[string]kernels.Curve{}

func registerCurve() {
	for of := kernels.Sigmoid; of.Check() == nil; of++ {
		switch of {
		case kernels.SiLU, kernels.GeluTanh, kernels.Rsqrt, kernels.Square: // ONNX has no such word
			continue
		}
		var heeds []string
		for _, p := range curveParams[of] {
			heeds = append(heeds, p.name)
		}
		domain := noContrib
		if of == kernels.Gelu {
			heeds, domain = []string{"approximate"}, alsoContrib
		}
		curveOps[of.String()] = of
		register(of.String(), operator{handle: curve, heeds: strings.Join(heeds, " "), contrib: domain, old: true})
	}
}

// curve is a function of single elements.
func curve(c *call) (*value, error) {
	t, err := c.any(0)
	if t == nil || err != nil {
		return nil, err
	}
	of := curveOps[c.n.op]
	if of == kernels.Gelu {
		switch how := c.str("approximate", "none"); how {
		case "none":
		case "tanh":
			of = kernels.GeluTanh
		default:
			return nil, fmt.Errorf("approximate %q: %w", how, runtime.ErrGraph)
		}
	}
	op := &runtime.Curve{Of: of}
	params := curveParams[of]
	if of == kernels.Selu && c.im.m.opset < 6 {
		params = []curveParam{{"alpha", 1.6732}, {"gamma", 1.0507}}
	}
	for i, p := range params {
		*[]*float32{&op.A, &op.B}[i] = c.float(p.name, p.value)
	}
	return c.done(c.im.b.Each(c.name(), op, t))
}
