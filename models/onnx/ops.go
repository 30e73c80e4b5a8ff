package onnx

import (
	"fmt"
	"slices"
	"sync"

	"github.com/gneiss-go/gneiss/runtime"
)

// handler imports a node and returns the value of its first output. A nil value without an error means that it is not
// known: something unsupported has been noted.
type handler func(c *call) (*value, error)

// operator is all that the importer knows of an operator.
type operator struct {
	handle    handler
	heeds     string    // attributes that the handler heeds, and after a bar those that mean nothing for inference
	takes     awareness // of dequantised inputs
	integers  bool      // it works on integers as on floats
	contrib   contrib   // who defines it
	quantises bool      // a model that has one is a quantised one
	old       bool      // it meant the same in the operator sets before MinOpset, but for attributes that it had
}

// knownOpset refuses a model of operators whose semantics are not known. One of custom operators alone names no
// operator set of ONNX; its operators are refused one by one.
func (m *model) knownOpset() error {
	if m.opset >= MinOpset && m.opset <= MaxOpset {
		return nil
	}
	if m.opset > 0 && m.opset < MinOpset &&
		!slices.ContainsFunc(m.graph.nodes, func(n *node) bool { return !operators[n.op].old || !standard(n.domain) }) {
		return nil
	}
	if m.opset == 0 && len(m.domains) > 0 &&
		!slices.ContainsFunc(m.graph.nodes, func(n *node) bool { return standard(n.domain) }) {
		m.opset = MaxOpset
		return nil
	}
	if m.opset == 0 {
		return fmt.Errorf("the model does not say which operator set of ONNX it uses (opset_import): %w",
			runtime.ErrCorrupt)
	}
	return fmt.Errorf("operator set %d, supported are %d to %d; convert the model with onnx.version_converter: %w",
		m.opset, MinOpset, MaxOpset, &runtime.UnsupportedError{Ops: []runtime.Unsupported{{Op: "opset_import",
			Reason: fmt.Sprintf("operator set %d", m.opset)}}})
}

// awareness says what an operator knows of quantised tensors.
type awareness int

const (
	unaware  awareness = iota // works on floats
	onLazy                    // takes a lazy value as it is
	onQuanta                  // takes the uint8 tensors of dequantised values in place of floats
)

// contribDomain is that of ONNX Runtime's own operators, of which its QOperator format has some.
const contribDomain = "com.microsoft"

// contrib says whether an operator is one of ONNX or of contribDomain.
type contrib int

const (
	noContrib contrib = iota
	onlyContrib
	alsoContrib
)

// in reports whether an operator belongs to a domain.
func (c contrib) in(domain string) bool {
	switch domain {
	case "", "ai.onnx": // see standard
		return c != onlyContrib
	case contribDomain:
		return c != noContrib
	}
	return false
}

// operators are all that can be imported, once they are registered.
var operators = map[string]operator{}

// registerAll notes the operators of all files, before the first model is imported and not when the program starts:
// the linker leaves what nobody calls out of programs that import no model.
func registerAll() { registered.Do(registerFiles) }

var registered sync.Once

func registerFiles() {
	for _, register := range []func(){
		registerActivation, registerArg, registerArithmetic, registerBlocks, registerCast, registerControl,
		registerConv, registerCurve, registerDeconv, registerDynamic, registerEinsum, registerFoldcut,
		registerFoldmath, registerFoldmove, registerFoldreduce, registerGather, registerMatmul, registerNms,
		registerNormalise, registerPad, registerPool, registerQlinear, registerQuantops, registerRecurrent,
		registerReduce, registerResize, registerShapes, registerSoftmax, registerStructure, registerTake,
		registerWhole,
	} {
		register()
	}
}

// register notes an operator; a function of the file of its handler calls it. An attribute that it does not name may
// change what a node computes, so a node that has one is refused.
func register(name string, op operator) {
	if operators[name].handle != nil {
		panic(fmt.Sprintf("onnx: two operators %s", name))
	}
	operators[name] = op
}

// sameShape are unsupported operators whose output is shaped as their first input, so that the import can look further.
var sameShape = []string{"Bernoulli"}

// reasons tell the way round an unsupported operator, where there is one.
var reasons = map[string]string{
	"ConvInteger":   dynamicAdvice,
	"MatMulInteger": dynamicAdvice,
	"Scan":          "control flow is not supported; export the model traced, not scripted",
}

const dynamicAdvice = "quantise statically (onnxruntime.quantization.quantize_static), or import the float model and " +
	"quantise it with gneiss quantize"
