package models

import (
	"errors"
	"path/filepath"
	"strings"

	"github.com/gneiss-go/gneiss/models/card"
	"github.com/gneiss-go/gneiss/models/internal/meta"
	"github.com/gneiss-go/gneiss/models/labels"
	"github.com/gneiss-go/gneiss/runtime"
)

// describe completes the card of a graph that comes from a file: what the file itself says stays.
func describe(g *runtime.Graph, path string, f format) error {
	c, err := cardOf(g, family(g, f))
	if err != nil {
		return err
	}
	if f != formatGneiss { // whose card has where it came from first
		c.Origin.File = card.Clean(strings.ReplaceAll(filepath.Base(path), `\`, "_"), card.MaxString, false)
	}
	if n := meta.Classes(g); n > 1 && len(c.Labels) == 0 && n <= card.MaxLabels {
		if _, names := labels.Find(path, n); names != nil {
			c.Labels = make([]string, n)
			for i, name := range names {
				c.Labels[i] = card.Clean(name, card.MaxString, false)
			}
		}
	}
	if g.Card, err = card.Encode(c); errors.Is(err, runtime.ErrLimit) {
		c.Labels = nil // of many long ones there is no room
		g.Card, err = card.Encode(c)
	}
	return err
}
