package main

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gneiss-go/gneiss/internal/gen/samples"
	"github.com/gneiss-go/gneiss/models/imagefile"
	_ "github.com/gneiss-go/gneiss/models/imagefile/webp" // pictures may be WebP
	"github.com/gneiss-go/gneiss/runtime"
)

// source is an image that can be opened.
type source struct {
	name string
	open func() (image.Image, error)
}

// sourcesOr are those that the arguments stand for, or else embedded pictures.
func sourcesOr(args []string, stdin io.Reader, pictures ...samples.Sample) ([]source, error) {
	if len(args) > 0 {
		return sources(args, stdin)
	}
	var out []source
	for _, s := range pictures {
		out = append(out, source{s.Name, func() (image.Image, error) {
			return imagefile.Decode(bytes.NewReader(s.Data), imagefile.DefaultLimits)
		}})
	}
	return out, nil
}

func fileSource(path string) source {
	return source{path, func() (image.Image, error) { return imagefile.Open(path) }}
}

// sources are the images that the arguments stand for: files, folders, patterns, - for standard input.
func sources(args []string, stdin io.Reader) ([]source, error) {
	var out []source
	usedStdin := false
	for _, a := range args {
		if a == "-" {
			if usedStdin {
				return nil, usagef("standard input (-) can be read only once")
			}
			usedStdin = true
			out = append(out, source{"-", func() (image.Image, error) {
				img, err := imagefile.Decode(stdin, imagefile.DefaultLimits)
				if err != nil {
					err = runtime.InFile("standard input", err)
				}
				return img, err
			}})
			continue
		}
		st, err := os.Stat(a)
		switch {
		case err == nil && st.IsDir():
			files, err := imagesIn(a)
			if err != nil {
				return nil, err
			}
			out = append(out, files...)
		case err != nil && errors.Is(err, os.ErrNotExist) && strings.ContainsAny(a, "*?["):
			paths, err := filepath.Glob(a)
			if err != nil {
				return nil, usagef("%s: %v", a, err)
			}
			if len(paths) == 0 {
				return nil, runtime.InFile(a, errors.New("no file matches"))
			}
			for _, p := range paths {
				out = append(out, fileSource(p))
			}
		default:
			out = append(out, fileSource(a)) // what is wrong with it is said when it is opened
		}
	}
	return out, nil
}

// imagesIn lists the images of a folder by their extension.
func imagesIn(dir string) ([]source, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, runtime.InFile(dir, err)
	}
	var out []source
	for _, e := range entries {
		if !e.IsDir() && slices.Contains([]string{".jpg", ".jpeg", ".png", ".webp"},
			strings.ToLower(filepath.Ext(e.Name()))) {
			out = append(out, fileSource(filepath.Join(dir, e.Name())))
		}
	}
	if len(out) == 0 {
		return nil, runtime.InFile(dir, fmt.Errorf("no .jpg, .jpeg, .png or .webp file in it"))
	}
	return out, nil
}
