package main

import (
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gneiss-go/gneiss/models"
	"github.com/gneiss-go/gneiss/runtime"
)

// shapeFlags give the sizes that a model leaves open.
type shapeFlags struct {
	shapes []string
	batch  int
}

func (f *shapeFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringArrayVar(&f.shapes, "input-shape", nil,
		"`[NAME=]DIMS` of an input whose size the model leaves open, in the model's order, e.g. images=1x3x320x320; repeatable")
	cmd.Flags().IntVar(&f.batch, "batch", 0, "images per run, where the model leaves it open; default: 1")
}

// given reports whether a size was given.
func (f *shapeFlags) given() bool { return len(f.shapes) > 0 || f.batch != 0 }

// options are those for opening a model.
func (f *shapeFlags) options() ([]models.OpenOption, error) {
	var opts []models.OpenOption
	if f.batch != 0 {
		if f.batch < 0 {
			return nil, usagef("--batch %d is negative", f.batch)
		}
		opts = append(opts, models.WithBatch(f.batch))
	}
	seen := map[string]bool{}
	for _, s := range f.shapes {
		name, dims, err := parseShape(s)
		if err != nil {
			return nil, err
		}
		if seen[name] {
			return nil, usagef("--input-shape %s: %s twice", s, inputWord(name))
		}
		seen[name] = true
		opts = append(opts, models.WithInputDims(name, dims...))
	}
	if seen[""] && len(seen) > 1 {
		return nil, usagef("--input-shape: of several, each needs its input's name, as in images=1x3x320x320")
	}
	return opts, nil
}

func inputWord(name string) string {
	if name == "" {
		return "the input"
	}
	return fmt.Sprintf("the input %q", name)
}

// parseShape reads [NAME=]1x3x320x320. A name may have "=" in it, dimensions have not.
func parseShape(s string) (name string, dims []int, err error) {
	text := s
	if i := strings.LastIndexByte(s, '='); i >= 0 {
		name, text = s[:i], s[i+1:]
	}
	text = strings.NewReplacer("×", "x", ",", "x", "X", "x").Replace(text)
	for _, word := range strings.Split(text, "x") {
		d, err := strconv.Atoi(strings.TrimSpace(word))
		if err != nil || d < 1 || d > math.MaxInt32 {
			return "", nil, usagef("--input-shape %s: want [NAME=]DIMS, as in images=1x3x320x320", s)
		}
		dims = append(dims, d)
	}
	return name, dims, nil
}

// sayHow has an error say by which flag a size is given.
func sayHow(path string, err error) error {
	var open *models.OpenSizeError
	if !errors.As(err, &open) {
		return err
	}
	var flags []string
	for _, o := range append([]*models.OpenSizeError{open}, open.Also...) {
		flags = append(flags, fmt.Sprintf("--input-shape %s=%s", o.Input, exampleDims(o.Dims)))
	}
	return runtime.InFile(path, &openSizeError{open, fmt.Sprintf("%s; give it, for example by %s", open.Reason(),
		strings.Join(flags, " "))})
}

// exampleDims writes dimensions as a user may give them, with likely sizes in place of those that are open.
func exampleDims(dims []int) string {
	if dims == nil {
		dims = []int{0, 0, 0, 0}
	}
	words := make([]string, len(dims))
	for i, d := range dims {
		switch {
		case d > 0:
		case i == 0 && len(dims) > 1, i == 1 && len(dims) == 3 && dims[0] > 0 && dims[2] > 0: // a batch, or that of a state
			d = 1
		case len(dims) == 4 && i == 1 && (dims[3] <= 0 || dims[3] > 4):
			d = 3
		default:
			d = 320
		}
		words[i] = strconv.Itoa(d)
	}
	return strings.Join(words, "x")
}

// openSizeError says an error in words of the command line.
type openSizeError struct {
	*models.OpenSizeError
	text string
}

func (e *openSizeError) Error() string { return e.text }
func (e *openSizeError) Unwrap() error { return e.OpenSizeError }

// second are flags for a model to compare with: sizes that are open there too are the same.
func (f *modelFlags) second(path string) *modelFlags {
	s := &modelFlags{model: path}
	if !strings.EqualFold(filepath.Ext(path), runtime.Ext) {
		s.shape = f.shape
	}
	return s
}
