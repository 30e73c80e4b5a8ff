package kernels

import (
	"sync"
	"testing"

	"github.com/gneiss-go/gneiss/arch"
	"github.com/gneiss-go/gneiss/internal/test/guard"
)

// Workers have columns of their own, and begin anywhere: within an image, at the next, before and after columns move
// back.
func TestColumnWorkers(t *testing.T) {
	c := square(2, 37, 3, 20, 5, 2, 2)
	in, q := randomU8(newRand(t), c, false)
	want := make([]uint8, c.N*c.OutH()*c.OutW()*c.K)
	RefConvU8(&c.ConvShape, in, &q, want)
	x := dense(t, U8, c.N, c.H, c.W, c.C, in)
	for _, isa := range arch.Supported() {
		op := newColumnConvU8(c.ConvShape, seg(c), q, convTile(U8, isa))
		y := newTensor(t, guard.End, U8, c.N, c.OutH(), c.OutW(), c.K, c.K)
		runTask(t, op, []*tensor{x}, []*tensor{y})
		equalBits(t, op.Kernel(), y.mem, want)
		for workers := 2; workers <= 7; workers++ {
			clear(y.mem)
			task := op.Bind([]View{x.View}, []View{y.View}, aligned[byte](op.Scratch(workers)), workers)
			var all sync.WaitGroup
			for w := range workers {
				all.Go(func() { task.Run(w, part(w, workers, task.Units()), part(w+1, workers, task.Units()), nil) })
			}
			all.Wait()
			equalBits(t, op.Kernel(), y.mem, want)
		}
	}
}
