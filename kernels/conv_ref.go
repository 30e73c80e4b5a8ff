package kernels

// RefConvF32 is what convolution means here; every float kernel is tested against it. All slices are dense:
// in [N][H][W][C], weights [K][R][S][C/Groups], bias [K] or nil, out [N][OutH][OutW][K].
//
//	out[n,y,x,k] = clamp(bias[k] + Σ_{r,s,c} in[n, y·strideH+r·dilationH−padTop, x·strideW+s·dilationW−padLeft, g·C/G+c] · weights[k,r,s,c])
//
// with g = ⌊k/(K/G)⌋ and zeros outside the input (Dumoulin & Visin, arXiv 1603.07285). The sum is kept in
// binary64 and rounded once, so that a kernel's error is its own.
func RefConvF32(s *ConvShape, in, weights, bias []float32, act Clamp, out []float32) {
	cg, kg := s.C/s.Groups, s.K/s.Groups
	o := 0
	for n := range s.N {
		for y := range s.OutH() {
			for x := range s.OutW() {
				for k := range s.K {
					sum := 0.0
					if bias != nil {
						sum = float64(bias[k])
					}
					for r := range s.R {
						iy := y*s.StrideH + r*s.DilationH - s.PadTop
						if iy < 0 || iy >= s.H {
							continue
						}
						for t := range s.S {
							ix := x*s.StrideW + t*s.DilationW - s.PadLeft
							if ix < 0 || ix >= s.W {
								continue
							}
							px := in[((n*s.H+iy)*s.W+ix)*s.C+k/kg*cg:][:cg]
							w := weights[((k*s.R+r)*s.S+t)*cg:][:cg]
							for c := range px {
								sum += float64(px[c]) * float64(w[c])
							}
						}
					}
					out[o] = act.apply(float32(sum))
					o++
				}
			}
		}
	}
}

// apply bounds x; a NaN stays a NaN.
func (c Clamp) apply(x float32) float32 {
	if x < c.Lo {
		x = c.Lo
	}
	if x > c.Hi {
		x = c.Hi
	}
	return x
}
