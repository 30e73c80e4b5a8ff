//go:build pretend && !evex

package arch

import (
	"os"
	"slices"
	"strings"
)

// pretended adds the features that GNEISS_PRETEND names, joined by "+" as [Feature.String] does. Only binaries built
// with the tag pretend look: they run where the missing instructions are emulated, see internal/test/trap.
func pretended(f Feature) Feature {
	for word := range strings.SplitSeq(os.Getenv("GNEISS_PRETEND"), "+") {
		if i := slices.Index(featureNames[:], word); i >= 0 {
			f |= 1 << i
		}
	}
	return f
}
