package caffe_test

import (
	"errors"
	"fmt"

	"github.com/gneiss-go/gneiss/models/caffe"
	"github.com/gneiss-go/gneiss/runtime"
)

// A description alone is a network to measure, if its weights do not matter.
func ExampleLoad() {
	text := `
		name: "tiny"
		layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 3 dim: 8 dim: 8 } } }
		layer { name: "conv" type: "Convolution" bottom: "data" top: "conv" convolution_param { num_output: 4 kernel_size: 3 pad: 1 } }
		layer { name: "relu" type: "ReLU" bottom: "conv" top: "conv" }
		layer { name: "pool" type: "Pooling" bottom: "conv" top: "pool" pooling_param { pool: AVE global_pooling: true } }`
	g, err := caffe.Load(nil, []byte(text), caffe.WithRandomWeights(1))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, n := range g.Nodes {
		fmt.Println(n.Name, n.Op.Kind(), n.Out.Shape)
	}
	// Output:
	// conv Conv 1×8×8×4
	// relu Activation 1×8×8×4
	// pool GlobalAveragePool 1×1×1×4
}

// All that is not supported is listed at once.
func ExampleLoad_unsupported() {
	text := `
		layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 3 dim: 8 dim: 8 } } }
		layer { name: "up" type: "SPP" bottom: "data" top: "up" }
		layer { name: "act" type: "Threshold" bottom: "up" top: "act" }`
	_, err := caffe.Load(nil, []byte(text), caffe.WithRandomWeights(1))
	var u *runtime.UnsupportedError
	if errors.As(err, &u) {
		for _, op := range u.Ops {
			fmt.Println(op.Node, op.Op)
		}
	}
	// Output:
	// up SPP
	// act Threshold
}
