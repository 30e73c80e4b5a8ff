package mutate_test

import (
	"testing"

	"github.com/gneiss-go/gneiss/internal/memory"
	"github.com/gneiss-go/gneiss/internal/test/guard"
	"github.com/gneiss-go/gneiss/internal/test/mutate"
)

// FuzzStructured lets coverage choose among files that are changed as [TestMutations] changes them: the input is a
// file, and the seed of what is changed in it.
func FuzzStructured(f *testing.F) {
	c := corpora(f)
	for k, files := range c.files {
		for i, file := range files {
			f.Add(uint8(k), uint64(i), file)
		}
	}
	restore := memory.New
	f.Cleanup(func() { memory.New = restore })
	f.Fuzz(func(t *testing.T, of uint8, seed uint64, file []byte) {
		k := kind(of) % kinds
		d := driver{t: t, dir: t.TempDir()}
		w := &worker{driver: &d, arena: guard.Bytes(t, guard.End, 1<<20), file: guard.Bytes(t, guard.End, 1<<18)}
		memory.New = d.memory
		w.use(k, int(seed>>1), mutate.New(seed).Mutate(formats[k], file, c.files[k]))
	})
}
