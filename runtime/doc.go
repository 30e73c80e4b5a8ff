// Package runtime runs convolutional networks: what a model means ([Graph]), how this CPU does it ([Plan]), and one
// piece of memory in which it is done ([Session]).
//
// The name shadows the standard package; files that need both import that one as goruntime.
//
// # Contract
//
//   - A Graph that exists is consistent: Input, Add and Output check shapes, types, sizes and work, with arithmetic
//     that cannot overflow, and return errors that name the node and the reason. Nothing of a bad model panics.
//   - A Plan is immutable and may be shared by goroutines. A Session belongs to one goroutine at a time.
//   - All memory is known when a plan exists ([Plan.ArenaSize]), and it is proven that every step reads and
//     writes inside it and overwrites nothing that is still needed.
//   - [Session.Run] allocates nothing and starts nothing. Workers, if any, sleep between runs.
//   - The same plan gives the same bits on every run and at any number of threads; quantised graphs give the same bytes
//     on every CPU.
//   - Inputs are consumed: their memory is used again during Run, so they are filled before each.
//
// Activations are NHWC. A tensor's memory is dense: element (n, y, x, c) is at ((n·H + y)·W + x)·C + c.
//
// # Flow
//
//	Graph.Input, Add, Output → Graph
//	Compile:
//	    Simplify        drop what feeds no output, dropout, trivial flattening; fold scales; fuse activations
//	    mergeSiblings   1×1 convolutions of one input become one step with an output each
//	    finish          functions of what a convolution writes are done within its step, in the cache
//	    fuse            with WithMemory(Small), and on ARM: a chain of operations becomes one step, a band of rows at a time
//	    arrange         parts of joins are written, and slices read, where they lie; operations work in place where they may
//	    lower           a kernel for each step, weights packed
//	    tabulate        from when until when each value is needed
//	    planMemory      an offset for each piece of storage and of scratch
//	    prove           that every address is right, and every value there when it is read
//	→ Plan.NewSession → Session.Run
//
// # Files
//
//	op.go, op_*.go     what an operation is, and each of them
//	pass_*.go          passes that rewrite: simplify, merge, fuse, finish, lay out
//	build.go, lower.go, values.go, planner.go, proof.go    from steps to a proven plan
//	file*.go, load.go  the file: container, structure, parameters, packed filters
//	op_state.go        also: what sessions keep from run to run
//	session.go, workers.go, shares.go, balance.go           running, workers, how work is shared
//	options.go, tune.go, report.go, selftest*.go            what users ask for and are told
//
// # How to add an operation
//
// One file, op_x.go, holds all of it, and the compiler asks for each part, since it implements [Op]:
//
//   - the type, its word (Kind) and its number in the file (register, one line; the next free one);
//   - infer checks every parameter that a model file may set, and gives the output's shape; outType its type;
//   - cost says how much work a run is: [Limits], reports and inspect have the same figure;
//   - traits answers the passes: may it work in place, does it read rows without gaps, has every machine the same bits,
//     what becomes of it in a quantised graph;
//   - fields visits the parameters in their order in the file, for the writer and the reader;
//   - lower chooses the kernel, which is kernels/x.go and a row of kernels/catalogue_rows.go.
//
// Tests: everyOp and workCases in op_test.go, a case that is refused in graph_test.go, randomGraph in layout_test.go.
// Each importer that knows the operation gets a file with its handler, which registers itself; models/internal/interp,
// which tests importers, its plain loop. Besides tests and documents that is five files at most: op_x.go, kernels/x.go,
// the catalogue's row, and a handler for each of two importers. A pass looks at types only where it rewrites one
// operation into another.
package runtime
