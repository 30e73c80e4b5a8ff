// Package sniff recognises files by their first bytes, so that who is given the wrong file can say what it is.
package sniff

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"
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
	{0, "II*\x00", "a TIFF image"},
	{0, "MM\x00*", "a TIFF image"},
	{0, "II+\x00", "a TIFF image"},
	{0, "MM\x00+", "a TIFF image"},
	{0, "\xff\x0a", "a JPEG XL image"},
	{0, "\x00\x00\x00\x0cJXL \r\n\x87\n", "a JPEG XL image"},
	{0, "\x00\x00\x00\x0cjP  \r\n\x87\n", "a JPEG 2000 image"},
	{0, "\xff\x4f\xff\x51", "a JPEG 2000 image"},
	{0, "\x00\x00\x01\x00", "an ICO image"},
	{0, "8BPS", "a Photoshop image"},
	{0, "\x89HDF\r\n\x1a\n", "an HDF5 file (a Keras or Caffe .h5 model)"},
	{4, "TFL3", "a TensorFlow Lite model"},
	{0, "7767517\n", "an ncnn .param"},
	{0, "7767517\r\n", "an ncnn .param"},
	{0, "\xdd\x85\x76\x00", "an ncnn .param.bin (give the .param of text)"},
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
	{0, "version https://git-lfs", "a Git LFS pointer: the file itself was not downloaded (git lfs pull)"},
}

// markup are beginnings of texts, in lower case, after a byte order mark and white space. The first one that is
// found is what the text is.
var markup = []struct{ start, has, what string }{
	{"<!doctype html", "", "an HTML page, perhaps of a failed download"},
	{"<html", "", "an HTML page, perhaps of a failed download"},
	{"<head", "", "an HTML page, perhaps of a failed download"},
	{"<svg", "", "an SVG image"},
	{"<!doctype svg", "", "an SVG image"},
	{"<!--", "<svg", "an SVG image"},
	{"<?xml", "<svg", "an SVG image"},
	{"<?xml", "<html", "an HTML page, perhaps of a failed download"},
	{"<?xml", "", "an XML document"},
	{"<!doctype", "", "an HTML page, perhaps of a failed download"},
}

// brands are the kinds of ISO base media files that are pictures; others are videos.
var brands = []struct{ brand, what string }{
	{"avif", "an AVIF image"},
	{"avis", "an AVIF image"},
	{"heic", "a HEIC image"},
	{"heix", "a HEIC image"},
	{"heim", "a HEIC image"},
	{"heis", "a HEIC image"},
	{"hevc", "a HEIC image"},
	{"hevx", "a HEIC image"},
	{"mif1", "a HEIF image"},
	{"msf1", "a HEIF image"},
	{"crx ", "a Canon CR3 image"},
}

// media names an ISO base media file by its brands, the major one first, or returns "".
func media(b []byte) string {
	if len(b) < 12 || string(b[4:8]) != "ftyp" || b[0] != 0 || b[1] != 0 {
		return ""
	}
	end := min(uint32(len(b)), uint32(b[0])<<24|uint32(b[1])<<16|uint32(b[2])<<8|uint32(b[3]), 256)
	compatible := b[min(16, end):end]
	for _, br := range brands {
		if major := string(b[8:12]); major == br.brand && major != "mif1" && major != "msf1" {
			return br.what
		}
	}
	for _, br := range brands { // a general brand; the list of compatible ones says more
		for i := 0; i+4 <= len(compatible); i += 4 {
			if string(compatible[i:i+4]) == br.brand {
				return br.what
			}
		}
	}
	if major := string(b[8:12]); major == "mif1" || major == "msf1" {
		return "a HEIF image"
	}
	return "an MP4 or QuickTime video"
}

// markedUp names a text by how it begins, or returns "".
func markedUp(b []byte) string {
	b = bytes.TrimPrefix(b, []byte("\xef\xbb\xbf"))
	for len(b) > 0 && strings.IndexByte(" \t\r\n", b[0]) >= 0 { // what programs link need not know other white space
		b = b[1:]
	}
	head := bytes.Clone(b[:min(len(b), 1024)])
	for i, c := range head { // nor other letters
		if 'A' <= c && c <= 'Z' {
			head[i] += 'a' - 'A'
		}
	}
	text := string(head)
	for _, m := range markup {
		if strings.HasPrefix(text, m.start) && strings.Contains(text, m.has) {
			return m.what
		}
	}
	return ""
}

// What names the kind of file that b is, or returns "".
func What(b []byte) string {
	for _, s := range signatures {
		if len(b) >= s.offset+len(s.magic) && string(b[s.offset:s.offset+len(s.magic)]) == s.magic {
			return s.what
		}
	}
	if what := media(b); what != "" {
		return what
	}
	return markedUp(b)
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

// ONNX reports whether b begins as an ONNX model does whose writer keeps the order of the fields: with the version of
// the format.
func ONNX(b []byte) bool { return len(b) > 0 && b[0] == 0x08 }

// Explain makes of the error of a failed import one that tells what the file seems to be in truth, and wraps corrupt.
// want names the format that was expected, with its article.
func Explain(b []byte, want string, err, corrupt error) error {
	what := What(b)
	switch {
	case len(b) == 0:
		return fmt.Errorf("the file is empty: %w", corrupt)
	case what == "" && want != "a prototxt" && Text(b):
		what = "text"
	case what == "" && want == "a prototxt" && !Text(b):
		what = "a binary file"
	}
	if what != "" { // where the parser stumbled tells nothing then
		return fmt.Errorf("not %s but %s: %w", want, what, corrupt)
	}
	return fmt.Errorf("not %s that can be read: %w", want, err)
}
