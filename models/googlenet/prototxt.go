package googlenet

import (
	"bytes"
	"fmt"

	"github.com/gneiss-go/gneiss/runtime"
)

// Prototxt describes the network in Caffe's language, so that weights of that format can be read without the file
// that is published beside them.
func Prototxt() []byte {
	g, err := Graph(func(_ string, k, r, s, c int) ([]float32, []float32, error) {
		return make([]float32, k*r*s*c), make([]float32, k), nil
	})
	if err != nil {
		panic(err) // the network of this package is a valid graph
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "name: %q\nlayer { name: \"data\" type: \"Input\" top: \"data\" input_param { shape { dim: 1 dim: 3 dim: %d dim: %d } } }\n",
		g.Name, Size, Size)
	for _, n := range g.Nodes {
		layer := func(kind, param string) {
			fmt.Fprintf(&b, "layer { name: %q type: %q", n.Name, kind)
			for _, v := range n.In {
				fmt.Fprintf(&b, " bottom: %q", v.Name)
			}
			fmt.Fprintf(&b, " top: %q%s }\n", n.Name, param)
		}
		switch op := n.Op.(type) {
		case *runtime.Conv:
			layer("Convolution", fmt.Sprintf(" convolution_param { num_output: %d kernel_size: %d stride: %d pad: %d }", op.K,
				op.R, op.StrideH, op.PadTop))
			fmt.Fprintf(&b, "layer { name: \"%s/relu\" type: \"ReLU\" bottom: %q top: %q }\n", n.Name, n.Name, n.Name)
		case *runtime.Pool:
			kind := map[runtime.PoolKind]string{runtime.MaxPool: "MAX", runtime.AvgPool: "AVE"}[op.Type]
			layer("Pooling", fmt.Sprintf(" pooling_param { pool: %s kernel_size: %d stride: %d pad: %d }", kind, op.R,
				max(op.StrideH, 1), op.PadTop))
		case *runtime.LRN:
			layer("LRN", fmt.Sprintf(" lrn_param { local_size: %d alpha: %v beta: %v k: %v }", op.Size, op.Alpha, op.Beta,
				op.Bias))
		case *runtime.FC:
			layer("InnerProduct", fmt.Sprintf(" inner_product_param { num_output: %d }", op.K))
		case *runtime.Concat, *runtime.Softmax:
			layer(op.Kind(), "")
		}
	}
	return b.Bytes()
}
