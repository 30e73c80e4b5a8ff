package preprocess

import (
	"fmt"

	"github.com/gneiss-go/gneiss/runtime"
)

// Pixels is how a camera lays out its pixels. Names are those of V4L2 and FourCC.
type Pixels uint8

const (
	YUYV  Pixels = iota // 4:2:2, one plane: Y0 U Y1 V; of an odd width the last Y1 means nothing
	UYVY                // 4:2:2, one plane: U Y0 V Y1; of an odd width the last Y1 means nothing
	NV12                // 4:2:0, two planes: Y, then U and V in turn; (width+1)/2 of each in (height+1)/2 rows
	NV21                // 4:2:0, two planes: Y, then V and U in turn
	I420                // 4:2:0, three planes: Y, U, V; the stride of the latter is half that of the first
	RGB24               // R G B
	BGR24               // B G R
	Grey8               // one byte: luma as it stands, 0 to 255
	numPixels
)

var pixelNames = [numPixels]string{"yuyv", "uyvy", "nv12", "nv21", "i420", "rgb24", "bgr24", "grey8"}

// String returns the name in lower case.
func (p Pixels) String() string {
	if p < numPixels {
		return pixelNames[p]
	}
	return "?"
}

// ParsePixels returns the layout of that name.
func ParsePixels(name string) (Pixels, error) {
	for p, n := range pixelNames {
		if n == name {
			return Pixels(p), nil
		}
	}
	return 0, fmt.Errorf("unknown pixel layout %q (known: %v)", name, pixelNames)
}

// FrameFormat is what is known of a camera's frames before the first one comes.
type FrameFormat struct {
	Pixels        Pixels
	Width, Height int  // in pixels; the last of an odd number has a chroma of its own
	Stride        int  // bytes from one row to the next, of the first plane; 0 means rows without gaps in all planes
	BT709         bool // YUV by ITU-R BT.709, as high-definition cameras may; otherwise BT.601, as most webcams do
	FullRange     bool // Y and chroma from 0 to 255, as in JPEG; otherwise Y from 16 to 235 and chroma from 16 to 240
}

// String returns, for example, "yuyv 1280×720".
func (f FrameFormat) String() string { return fmt.Sprintf("%v %d×%d", f.Pixels, f.Width, f.Height) }

// FrameError says what is wrong with a frame or its format.
type FrameError struct {
	Format FrameFormat
	Err    error // wraps runtime.ErrShape
}

func (e *FrameError) Error() string { return fmt.Sprintf("frame %v: %v", e.Format, e.Err) }

// Unwrap returns the reason.
func (e *FrameError) Unwrap() error { return e.Err }

func (f FrameFormat) errorf(format string, args ...any) error {
	return &FrameError{f, fmt.Errorf(format+": %w", append(args, runtime.ErrShape)...)}
}

// Check reports what is wrong with the format.
func (f FrameFormat) Check() error {
	_, err := f.planes()
	return err
}

// Size returns the bytes of a frame. The last row of a plane need not be followed by the gap that a stride leaves. It
// is 0 if the format is wrong.
func (f FrameFormat) Size() int {
	planes, err := f.planes()
	if err != nil {
		return 0
	}
	end := 0
	for _, p := range planes {
		end = max(end, p.offset+p.stride*(p.rows-1)+p.bytes)
	}
	return end
}

// plane is a part of a frame: rows of bytes. A row of it belongs to down rows of pixels.
type plane struct {
	offset, stride int // bytes
	rows, bytes    int // bytes of a row without the gap
	down           int
	views          []view
}

// view is a set of samples in a plane's rows that one pass of a [kernels.Dotter] sums. A channel is in one view only,
// and in one, two or all of its lanes.
type view struct {
	channel [4]int // of the bytes whose index has that remainder by 4
	samples []sample
}

// sample says where a channel's bytes are: that of pixel x is at (x/across)·step + offset.
type sample struct{ across, step, offset int }

// one returns a view of a single channel: whatever the lane, it adds to that.
func one(channel int, s sample) view {
	return view{[4]int{channel, channel, channel, channel}, []sample{s}}
}

// maxFrameSide bounds the sides and maxStride the stride, so that no product overflows an int32.
const (
	maxFrameSide = 1 << 14
	maxStride    = 1 << 16
)

// planes returns the planes. Channels are Y, U, V, or R, G, B, or Y alone.
func (f FrameFormat) planes() ([]plane, error) {
	w, h := f.Width, f.Height
	switch {
	case f.Pixels >= numPixels:
		return nil, f.errorf("unknown pixel layout %d", f.Pixels)
	case w < 1 || h < 1 || w > maxFrameSide || h > maxFrameSide:
		return nil, f.errorf("sides must be 1 to %d", maxFrameSide)
	}
	pairs, halfH := (w+1)/2, (h+1)/2 // chroma that pixels share, rounded up
	row := w                         // bytes of a row of the first plane
	switch f.Pixels {
	case YUYV, UYVY:
		row = 4 * pairs
	case RGB24, BGR24:
		row = 3 * w
	}
	stride, chroma := f.Stride, f.Stride // of the first plane and of one with U and V
	least := row
	if f.Pixels >= NV12 && f.Pixels <= I420 {
		least = 2 * pairs
	}
	switch {
	case stride == 0:
		stride, chroma = row, 2*pairs
	case stride < least || stride > maxStride:
		return nil, f.errorf("stride %d, want %d to %d", f.Stride, least, maxStride)
	case f.Pixels == I420 && stride%2 != 0:
		return nil, f.errorf("stride %d must be even", f.Stride)
	}
	first := plane{0, stride, h, row, 1, nil}
	luma := one(0, sample{1, 1, 0})
	switch f.Pixels {
	case YUYV:
		first.views = []view{{[4]int{0, 1, 0, 2}, []sample{{1, 2, 0}, {2, 4, 1}, {2, 4, 3}}}}
		return []plane{first}, nil
	case UYVY:
		first.views = []view{{[4]int{1, 0, 2, 0}, []sample{{1, 2, 1}, {2, 4, 0}, {2, 4, 2}}}}
		return []plane{first}, nil
	case RGB24:
		first.views = []view{one(0, sample{1, 3, 0}), one(1, sample{1, 3, 1}), one(2, sample{1, 3, 2})}
		return []plane{first}, nil
	case BGR24:
		first.views = []view{one(2, sample{1, 3, 0}), one(1, sample{1, 3, 1}), one(0, sample{1, 3, 2})}
		return []plane{first}, nil
	}
	first.views = []view{luma}
	both := []sample{{2, 2, 0}, {2, 2, 1}}
	switch f.Pixels {
	case NV12:
		return []plane{first, {stride * h, chroma, halfH, 2 * pairs, 2, []view{{[4]int{1, 2, 1, 2}, both}}}}, nil
	case NV21:
		return []plane{first, {stride * h, chroma, halfH, 2 * pairs, 2, []view{{[4]int{2, 1, 2, 1}, both}}}}, nil
	case I420:
		half := sample{2, 1, 0}
		u := plane{stride * h, chroma / 2, halfH, pairs, 2, []view{one(1, half)}}
		v := u
		v.offset += u.stride * u.rows
		v.views = []view{one(2, half)}
		return []plane{first, u, v}, nil
	}
	return []plane{first}, nil
}
