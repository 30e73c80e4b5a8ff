package runtime

import (
	"fmt"

	"github.com/gneiss-go/gneiss/kernels"
)

// halfTolerance is selfTolerance of graphs in half precision: tiers may round a sum to either of two neighbours, of
// which the next layers make more.
const halfTolerance = 1. / 128

// tolerance is the difference allowed between the results of a plan on two tiers.
func (p *Plan) tolerance() float64 {
	for i := range p.values {
		if p.values[i].view.dtype == F16 {
			return halfTolerance
		}
	}
	return selfTolerance
}

// halfCases are networks in half precision.
func halfCases() (cases []selfCase) {
	add := func(name string, in Shape, build func(*selfBuilder, *Value) *Value) {
		cases = append(cases, selfCase{name: "half " + name, input: in, half: true, build: build})
	}
	for _, s := range []struct{ h, c, k, r, stride, groups int }{
		{7, 16, 33, 1, 1, 1}, {12, 16, 48, 3, 1, 1}, {15, 3, 64, 7, 2, 1}, {11, 24, 24, 3, 1, 24}, {9, 32, 31, 5, 1, 1},
	} {
		in := Shape{1, s.h, s.h + 1, s.c}
		add(fmt.Sprintf("convolution %d×%d/%d of %v to %d in %d groups", s.r, s.r, s.stride, in, s.k, s.groups), in,
			func(b *selfBuilder, x *Value) *Value {
				return b.add(&Curve{Of: kernels.SiLU}, b.conv(x, s.k, s.r, s.stride, s.groups))
			})
	}
	for _, c := range []int{5, 64} {
		in := Shape{1, 9, 10, c}
		add(fmt.Sprint("operations of ", c), in, func(b *selfBuilder, x *Value) *Value {
			y := b.conv(x, c, 1, 1, 1)
			y = b.add(&Add{Act: ReLU}, b.add(&Pool{Window: window(5, 1)}, y), b.add(&Pool{Window: window(3, 1)}, y))
			y = b.add(&Concat{}, y, b.add(&LRN{Size: 5, Alpha: 0.5, Beta: 0.75, Bias: 1}, y), y)
			y = b.add(&Activation{Act: Clamp{On: true, Lo: -0.25, Hi: 1}}, b.add(&Pool{Window: window(3, 1), Type: AvgPool}, y))
			return b.add(&Binary{How: kernels.Times}, y, b.add(&GlobalPool{Type: AvgPool}, y))
		})
		add(fmt.Sprint("movements of ", c), in, func(b *selfBuilder, x *Value) *Value {
			y := b.add(columnsFirst(in), b.conv(x, c, 1, 1, 1))
			y = b.add(&Take{Rows: []int32{8, -1, 0}, Channels: []int32{3, 9, 1}}, y)
			return b.add(&FC{K: 11, Weights: b.floats(11*3*c*3, 0.1), Bias: b.floats(11, 1)}, b.add(&Flatten{}, y))
		})
	}
	return cases
}
