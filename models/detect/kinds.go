package detect

import (
	"fmt"
	"strings"

	"github.com/gneiss-go/gneiss/models/preprocess"
	"github.com/gneiss-go/gneiss/runtime"
)

// kind is a family of networks that say where things are in one way.
type kind struct {
	name      string
	about     string
	threshold float32         // the least score, if nobody says
	overlap   float32         // the intersection over union beyond which the weaker box goes, likewise
	final     bool            // the network has suppressed overlapping boxes itself
	points    int             // key points, if always as many
	prepare   preprocess.Spec // of the family's authors, without the size
	// build makes the head of a network of this family; the error says why it is none.
	build func(*layout) (head, error)
}

// Pictures as the families' authors prepare them.
var (
	ultralytics = preprocess.Spec{Mode: preprocess.Letterbox, Pad: 114, Scale: every(1. / 255)}
	megvii      = preprocess.Spec{Mode: preprocess.Letterbox, Pad: 114, Order: preprocess.BGR}
	imagenetBGR = preprocess.Spec{Order: preprocess.BGR, Mean: [3]float32{103.53, 116.28, 123.675},
		Scale: [3]float32{1 / 57.375, 1 / 57.12, 1 / 58.395}}
	plainBGR = preprocess.Spec{Order: preprocess.BGR}
	centred  = preprocess.Spec{Mean: every(127.5), Scale: every(1 / 127.5)}
)

func every(v float32) [3]float32 { return [3]float32{v, v, v} }

func with(s preprocess.Spec, change func(*preprocess.Spec)) preprocess.Spec {
	change(&s)
	return s
}

// kinds is the only place where a family is declared.
var kinds = []kind{
	{name: "yolov5", about: "YOLOv5: anchors; its maps or the exported rows of boxes, objectness and classes",
		threshold: 0.25, overlap: 0.45, prepare: ultralytics, build: buildYOLOv5},
	{name: "yolov8", about: "YOLOv8, v9, 11: boxes and classes, [4+C, N] or [N, 4+C]; key points if the card says so",
		threshold: 0.25, overlap: 0.45, prepare: ultralytics, build: buildYOLOv8},
	{name: "yolov10", about: "YOLOv10 and other networks that answer corners, score and class, [N, 6]",
		threshold: 0.25, overlap: 1, final: true, prepare: ultralytics, build: buildYOLOv10},
	{name: "yolox", about: "YOLOX: [N, 5+C] of a grid's cells, not decoded",
		threshold: 0.25, overlap: 0.45, prepare: megvii, build: buildYOLOX},
	{name: "yolox-first", about: "YOLOX as it was until 0.1.0: the same of pictures in RGB by ImageNet's mean and deviation",
		threshold: 0.25, overlap: 0.45, prepare: with(preprocess.ImageNet, func(s *preprocess.Spec) {
			s.Mode, s.Pad, s.Filter = preprocess.Letterbox, 114, preprocess.Bilinear
		}), build: buildYOLOXOld},
	{name: "nanodet", about: "NanoDet: distances as distributions around the cells' centres",
		threshold: 0.35, overlap: 0.6, prepare: imagenetBGR, build: buildNanoDet},
	{name: "nanodet-plus", about: "NanoDet-Plus: the same around the cells' corners, of four maps",
		threshold: 0.35, overlap: 0.6, prepare: imagenetBGR, build: buildNanoDetPlus},
	{name: "fastestdet", about: "FastestDet: one map of objectness, box and classes", threshold: 0.5, overlap: 0.45,
		prepare: with(plainBGR, func(s *preprocess.Spec) { s.Filter, s.Scale = preprocess.Antialias, every(1./255) }),
		build:   buildFastestDet},
	{name: "ssd", about: "SSD: offsets from the card's anchors, and probabilities with the background first",
		threshold: 0.4, overlap: 0.45, prepare: centred, build: buildSSD},
	{name: "ssd-logits", about: "SSD before its softmax", threshold: 0.4, overlap: 0.45, prepare: centred,
		build: buildSSDLogits},
	{name: "ssd-postprocess", about: "SSD with TensorFlow Lite's post-processing inside: boxes, classes, scores, count",
		threshold: 0.4, overlap: 1, final: true,
		prepare: preprocess.Spec{Mean: every(128), Scale: every(1. / 128)}, build: buildPostProcess},
	{name: "ultraface", about: "UltraFace: faces, decoded or as offsets from its anchors", threshold: 0.7, overlap: 0.3,
		prepare: preprocess.Spec{Mean: every(127), Scale: every(1. / 128)}, build: buildUltraFace},
	{name: "yunet", about: "YuNet: faces with five key points", threshold: 0.6, overlap: 0.3, points: 5,
		prepare: plainBGR, build: buildYuNet},
	{name: "scrfd", about: "SCRFD: faces, with five key points or none", threshold: 0.5, overlap: 0.4,
		prepare: preprocess.Spec{Mode: preprocess.Letterbox, Mean: every(127.5), Scale: every(1. / 128)},
		build:   buildSCRFD},
	{name: "retinaface", about: "RetinaFace: faces with five key points", threshold: 0.5, overlap: 0.4, points: 5,
		prepare: preprocess.Spec{Mode: preprocess.Letterbox, Order: preprocess.BGR, Mean: [3]float32{104, 117, 123}},
		build:   buildRetinaFace},
	{name: "blazeface", about: "BlazeFace front, back, short and full range: faces with six key points", threshold: 0.5,
		overlap: 0.3, points: 6, build: buildBlazeFace,
		prepare: with(centred, func(s *preprocess.Spec) { s.Mode = preprocess.Letterbox })},
	{name: "palm", about: "MediaPipe's palm detector: palms with seven key points", threshold: 0.5, overlap: 0.3,
		points:  7,
		prepare: preprocess.Spec{Mode: preprocess.Letterbox, Scale: every(1. / 255)}, build: buildPalm},
	{name: "centernet", about: "CenterNet: a heat map of centres, sizes and offsets", threshold: 0.3, overlap: 0.5,
		prepare: with(imagenetBGR, func(s *preprocess.Spec) { s.Mode = preprocess.Letterbox }), build: buildCenterNet},
}

