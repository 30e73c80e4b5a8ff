// Package imagefile decodes JPEG and PNG images that are not trusted: their size is looked at before memory is taken
// for their pixels, and errors name the file and the reason.
package imagefile

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"io"
	"os"
	"strings"

	"github.com/gneiss-go/gneiss/models/internal/sniff"
	"github.com/gneiss-go/gneiss/runtime"
)

// ErrCorrupt is wrapped in errors of bytes that are no image.
var ErrCorrupt = errors.New("corrupt image")

// Limits bound what is decoded.
type Limits struct {
	MaxBytes  int64 // of the file
	MaxPixels int   // width × height
}

// DefaultLimits suit the photographs of every camera.
var DefaultLimits = Limits{MaxBytes: 64 << 20, MaxPixels: 64 << 20}

// codec decodes one format.
type codec struct {
	magic  string
	config func(io.Reader) (image.Config, error)
	decode func(io.Reader) (image.Image, error)
}

var codecs = []codec{
	{"\x89PNG\r\n\x1a\n", png.DecodeConfig, png.Decode},
	{"\xff\xd8\xff", jpeg.DecodeConfig, jpeg.Decode},
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
		var pe *os.PathError
		if errors.As(err, &pe) {
			err = pe.Err
		}
		return nil, &runtime.FileError{File: path, Err: err}
	}
	img, err := Decode(f, DefaultLimits)
	if err != nil {
		return nil, &runtime.FileError{File: path, Err: err}
	}
	return img, nil
}

// Decode decodes a JPEG or PNG image. Errors wrap [ErrCorrupt] or [runtime.ErrLimit].
func Decode(r io.Reader, l Limits) (image.Image, error) {
	data, err := io.ReadAll(io.LimitReader(r, l.MaxBytes+1))
	switch {
	case err != nil:
		var pe *os.PathError
		if errors.As(err, &pe) {
			err = pe.Err
		}
		return nil, err
	case int64(len(data)) > l.MaxBytes:
		return nil, fmt.Errorf("more than %d bytes: %w", l.MaxBytes, runtime.ErrLimit)
	case len(data) == 0:
		return nil, fmt.Errorf("the file is empty: %w", ErrCorrupt)
	}
	for _, c := range codecs {
		if !bytes.HasPrefix(data, []byte(c.magic)) {
			continue
		}
		cfg, err := c.config(bytes.NewReader(data))
		if err != nil {
			return nil, corrupt(err)
		}
		if cfg.Width < 1 || cfg.Height < 1 {
			return nil, fmt.Errorf("an image of %d×%d pixels: %w", cfg.Width, cfg.Height, ErrCorrupt)
		}
		if cfg.Width > l.MaxPixels/cfg.Height {
			return nil, fmt.Errorf("%d×%d pixels, more than %d: %w", cfg.Width, cfg.Height, l.MaxPixels, runtime.ErrLimit)
		}
		img, err := c.decode(bytes.NewReader(data))
		if err != nil {
			return nil, corrupt(err)
		}
		return img, nil
	}
	if what := sniff.What(data); what != "" {
		return nil, fmt.Errorf("not a JPEG or PNG image but %s: %w", what, ErrCorrupt)
	}
	return nil, fmt.Errorf("not a JPEG or PNG image: %w", ErrCorrupt)
}

// corrupt makes a decoder's error one of ours. Errors of readers cannot be, for the data is in memory.
func corrupt(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) || strings.HasSuffix(err.Error(), io.ErrUnexpectedEOF.Error()) {
		return fmt.Errorf("the image is cut short: %w", ErrCorrupt)
	}
	return fmt.Errorf("%v: %w", err, ErrCorrupt)
}
