//go:build !gc || purego || noasm || !(amd64 || arm64 || arm)

package kernels

// bindings is empty: this build has no assembly.
var bindings []binding
