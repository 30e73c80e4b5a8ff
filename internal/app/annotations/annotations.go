// Package annotations reads boxes that people, or other engines, have drawn on pictures, as files and folders keep
// them:
//
//	.csv            the first line names the columns: file, class, left, top, right, bottom, perhaps score
//	.json           COCO: images, annotations, categories
//	a folder        beside each picture, or in the folder given, a file of the same name:
//	                .xml  Pascal VOC
//	                .txt  YOLO's "class x y width height", in shares of the picture, centre and size
//	                      or "name left top right bottom", in pixels
//
// Files may be hostile: what is read is bounded, and what is no annotation is an error that names the line.
package annotations

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/gneiss-go/gneiss/models/detect/score"
	"github.com/gneiss-go/gneiss/runtime"
)

// Limits of what is read.
const (
	MaxFile  = 256 << 20 // bytes of a file
	MaxBoxes = 10 << 20
)

// ErrCorrupt is wrapped by errors of files that are no annotations.
var ErrCorrupt = errors.New("not annotations")

// Box is one on a picture.
type Box struct {
	Name   string // of the class, or its number
	Shares bool   // Box is in shares of the picture's sides, not in pixels
	score.Box
	Score         float64 // 1 if nobody says
	Ignore, Crowd bool
}

// Picture is a picture with its boxes.
type Picture struct {
	File  string // its path, as the annotations have it or as it was found
	Boxes []Box
}

// Read reads a file or a folder. Of a folder, pictures without annotations have no boxes.
func Read(path string) ([]Picture, error) {
	st, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	var out []Picture
	switch ext := strings.ToLower(filepath.Ext(path)); {
	case st.IsDir():
		return readFolder(path)
	case ext == ".csv":
		out, err = readCSV(path)
	case ext == ".json":
		out, err = readCOCO(path)
	default:
		err = fmt.Errorf("neither a folder nor a .csv or .json file: %w", ErrCorrupt)
	}
	if err == nil {
		err = check(out)
	}
	return out, runtime.InFile(path, err)
}

// check refuses boxes that are none, and none at all.
func check(pictures []Picture) error {
	n := 0
	for i := range pictures {
		for _, b := range pictures[i].Boxes {
			if err := b.check(); err != nil {
				return fmt.Errorf("%s: %w", pictures[i].File, err)
			}
		}
		if n += len(pictures[i].Boxes); n > MaxBoxes {
			return fmt.Errorf("more than %d boxes: %w", MaxBoxes, runtime.ErrLimit)
		}
	}
	if len(pictures) == 0 {
		return fmt.Errorf("no pictures: %w", ErrCorrupt)
	}
	return nil
}

func (b *Box) check() error {
	for _, v := range []float64{b.X0, b.Y0, b.X1, b.Y1, b.Score} {
		if math.IsNaN(v) || math.Abs(v) > 1e9 {
			return fmt.Errorf("a box of %v, score %v: %w", b.Box, b.Score, ErrCorrupt)
		}
	}
	if b.X0 > b.X1 || b.Y0 > b.Y1 {
		return fmt.Errorf("a box turned inside out, %v: %w", b.Box, ErrCorrupt)
	}
	return nil
}

// pictureExts are the extensions of pictures.
var pictureExts = []string{".jpg", ".jpeg", ".png", ".webp"}

func readFolder(dir string) ([]Picture, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var out []Picture
	annotated := 0
	for _, e := range entries {
		ext := filepath.Ext(e.Name())
		if e.IsDir() || !slices.Contains(pictureExts, strings.ToLower(ext)) {
			continue
		}
		p := Picture{File: filepath.Join(dir, e.Name())}
		base := strings.TrimSuffix(p.File, ext)
		for suffix, read := range map[string]func([]byte) ([]Box, error){".xml": readVOC, ".txt": readText} {
			data, err := readFile(base + suffix)
			if errors.Is(err, os.ErrNotExist) {
				continue
			} else if err != nil {
				return nil, err
			}
			boxes, err := read(data)
			if err != nil {
				return nil, runtime.InFile(base+suffix, err)
			}
			if p.Boxes != nil {
				return nil, runtime.InFile(p.File, fmt.Errorf("both an .xml and a .txt file beside it: %w", ErrCorrupt))
			}
			p.Boxes = boxes
			annotated++
		}
		out = append(out, p)
	}
	if annotated == 0 {
		return nil, runtime.InFile(dir, fmt.Errorf("no picture in it has an .xml or .txt file of its name: %w", ErrCorrupt))
	}
	return out, runtime.InFile(dir, check(out))
}

func readFile(path string) ([]byte, error) {
	st, err := os.Stat(path)
	if err == nil && st.Size() > MaxFile {
		err = runtime.InFile(path, fmt.Errorf("%d bytes, more than %d: %w", st.Size(), MaxFile, runtime.ErrLimit))
	}
	if err != nil {
		return nil, err
	}
	return os.ReadFile(path)
}

// readText reads lines of five words: YOLO's form if the last four are shares and the first is a number, else corners.
func readText(data []byte) ([]Box, error) {
	boxes := []Box{}
	n := 0
	for line := range strings.Lines(string(data)) {
		n++
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		var v [4]float64
		if len(words) < 5 {
			return nil, fmt.Errorf("line %d, %.80q: want a class and four numbers: %w", n, line, ErrCorrupt)
		}
		name := strings.Join(words[:len(words)-4], " ")
		for i, w := range words[len(words)-4:] {
			var err error
			if v[i], err = strconv.ParseFloat(w, 64); err != nil {
				return nil, fmt.Errorf("line %d: %.40q is no number: %w", n, w, ErrCorrupt)
			}
		}
		b := Box{Name: name, Box: score.Box{X0: v[0], Y0: v[1], X1: v[2], Y1: v[3]}, Score: 1}
		if _, err := strconv.Atoi(name); err == nil && max(v[0], v[1], v[2], v[3]) <= 1 {
			b.Shares = true
			b.Box = score.Box{X0: v[0] - v[2]/2, Y0: v[1] - v[3]/2, X1: v[0] + v[2]/2, Y1: v[1] + v[3]/2}
		}
		boxes = append(boxes, b)
	}
	return boxes, nil
}
