// Package labels reads the names of a classifier's classes from text files.
package labels

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/gneiss-go/gneiss/runtime"
)

// ErrCorrupt is wrapped in errors of files that hold no labels.
var ErrCorrupt = errors.New("not a label file")

// Limits of what is read as labels.
const (
	MaxLabels = 1 << 20 // lines
	MaxLine   = 1 << 12 // bytes of a line
)

// Names of the files that [Find] looks for.
var fileNames = []string{"synset_words.txt", "labels.txt", "classes.txt"}

// Parse reads one label a line: a plain name, or a WordNet synset before it ("n01440764 tench, Tinca tinca"), which
// is left out. Empty lines at the end are ignored; one between labels is a class without a name.
func Parse(r io.Reader) ([]string, error) {
	var names []string
	s := bufio.NewScanner(r)
	s.Buffer(make([]byte, 0, MaxLine), MaxLine)
	for s.Scan() {
		line := s.Text()
		if len(names) == 0 {
			line = strings.TrimPrefix(line, "\ufeff")
		}
		if strings.ContainsRune(line, 0) {
			return nil, fmt.Errorf("line %d: not text: %w", len(names)+1, ErrCorrupt)
		}
		if len(names) == MaxLabels {
			return nil, fmt.Errorf("more than %d labels: %w", MaxLabels, runtime.ErrLimit)
		}
		names = append(names, name(line))
	}
	if err := s.Err(); err != nil {
		if errors.Is(err, bufio.ErrTooLong) {
			err = fmt.Errorf("line %d: longer than %d bytes: %w", len(names)+1, MaxLine, runtime.ErrLimit)
		}
		return nil, err
	}
	for len(names) > 0 && names[len(names)-1] == "" {
		names = names[:len(names)-1]
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("nothing in it: %w", ErrCorrupt)
	}
	return names, nil
}

// name is a line without its synset and surrounding space.
func name(line string) string {
	line = strings.TrimSpace(line)
	id, rest, ok := strings.Cut(line, " ")
	if !ok || len(id) != 9 || id[0] != 'n' || strings.Trim(id[1:], "0123456789") != "" {
		return line
	}
	return strings.TrimSpace(rest)
}

// Read parses a file. Its errors are [runtime.FileError]s.
func Read(path string) ([]string, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, runtime.InFile(path, err)
	}
	defer f.Close()
	names, err := Parse(f)
	return names, runtime.InFile(path, err)
}

// Find looks for labels that belong to a model file of that many classes: synset_words.txt, labels.txt or classes.txt
// beside it, or in ../../labels from there. It returns the file it read and its labels, or "" and nil; files that
// cannot be read or have another number of labels are passed over.
func Find(model string, classes int) (path string, names []string) {
	dir := filepath.Dir(model)
	for _, d := range []string{dir, filepath.Join(dir, "..", "..", "labels")} {
		for _, f := range fileNames {
			path := filepath.Join(d, f)
			if names, err := Read(path); err == nil && len(names) == classes {
				return path, names
			}
		}
	}
	return "", nil
}
