module github.com/gneiss-go/gneiss

go 1.26.0

require (
	github.com/klauspost/cpuid/v2 v2.4.2
	golang.org/x/sys v0.49.0
	google.golang.org/protobuf v1.36.12
)
