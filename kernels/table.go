package kernels

import (
	"fmt"
	"sync"

	"github.com/gneiss-go/gneiss/arch"
)

// OpKind names what an inner kernel computes. Its function type is fixed by the kind and the dtype, and
// documented at the kind's reference.
type OpKind string

const (
	OpConvTile     OpKind = "conv"         // indirect convolution tile: 1×1, 3×3, 5×5, any; func(*ConvTile)
	OpConvWide     OpKind = "convwide"     // the same of uint8 inputs and weights widened to int16; quantised only: func(*ConvTile)
	OpWeave        OpKind = "weave"        // pixels of rows into columns, for few channels; quantised only: func(*Weave)
	OpDepthwise    OpKind = "depthwise"    // one filter for each channel; func(*DepthTaps)
	OpWino43Input  OpKind = "wino43input"  // Winograd F(4,3): input transform of a tile; func(*WinoInput)
	OpWino43Output OpKind = "wino43output" // its output transform; func(*WinoOutput)
	OpWino43Filter OpKind = "wino43filter" // of quantised filters in each run: their transform; func(*WinoFilter)
	OpWino23Filter OpKind = "wino23filter" // likewise for F(2,3)
	OpWino23Input  OpKind = "wino23input"  // F(2,3): input transform; func(*WinoInput)
	OpWino23Output OpKind = "wino23output" // its output transform; func(*WinoOutput)
	OpWino25Output OpKind = "wino25output" // F(2,5): output transform, the input transform being that of F(4,3); float only: func(*WinoOutput)
	OpWino34Output OpKind = "wino34output" // F(3,4): likewise; for 7×7 of stride 2
	OpWinoGemm     OpKind = "winogemm"     // the int16 products of quantised Winograd; func(*ConvTile)
	OpFC           OpKind = "fc"           // dot products of weight rows with one input; func(*FCTile), quantised func(*FCTileU8)
	OpMaxPool      OpKind = "maxpool"      // maximum of any taps; func(*PoolTaps)
	OpMaxPool3     OpKind = "maxpool3"     // a row of 3×3 windows, stride 1 or 2; func(*MaxPool3Row)
	OpAvgPool      OpKind = "avgpool"      // mean of any taps; func(*PoolTaps), quantised func(*SumU8)
	OpLRN          OpKind = "lrn"          // across channels; func(*LRNBlock); above generic only β = 3/4; quantised func(*LRNU8)
	OpLRN5         OpKind = "lrn5"         // over 5 channels; quantised only: func(*LRNU8)
	OpSoftmax      OpKind = "softmax"      // over channels; func(*SoftmaxBlock)
	OpQuantize     OpKind = "quantize"     // float32 to uint8; func(*Convert)
	OpDequantize   OpKind = "dequantize"   // uint8 to float32; func(*Convert)
	OpClamp        OpKind = "clamp"        // func(*Eltwise)
	OpAdd          OpKind = "add"          // func(*Eltwise), quantised func(*AddU8)
	OpAffine       OpKind = "affine"       // func(*Eltwise)
	OpCopy         OpKind = "copy"         // func(*CopyBlock); by element size: f32 serves s32, u8 serves s8
	OpFlatten      OpKind = "flatten"      // func(*FlattenBlock); by element size too
	OpRearrange    OpKind = "rearrange"    // transposing and reshaping; func(*RearrangeBlock); by element size too
	OpBinary       OpKind = "binary"       // arithmetic between tensors, repeated where one is smaller; func(*BinaryBlock)
	OpCurve        OpKind = "curve"        // sigmoid and hyperbolic tangent; func(*Eltwise)
	OpBlendRows    OpKind = "blendrows"    // rows of bytes, weighted and added; func(*BlendRows)
	OpLaneDots     OpKind = "lanedots"     // weighted sums of windows, in four lanes; func(*LaneDots)
)

// Kernel is one row of the table: the only place where an inner kernel is declared. Selection, tests, selftest
// and benchmarks range over the rows.
type Kernel struct {
	Name       string       // <dtype>_<op>_<tile>__<isa>
	Op         OpKind       //
	DType      DType        // of the activations
	MR, NR, KR int          // tile: pixels × output channels × channels per step; 0 where it has no meaning
	Narrow     int          // panels of fewer channels than NR have a multiple of this; 0 if all have NR
	ISA        arch.ISA     // the tier it belongs to
	Requires   arch.Feature // exactly the features its instructions need
	PairSum16  bool         // adds pairs of products in saturating int16: weights are packed by packPairs
	Minus128   bool         // takes 128 from each input: bias carries 128·Σ w
	Fn         any          // the function; its type is given by Op and DType
}

// Table returns all kernels of this architecture, whether or not this CPU can run them, best tier first within
// an op. The slice must not be changed.
var Table = sync.OnceValue(func() []Kernel {
	return append(archKernels(), genericKernels...)
})

// Runnable reports whether this CPU has the kernel's features.
func (k *Kernel) Runnable() bool { return arch.Features().Has(k.Requires) }

// Select returns the first kernel in the table of that op and dtype that this CPU can run and whose tier is not
// above limit, with its function. There is always the generic one; a missing one is a bug, hence the panic.
func Select[F any](op OpKind, dt DType, limit arch.ISA) (*Kernel, F) {
	t := Table()
	for i := range t {
		if k := &t[i]; k.Op == op && k.DType == dt && k.ISA <= limit && k.Runnable() {
			if fn, ok := k.Fn.(F); ok {
				return k, fn
			}
		}
	}
	panic(fmt.Sprintf("kernels: no %s %s kernel at or below %s", dt, op, limit))
}

// groups is how many groups of KR some channels are.
func (k *Kernel) groups(channels int) int { return (channels + k.KR - 1) / k.KR }

// taken is what the kernel takes from each uint8 input.
func (k *Kernel) taken() int32 {
	if k.Minus128 {
		return 128
	}
	return 0
}
