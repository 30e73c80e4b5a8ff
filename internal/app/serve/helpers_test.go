package serve

import (
	"testing"

	"github.com/gneiss-go/gneiss/internal/app/answer"
	"github.com/gneiss-go/gneiss/models/card"
	"github.com/gneiss-go/gneiss/models/cifar10"
	"github.com/gneiss-go/gneiss/runtime"
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// cifar is the embedded network.
func cifar(t testing.TB) Model {
	t.Helper()
	g, err := cifar10.Graph()
	must(t, err)
	plan, err := runtime.Compile(g)
	must(t, err)
	return Model{Name: "CIFAR-10 GoogLeNet", Source: "built in", Graph: g, Plan: plan,
		Card: card.Card{Task: card.Classify, Note: "knows ten things", Input: &cifar10.Preprocess,
			Labels: cifar10.Classes},
		Options: answer.Options{Probabilities: true}}
}

// newServer serves the embedded network; it is closed at the end of the test.
func newServer(t testing.TB, o Options) *Server {
	t.Helper()
	if o.Version == "" {
		o.Version = "test"
	}
	s, err := New([]Model{cifar(t)}, o)
	must(t, err)
	t.Cleanup(func() { s.Close() })
	return s
}
