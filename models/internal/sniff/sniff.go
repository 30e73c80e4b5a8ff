// Package sniff recognises files by their first bytes, so that an importer given the wrong file can say what it is.
package sniff

import (
	"bytes"
	"fmt"
	"unicode/utf8"

	"github.com/gneiss-go/gneiss/runtime"
)

// signatures are first bytes with the article and name of what begins with them.
var signatures = []struct {
	offset int
	magic  string
	what   string
}{
	{0, "\x89PNG\r\n\x1a\n", "a PNG image"},
	{0, "\xff\xd8\xff", "a JPEG image"},
	{0, "GIF8", "a GIF image"},
	{0, "BM", "a BMP image"},
	{8, "WEBP", "a WebP image"},
	{0, "\x89HDF\r\n\x1a\n", "an HDF5 file (a Keras or Caffe .h5 model)"},
	{4, "TFL3", "a TensorFlow Lite model"},
	{0, "PK\x03\x04", "a ZIP archive (a PyTorch checkpoint or .keras model is one; export it to ONNX)"},
	{0, "\x1f\x8b", "a gzip archive (unpack it)"},
	{257, "ustar", "a tar archive (unpack it)"},
	{0, "BZh", "a bzip2 archive (unpack it)"},
	{0, "\xfd7zXZ", "an xz archive (unpack it)"},
	{0, "\x93NUMPY", "a NumPy array"},
	{0, "\x80\x02", "a Python pickle (export the model to ONNX)"},
	{0, "\x7fELF", "an ELF program"},
	{0, "MZ", "a Windows program"},
	{0, "%PDF", "a PDF document"},
	{0, "version https://git-lfs", "a Git LFS pointer: the model itself was not downloaded (git lfs pull)"},
	{0, "<!DOCTYPE", "an HTML page, perhaps of a failed download"},
	{0, "<html", "an HTML page, perhaps of a failed download"},
	{0, "<?xml", "an XML document"},
}

// What names the kind of file that b is, or returns "".
func What(b []byte) string {
	for _, s := range signatures {
		if len(b) >= s.offset+len(s.magic) && string(b[s.offset:s.offset+len(s.magic)]) == s.magic {
			return s.what
		}
	}
	return ""
}

// Text reports whether b begins as a text file does.
func Text(b []byte) bool {
	b = b[:min(len(b), 512)]
	for i := 0; i < 3 && len(b) > 0 && !utf8.Valid(b); i++ {
		b = b[:len(b)-1] // a character cut in two
	}
	return len(b) > 0 && utf8.Valid(b) && !bytes.ContainsFunc(b, func(r rune) bool {
		return r < ' ' && r != '\t' && r != '\n' && r != '\r'
	})
}

// Explain makes of the error of a failed import one that tells what the file seems to be in truth. want names the format that was
// expected, with its article.
func Explain(b []byte, want string, err error) error {
	what := What(b)
	switch {
	case len(b) == 0:
		return fmt.Errorf("the file is empty: %w", runtime.ErrCorrupt)
	case what == "" && want != "a prototxt" && Text(b):
		what = "text"
	case what == "" && want == "a prototxt" && !Text(b):
		what = "a binary file"
	}
	if what != "" { // where the parser stumbled tells nothing then
		return fmt.Errorf("not %s but %s: %w", want, what, runtime.ErrCorrupt)
	}
	return fmt.Errorf("not %s that can be read: %w", want, err)
}
