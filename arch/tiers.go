package arch

// The tiers, in the order of [Tiers].
const (
	Generic ISA = iota
	AVX2
	AVXVNNI
	AVX512
	AVX512VNNI
	AVX512VBMI
	AMX
	NEON
	FP16
	DotProd
	I8MM
)

// The features, one bit each, and their names.
const (
	FeatAVX2 Feature = 1 << iota
	FeatFMA
	FeatAVXVNNI
	FeatAVX512F
	FeatAVX512BW
	FeatAVX512DQ
	FeatAVX512VL
	FeatAVX512VNNI
	FeatAVX512VBMI
	FeatAMXInt8
	FeatNEON
	FeatDotProd
	FeatI8MM
	FeatF16C
	FeatFP16
	featEnd
)

// featureNames are in the order of the bits.
var featureNames = [...]string{"avx2", "fma", "avxvnni", "avx512f", "avx512bw", "avx512dq", "avx512vl",
	"avx512vnni", "avx512vbmi", "amxint8", "neon", "dotprod", "i8mm", "f16c", "fp16"}

// Tier is a row of [Tiers]: all that is declared of a tier, but for its detection (detect_GOARCH.go) and its kernels.
type Tier struct {
	Name   string  // the word in kernels' names, in GNEISS_ISA and in reports
	GOARCH string  // the architectures that have it, apart by a space; "" for all
	Within ISA     // the tier that it contains: its features are required too
	Adds   Feature // required beyond those of the tier within
	About  string  // what it brings, for documents and reports
}

// tiers has a row for each ISA. The order of the rows is that of preference: a cap admits its own tier and those of its
// architecture above it in this list, whether it contains them or not. Kernels are gated on their own features besides,
// so that a row only decides what a tier's name promises.
var tiers = [...]Tier{
	Generic: {Name: "generic", About: "portable Go"},
	AVX2:    {"avx2", "amd64", Generic, FeatAVX2 | FeatFMA | FeatF16C, "AVX2, FMA and F16C"},
	AVXVNNI: {"avxvnni", "amd64", AVX2, FeatAVXVNNI, "dot products of bytes and words, 256 bits (VEX)"},
	AVX512: {"avx512", "amd64", AVX2, FeatAVX512F | FeatAVX512BW | FeatAVX512DQ | FeatAVX512VL,
		"AVX-512 F, BW, DQ, VL"},
	AVX512VNNI: {"avx512vnni", "amd64", AVX512, FeatAVX512VNNI, "dot products of bytes and words, 512 bits (EVEX)"},
	AVX512VBMI: {"avx512vbmi", "amd64", AVX512VNNI, FeatAVX512VBMI, "permutations of bytes: tables"},
	AMX:        {"amx", "amd64", AVX512VNNI, FeatAMXInt8, "products of int8 tiles"},
	NEON:       {"neon", "arm64 arm", Generic, FeatNEON, "Advanced SIMD"},
	FP16:       {"fp16", "arm64", NEON, FeatFP16, "half precision in arithmetic"},
	DotProd:    {"dotprod", "arm64", NEON, FeatDotProd, "SDOT, UDOT"},
	I8MM:       {"i8mm", "arm64", DotProd, FeatI8MM, "SMMLA, USMMLA, SUDOT"},
}
