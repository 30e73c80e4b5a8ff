package pose

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gneiss-go/gneiss/models/card"
	"github.com/gneiss-go/gneiss/models/internal/eye"
	"github.com/gneiss-go/gneiss/models/preprocess"
	"github.com/gneiss-go/gneiss/runtime"
)

// The kinds of heads. "17" stands for as many points as the network has.
const (
	// Heatmaps is [1 H W 17]: a map for each point, from 0 to 1, whose highest pixel is where it is. So are MoveNet's
	// that were cut from its own decoder, as for microcontrollers.
	Heatmaps = "heatmaps"
	// Offsets is Heatmaps with three more maps, in any order but that of the last two: [1 H W 1] where bodies' centres
	// are, [1 H W 34] by how far each point is from the centre (x, y of each), and [1 H W 34] by how far it is from its
	// pixel. So are MoveNet's heads, as fire717/movenet.pytorch has them.
	Offsets = "offsets"
	// MoveNet is [1 1 17 3] of one body: y, x from 0 to 1, score of each point.
	MoveNet = "movenet"
	// MultiPose is [1 6 56]: for each of six bodies y, x, score of 17 points, then the box: y, x, y, x, score.
	MultiPose = "multipose"
	// BlazePose is [1 195]: x, y, z in pixels of the input, and logits of visibility and presence, of 39 points, of
	// which the last six are no part of a body; and [1 1], whether there is one.
	BlazePose = "blazepose"
	// Hand is [1 63]: x, y, z of 21 points; and [1 1], whether there is a hand.
	Hand = "hand"
	// Face is [1 1404] or, with irises, [1 1434]: x, y, z of 468 or 478 points; and [1 1], the logit of whether there
	// is a face.
	Face = "face"
)

// Kinds are the names that a card's head may have, or "" where the outputs' shapes say.
func Kinds() []string {
	return []string{Heatmaps, Offsets, MoveNet, MultiPose, BlazePose, Hand, Face}
}

// head is what outputs are read, and how.
type head struct {
	kind    string
	points  int
	rows    int       // of several bodies
	outputs []int     // the points, then what else the kind has
	maps    []eye.Map // of these, if they are maps
}

// Numbers of the forms that are no maps.
const (
	bodyPoints   = 17
	multiRow     = 3*bodyPoints + 5
	blazePoints  = 33
	blazeNumbers = 5 * 39
	handNumbers  = 3 * 21
	faceNumbers  = 3 * 468
	irisNumbers  = 3 * 478
)

// recognise finds the outputs that are poses, what they mean, and how pictures are prepared.
func recognise(plan *runtime.Plan, c *card.Card) (head, preprocess.Spec, error) {
	in, err := eye.Input(plan)
	if err != nil {
		return head{}, preprocess.Spec{}, err
	}
	spec := preprocess.Spec{Width: in.Shape.W, Height: in.Shape.H}
	if c.Input != nil {
		spec = *c.Input
	}
	kind, points := "", 0
	if c.Head != nil {
		kind, points = c.Head.Kind, c.Head.Points
	}
	if kind != "" && !slices.Contains(Kinds(), kind) {
		return head{}, spec, fmt.Errorf("no head %q; there are %s: %w", kind, strings.Join(Kinds(), ", "), runtime.ErrShape)
	}
	outs := plan.Outputs()
	for _, form := range []struct {
		kind string
		find func() (head, bool)
	}{
		{MultiPose, func() (head, bool) { return listed(outs, MultiPose) }},
		{MoveNet, func() (head, bool) { return listed(outs, MoveNet) }},
		{BlazePose, func() (head, bool) { return listed(outs, BlazePose) }},
		{Face, func() (head, bool) { return listed(outs, Face) }},
		{Hand, func() (head, bool) { return listed(outs, Hand) }},
		{Offsets, func() (head, bool) { return offsets(outs, spec, points) }},
		{Heatmaps, func() (head, bool) { return heatmaps(outs, spec, points) }},
	} {
		if kind != "" && kind != form.kind {
			continue
		}
		if h, ok := form.find(); ok {
			if c.Input == nil || c.Guessed {
				spec = prepared(in, h.kind)
			}
			return h, spec, nil
		}
	}
	var all []string
	for _, t := range outs {
		all = append(all, fmt.Sprint(t.Dims))
	}
	what := "a pose"
	if kind != "" {
		what = "of the head " + kind
	}
	return head{}, spec, fmt.Errorf("outputs of %s are not %s: %w", strings.Join(all, ", "), what, runtime.ErrShape)
}

