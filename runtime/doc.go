// Package runtime runs convolutional networks: what a model means ([Graph]), how this CPU does it ([Plan]), and one
// piece of memory in which it is done ([Session]).
//
// The name shadows the standard package; files that need both import that one as goruntime.
//
// # Contract
//
//   - A Graph that exists is consistent: Input, Add and Output check shapes, types, sizes and work, with arithmetic that
//     cannot overflow, and return errors that name the node and the reason. Nothing of a bad model panics.
//   - A Plan is immutable and may be shared by goroutines. A Session belongs to one goroutine at a time.
//   - All memory is known when a plan exists ([Plan.ArenaSize]), and a verifier has proved that every step reads and
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
//	    arrange         branches write into their slice of a concatenation; operations work in place where they may
//	    lower           a kernel for each step, weights packed
//	    tabulate        from when until when each value is needed
//	    planMemory      an offset for each piece of storage and of scratch
//	    verify          the proof
//	→ Plan.NewSession → Session.Run
//
// # How to add an operation
//
// Its type with Kind and infer goes to ops.go, or to ops_quant.go if it works on uint8; infer checks every field that a
// model file may set. It takes and gives float values unless it has an outType or movesElements names it. lower.go
// gives it a kernel. If the kernel's output may be its input, inPlace in layout.go says so; if it reads its input as
// one row of numbers without gaps, needsDense does. A case of the table in graph_test.go refuses it, and randomGraph in
// layout_test.go uses it. The file format (file.go) and the importers need a case as well.
package runtime
