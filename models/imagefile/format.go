package imagefile

import (
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"io"
	"slices"
	"strings"
	"sync"

	"github.com/gneiss-go/gneiss/internal/sniff"
)

// ErrFormat is wrapped in errors of files that are of another kind, whole as they may be: a [*FormatError].
var ErrFormat = errors.New("a format that is not read")

// FormatError says what a file is that is not read.
type FormatError struct {
	Seen string // with its article, such as "a HEIC image", or "" if it is not known
}

// empty is what is seen of a file without bytes.
const empty = "an empty file"

func (e *FormatError) Error() string {
	kinds := names()
	switch {
	case e.Seen == empty:
		return "the file is empty"
	case e.Seen == "":
		return fmt.Sprintf("not a %s image", kinds)
	case strings.HasSuffix(e.Seen, " image") || strings.HasSuffix(e.Seen, " document"):
		return e.Seen + ", which gneiss does not read; convert it to JPEG or PNG"
	}
	return fmt.Sprintf("not a %s image but %s", kinds, e.Seen)
}

// Unwrap returns [ErrFormat].
func (e *FormatError) Unwrap() error { return ErrFormat }

// Head is what is known of a file before its pixels are decoded.
type Head struct {
	Width, Height int
	Memory        int64 // bytes that decoding takes, the picture included
	PixelBytes    int   // of a turned copy of the picture
	Scans         int   // passes over the whole picture, if a file may have any number of them
	Cut           bool  // the file is too short for a picture of this size
	Orientation   Orientation
	Reader        io.Reader // what to decode in place of the file; nil for the file itself

	endless bool // there is no end mark: whatever else is wrong, the file was cut
}

// Format is a kind of file.
type Format struct {
	Name    string // as in "a JPEG image"
	Match   func(data []byte) bool
	Inspect func(data []byte) (Head, error)
	Decode  func(io.Reader) (image.Image, error)
}

var (
	formatsMu sync.RWMutex
	formats   = []Format{
		{"JPEG", prefix("\xff\xd8\xff"), inspectJPEG, jpeg.Decode},
		{"PNG", prefix(pngMagic), inspectPNG, png.Decode},
	}
)

func prefix(magic string) func([]byte) bool {
	return func(data []byte) bool { return strings.HasPrefix(string(data[:min(len(data), len(magic))]), magic) }
}

// Register adds a format, or replaces the one of that name. Packages of formats call it when they are initialised.
func Register(f Format) {
	formatsMu.Lock()
	defer formatsMu.Unlock()
	next := slices.DeleteFunc(slices.Clone(formats), func(old Format) bool { return old.Name == f.Name })
	formats = append(next, f)
}

func registered() []Format {
	formatsMu.RLock()
	defer formatsMu.RUnlock()
	return formats
}

// names lists the formats that are read: "JPEG or PNG or WebP".
func names() string {
	var all []string
	for _, f := range registered() {
		all = append(all, f.Name)
	}
	return strings.Join(all, " or ")
}

// find returns the file's format, or nil.
func find(data []byte) *Format {
	for _, f := range registered() {
		if f.Match(data) {
			return &f
		}
	}
	return nil
}

// other is the error of a file that no format matches.
func other(data []byte) error {
	switch what := sniff.What(data); {
	case len(data) == 0:
		return &FormatError{Seen: empty}
	case what == "" && sniff.Text(data):
		return &FormatError{Seen: "text"}
	default:
		return &FormatError{Seen: what}
	}
}

// error makes a decoder's error one of ours. Errors of readers cannot be, for the data is in memory.
func (f *Format) error(err error) error {
	_, badJPEG := errors.AsType[jpeg.UnsupportedError](err)
	_, badPNG := errors.AsType[png.UnsupportedError](err)
	switch {
	case errors.Is(err, ErrFormat) || errors.Is(err, ErrCorrupt):
		return err
	case badJPEG || badPNG:
		return fmt.Errorf("a %s image that gneiss does not read (%v): %w", f.Name, err, ErrFormat)
	case errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF),
		strings.HasSuffix(err.Error(), io.ErrUnexpectedEOF.Error()):
		return errCut
	}
	return fmt.Errorf("%v: %w", err, ErrCorrupt)
}
