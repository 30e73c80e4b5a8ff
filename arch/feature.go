package arch

import "strings"

// Feature is a set of CPU features, one bit each. A kernel names exactly those it uses.
type Feature uint32

// Has reports whether f contains all of want.
func (f Feature) Has(want Feature) bool { return f&want == want }

// String lists the features' names, joined by "+"; the empty set is "none".
func (f Feature) String() string {
	if f == 0 {
		return "none"
	}
	var names []string
	for i, n := range featureNames {
		if f.Has(1 << i) {
			names = append(names, n)
		}
	}
	return strings.Join(names, "+")
}
