// Package benchname names benchmarks so that benchstat can group them: key=value, the same keys on every architecture, no
// "/" within a value.
package benchname

import (
	"fmt"
	"regexp"
	"strings"
)

// kernel is a kernel's name: type, algorithm, tile, tier, and what is done with its results.
var kernel = regexp.MustCompile(`^([a-z]\d+)_(\w+?)(?:_\d+x\d+)?__([a-z0-9]+)`)

// Of returns dtype=…/algo=…/isa=… of a kernel's name. The tile is no key: it differs between tiers.
func Of(name string) string {
	m := kernel.FindStringSubmatch(name)
	if m == nil {
		return "kernel=" + Value(name)
	}
	return fmt.Sprintf("dtype=%s/algo=%s/isa=%s", m[1], m[2], m[3])
}

// Value is s as the value of a key: inception_3a/1x1 is inception_3a.1x1.
func Value(s string) string {
	return strings.NewReplacer("/", ".", " ", "_", "=", "_").Replace(s)
}
