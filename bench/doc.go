// Package bench has what the benchmarks are made of: real networks with real or seeded weights, the shapes of their
// layers with labels, and a picture to feed them. The benchmarks themselves are in its tests, the comparison with other
// engines in bench/peers, the machine's limits in bench/peak. README.md tells how to read the figures.
//
//	g, err := bench.GoogLeNet(1)            // weights from seed 1
//	layers := bench.Layers("googlenet", g) // googlenet:inception_3a/3x3 …
//
// # How to add a network
//
// Write its builder, and name it in Models.
package bench
