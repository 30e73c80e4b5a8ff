// Package imagefile decodes picture files that are not trusted: JPEG and PNG, and what else is registered (package
// imagefile/webp, imported for its effect, adds WebP).
//
//	img, err := imagefile.Open("photo.jpg")
//	img, err := imagefile.DecodeBytes(ctx, body, imagefile.Limits{MaxPixels: 16 << 20})
//
// What a file makes the decoder do is bounded before it starts: sides, pixels, memory and, of a JPEG, scans. Decoding
// stops soon after its context is done. The orientation that a camera notes (EXIF) is applied: the picture is upright.
// Colours under transparency are kept as the file has them.
//
// Errors wrap one of three: [runtime.ErrLimit], [ErrFormat] for a file of another kind, which is named, and
// [ErrCorrupt].
package imagefile

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"io"
	"os"

	"github.com/gneiss-go/gneiss/runtime"
)

// ErrCorrupt is wrapped in errors of files that are damaged or cut short.
var ErrCorrupt = errors.New("corrupt image")

var errCut = fmt.Errorf("the image is cut short: %w", ErrCorrupt)

// Limits bound what is decoded. A zero field means that of [DefaultLimits].
type Limits struct {
	MaxBytes  int64 // of the file
	MaxPixels int   // width × height
	MaxMemory int64 // bytes of planes, of coefficients of a progressive JPEG, of the picture and of a turned copy
	MaxScans  int   // of a JPEG: each walks the whole picture
}

// DefaultLimits suit the photographs of every camera.
var DefaultLimits = Limits{MaxBytes: 64 << 20, MaxPixels: 64 << 20, MaxMemory: 1 << 30, MaxScans: 64}

// maxSide bounds width and height whatever the limits are.
const maxSide = 1<<16 - 1

func (l Limits) withDefaults() Limits {
	if l.MaxBytes == 0 {
		l.MaxBytes = DefaultLimits.MaxBytes
	}
	if l.MaxPixels == 0 {
		l.MaxPixels = DefaultLimits.MaxPixels
	}
	if l.MaxMemory == 0 {
		l.MaxMemory = DefaultLimits.MaxMemory
	}
	if l.MaxScans == 0 {
		l.MaxScans = DefaultLimits.MaxScans
	}
	return l
}

// check says whether a picture of this size and need is within the limits.
func (l Limits) check(w, h int, memory int64, scans int) error {
	switch {
	case w < 1 || h < 1:
		return fmt.Errorf("an image of %d×%d pixels: %w", w, h, ErrCorrupt)
	case w > maxSide || h > maxSide:
		return fmt.Errorf("%d×%d pixels, a side of more than %d: %w", w, h, maxSide, runtime.ErrLimit)
	case w > l.MaxPixels/h:
		return fmt.Errorf("%d×%d pixels, more than %d: %w", w, h, l.MaxPixels, runtime.ErrLimit)
	case memory > l.MaxMemory:
		return fmt.Errorf("%d×%d pixels take %d bytes to decode, more than %d: %w", w, h, memory, l.MaxMemory,
			runtime.ErrLimit)
	case scans > l.MaxScans:
		return fmt.Errorf("more than %d scans: %w", l.MaxScans, runtime.ErrLimit)
	}
	return nil
}

// Open decodes a file under DefaultLimits. Its errors are [runtime.FileError]s.
func Open(path string) (image.Image, error) {
	f, err := os.Open(path)
	if err == nil {
		defer f.Close()
		var st os.FileInfo
		if st, err = f.Stat(); err == nil && st.IsDir() {
			err = errors.New("is a directory")
		}
	}
	if err != nil {
		return nil, runtime.InFile(path, err)
	}
	img, err := Decode(f, DefaultLimits)
	return img, runtime.InFile(path, err)
}

// reason is the error without the path, which is said by those who call.
func reason(err error) error {
	if pe, ok := errors.AsType[*os.PathError](err); ok {
		return pe.Err
	}
	return err
}

// Decode decodes a picture.
func Decode(r io.Reader, l Limits) (image.Image, error) {
	return decode(func() error { return nil }, r, l)
}

// DecodeContext decodes a picture. It stops soon after the context is done, and returns an error that wraps ctx.Err().
func DecodeContext(ctx context.Context, r io.Reader, l Limits) (image.Image, error) {
	return decode(ctx.Err, r, l)
}

func decode(ended func() error, r io.Reader, l Limits) (image.Image, error) {
	l = l.withDefaults()
	data, err := io.ReadAll(&endingReader{ended, io.LimitReader(r, l.MaxBytes+1)})
	if err != nil {
		return nil, reason(err)
	}
	return decodeBytes(ended, data, l)
}

// DecodeBytes is DecodeContext of a file that is in memory already. The picture does not alias it. What the head says
// is checked first, before the context is looked at.
func DecodeBytes(ctx context.Context, data []byte, l Limits) (image.Image, error) {
	return decodeBytes(ctx.Err, data, l)
}

func decodeBytes(ended func() error, data []byte, l Limits) (image.Image, error) {
	l = l.withDefaults()
	if int64(len(data)) > l.MaxBytes {
		return nil, fmt.Errorf("more than %d bytes: %w", l.MaxBytes, runtime.ErrLimit)
	}
	f := find(data)
	if f == nil {
		return nil, other(data)
	}
	head, err := f.Inspect(data)
	if err != nil {
		return nil, f.error(err)
	}
	memory := head.Memory
	if head.Orientation.turns() {
		memory += int64(head.Width) * int64(head.Height) * int64(head.PixelBytes)
	}
	if err := l.check(head.Width, head.Height, memory, head.Scans); err != nil {
		return nil, err
	}
	if head.Cut {
		return nil, errCut
	}
	img, err := f.Decode(&endingReader{ended, head.open(data)})
	if err := ended(); err != nil {
		return nil, fmt.Errorf("decoding was stopped: %w", err)
	}
	if err != nil && head.endless {
		return nil, errCut
	}
	if err != nil {
		return nil, f.error(err)
	}
	return head.Orientation.apply(img), nil
}

// endingReader fails once its context is done. It gives a little at a time, so that a decoder that reads as it goes,
// as that of JPEG does, is stopped within a few scans, however short these are.
type endingReader struct {
	ended func() error // the context's Err: a program that has none need not link contexts, and all that prints times
	r     io.Reader
}

const readAtOnce = 256 // bytes

func (r *endingReader) Read(p []byte) (int, error) {
	if err := r.ended(); err != nil {
		return 0, err
	}
	return r.r.Read(p[:min(len(p), readAtOnce)])
}

// open returns what the decoder reads: the file, or the file mended.
func (h *Head) open(data []byte) io.Reader {
	if h.Reader != nil {
		return h.Reader
	}
	return bytes.NewReader(data)
}
