package arch

// hwcapNEON is a bit of capabilities: arch/arm/include/uapi/asm/hwcap.h of Linux.
const hwcapNEON = 1 << 12

func detect() Feature {
	if hwcap, _ := capabilities(); hwcap&hwcapNEON != 0 {
		return FeatNEON
	}
	return 0
}
