//go:build race

package runtime

// slowdown is what the race detector does to kernels in Go.
const slowdown = 12
