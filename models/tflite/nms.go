package tflite

import (
	"fmt"

	"github.com/gneiss-go/gneiss/kernels"
	"github.com/gneiss-go/gneiss/models/internal/axes"
	"github.com/gneiss-go/gneiss/runtime"
)

const (
	opNonMaxSuppressionV4 = 120
	opNonMaxSuppressionV5 = 121
)

func registerNms() {
	register(opNonMaxSuppressionV4, form{handle: nonMaxSuppression, options: 95})
	register(opNonMaxSuppressionV5, form{handle: nonMaxSuppression, options: 96})
}

// number is input i, a constant of one real number.
func (n *node) number(i int) (float32, error) {
	t := n.tensor(i)
	if t == nil || !t.constant() {
		return 0, fmt.Errorf("input %d is no constant: %w", i, runtime.ErrGraph)
	}
	v, err := n.reals(t)
	if err == nil && len(v) != 1 {
		err = fmt.Errorf("%d numbers in %q, want one: %w", len(v), t.name, runtime.ErrShape)
	}
	if err != nil {
		return 0, err
	}
	return v[0], nil
}

// nonMaxSuppression gives the indices of the boxes that were chosen, 0 in those that are left over, their scores (V5),
// and their number.
func nonMaxSuppression(n *node) error {
	boxes, err := n.operand(0)
	if err != nil {
		return err
	}
	scores, err := n.operand(1)
	if err != nil {
		return err
	}
	most, err := n.integers(2)
	if err != nil {
		return err
	}
	var numbers [3]float32 // overlap, score, sigma
	soft := n.code == opNonMaxSuppressionV5
	for i := range numbers {
		if i == 2 && !soft {
			break
		}
		if numbers[i], err = n.number(3 + i); err != nil {
			return err
		}
	}
	switch {
	case len(most) != 1 || most[0] < 1 || len(boxes.Dims) != 2 || len(scores.Dims) != 1:
		return fmt.Errorf("%v of boxes %v by scores %v: %w", most, boxes.Dims, scores.Dims, runtime.ErrShape)
	case numbers[2] != 0:
		return fmt.Errorf("soft suppression, of sigma %v: %w", numbers[2], runtime.ErrGraph)
	case soft && len(n.outputs) != 3 || !soft && len(n.outputs) != 2:
		return fmt.Errorf("%d outputs: %w", len(n.outputs), runtime.ErrGraph)
	}
	op := runtime.NMS{Most: most[0], Rows: most[0], IoU: numbers[0], Least: numbers[1], AtLeast: true}
	return n.chosen(op, boxes, scores)
}

// chosen makes the outputs of what the operation chooses.
func (n *node) chosen(op runtime.NMS, boxes, scores *axes.Tensor) error {
	b, count := n.b, scores.Dims[0]
	wide, err := b.Rearrange(n.name+"/boxes", boxes, nil, []int{1, boxes.Dims[0], 4})
	if err != nil {
		return err
	}
	row, err := b.Rearrange(n.name+"/scores", scores, nil, []int{1, 1, count})
	if err != nil {
		return err
	}
	number := op
	number.Count = true
	rows, err := b.Choose(n.name+"/chosen", &op, wide, row)
	if err != nil {
		return err
	}
	at, err := b.Pick(n.name+"/at", rows, 1, []int32{2}, nil)
	if err != nil {
		return err
	}
	if err := n.gives(0)(n.with(n.outputName(0), &runtime.Whole{How: kernels.WholeLarger}, at, 0)); err != nil {
		return err
	}
	last := len(n.outputs) - 1
	if err := n.gives(last)(b.Choose(n.outputName(last), &number, wide, row)); err != nil || last == 1 {
		return err
	}
	none, err := n.with(n.name+"/none", &runtime.Compare{How: kernels.Less}, at, 0)
	if err != nil {
		return err
	}
	beyond, err := b.Ints(n.name+"/beyond", nil, []int32{int32(count)}) // where there is no score, but 0
	if err != nil {
		return err
	}
	if at, err = b.Broadcast(n.name+"/place", &runtime.Where{}, none, beyond, at); err != nil {
		return err
	}
	return n.gives(1)(b.Gather(n.outputName(1), scores, at, 0, 0))
}
