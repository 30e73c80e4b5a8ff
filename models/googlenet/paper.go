package googlenet

// Row is a line of table 1 of the paper, as printed there. Its "ops" are multiply-accumulates.
type Row struct {
	Block  string // what the rows adds up, in words
	Prefix string // the nodes it counts: those whose name begins with it
	Params int    // 0: none printed
	MACs   int64
	Note   string // where the paper contradicts itself
}

// Paper is table 1: parameters and operations per block, as published. Parameters are printed in thousands (of 1000
// or of 1024, not always the same), operations in millions.
var Paper = []Row{
	{"convolution 7×7/2", "conv1/", 2_700, 34_000_000,
		"a 7×7×3→64 filter at 112×112 has 9.4 K weights and takes 118 M; 2.7 K and 34 M fit no such shape"},
	{"convolution 3×3/1", "conv2/", 112_000, 360_000_000, ""},
	{"inception (3a)", "inception_3a/", 159_000, 128_000_000, ""},
	{"inception (3b)", "inception_3b/", 380_000, 304_000_000, ""},
	{"inception (4a)", "inception_4a/", 364_000, 73_000_000, ""},
	{"inception (4b)", "inception_4b/", 437_000, 88_000_000, ""},
	{"inception (4c)", "inception_4c/", 463_000, 100_000_000, "510 K by its own channels, and the ops agree with that"},
	{"inception (4d)", "inception_4d/", 580_000, 119_000_000, ""},
	{"inception (4e)", "inception_4e/", 840_000, 170_000_000, ""},
	{"inception (5a)", "inception_5a/", 1_072_000, 54_000_000, "1043 K and 51 M by its own channels"},
	{"inception (5b)", "inception_5b/", 1_388_000, 71_000_000, ""},
	{"linear", "loss3/", 1_000_000, 1_000_000, ""},
}
