// Package quant turns a float graph into an int8 one.
//
//	stats, err := quant.Calibrate(ctx, graph, source)        runs the float graph, keeps a histogram of every value
//	int8Graph, report, err := quant.Quantize(graph, stats)   chooses scales, quantises weights, rewrites the graph
//	cmp, err := quant.Compare(ctx, graph, int8Graph, source) how far apart the two are, layer by layer and in their answers
//
// Activations become uint8 with a scale and a zero point for each value, weights int8 with a scale for each output
// channel. A value's scale follows from its histogram by an [Observer]: the whole range seen ([MinMax]), all but its
// tails ([Percentile]), or the range that loses least information ([Entropy]) or least signal ([MSE]). What is
// concatenated or pooled by maximum shares one scale, so that both stay copies and comparisons of bytes.
// What rounding shifts in the mean is taken back by [WithCorrection]; which channels get factors of their own is chosen
// by [WithChoice].
//
// The result runs by integer arithmetic and a few IEEE operations in a written order, and gives the same bytes on
// every CPU; docs/NUMERICS.md derives every rule.
//
// To add a quantised operation: give it its meaning in package runtime, then its case in (*rewriter).node.
package quant
