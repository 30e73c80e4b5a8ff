package serve

import (
	"fmt"
	"net/http"
	"strings"
	"unicode"

	"github.com/gneiss-go/gneiss/arch/machine"
	"github.com/gneiss-go/gneiss/internal/app/answer"
	"github.com/gneiss-go/gneiss/internal/draw"
	"github.com/gneiss-go/gneiss/models"
	"github.com/gneiss-go/gneiss/runtime"
)

// modelCard says what answers, and how.
type modelCard struct {
	ID            string   `json:"id"` // in URLs
	Name          string   `json:"name"`
	Source        string   `json:"source"`
	Note          string   `json:"note,omitempty"`
	Task          string   `json:"task"`
	Path          string   `json:"path"`           // where it is asked
	Images        bool     `json:"images"`         // whether it takes images there; else tensors
	Head          string   `json:"head,omitempty"` // the kind of its outputs
	Threshold     float32  `json:"threshold,omitempty"`
	Edges         [][2]int `json:"edges,omitempty"` // lines between key points, by their numbers
	Licence       string   `json:"licence,omitempty"`
	Author        string   `json:"author,omitempty"`
	Version       string   `json:"version"` // of the program
	DType         string   `json:"dtype"`   // of the weights: float32 or int8
	ISA           string   `json:"isa"`
	CPU           string   `json:"cpu,omitempty"`
	Threads       int      `json:"threads"` // of a session
	Sessions      int      `json:"sessions"`
	Input         string   `json:"input"` // how images are prepared
	Shape         []int    `json:"shape"` // of the input
	Classes       int      `json:"classes"`
	Probabilities bool     `json:"probabilities"`
	Layers        int      `json:"layers"` // steps of a run
	Params        int      `json:"params"`
	MACs          int64    `json:"macs"`
	WeightBytes   int      `json:"weight_bytes"` // packed, shared by the sessions
	ArenaBytes    int      `json:"arena_bytes"`  // of a session
	ArenaBound    int      `json:"arena_lower_bound"`
	MaxBody       int64    `json:"max_body"`
	MaxPixels     int      `json:"max_pixels"`
	Palette       []string `json:"palette"` // colours of classes, by class modulo their number
}

func (s *Server) makeCard(m *served, r *answer.Reader, stats []models.NodeStats) modelCard {
	p := m.plan
	params, _ := models.Total(stats, "")
	about := r.About()
	c := modelCard{
		ID: m.id, Name: m.Name, Source: m.Source, Note: m.Card.Note, Version: s.opts.Version,
		Task: string(m.task), Path: m.path(), Images: m.images, Head: about.Kind,
		Threshold: about.Threshold, Edges: about.Edges,
		Licence: m.Card.Origin.Licence, Author: m.Card.Origin.Author,
		DType: weightType(m.Graph), ISA: p.ISA().String(), CPU: machine.Info().Brand, Threads: p.Threads(),
		Sessions: s.opts.Sessions, Classes: about.Classes, Probabilities: about.Probabilities,
		Layers: len(p.Report().Steps), Params: params, MACs: p.MACs(), WeightBytes: p.WeightBytes(),
		ArenaBytes: p.ArenaSize(), ArenaBound: p.ArenaLowerBound(), MaxBody: s.opts.MaxBody, MaxPixels: s.opts.MaxPixels,
	}
	if ins := p.Inputs(); len(ins) > 0 {
		c.Shape = dims(ins[0].Shape)
	}
	if m.images {
		c.Input = m.spec.String()
		if m.Card.Guessed && m.spec == *m.Card.Input {
			c.Input += " (a guess: the model does not say)"
		}
	}
	for i := range draw.Colours {
		ink := draw.Colour(i)
		c.Palette = append(c.Palette, fmt.Sprintf("#%02x%02x%02x", ink.R, ink.G, ink.B))
	}
	return c
}

// describeModel answers with the card of the model that ?model= names, or of the first.
func (s *Server) describeModel(w http.ResponseWriter, r *http.Request) error {
	m := s.models[0]
	if id := r.URL.Query().Get("model"); id != "" {
		if m = s.named(id); m == nil {
			return refuse(http.StatusNotFound, "there is no model %.100q; there is %s", id, s.ids())
		}
	}
	return writeJSON(w, http.StatusOK, &m.card)
}

// describeModels answers with the cards of all models.
func (s *Server) describeModels(w http.ResponseWriter, _ *http.Request) error {
	cards := []*modelCard{}
	for _, m := range s.models {
		cards = append(cards, &m.card)
	}
	return writeJSON(w, http.StatusOK, cards)
}

// weightType is int8 for a graph that multiplies in integers anywhere.
func weightType(g *runtime.Graph) string {
	for _, n := range g.Nodes {
		switch n.Op.(type) {
		case *runtime.QConv, *runtime.QConvParts, *runtime.QFC:
			return "int8"
		}
	}
	return "float32"
}

// dims is a shape as the protocol has it, NHWC; a vector has only its first and last dimension.
func dims(s runtime.Shape) []int {
	if s.H == 1 && s.W == 1 {
		return []int{s.N, s.C}
	}
	return []int{s.N, s.H, s.W, s.C}
}

// slug makes a name that needs no escapes in a URL.
func slug(name string) string {
	words := strings.FieldsFunc(strings.ToLower(name), func(r rune) bool {
		return r > unicode.MaxASCII || !(unicode.IsLetter(r) || unicode.IsDigit(r) || r == '_' || r == '.')
	})
	if id := strings.Trim(strings.Join(words, "-"), ".-"); id != "" {
		return id
	}
	return "model"
}
