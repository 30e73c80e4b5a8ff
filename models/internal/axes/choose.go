package axes

import "github.com/gneiss-go/gneiss/runtime"

// Choose appends a choice among boxes [B N 4] by scores [B C N]; the result is [Rows 3], or one number.
func (b *Builder) Choose(name string, op *runtime.NMS, boxes, scores *Tensor) (*Tensor, error) {
	boxes, err := b.plain(name+"/boxes", boxes, boxes.Dims...)
	if err != nil {
		return nil, err
	}
	if scores, err = b.plain(name+"/scores", scores, scores.Dims...); err != nil {
		return nil, err
	}
	v, err := b.add(name, op, boxes.v, scores.v)
	if err != nil {
		return nil, err
	}
	if op.Count {
		return over(v, []int{}, runtime.AsWritten), nil
	}
	if v, err = b.recast(name+"/rows", v, runtime.ShapeOf([]int{op.Rows, 3}, runtime.AsWritten)); err != nil {
		return nil, err
	}
	return over(v, []int{op.Rows, 3}, runtime.AsWritten), nil
}
