package preprocess

// matrix makes R'G'B', 0 to 255, of Y'CbCr: with y = Y − black, u = Cb − 128, v = Cr − 128
//
//	R = luma·y + rv·v
//	G = luma·y + gu·u + gv·v
//	B = luma·y + bu·u
//
// clamped to 0…255.
type matrix struct {
	black, luma, rv, gu, gv, bu float32
}

// matrix returns the format's matrix. Rec. ITU-R BT.601-7, 2.5.1 and BT.709-6, 3.2 define
//
//	Y = Kr·R + (1−Kr−Kb)·G + Kb·B     Cb = (B − Y) / (2·(1−Kb))     Cr = (R − Y) / (2·(1−Kr))
//
// with Kr, Kb = 0.299, 0.114 and 0.2126, 0.0722; solved for R, G and B. Of 8 bits, the limited range has 219 steps
// of Y above 16 and 224 of Cb and Cr around 128 (BT.601-7, 2.5.3); the full range of JPEG (Rec. ITU-T T.871, 7) has 255
// of each.
func (f FrameFormat) matrix() matrix {
	kr, kb := 0.299, 0.114
	if f.BT709 {
		kr, kb = 0.2126, 0.0722
	}
	black, luma, chroma := 16.0, 255.0/219, 255.0/224
	if f.FullRange {
		black, luma, chroma = 0, 1, 1
	}
	kg := 1 - kr - kb
	rv, bu := 2*(1-kr)*chroma, 2*(1-kb)*chroma
	return matrix{float32(black), float32(luma), float32(rv), float32(-bu * kb / kg), float32(-rv * kr / kg), float32(bu)}
}

// rgb returns the colour of one pixel.
func (m *matrix) rgb(y, u, v float32) (r, g, b float32) {
	y = float32((y - m.black) * m.luma)
	u, v = u-128, v-128
	r = y + float32(m.rv*v)
	g = float32(y+float32(m.gu*u)) + float32(m.gv*v)
	b = y + float32(m.bu*u)
	return clamp(r), clamp(g), clamp(b)
}

// clamp bounds a colour: Y'CbCr has values that no colour has.
func clamp(v float32) float32 {
	if v < 0 { // not min and max, which look for NaNs
		v = 0
	}
	if v > 255 {
		v = 255
	}
	return v
}
