package preprocess

import "image"

// Picture makes a picture of a frame, in dst if that has the frame's size, else in a new one: for people to look at.
// Networks get frames by [Frame], without a picture in between. A frame that is cut off is a [*FrameError].
func (f FrameFormat) Picture(frame []byte, dst *image.RGBA) (*image.RGBA, error) {
	planes, err := f.planes()
	if err != nil {
		return nil, &FrameError{f, err}
	}
	if n := f.Size(); len(frame) < n {
		return nil, f.errorf("%d bytes, want %d", len(frame), n)
	}
	if r := image.Rect(0, 0, f.Width, f.Height); dst == nil || dst.Rect != r || len(dst.Pix) < 4*f.Width*f.Height {
		dst = image.NewRGBA(r)
	}
	m := f.matrix()
	for y := range f.Height {
		var rows [3][]byte // of the planes
		for i, p := range planes {
			rows[i] = frame[p.offset+y/p.down*p.stride:]
		}
		for x := range f.Width {
			a, b, c := f.pixel(&rows, x)
			px := dst.Pix[y*dst.Stride+4*x:][:4:4]
			if f.Pixels <= I420 {
				red, green, blue := m.rgb(float32(a), float32(b), float32(c))
				a, b, c = uint8(red+0.5), uint8(green+0.5), uint8(blue+0.5)
			}
			px[0], px[1], px[2], px[3] = a, b, c, 255
		}
	}
	return dst, nil
}

// pixel returns Y, U, V or R, G, B of a pixel in rows of the planes.
func (f FrameFormat) pixel(rows *[3][]byte, x int) (a, b, c uint8) {
	first := rows[0]
	switch f.Pixels {
	case YUYV:
		return first[2*x], first[x/2*4+1], first[x/2*4+3]
	case UYVY:
		return first[2*x+1], first[x/2*4], first[x/2*4+2]
	case NV12:
		return first[x], rows[1][x/2*2], rows[1][x/2*2+1]
	case NV21:
		return first[x], rows[1][x/2*2+1], rows[1][x/2*2]
	case I420:
		return first[x], rows[1][x/2], rows[2][x/2]
	case RGB24:
		return first[3*x], first[3*x+1], first[3*x+2]
	case BGR24:
		return first[3*x+2], first[3*x+1], first[3*x]
	}
	return first[x], first[x], first[x]
}
