package eye

import (
	"fmt"

	"github.com/gneiss-go/gneiss/models/preprocess"
	"github.com/gneiss-go/gneiss/runtime"
)

// Map says how an output that is a picture lies in memory: element (y, x) of channel c is y·Row + x·Col + c·Channel.
type Map struct {
	H, W, C           int
	Row, Col, Channel int
}

// MapOf returns how an output lies that is a picture of what the network sees: [1 H W C] or [1 C H W], or [1 H W] of
// one channel. Which it is, the proportions of the network's picture say; if they fit both, the one of so many
// channels, where channels is not 0, or the one in which channels are fewest. The error wraps [runtime.ErrShape].
func MapOf(t runtime.TensorInfo, spec preprocess.Spec, channels int) (Map, error) {
	d, stride := t.Dims, strides(t)
	var fit []Map
	switch len(d) {
	case 4:
		fit = append(fit, Map{d[1], d[2], d[3], stride[1], stride[2], stride[3]},
			Map{d[2], d[3], d[1], stride[2], stride[3], stride[1]})
	case 3:
		fit = append(fit, Map{d[1], d[2], 1, stride[1], stride[2], 0})
	}
	var best *Map
	same := false
	for i := range fit {
		m := &fit[i]
		if d[0] != 1 || !m.shows(spec) {
			continue
		}
		switch {
		case best == nil || m.C == channels && best.C != channels:
			best, same = m, false
		case best.C == channels && m.C != channels || best.C < m.C:
		case best.C > m.C:
			best, same = m, false
		default:
			same = true
		}
	}
	if best == nil {
		return Map{}, fmt.Errorf("output %q of %v is no picture of %d×%d: %w", t.Name, d, spec.Width, spec.Height,
			runtime.ErrShape)
	}
	if same {
		return Map{}, fmt.Errorf("output %q of %v: channels may be first or last: %w", t.Name, d, runtime.ErrShape)
	}
	return *best, nil
}

// shows reports whether the map has the proportions of the network's picture, up to one of its own pixels.
func (m *Map) shows(s preprocess.Spec) bool {
	off := m.W*s.Height - m.H*s.Width
	return m.H > 1 && m.W > 1 && max(off, -off) <= max(s.Width, s.Height)
}

// strides returns the elements in memory from one position of a dimension to the next.
func strides(t runtime.TensorInfo) []int {
	s, step, last := make([]int, len(t.Dims)), 1, 0
	if t.Layout == runtime.ChannelsLast && len(s) > 1 {
		s[1], step, last = 1, t.Dims[1], 1
	}
	for i := len(s) - 1; i > last; i-- {
		s[i], step = step, step*t.Dims[i]
	}
	if len(s) > 0 {
		s[0] = step
	}
	return s
}
