package caffe

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/gneiss-go/gneiss/kernels"
	"github.com/gneiss-go/gneiss/models/internal/axes"
	"github.com/gneiss-go/gneiss/runtime"
)

// The layers of SSD (Liu et al., "SSD: Single Shot MultiBox Detector", 2016), as its branch of Caffe computes them.

// priors are boxes and variances that a PriorBox makes, which nothing but sizes decides.
type priors struct {
	boxes    []float32 // [boxes][4]: left, top, right, bottom, as shares of the image
	variance [4]float32
	uneven   bool // the variances of several layers differ
}

// maxPriors bounds the boxes of a layer.
const maxPriors = 1 << 20

func (r *reader) floats(name string) []float32 {
	vs := r.all(name)
	fs := make([]float32, len(vs))
	for i, v := range vs {
		f, err := v.float(name)
		if err == nil && !(f > 0 && f <= math.MaxFloat32) {
			err = fmt.Errorf("%s: %v is not above 0: %w", name, f, runtime.ErrCorrupt)
		}
		if err != nil {
			r.fail(err)
			return nil
		}
		fs[i] = f
	}
	return fs
}

// priorBox makes boxes for each pixel of the first bottom, in the image that the second is: [1, 2, 4·boxes], the second
// row the variances.
func priorBox(im *importer, l *layer, in []*axes.Tensor) (*axes.Tensor, error) {
	p, sizes := &priors{}, &priorSizes{reader: l.params("prior_box_param")}
	sizes.read(p)
	if sizes.err != nil || slices.Contains(in, nil) {
		return nil, sizes.err
	}
	if len(in) != 2 || len(in[0].Dims) != 4 || len(in[1].Dims) != 4 {
		return nil, fmt.Errorf("%d bottoms, want a map and the image: %w", len(in), runtime.ErrShape)
	}
	if err := sizes.over(p, in[0].Dims, in[1].Dims); err != nil {
		return nil, err
	}
	n := len(p.boxes)
	if err := im.b.Take(2 * n); err != nil {
		return nil, err
	}
	t, err := im.b.Constant(l.name, &axes.Source{Dims: []int{1, 2, n}, Decode: func(dst []float32, from int) {
		for i := range dst {
			if at := from + i; at < n {
				dst[i] = p.boxes[at]
			} else {
				dst[i] = p.variance[(at-n)%4]
			}
		}
	}}, nil)
	if err == nil {
		im.priors[t] = p
	}
	return t, err
}

// priorSizes are the parameters of a PriorBox.
type priorSizes struct {
	*reader
	least, most, ratios []float32
	imgH, imgW          int
	stepH, stepW        float32
	offset              float32
	clip                bool
}

func (s *priorSizes) read(p *priors) {
	s.least, s.most, s.ratios = s.floats("min_size"), s.floats("max_size"), []float32{1}
	flip := s.bool("flip", true)
	for _, ratio := range s.floats("aspect_ratio") {
		same := func(v float32) bool { return math.Abs(float64(v-ratio)) < 1e-6 }
		if slices.ContainsFunc(s.ratios, same) {
			continue
		}
		if s.ratios = append(s.ratios, ratio); flip {
			s.ratios = append(s.ratios, 1/ratio)
		}
	}
	size := s.size("img_size", 0)
	s.imgH, s.imgW = s.size("img_h", size), s.size("img_w", size)
	step := s.float("step", 0)
	s.stepH, s.stepW, s.offset = s.float("step_h", step), s.float("step_w", step), s.float("offset", 0.5)
	s.clip = s.bool("clip", false)
	switch v := s.floats("variance"); len(v) {
	case 0:
		p.variance = [4]float32{0.1, 0.1, 0.1, 0.1}
	case 1:
		p.variance = [4]float32{v[0], v[0], v[0], v[0]}
	case 4:
		p.variance = [4]float32(v)
	default:
		s.fail(fmt.Errorf("%d variances: %w", len(v), runtime.ErrShape))
	}
	if len(s.least) == 0 || len(s.most) != 0 && len(s.most) != len(s.least) || !(s.stepH >= 0) || !(s.stepW >= 0) {
		s.fail(fmt.Errorf("sizes %v and %v, steps %v and %v: %w", s.least, s.most, s.stepH, s.stepW, runtime.ErrShape))
	}
	for i := range s.most {
		if s.err == nil && s.most[i] <= s.least[i] {
			s.fail(fmt.Errorf("sizes %v to %v: %w", s.least, s.most, runtime.ErrShape))
		}
	}
}

