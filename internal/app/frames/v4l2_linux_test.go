package frames

import (
	"testing"
	"unsafe"

	"github.com/gneiss-go/gneiss/models/preprocess"
)

// TestV4L2Struct: sizes and offsets are those of linux/videodev2.h.
func TestV4L2Struct(t *testing.T) {
	var f v4l2Format
	size, pix := uintptr(208), uintptr(8)
	if unsafe.Sizeof(uintptr(0)) == 4 {
		size, pix = 204, 4
	}
	if unsafe.Sizeof(f) != size || unsafe.Offsetof(f.pix) != pix {
		t.Errorf("size %d, union at %d, want %d and %d", unsafe.Sizeof(f), unsafe.Offsetof(f.pix), size, pix)
	}
	if at := unsafe.Offsetof(f.pix.bytesPerLine); at != 16 {
		t.Errorf("bytesperline at %d, want 16", at)
	}
	if at := unsafe.Offsetof(f.pix.quantisation); at != 40 {
		t.Errorf("quantization at %d, want 40", at)
	}
}

// TestV4L2Colours: what the device says of its colours is believed where the fields are valid.
func TestV4L2Colours(t *testing.T) {
	base := v4l2Pix{width: 640, height: 480, bytesPerLine: 1344}
	for _, c := range []struct {
		colours, priv, encoding, quantisation uint32
		bt709, full                           bool
	}{
		{8, 0, 0, 0, false, false}, // sRGB, as webcams say: BT.601, limited
		{8, 0, 2, 1, false, false}, // the later fields mean nothing
		{8, 0xfeedcafe, 0, 0, false, false},
		{8, 0xfeedcafe, 1, 1, false, true},
		{8, 0xfeedcafe, 2, 2, true, false},
		{3, 0, 0, 0, true, false},
		{3, 0xfeedcafe, 1, 0, false, false},
		{7, 0, 0, 0, false, true},
		{7, 0xfeedcafe, 0, 2, false, false},
	} {
		p := base
		p.colours, p.priv, p.encoding, p.quantisation = c.colours, c.priv, c.encoding, c.quantisation
		want := preprocess.FrameFormat{Pixels: preprocess.YUYV, Width: 640, Height: 480, Stride: 1344, BT709: c.bt709,
			FullRange: c.full}
		if got := p.frame(preprocess.YUYV); got != want {
			t.Errorf("%+v: %+v", c, got)
		}
	}
	if fourCC("YUYV") != 0x56595559 {
		t.Errorf("%#x", fourCC("YUYV"))
	}
}
