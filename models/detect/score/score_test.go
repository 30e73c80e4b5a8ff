package score

import (
	"errors"
	"math"
	"testing"

	"github.com/gneiss-go/gneiss/runtime"
)

func box(x, y, w, h float64) Box { return Box{x, y, x + w, y + h} }

// TestMeasure: made-up cases whose answers follow from the definition.
func TestMeasure(t *testing.T) {
	a, b, far := box(10, 10, 20, 20), box(100, 100, 40, 40), box(300, 300, 10, 10)
	six := Box{10, 10, 30, 22} // IoU 0.6 with a
	for _, c := range []struct {
		name       string
		truths     []Truth
		found      []Found
		ap50, ap   float64
		classes, n int // n: found of the first class
	}{
		{"all right", []Truth{{0, 1, a, false, false}, {1, 1, b, false, false}},
			[]Found{{0, 1, a, 0.9}, {1, 1, b, 0.8}}, 1, 1, 1, 2},
		{"nothing found", []Truth{{0, 1, a, false, false}}, nil, 0, 0, 1, 0},
		{"half of it", []Truth{{0, 1, a, false, false}, {0, 1, b, false, false}}, []Found{{0, 1, a, 0.9}},
			51. / 101, 51. / 101, 1, 1}, // precision 1 up to recall 0.5
		{"a wrong one before", []Truth{{0, 1, a, false, false}}, []Found{{0, 1, far, 0.9}, {0, 1, a, 0.8}}, 0.5, 0.5, 1, 2},
		{"a wrong one behind", []Truth{{0, 1, a, false, false}}, []Found{{0, 1, a, 0.9}, {0, 1, far, 0.8}}, 1, 1, 1, 2},
		{"twice is wrong", []Truth{{0, 1, a, false, false}, {0, 1, b, false, false}},
			[]Found{{0, 1, a, 0.9}, {0, 1, a, 0.8}, {0, 1, b, 0.7}}, (51 + 50*2./3) / 101, (51 + 50*2./3) / 101, 1, 3},
		{"another image", []Truth{{0, 1, a, false, false}}, []Found{{1, 1, a, 0.9}}, 0, 0, 1, 1},
		{"another class", []Truth{{0, 1, a, false, false}}, []Found{{0, 2, a, 0.9}}, 0, 0, 1, 0},
		{"IoU 0.6", []Truth{{0, 1, a, false, false}}, []Found{{0, 1, six, 0.9}}, 1, 0.3, 1, 1}, // at 0.5, 0.55, 0.6
		{"two classes", []Truth{{0, 1, a, false, false}, {0, 2, b, false, false}}, []Found{{0, 1, a, 0.9}}, 0.5, 0.5, 2, 1},
		{"ignored", []Truth{{0, 1, a, false, false}, {0, 1, b, true, false}}, []Found{{0, 1, b, 0.95}, {0, 1, a, 0.9}},
			1, 1, 1, 1},
		{"a crowd takes several", []Truth{{0, 1, a, false, false}, {0, 1, box(90, 90, 100, 100), false, true}},
			[]Found{{0, 1, b, 0.95}, {0, 1, box(95, 95, 30, 30), 0.94}, {0, 1, a, 0.9}}, 1, 1, 1, 1},
		{"only ignored", []Truth{{0, 1, a, true, false}}, []Found{{0, 1, a, 0.9}}, 0, 0, 0, 0},
		{"the better of two", []Truth{{0, 1, six, false, false}, {0, 1, a, false, false}},
			[]Found{{0, 1, a, 0.9}, {0, 1, six, 0.8}}, 1, 1, 1, 2},
	} {
		r, err := Measure(c.truths, c.found)
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(r.AP50-c.ap50) > 1e-9 || math.Abs(r.AP-c.ap) > 1e-9 || len(r.Classes) != c.classes {
			t.Errorf("%s: AP50 %v, AP %v of %d classes, want %v, %v, %d", c.name, r.AP50, r.AP, len(r.Classes), c.ap50, c.ap,
				c.classes)
		} else if c.classes > 0 && r.Classes[0].Found != c.n {
			t.Errorf("%s: %d found, want %d", c.name, r.Classes[0].Found, c.n)
		}
	}
}

// TestPerImage: of an image, the best hundred of a class count.
func TestPerImage(t *testing.T) {
	truths := []Truth{{Image: 0, Class: 0, Box: box(0, 0, 10, 10)}}
	var found []Found
	for i := range PerImage {
		found = append(found, Found{0, 0, box(100+float64(i), 100, 10, 10), 0.9})
	}
	found = append(found, Found{0, 0, truths[0].Box, 0.5})
	if r, _ := Measure(truths, found); r.AP50 != 0 {
		t.Error("the 101st counts:", r.AP50)
	}
	if r, _ := Measure(truths, found[1:]); math.Abs(r.AP50-0.01) > 1e-9 {
		t.Error("the hundredth does not:", r.AP50)
	}
}

func TestHostile(t *testing.T) {
	for _, v := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		if _, err := Measure([]Truth{{Box: Box{v, 0, 1, 1}}}, nil); !errors.Is(err, runtime.ErrShape) {
			t.Error(v, err)
		}
		if _, err := Measure(nil, []Found{{Box: Box{0, 0, 1, v}}}); !errors.Is(err, runtime.ErrShape) {
			t.Error(v, err)
		}
	}
	if _, err := Measure(nil, []Found{{Score: math.NaN()}}); !errors.Is(err, runtime.ErrShape) {
		t.Error(err)
	}
	inside := []Truth{{Box: Box{5, 5, 1, 1}}}
	if r, err := Measure(inside, []Found{{Box: Box{5, 5, 1, 1}}}); err != nil || r.AP50 != 0 {
		t.Error("a box turned inside out was found:", r, err)
	}
}
