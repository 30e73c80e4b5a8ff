// What generate.sh runs is a module of its own, out of the list of every program that imports the library.
module github.com/gneiss-go/gneiss/kernels/csrc

go 1.26.0

tool (
	github.com/minio/asm2plan9s
	github.com/minio/c2goasm
)

require (
	github.com/minio/asm2plan9s v0.0.0-20200509001527-cdd76441f9d8 // indirect
	github.com/minio/c2goasm v0.0.0-20190812172519-36a3d3bbc4f3 // indirect
)
