//go:build !unix

package main

// ignoreClosedPipes does nothing: no signal comes of a closed pipe here.
func ignoreClosedPipes() {}
