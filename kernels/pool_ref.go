package kernels

// RefPoolF32 is what pooling means here. in is dense [N][H][W][C], out [N][OutH][OutW][C].
//
// A window's taps are the input cells (y·strideH − padTop + r·dilationH, x·strideW − padLeft + s·dilationW); those
// outside the input do not take part.
//
//	max      the largest tap; NaNs are passed over, and a window without taps (or of NaNs only) gives −Inf.
//	         Which zero comes out of +0 and −0 is not defined.
//	average  the sum of the taps in binary32, row by row from the left, divided by their number; with
//	         CountIncludePad, by the number of cells of the window inside the padded input (H + PadTop + PadBottom by
//	         W + PadLeft + PadRight), so that what a ceil-mode window reaches beyond the padding never counts.
//	         A window without taps gives 0.
//
// These are the meanings of Caffe's and ONNX's pooling (Caffe: CountIncludePad, ceil mode).
func RefPoolF32(s *PoolShape, max bool, in, out []float32) {
	o := 0
	for n := range s.N {
		for y := range s.OutH {
			for x := range s.OutW {
				for c := range s.C {
					best, sum, inside, padded := negInf, float32(0), 0, 0
					for r := range s.R {
						for t := range s.S {
							iy, ix := y*s.StrideH-s.PadTop+r*s.DilationH, x*s.StrideW-s.PadLeft+t*s.DilationW
							if iy < s.H+s.PadBottom && ix < s.W+s.PadRight {
								padded++
							}
							if iy < 0 || iy >= s.H || ix < 0 || ix >= s.W {
								continue
							}
							inside++
							v := in[((n*s.H+iy)*s.W+ix)*s.C+c]
							sum += v
							if v > best {
								best = v
							}
						}
					}
					if s.CountIncludePad {
						inside = padded
					}
					switch {
					case max:
						out[o] = best
					case inside == 0:
						out[o] = 0
					default:
						out[o] = sum / float32(inside)
					}
					o++
				}
			}
		}
	}
}
