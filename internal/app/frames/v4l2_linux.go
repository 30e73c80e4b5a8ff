package frames

import (
	"context"
	"errors"
	"fmt"
	"time"
	"unsafe"

	"github.com/blackjack/webcam"
	"golang.org/x/sys/unix"

	"github.com/gneiss-go/gneiss/models/preprocess"
)

// fourCC is the number that V4L2 gives to a layout.
func fourCC(s string) webcam.PixelFormat {
	return webcam.PixelFormat(uint32(s[0]) | uint32(s[1])<<8 | uint32(s[2])<<16 | uint32(s[3])<<24)
}

// layouts are the formats that are asked for, best first: what needs no decoding.
var layouts = []struct {
	name   string
	code   webcam.PixelFormat
	pixels preprocess.Pixels
}{
	{"yuyv", fourCC("YUYV"), preprocess.YUYV},
	{"uyvy", fourCC("UYVY"), preprocess.UYVY},
	{"nv12", fourCC("NV12"), preprocess.NV12},
	{"nv21", fourCC("NV21"), preprocess.NV21},
	{"i420", fourCC("YU12"), preprocess.I420},
	{"rgb24", fourCC("RGB3"), preprocess.RGB24},
	{"bgr24", fourCC("BGR3"), preprocess.BGR24},
	{"grey8", fourCC("GREY"), preprocess.Grey8},
	{"mjpeg", fourCC("MJPG"), 0},
	{"mjpeg", fourCC("JPEG"), 0},
}

// camera is a V4L2 device.
type camera struct {
	cam     *webcam.Webcam
	f       Format
	timeout time.Duration
}

// OpenCamera opens a device such as /dev/video0 and starts it. want names a layout, or is empty for the best there is.
// The device may choose another size than w×h, and another rate than fps; 0 leaves the rate to it.
func OpenCamera(path, want string, w, h int, fps float64, timeout time.Duration) (Source, error) {
	cam, err := webcam.Open(path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	c := &camera{cam: cam, timeout: timeout}
	if err := c.start(path, want, w, h, fps); err != nil {
		cam.Close()
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return c, nil
}

func (c *camera) start(path, want string, w, h int, fps float64) error {
	supported := c.cam.GetSupportedFormats()
	for _, l := range layouts {
		if _, ok := supported[l.code]; !ok || want != "" && want != l.name {
			continue
		}
		if _, _, _, err := c.cam.SetImageFormat(l.code, uint32(w), uint32(h)); err != nil {
			return err
		}
		pix, err := currentFormat(path)
		if err != nil {
			return err
		}
		if pix.code != uint32(l.code) {
			return fmt.Errorf("the device refuses %s", l.name)
		}
		c.f = Format{Coded: l.name == "mjpeg"}
		if !c.f.Coded {
			c.f.FrameFormat = pix.frame(l.pixels)
		}
		if fps > 0 {
			if err := c.cam.SetFramerate(float32(fps)); err != nil && !errors.Is(err, unix.ENOTTY) &&
				!errors.Is(err, unix.EINVAL) {
				return err // a device without rates refuses the call as such
			}
		}
		if err := c.cam.SetBufferCount(4); err != nil {
			return err
		}
		return c.cam.StartStreaming()
	}
	return fmt.Errorf("no layout that is known here (asked for: %q); the device has %v", want, supported)
}

func (c *camera) Format() Format { return c.f }

func (c *camera) Next(ctx context.Context, buf []byte) ([]byte, error) {
	for start := time.Now(); ; {
		if err := ctx.Err(); err != nil {
			return buf, err
		}
		err := c.cam.WaitForFrame(1) // seconds
		var timeout *webcam.Timeout
		switch {
		case errors.As(err, &timeout):
			if time.Since(start) >= c.timeout {
				return buf, ErrTimeout
			}
			continue
		case err != nil:
			return buf, err
		}
		data, index, err := c.cam.GetFrame()
		if errors.Is(err, unix.EAGAIN) {
			continue
		}
		if err != nil {
			return buf, err
		}
		buf = append(buf[:0], data...) // the device may have its buffer back at once
		return buf, c.cam.ReleaseFrame(index)
	}
}

func (c *camera) Close() error { return c.cam.Close() }

// v4l2Pix is struct v4l2_pix_format, and v4l2Format struct v4l2_format around it, of linux/videodev2.h.
type v4l2Pix struct {
	width, height, code, field, bytesPerLine, sizeImage, colours, priv, flags, encoding, quantisation, transfer uint32
}

type v4l2Format struct {
	kind uint32
	_    [unsafe.Sizeof(uintptr(0)) - 4]byte // the union is aligned as pointers are
	pix  v4l2Pix
	_    [200 - unsafe.Sizeof(v4l2Pix{})]byte
}

// currentFormat asks the device what it agreed to: size, stride and range of colours are its choice.
func currentFormat(path string) (v4l2Pix, error) {
	fd, err := unix.Open(path, unix.O_RDWR|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return v4l2Pix{}, err
	}
	defer unix.Close(fd)
	f := v4l2Format{kind: 1}                                         // video capture
	const get = 3<<30 | unsafe.Sizeof(v4l2Format{})<<16 | 'V'<<8 | 4 // VIDIOC_G_FMT = _IOWR('V', 4, struct v4l2_format)
	if _, _, e := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), get, uintptr(unsafe.Pointer(&f))); e != 0 {
		return v4l2Pix{}, fmt.Errorf("VIDIOC_G_FMT: %w", e)
	}
	return f.pix, nil
}

// frame returns the format of the frames. Numbers are those of enum v4l2_colorspace, v4l2_ycbcr_encoding and
// v4l2_quantization.
func (p *v4l2Pix) frame(pixels preprocess.Pixels) preprocess.FrameFormat {
	const (
		colours709, coloursJPEG = 3, 7
		encoding709             = 2
		fullRange               = 1
		extended                = 0xfeedcafe // what priv is where the fields after it mean something
	)
	f := preprocess.FrameFormat{Pixels: pixels, Width: int(p.width), Height: int(p.height), Stride: int(p.bytesPerLine)}
	f.BT709, f.FullRange = p.colours == colours709, p.colours == coloursJPEG
	if p.priv == extended {
		if p.encoding != 0 {
			f.BT709 = p.encoding == encoding709
		}
		if p.quantisation != 0 {
			f.FullRange = p.quantisation == fullRange
		}
	}
	return f
}