// over makes the boxes of a map [N C H W]: for each pixel and least size a square of that size, one between it and the
// largest, and one of each other ratio.
func (s *priorSizes) over(p *priors, of, image []int) error {
	h, w, imgH, imgW := of[2], of[3], cmp.Or(s.imgH, image[2]), cmp.Or(s.imgW, image[3])
	each := len(s.ratios)*len(s.least) + len(s.most)
	if n, ok := axes.Product(maxPriors, h, w, each); !ok {
		return fmt.Errorf("%d×%d×%d boxes: %w", h, w, each, runtime.ErrLimit)
	} else {
		p.boxes = make([]float32, 0, 4*n)
	}
	stepH, stepW := s.stepH, s.stepW
	if stepH == 0 || stepW == 0 {
		stepH, stepW = float32(imgH)/float32(h), float32(imgW)/float32(w)
	}
	for y := range h {
		for x := range w {
			midX, midY := (float32(x)+s.offset)*stepW, (float32(y)+s.offset)*stepH
			box := func(width, height float64) {
				for k, v := range []float64{float64(midX) - width/2, float64(midY) - height/2, float64(midX) + width/2,
					float64(midY) + height/2} {
					share := float32(v / float64([]int{imgW, imgH}[k%2]))
					if s.clip {
						share = min(max(share, 0), 1)
					}
					p.boxes = append(p.boxes, share)
				}
			}
			for i, least := range s.least {
				size := float64(least)
				box(size, size)
				if len(s.most) > 0 {
					middle := float64(float32(math.Sqrt(size * float64(s.most[i]))))
					box(middle, middle)
				}
				for _, ratio := range s.ratios[1:] {
					root := math.Sqrt(float64(ratio))
					box(float64(float32(size*root)), float64(float32(size/root)))
				}
			}
		}
	}
	return nil
}

// joinPriors notes that a concatenation of priors is priors.
func (im *importer) joinPriors(t *axes.Tensor, axis int, in []*axes.Tensor) {
	all := &priors{}
	for i, x := range in {
		p := im.priors[x]
		if p == nil || axis != 2 {
			return
		}
		all.boxes = append(all.boxes, p.boxes...)
		all.uneven = all.uneven || p.uneven || i > 0 && p.variance != all.variance
		all.variance = p.variance
	}
	im.priors[t] = all
}

