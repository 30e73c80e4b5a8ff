package card

import (
	"fmt"
	"testing"
)

// BenchmarkDecode reads the card of a classifier of a thousand classes, which loading such a model waits for.
func BenchmarkDecode(b *testing.B) {
	c := full()
	c.Head = nil
	c.Labels = nil
	for i := range 1000 {
		c.Labels = append(c.Labels, fmt.Sprintf("class %d, with a name or two", i))
	}
	data, err := Encode(c)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Decode(data); err != nil {
			b.Fatal(err)
		}
	}
}
