package track

// axis is a number that moves at constant velocity, and how well both are known: a Kalman filter of two states.
//
//	x' = x + v     v' = v     each with noise; x is measured
//
// A box of ByteTrack has eight states, the four numbers of its place and their velocities. Their noise is independent
// and no number moves another, so the 8 × 8 covariance is zero outside four blocks of 2 × 2: four axes are that filter,
// exactly.
//
// Products are rounded before they are added, so that no architecture fuses them: float64(a*b) + c.
type axis struct {
	x, v          float64 // the estimate; v per frame
	pxx, pxv, pvv float64 // covariance of the estimate
}

// start makes the first estimate of one measurement; deviations are of the position and of the velocity, which is 0.
func (a *axis) start(z, sx, sv float64) {
	*a = axis{x: z, pxx: float64(sx * sx), pvv: float64(sv * sv)}
}

// predict moves on by a frame: P' = F·P·Fᵀ + Q, with F = [1 1; 0 1].
func (a *axis) predict(sx, sv float64) {
	a.x += a.v
	a.pxx = (a.pxx + a.pxv) + (a.pxv + a.pvv) + float64(sx*sx)
	a.pxv += a.pvv
	a.pvv += float64(sv * sv)
}

// correct takes a measurement z of deviation s: K = P·Hᵀ/(H·P·Hᵀ + s²), x' = x + K·(z − H·x), P' = P − K·H·P.
func (a *axis) correct(z, s float64) {
	all := a.pxx + float64(s*s)
	kx, kv := a.pxx/all, a.pxv/all
	d := z - a.x
	a.x += float64(kx * d)
	a.v += float64(kv * d)
	a.pvv -= float64(kv * a.pxv)
	a.pxv -= float64(kx * a.pxv)
	a.pxx -= float64(kx * a.pxx)
}

// Deviations of noise, as SORT's successors have them (DeepSORT, 2017; ByteTrack, 2022): in parts of the box's height.
const (
	place  = 1.0 / 20  // of the centre and of the height, of a measurement and of a frame's motion
	motion = 1.0 / 160 // of their velocities
)

// kalman follows a box: its centre, its width by height, its height.
type kalman struct{ cx, cy, ratio, height axis }

// rect is a box in float64.
type rect struct{ x0, y0, x1, y1 float64 }

// measure returns the filter's four numbers of a box.
func (r rect) measure() (cx, cy, ratio, height float64) {
	w, h := r.x1-r.x0, r.y1-r.y0
	return r.x0 + w/2, r.y0 + h/2, w / h, h
}

// start begins with a box that was seen once.
func (k *kalman) start(r rect) {
	cx, cy, ratio, h := r.measure()
	k.cx.start(cx, 2*place*h, 10*motion*h)
	k.cy.start(cy, 2*place*h, 10*motion*h)
	k.ratio.start(ratio, 1e-2, 1e-5)
	k.height.start(h, 2*place*h, 10*motion*h)
}

// predict moves on by a frame. A box that was not seen in the frame before keeps its height.
func (k *kalman) predict(seen bool) {
	if !seen {
		k.height.v = 0
	}
	h := max(k.height.x, least)
	k.cx.predict(place*h, motion*h)
	k.cy.predict(place*h, motion*h)
	k.ratio.predict(1e-2, 1e-5)
	k.height.predict(place*h, motion*h)
}

// correct takes a box that was seen.
func (k *kalman) correct(r rect) {
	cx, cy, ratio, z := r.measure()
	h := max(k.height.x, least)
	k.cx.correct(cx, place*h)
	k.cy.correct(cy, place*h)
	k.ratio.correct(ratio, 1e-1)
	k.height.correct(z, place*h)
}

// least is the least height and width, in pixels, that a box is taken to have.
const least = 1e-3

// box returns the estimate.
func (k *kalman) box() rect {
	h := max(k.height.x, least)
	w := max(float64(k.ratio.x*h), least)
	return rect{k.cx.x - w/2, k.cy.x - h/2, k.cx.x + w/2, k.cy.x + h/2}
}

// overlap returns the intersection over union of two boxes that are not empty.
func (r rect) overlap(o rect) float64 {
	w, h := min(r.x1, o.x1)-max(r.x0, o.x0), min(r.y1, o.y1)-max(r.y0, o.y0)
	if !(w > 0 && h > 0) {
		return 0
	}
	both := float64(w * h)
	return both / (float64((r.x1-r.x0)*(r.y1-r.y0)) + float64((o.x1-o.x0)*(o.y1-o.y0)) - both)
}