// detectionOutput makes detections of encodings [1, 4·boxes], scores [1, boxes·classes] and priors. Its top is
// [1, 1, keep_top_k, 7]: image, label, score, left, top, right, bottom, the best first. Rows that are left are of label
// and score 0, the background's.
func detectionOutput(im *importer, l *layer, in []*axes.Tensor) (*axes.Tensor, error) {
	r := l.params("detection_output_param")
	nms := &reader{message: r.sub("nms_param")}
	nms.strange("nms_param")
	classes, keep, top := r.size("num_classes", 0), r.int("keep_top_k", -1), nms.int("top_k", -1)
	op := &runtime.PostProcess{Classes: classes - 1, Detections: keep, PerDetection: 1, Regular: true,
		MaxOverlap: nms.float("nms_threshold", 0.3), Candidates: max(top, 0)}
	least := r.float("confidence_threshold", float32(math.Inf(-1)))
	op.MinScore = math.Nextafter32(least, float32(math.Inf(1))) // scores are to be above
	code := r.str("code_type", "CORNER")
	encoded := r.bool("variance_encoded_in_target", false)
	for _, refuse := range []struct {
		when bool
		why  string
	}{{!r.bool("share_location", true), "share_location: false"}, {r.int("background_label_id", 0) != 0,
		"a background_label_id other than 0"}, {nms.float("eta", 1) != 1, "eta"},
		{code != "CENTER_SIZE" && code != "2", "code_type " + code + "; only CENTER_SIZE"},
		{top == 0 || top < -1, "a top_k that is not above 0"},
		{keep < 1, "no keep_top_k: as many detections as there are boxes"}} {
		if refuse.when {
			im.b.Unsupported(l.typ, l.name, "%s", refuse.why)
			return nil, nil
		}
	}
	if r.err != nil || nms.err != nil || slices.Contains(in, nil) {
		return nil, cmp.Or(r.err, nms.err)
	}
	if len(in) != 3 {
		return nil, fmt.Errorf("%d bottoms, want encodings, scores and priors: %w", len(in), runtime.ErrShape)
	}
	p := im.priors[in[2]]
	if p == nil || p.uneven {
		im.b.Unsupported(l.typ, l.name, "priors that are not those of PriorBox layers of the same variances")
		return nil, nil
	}
	n := len(p.boxes) / 4
	if axes.Elements(in[0].Dims) != 4*n || axes.Elements(in[1].Dims) != classes*n {
		return nil, fmt.Errorf("encodings %v and scores %v of %d boxes and %d classes: %w", in[0].Dims, in[1].Dims, n,
			classes, runtime.ErrShape)
	}
	op.PerClass = n
	var err error
	if op.Anchors, err = im.b.Fill(4*n, 0); err != nil {
		return nil, err
	}
	for i := range n { // x, y, width, height in the place of y, x, height, width: nothing tells them apart
		b, a := p.boxes[4*i:][:4], op.Anchors[4*i:][:4]
		a[0], a[1], a[2], a[3] = (b[0]+b[2])/2, (b[1]+b[3])/2, b[2]-b[0], b[3]-b[1]
	}
	for k, v := range p.variance {
		if op.Scale[k] = 1; !encoded {
			op.Scale[k] = 1 / v
		}
	}
	return im.detections(l, op, in, n, classes)
}

// detections adds the operation, and orders what it gives as the layer does.
func (im *importer) detections(l *layer, op *runtime.PostProcess, in []*axes.Tensor, n, classes int) (*axes.Tensor,
	error) {
	b := im.b
	var flat [2]*axes.Tensor
	for i, width := range []int{4, classes} {
		t, err := b.As(fmt.Sprintf("%s/written%d", l.name, i), in[i], runtime.AsWritten)
		if err != nil {
			return nil, err
		}
		if flat[i], err = b.Rearrange(fmt.Sprintf("%s/boxes%d", l.name, i), t, nil, []int{1, n, width}); err != nil {
			return nil, err
		}
	}
	var values [2]*runtime.Value
	for i, t := range flat {
		var err error
		if values[i], err = b.Value(t); err != nil {
			return nil, err
		}
	}
	all, err := b.AddValues(l.name+"/found", op, 2, values[:]...)
	if err != nil {
		return nil, err
	}
	rows := op.Detections
	part := func(word string, from, width int) *axes.Tensor {
		var t *axes.Tensor
		if err == nil {
			t, err = b.Slice(l.name+"/"+word, all, []axes.Range{{}, {From: from * rows, Step: 1, Count: width * rows}})
		}
		if err == nil {
			t, err = b.Rearrange(l.name+"/"+word+"s", t, nil, []int{1, 1, rows, width})
		}
		return t
	}
	boxes, class, score := part("box", 0, 4), part("class", 4, 1), part("score", 5, 1)
	one := func(word string, op runtime.Op, ts ...*axes.Tensor) *axes.Tensor {
		var t *axes.Tensor
		if err == nil {
			t, err = b.Add(l.name+"/"+word, op, ts...)
		}
		return t
	}
	number := func(how kernels.Arithmetic, v float32) *runtime.Binary {
		return &runtime.Binary{How: how, Of: []float32{v}, Shape: runtime.Shape{N: 1, H: 1, W: 1, C: 1}}
	}
	// labels count from the background's on, which is that of rows that are left
	label := one("label", &runtime.Binary{How: kernels.Times}, one("counted", number(kernels.Plus, 1), class),
		one("found?", &runtime.Curve{Of: kernels.Sign}, score))
	image := one("image", number(kernels.Times, 0), class)
	if err != nil {
		return nil, err
	}
	return b.Concat(l.name, 3, image, label, score, boxes)
}