// listed finds the kinds whose points are a list of numbers.
func listed(outs []runtime.TensorInfo, kind string) (head, bool) {
	for i, t := range outs {
		n, d := t.Shape.Elements(), t.Dims
		if t.DType == runtime.I32 || len(d) < 2 || d[0] != 1 {
			continue
		}
		h := head{kind: kind, points: bodyPoints, rows: 1, outputs: []int{i}}
		last := d[len(d)-1]
		switch {
		case kind == MultiPose && last == multiRow && len(d) == 3 && d[1] <= 6:
			h.rows = d[1]
			return h, true
		case kind == MoveNet && last == 3 && n == 3*bodyPoints && d[len(d)-2] == bodyPoints:
			return h, true
		case kind == BlazePose && n == blazeNumbers && last == n:
			h.points = blazePoints
			return h.flag(outs)
		case kind == Hand && n == handNumbers && last == n, kind == Face && (n == faceNumbers || n == irisNumbers):
			h.points = n / 3
			return h.flag(outs)
		}
	}
	return head{}, false
}

// flag adds the first output of one number: whether there is something.
func (h head) flag(outs []runtime.TensorInfo) (head, bool) {
	for i, t := range outs {
		if t.Shape.Elements() == 1 && t.DType != runtime.I32 {
			h.outputs = append(h.outputs, i)
			return h, true
		}
	}
	return head{}, false
}

// heatmaps finds a map for each of as many points as are said, or of a body.
func heatmaps(outs []runtime.TensorInfo, spec preprocess.Spec, points int) (head, bool) {
	if points == 0 {
		points = bodyPoints
	}
	h := head{kind: Heatmaps, points: points, rows: 1}
	for i, t := range outs {
		if m, err := eye.MapOf(t, spec, points); err == nil && m.C == points && t.DType != runtime.I32 {
			h.outputs, h.maps = append(h.outputs, i), append(h.maps, m)
		}
	}
	return h, len(h.outputs) == 1
}

// offsets finds the four maps.
func offsets(outs []runtime.TensorInfo, spec preprocess.Spec, points int) (head, bool) {
	h, ok := heatmaps(outs, spec, points)
	if !ok || len(outs) != 4 {
		return h, false
	}
	h.kind = Offsets
	for _, channels := range []int{1, 2 * h.points} {
		for i, t := range outs {
			m, err := eye.MapOf(t, spec, channels)
			if err == nil && m.C == channels && m.H == h.maps[0].H && m.W == h.maps[0].W && t.DType != runtime.I32 {
				h.outputs, h.maps = append(h.outputs, i), append(h.maps, m)
			}
		}
	}
	return h, len(h.outputs) == 4
}

// prepared returns how networks of a kind have their pictures where nobody says: MoveNet's from 0 to 255, the others'
// from 0 to 1, whole between bars of black.
func prepared(in runtime.TensorInfo, kind string) preprocess.Spec {
	s := preprocess.Spec{Width: in.Shape.W, Height: in.Shape.H, Mode: preprocess.Letterbox}
	switch kind {
	case BlazePose, Hand, Face:
		s.Scale = [3]float32{1. / 255, 1. / 255, 1. / 255}
	}
	if in.DType == runtime.U8 {
		s = s.For(in.Quant)
	}
	return s
}
