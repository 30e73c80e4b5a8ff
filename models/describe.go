package models

import (
	"errors"
	"os"
	"path/filepath"
	"strings"

	"github.com/gneiss-go/gneiss/models/card"
	"github.com/gneiss-go/gneiss/models/internal/meta"
	"github.com/gneiss-go/gneiss/models/labels"
	"github.com/gneiss-go/gneiss/runtime"
)

// describe completes the card of a graph that comes from a file: what the file itself says stays.
func describe(g *runtime.Graph, path string, f format) error {
	if f == formatNCNN {
		beside(g, filepath.Join(filepath.Dir(path), "metadata.yaml"))
	}
	c, err := cardOf(g, family(g, f))
	if err != nil {
		return err
	}
	if f != formatGneiss { // whose card has where it came from first
		c.Origin.File = meta.Text(strings.ReplaceAll(filepath.Base(path), `\`, "_"))
	}
	if n := meta.Classes(g); n > 1 && len(c.Labels) == 0 && n <= card.MaxLabels {
		if _, names := labels.Find(path, n); names != nil {
			c.Labels = make([]string, n)
			for i, name := range names {
				c.Labels[i] = meta.Text(name)
			}
		}
	}
	if g.Card, err = card.Encode(c); errors.Is(err, runtime.ErrLimit) {
		c.Labels = nil // of many long ones there is no room
		g.Card, err = card.Encode(c)
	}
	return err
}

// beside gives a graph the card of what Ultralytics' exporter writes beside a model that has no room for it.
func beside(g *runtime.Graph, path string) {
	if st, err := os.Stat(path); err != nil || !st.Mode().IsRegular() || st.Size() > card.MaxBytes {
		return
	}
	text, err := os.ReadFile(path)
	var c card.Card
	if err == nil && meta.Ultralytics(&c, g, meta.YAML(string(text))) {
		meta.Put(g, c)
	}
}