// Kind describes a family of networks that this package reads.
type Kind struct {
	Name  string // as a card's head has it
	About string
}

// Kinds returns the families.
func Kinds() []Kind {
	out := make([]Kind, len(kinds))
	for i := range kinds {
		out[i] = Kind{kinds[i].name, kinds[i].about}
	}
	return out
}

// choose finds the family of a network and makes its head.
func choose(l *layout) (*kind, head, error) {
	if l.card.Kind != "" {
		for i := range kinds {
			if k := &kinds[i]; k.name == l.card.Kind {
				l.named = true
				h, err := k.build(l)
				if err != nil {
					err = fmt.Errorf("outputs %s are none of a %s head: %w", l.list(), k.name, err)
				}
				return k, h, err
			}
		}
		return nil, nil, fmt.Errorf("unknown kind of head %q; known are %s: %w", l.card.Kind, names(kinds), runtime.ErrGraph)
	}
	var fit []kind
	var chosen *kind
	var made head
	var views []*view
	for i := range kinds {
		l.views = nil
		if h, err := kinds[i].build(l); err == nil {
			fit, chosen, made, views = append(fit, kinds[i]), &kinds[i], h, l.views
		}
	}
	l.views = views
	switch {
	case len(fit) == 0:
		return nil, nil, fmt.Errorf("outputs %s are of no kind of head that is recognised; name one of %s: %w", l.list(),
			names(kinds), runtime.ErrGraph)
	case len(fit) > 1:
		return nil, nil, fmt.Errorf("outputs %s may be of the kinds %s; name one: %w", l.list(), names(fit),
			runtime.ErrGraph)
	}
	return chosen, made, nil
}

func names(list []kind) string {
	words := make([]string, len(list))
	for i := range list {
		words[i] = list[i].name
	}
	return strings.Join(words, ", ")
}
