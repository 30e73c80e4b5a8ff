package frames

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/gneiss-go/gneiss/models/preprocess"
)

// ErrY4M is wrapped in errors of streams that are not YUV4MPEG2, or of a kind that is not known here.
var ErrY4M = errors.New("not a y4m stream of 8-bit 4:2:0 or grey")

// y4m reads YUV4MPEG2, the raw video that ffmpeg writes to a pipe: a line of parameters, then frames, each after a line
// of its own. The format is described in y4m(5) of mjpegtools.
type y4m struct {
	file   io.Closer
	r      *bufio.Reader
	f      preprocess.FrameFormat
	rate   float64 // frames per second; 0 if the stream does not say
	paced  pacer
	frames int
}

// OpenY4M opens a file, or standard input for "-". fps 0 means the stream's own rate.
func OpenY4M(path string, fps float64) (Source, error) {
	file := os.Stdin
	if path != "-" {
		var err error
		if file, err = os.Open(path); err != nil {
			return nil, err
		}
	}
	s, err := newY4M(file)
	if err != nil {
		file.Close()
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if fps == 0 {
		fps = s.rate
	}
	s.paced = rate(fps)
	return s, nil
}

func newY4M(file io.ReadCloser) (*y4m, error) {
	s := &y4m{file: file, r: bufio.NewReaderSize(file, 1<<16)}
	line, err := s.line()
	if err != nil {
		return nil, err
	}
	return s, s.parse(string(line))
}

// maxLine is the longest line that is read.
const maxLine = 1024

// line reads a line without its end. The result is valid until the next read.
func (s *y4m) line() ([]byte, error) {
	line, err := s.r.ReadSlice('\n')
	switch {
	case err == io.EOF && len(line) == 0:
		return nil, io.EOF
	case err != nil && err != io.EOF && !errors.Is(err, bufio.ErrBufferFull):
		return nil, err
	case err != nil || len(line) > maxLine:
		return nil, fmt.Errorf("%w: a line of %d bytes without end", ErrY4M, len(line))
	}
	return line[:len(line)-1], nil
}

// parse reads the first line, such as "YUV4MPEG2 W640 H480 F30:1 Ip A1:1 C420jpeg XCOLORRANGE=FULL".
func (s *y4m) parse(line string) error {
	words := strings.Fields(line)
	if len(words) == 0 || words[0] != "YUV4MPEG2" {
		return ErrY4M
	}
	s.f.Pixels = preprocess.I420 // unless the stream says otherwise
	for _, w := range words[1:] {
		var err error
		switch v := w[1:]; w[0] {
		case 'W':
			s.f.Width, err = strconv.Atoi(v)
		case 'H':
			s.f.Height, err = strconv.Atoi(v)
		case 'F':
			n, d, _ := strings.Cut(v, ":")
			num, err1 := strconv.ParseUint(n, 10, 31)
			den, err2 := strconv.ParseUint(d, 10, 31)
			if err = errors.Join(err1, err2); err == nil && den > 0 {
				s.rate = float64(num) / float64(den)
			}
		case 'C':
			switch v {
			case "420", "420jpeg", "420mpeg2", "420paldv":
			case "mono":
				s.f.Pixels = preprocess.Grey8
			default:
				err = fmt.Errorf("colours %q", v)
			}
		case 'X':
			s.f.FullRange = s.f.FullRange || v == "COLORRANGE=FULL"
		}
		if err != nil {
			return fmt.Errorf("%w: %v", ErrY4M, err)
		}
	}
	if err := s.f.Check(); err != nil {
		return fmt.Errorf("%w: %w", ErrY4M, err)
	}
	return nil
}

func (s *y4m) Format() Format { return Format{FrameFormat: s.f} }

func (s *y4m) Next(ctx context.Context, buf []byte) ([]byte, error) {
	if err := s.paced.wait(ctx); err != nil {
		return buf, err
	}
	line, err := s.line()
	if err != nil {
		return buf, err
	}
	if !bytes.HasPrefix(line, []byte("FRAME")) {
		return buf, fmt.Errorf("%w: frame %d begins with %.20q", ErrY4M, s.frames, line)
	}
	if size := s.f.Size(); cap(buf) < size {
		buf = make([]byte, size)
	} else {
		buf = buf[:size]
	}
	if _, err := io.ReadFull(s.r, buf); err != nil {
		return buf, fmt.Errorf("frame %d: %w", s.frames, io.ErrUnexpectedEOF)
	}
	s.frames++
	return buf, nil
}

func (s *y4m) Close() error { return s.file.Close() }
