package frames

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// pictures gives the JPEG and PNG files of a folder, in the order of their names.
type pictures struct {
	paths []string
	paced pacer
}

// maxPicture is the largest file that is read.
const maxPicture = 64 << 20

// OpenPictures lists a folder. fps 0 means 5 pictures a second.
func OpenPictures(dir string, fps float64) (Source, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	if fps == 0 {
		fps = 5
	}
	s := &pictures{paced: rate(fps)}
	for _, e := range entries {
		if slices.Contains([]string{".jpg", ".jpeg", ".png"}, strings.ToLower(filepath.Ext(e.Name()))) {
			s.paths = append(s.paths, filepath.Join(dir, e.Name()))
		}
	}
	if len(s.paths) == 0 {
		return nil, fmt.Errorf("%s: no JPEG or PNG files", dir)
	}
	return s, nil
}

func (s *pictures) Format() Format { return Format{Coded: true} }

func (s *pictures) Next(ctx context.Context, buf []byte) ([]byte, error) {
	if len(s.paths) == 0 {
		return buf, io.EOF
	}
	if err := s.paced.wait(ctx); err != nil {
		return buf, err
	}
	path := s.paths[0]
	s.paths = s.paths[1:]
	info, err := os.Stat(path)
	if err != nil {
		return buf, err
	}
	if info.Size() > maxPicture {
		return buf, fmt.Errorf("%s: %d bytes, want at most %d", path, info.Size(), maxPicture)
	}
	return os.ReadFile(path)
}

func (s *pictures) Close() error { return nil }
