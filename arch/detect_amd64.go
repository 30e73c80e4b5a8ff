package arch

import "golang.org/x/sys/cpu"

func detect() Feature {
	var f Feature
	set := func(ok bool, bit Feature) {
		if ok {
			f |= bit
		}
	}
	x := &cpu.X86
	set(x.HasAVX2, FeatAVX2)
	set(x.HasFMA, FeatFMA)
	set(x.HasF16C, FeatF16C)
	set(x.HasAVXVNNI, FeatAVXVNNI)
	set(x.HasAVX512F, FeatAVX512F)
	set(x.HasAVX512BW, FeatAVX512BW)
	set(x.HasAVX512DQ, FeatAVX512DQ)
	set(x.HasAVX512VL, FeatAVX512VL)
	set(x.HasAVX512VNNI, FeatAVX512VNNI)
	set(x.HasAVX512VBMI, FeatAVX512VBMI)
	set(x.HasAMXTile && x.HasAMXInt8 && amxAllowed(), FeatAMXInt8)
	return f
}
