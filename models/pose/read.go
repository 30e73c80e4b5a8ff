package pose

import (
	"fmt"
	"math"

	"github.com/gneiss-go/gneiss/kernels"
	"github.com/gneiss-go/gneiss/models/preprocess"
	"github.com/gneiss-go/gneiss/runtime"
)

// Read appends the poses of the session's last answer, for a picture of w×h pixels: half of [Estimator.Image], for
// those who fill and run the [Estimator.Session] themselves. Its errors wrap [runtime.ErrShape] if a number that says
// whether there is something is no probability.
func (p *Estimator) Read(w, h int, poses []Pose) ([]Pose, error) {
	g, err := p.Geometry(w, h)
	if err != nil {
		return poses, err
	}
	spec := p.Spec()
	in := input{g, float32(spec.Width), float32(spec.Height)}
	switch p.head.kind {
	case Heatmaps, Offsets:
		pose := p.grow(&poses)
		if p.head.kind == Heatmaps {
			p.highest(pose, &in)
		} else {
			p.corrected(pose, &in)
		}
		return p.sum(poses), nil
	case MoveNet:
		pose := p.grow(&poses)
		p.triples(pose, p.output(0), &in)
		return p.sum(poses), nil
	case MultiPose:
		all := p.output(0)
		for r := range p.head.rows {
			row := all[r*multiRow:][:multiRow]
			if row[multiRow-1] >= p.threshold {
				pose := p.grow(&poses)
				p.triples(pose, row, &in)
				b := row[3*bodyPoints:]
				pose.X0, pose.Y0 = in.Point(b[1]*in.w, b[0]*in.h)
				pose.X1, pose.Y1 = in.Point(b[3]*in.w, b[2]*in.h)
				pose.Score = score(b[4])
			}
		}
		return poses, nil
	}
	return p.landmarks(poses, &in)
}

// input is what the network sees, and where it lies in the picture.
type input struct {
	*preprocess.Geometry
	w, h float32
}

// key makes a point of a place in the input and its score. A place that is no number has the score 0.
func (in *input) key(x, y, s float32) Point {
	k := Point{Score: score(s)}
	if k.X, k.Y = in.Point(x, y); k.X-k.X != 0 || k.Y-k.Y != 0 {
		return Point{}
	}
	return k
}

// grow appends a pose with room for its points, that of one beyond the end if there is one.
func (p *Estimator) grow(poses *[]Pose) *Pose {
	n := len(*poses)
	if n < cap(*poses) {
		*poses = (*poses)[:n+1]
	} else {
		*poses = append(*poses, Pose{})
	}
	pose := &(*poses)[n]
	points := pose.Points
	if cap(points) < p.head.points {
		points = make([]Point, p.head.points)
	}
	*pose = Pose{Points: points[:p.head.points]}
	return pose
}

// sum makes box and score of the last pose's sure points. A pose without any goes.
func (p *Estimator) sum(poses []Pose) []Pose {
	pose := &poses[len(poses)-1]
	var sum float32
	n := 0
	for i := range pose.Points {
		if k := &pose.Points[i]; k.Score >= p.threshold {
			pose.hold(k, n == 0)
			sum, n = sum+k.Score, n+1
		}
	}
	if n == 0 {
		return poses[:len(poses)-1]
	}
	pose.Score = sum / float32(n)
	return poses
}

// hold widens the box to hold a point.
func (b *Pose) hold(k *Point, first bool) {
	if first {
		b.X0, b.Y0, b.X1, b.Y1 = k.X, k.Y, k.X, k.Y
		return
	}
	b.X0, b.Y0, b.X1, b.Y1 = min(b.X0, k.X), min(b.Y0, k.Y), max(b.X1, k.X), max(b.Y1, k.Y)
}

// output returns the numbers of one of the head's outputs, as they lie in memory.
func (p *Estimator) output(i int) []float32 {
	at := p.head.outputs[i]
	t := p.Session().Output(at)
	if f := t.Float32(); f != nil {
		return f
	}
	out, q := p.numbers[at], t.Info().Quant
	for i, v := range t.Uint8() {
		out[i] = float32(int32(v)-int32(q.Zero)) * q.Scale
	}
	return out
}

// score makes a number a score: from 0 to 1, and 0 of what is none.
func score(v float32) float32 {
	if !(v > 0) {
		return 0
	}
	return min(v, 1)
}

