package models

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/gneiss-go/gneiss/models/card"
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
		if c.Origin.SHA256, err = hashFile(path); err != nil {
			return err
		}
	}
	if n := classesOf(g); n > 1 && len(c.Labels) == 0 && n <= card.MaxLabels {
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

// classesOf is the number of scores of a network that gives one for each class, else 0.
func classesOf(g *runtime.Graph) int {
	if len(g.Outputs) == 0 {
		return 0
	}
	if s := g.Outputs[0].Shape; s.Elements() == s.N*s.C {
		return s.C
	}
	return 0
}

// hashFile is the SHA-256 of a file, or "" for what can be read only once.
func hashFile(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	if st, err := f.Stat(); err != nil || !st.Mode().IsRegular() {
		return "", err
	}
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
