package arch

// Bits of capabilities: arch/arm64/include/uapi/asm/hwcap.h of Linux.
const (
	hwcapASIMD   = 1 << 1
	hwcapFPHP    = 1 << 9
	hwcapASIMDHP = 1 << 10
	hwcapASIMDDP = 1 << 20
	hwcap2I8MM   = 1 << 13
)

func detect() Feature {
	var f Feature
	hwcap, hwcap2 := capabilities()
	if hwcap&hwcapASIMD != 0 {
		f |= FeatNEON
	}
	if hwcap&hwcapFPHP != 0 && hwcap&hwcapASIMDHP != 0 {
		f |= FeatFP16
	}
	if hwcap&hwcapASIMDDP != 0 {
		f |= FeatDotProd
	}
	if hwcap2&hwcap2I8MM != 0 {
		f |= FeatI8MM
	}
	return f
}
