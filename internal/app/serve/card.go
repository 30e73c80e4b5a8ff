package serve

import (
	"strings"
	"unicode"

	"github.com/gneiss-go/gneiss/arch/machine"
	"github.com/gneiss-go/gneiss/models"
	"github.com/gneiss-go/gneiss/runtime"
)

// card says what answers, and how.
type card struct {
	ID            string `json:"id"` // in URLs
	Name          string `json:"name"`
	Source        string `json:"source"`
	Note          string `json:"note,omitempty"`
	Version       string `json:"version"` // of the program
	DType         string `json:"dtype"`   // of the weights: float32 or int8
	ISA           string `json:"isa"`
	CPU           string `json:"cpu,omitempty"`
	Threads       int    `json:"threads"` // of a session
	Sessions      int    `json:"sessions"`
	Input         string `json:"input"` // how images are prepared
	Shape         []int  `json:"shape"` // of the input
	Classes       int    `json:"classes"`
	Probabilities bool   `json:"probabilities"`
	Layers        int    `json:"layers"` // steps of a run
	Params        int    `json:"params"`
	MACs          int64  `json:"macs"`
	WeightBytes   int    `json:"weight_bytes"` // packed, shared by the sessions
	ArenaBytes    int    `json:"arena_bytes"`  // of a session
	ArenaBound    int    `json:"arena_lower_bound"`
	MaxBody       int64  `json:"max_body"`
	MaxPixels     int    `json:"max_pixels"`
}

func (s *Server) makeCard(stats []models.NodeStats) card {
	p, m := s.plan, &s.model
	params, _ := models.Total(stats, "")
	input := m.Spec.String()
	if m.Guessed {
		input += " (a guess: the model does not say)"
	}
	return card{
		ID: s.id, Name: m.Name, Source: m.Source, Note: m.Note, Version: s.opts.Version,
		DType: weightType(m.Graph), ISA: p.ISA().String(), CPU: machine.Info().Brand, Threads: p.Threads(),
		Sessions: s.opts.Sessions,
		Input:    input, Shape: dims(p.Inputs()[0].Shape), Classes: p.Outputs()[0].Shape.C,
		Probabilities: m.Probabilities,
		Layers:        len(p.Report().Steps), Params: params, MACs: p.MACs(), WeightBytes: p.WeightBytes(),
		ArenaBytes: p.ArenaSize(), ArenaBound: p.ArenaLowerBound(), MaxBody: s.opts.MaxBody, MaxPixels: s.opts.MaxPixels,
	}
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
