//go:build (amd64 || arm || arm64) && gc && !purego && !noasm

package kernels

import (
	"math"
	"unsafe"
)

// lane is a number in every lane of a vector.
type lane [16]float32

// every has the constants of curve_f32.h: those of expNegative, tanh, erf and the loops of curves in Go.
//
//lint:ignore U1000 assembly uses it
type every struct {
	min, round, log2e, ln2Hi, ln2Lo, p0, p1, p2, p3, p4, p5     lane
	zero, half, one, minusOne, two, minusTwo, three, minusThree lane
	six, sixth, floor128, inf, expLeast, expMost, expm1Least    lane
	tanhPoly, t0, t1, t2, t3, t4                                lane
	rootHalf, erfMost, erfPoly, e0, e1, e2, e3, e4, e5          lane
	f0, f1, f2, f3, f4, f5, f6, cubic, geluTwice                lane
	sign, magnitude, bias, biasLess, roundBits                  lane // as bits
	most, s0, s1, s2, s3, s4, s5, s6, s7, s8, s9                lane
}

//lint:ignore U1000 assembly uses it
var curveConsts = addr(newEvery())

//lint:ignore U1000 curveConsts does
func newEvery() []float32 {
	bits := math.Float32frombits
	list := []float32{expMin, expRound, expLog2e, expLn2Hi, expLn2Lo, expP0, expP1, expP2, expP3, expP4, expP5,
		0, 0.5, 1, -1, 2, -2, 3, -3,
		6, float32(1) / 6, -128, posInf, -104, 88.8, -17.5,
		0.625, -5.70498872745e-3, 2.06390887954e-2, -5.37397155531e-2, 1.33314422036e-1, -3.33332819422e-1,
		0.70710678118654752, 4, 0.927734375,
		-5.96761703e-4, 4.99119423e-3, -2.67681349e-2, 1.12819925e-1, -3.76125336e-1, 1.28379166e-1,
		-1.72853470e-5, 3.83197126e-4, -3.88396438e-3, 2.42546219e-2, -1.06777877e-1, -6.34846687e-1, -1.28717512e-1,
		0.044715, 1.5957691216057308,
		bits(1 << 31), bits(1<<31 - 1), bits(127), bits(126), bits(0x4b400000), math.MaxFloat32}
	list = append(list, softplusTerms[:]...)
	n := len(lane{})
	if len(list)*n*4 != int(unsafe.Sizeof(every{})) {
		panic("kernels: constants of curves are missing")
	}
	all := aligned[float32](len(list) * n)
	for i := range all {
		all[i] = list[i/n]
	}
	return all
}

// curveVectors are a tier's functions; what has none is done in Go.
type curveVectors [curves]func(*eltwiseArgs)

func (v *curveVectors) run(e *eltwiseArgs) {
	if f := v[e.curve]; f != nil {
		f(e)
	} else {
		curveF32Generic(e)
	}
}
