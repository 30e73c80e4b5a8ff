//go:build race

package mutate_test

// slowdown is what the race detector does to a program.
const slowdown = 12
