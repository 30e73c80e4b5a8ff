module github.com/gneiss-go/gneiss

go 1.26.0

require (
	github.com/klauspost/cpuid/v2 v2.4.2
	golang.org/x/sys v0.49.0
)

require google.golang.org/protobuf v1.36.12 // indirect
