package trap

import (
	"encoding/binary"
	"math"
)

// vecDot is VPDPBUSD and its relatives (Intel SDM volume 2): every int32 of dst gets the sum of the products of its
// four bytes, of x unsigned and of y signed, or of its two int16, added to it. It wraps, or saturates for those with S
// at the end.
func vecDot(op Op, dst, x, y []byte) {
	for n := 0; n < len(dst); n += 4 {
		sum := int64(int32(binary.LittleEndian.Uint32(dst[n:])))
		if op == VPDPBUSD || op == VPDPBUSDS {
			sum += int64(dot4(x[n:], y[n:], false, true))
		} else {
			for i := n; i < n+4; i += 2 {
				sum += int64(int16(binary.LittleEndian.Uint16(x[i:]))) * int64(int16(binary.LittleEndian.Uint16(y[i:])))
			}
		}
		if op == VPDPBUSDS || op == VPDPWSSDS {
			sum = max(math.MinInt32, min(sum, math.MaxInt32))
		}
		binary.LittleEndian.PutUint32(dst[n:], uint32(sum))
	}
}
