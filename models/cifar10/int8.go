package cifar10

import (
	_ "embed"

	"github.com/gneiss-go/gneiss/runtime"
)

const int8File = "cifar10_int8.gneiss"

// The same network quantised, made by
//
//	gneiss quantize --choose 0 -o cifar10_int8.gneiss IMAGES
//
// of the first 40 training images of each class.
//
//go:embed cifar10_int8.gneiss
var int8Graph []byte

// Int8 returns the network in int8: a quarter of the size, and the same bytes out on every CPU. Input and output are
// those of [Graph]; weights are not copied. A program that calls one of the two carries that one's weights only.
func Int8() (*runtime.Graph, error) {
	g, err := runtime.ReadGraph(int8Graph)
	return g, runtime.InFile(int8File, err)
}