// highest finds each point where its map is highest, the first of several: the middle of that pixel.
func (p *Estimator) highest(pose *Pose, in *input) {
	maps, m := p.output(0), &p.head.maps[0]
	for k := range pose.Points {
		bx, by, best := 0, 0, float32(math.Inf(-1))
		for y := range m.H {
			for x := range m.W {
				if v := maps[y*m.Row+x*m.Col+k*m.Channel]; v > best {
					bx, by, best = x, y, v
				}
			}
		}
		pose.Points[k] = in.key((float32(bx)+0.5)*in.w/float32(m.W), (float32(by)+0.5)*in.h/float32(m.H), best)
	}
}

// near weighs a pixel by its distance from another: MoveNet's 1/(d + 1.8), in pixels of its maps.
func near(dx, dy float32) float32 {
	return 1 / (float32(math.Sqrt(float64(float32(dx*dx)+float32(dy*dy)))) + 1.8)
}

// corrected finds the body whose centre is highest, weighed by how near it is to the middle; each point where its map
// is highest, weighed by how near it is to where the centre says; and there what lies between pixels.
func (p *Estimator) corrected(pose *Pose, in *input) {
	heat, centre, from, rest := p.output(0), p.output(1), p.output(2), p.output(3)
	m := p.head.maps
	w, h := m[0].W, m[0].H
	most := func(s []float32, i, channel int, tx, ty float32) (bx, by int) {
		best := float32(math.Inf(-1))
		for y := range h {
			for x := range w {
				v := s[y*m[i].Row+x*m[i].Col+channel*m[i].Channel] * near(float32(x)-tx, float32(y)-ty)
				if v > best {
					bx, by, best = x, y, v
				}
			}
		}
		return bx, by
	}
	at := func(s []float32, i, x, y, channel int) float32 {
		return s[y*m[i].Row+x*m[i].Col+channel*m[i].Channel]
	}
	cx, cy := most(centre, 1, 0, float32(w)/2, float32(h)/2)
	for k := range pose.Points {
		tx := float32(cx) + float32(math.Floor(float64(at(from, 2, cx, cy, 2*k)+0.5)))
		ty := float32(cy) + float32(math.Floor(float64(at(from, 2, cx, cy, 2*k+1)+0.5)))
		bx, by := most(heat, 0, k, tx, ty)
		x, y := float32(bx)+at(rest, 3, bx, by, 2*k), float32(by)+at(rest, 3, bx, by, 2*k+1)
		pose.Points[k] = in.key(x*in.w/float32(w), y*in.h/float32(h), at(heat, 0, bx, by, k))
	}
}

// triples takes points of y, x, score.
func (p *Estimator) triples(pose *Pose, row []float32, in *input) {
	for k := range pose.Points {
		pose.Points[k] = in.key(row[3*k+1]*in.w, row[3*k]*in.h, row[3*k+2])
	}
}

// landmarks takes points of x, y, z in pixels of the input, if there is something. A point of a body that is hidden, or
// that lies outside, has the smaller of both scores; others have that of the whole.
func (p *Estimator) landmarks(poses []Pose, in *input) ([]Pose, error) {
	there := p.output(1)[0]
	if p.head.kind == Face {
		there = sigmoid(there)
	}
	const slack = 1.0 / 256 // levels end beside 0 and 1
	if !(there >= -slack && there <= 1+slack) {
		return poses, fmt.Errorf("pose: output %q: %v is no probability of a %s: %w",
			p.Session().Output(p.head.outputs[1]).Info().Name, there, p.head.kind, runtime.ErrShape)
	}
	if there < p.threshold {
		return poses, nil
	}
	pose, all := p.grow(&poses), p.output(0)
	step := 3
	if p.head.kind == BlazePose {
		step = 5
	}
	first := true
	for i := range pose.Points {
		n := all[i*step:][:step]
		sure := there
		if step == 5 {
			sure = min(sigmoid(n[3]), sigmoid(n[4]))
		}
		k := &pose.Points[i]
		*k = in.key(n[0], n[1], sure)
		if k.Z = n[2] * in.ScaleX; k.Z-k.Z != 0 {
			k.Z = 0
		}
		if k.Score >= p.threshold {
			pose.hold(k, first)
			first = false
		}
	}
	pose.Score = score(there)
	return poses, nil
}

// sigmoid is 1/(1+e⁻ˣ), the same bits on every CPU.
func sigmoid(x float32) float32 {
	v := [1]float32{x}
	kernels.Function{Of: kernels.Sigmoid}.Apply(v[:], v[:])
	return v[0]
}
