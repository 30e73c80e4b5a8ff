package caffe

import (
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/gneiss-go/gneiss/models/internal/axes"
	"github.com/gneiss-go/gneiss/runtime"
)

// collect finds the weights of a caffemodel.
func (im *importer) collect(file *message) {
	if file == nil {
		return
	}
	for _, l := range slices.Concat(file.subs("layer"), file.subs("layers")) {
		if len(l.blobs) == 0 {
			continue
		}
		srcs := make([]*axes.Source, len(l.blobs))
		for i := range l.blobs {
			srcs[i] = &axes.Source{Dims: l.blobs[i].dims, Decode: l.blobs[i].decode}
		}
		im.blobs[l.str("name", "")] = srcs
	}
}

// role says what an array of weights is for, which matters only when it is invented.
type role int

const (
	kernelOf role = iota // products: uniform with variance 2/fan-in
	scaleOf              // factors around 1
	shiftOf              // terms around 0
	oneOf                // 1
)

// weights returns a layer's array of that index with the given dimensions, or nil if it is missing, which is noted.
func (im *importer) weights(l *layer, index int, what role, dims ...int) (*axes.Source, error) {
	if _, ok := axes.Product(im.cfg.limits.MaxWeights, dims...); !ok {
		return nil, fmt.Errorf("weights of %v are empty or exceed %d elements: %w", dims, im.cfg.limits.MaxWeights,
			runtime.ErrLimit)
	}
	if im.cfg.random {
		return im.invent(l, index, what, dims), nil
	}
	have := im.blobs[l.name]
	if index >= len(have) {
		if n := len(im.missing); n == 0 || im.missing[n-1] != l.name { // layers come one after the other
			im.missing = append(im.missing, l.name)
		}
		return nil, nil
	}
	src := have[index]
	if !slices.Equal(squeeze(src.Dims), squeeze(dims)) {
		return nil, fmt.Errorf("the caffemodel has weights of %v, the network wants %v: %w", src.Dims, dims, runtime.ErrShape)
	}
	return src, nil
}

// vector returns an array of n elements, decoded.
func (im *importer) vector(l *layer, index int, what role, n int) ([]float32, error) {
	src, err := im.weights(l, index, what, n)
	if src == nil || err != nil {
		return nil, err
	}
	return im.b.Floats(src)
}

// squeeze drops dimensions of 1, by which old and new files differ.
func squeeze(dims []int) []int {
	return slices.DeleteFunc(slices.Clone(dims), func(d int) bool { return d == 1 })
}

// invent makes weights from the seed, the layer's name and the index: the same on every machine.
func (im *importer) invent(l *layer, index int, what role, dims []int) *axes.Source {
	h := fnv.New64a()
	h.Write([]byte(l.name))
	rng := rand.New(rand.NewPCG(im.cfg.seed, h.Sum64()+uint64(index)))
	fan := 1
	for _, d := range dims[1:] {
		fan *= d
	}
	lo, span := float32(0.5), float32(1)
	switch what {
	case kernelOf:
		a := float32(math.Sqrt(6 / float64(fan)))
		lo, span = -a, 2*a
	case shiftOf:
		lo, span = -0.1, 0.2
	case oneOf:
		lo, span = 1, 0
	}
	return &axes.Source{Dims: dims, Decode: func(dst []float32, _ int) { // in order, as it is read
		for i := range dst {
			dst[i] = lo + float32(span*rng.Float32())
		}
	}}
}
