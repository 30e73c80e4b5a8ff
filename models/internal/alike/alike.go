// Package alike finds what somebody may have meant who gave a name that there is not.
package alike

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// most bounds the names that are given.
const most = 5

// Hint says for an error which names are near the wanted one, or which there are if they are few: "" or words that
// begin with a semicolon.
func Hint(want string, have []string) string {
	found := Names(want, have)
	if len(found) == 0 {
		if len(have) == 0 || len(have) > most {
			return ""
		}
		return fmt.Sprintf("; there is %s", list(have))
	}
	return fmt.Sprintf("; near it is %s", list(found))
}

func list(names []string) string {
	quoted := make([]string, len(names))
	for i, n := range names {
		quoted[i] = fmt.Sprintf("%q", n)
	}
	return strings.Join(quoted, ", ")
}

// Names returns the names that are like the wanted one, the likest first.
func Names(want string, have []string) []string {
	type scored struct {
		name string
		off  int
	}
	var found []scored
	low := strings.ToLower(want)
	seen := map[string]bool{}
	for _, name := range have {
		if seen[name] || name == "" {
			continue
		}
		seen[name] = true
		l := strings.ToLower(name)
		if d := distance(low, l, min(max(2, len(low)/4), len(low)-1)); d >= 0 {
			found = append(found, scored{name, d})
		} else if len(low) > 1 && strings.Contains(l, low) || len(l) > 2 && strings.Contains(low, l) {
			found = append(found, scored{name, 1000 + max(len(l), len(low)) - min(len(l), len(low))})
		}
	}
	slices.SortStableFunc(found, func(a, b scored) int { return cmp.Compare(a.off, b.off) })
	var names []string
	for _, f := range found[:min(len(found), most)] {
		names = append(names, f.name)
	}
	return names
}

// maxLength bounds the names whose letters are compared.
const maxLength = 256

// distance returns how many letters must be put in, taken out or changed to make b of a, −1 if more than limit.
func distance(a, b string, limit int) int {
	if len(a) > maxLength || len(b) > maxLength || max(len(a)-len(b), len(b)-len(a)) > limit {
		return -1
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		before := row[0] // of the row above, one to the left
		row[0] = i + 1
		for j := range len(b) {
			d := before
			if a[i] != b[j] {
				d = 1 + min(before, row[j], row[j+1])
			}
			before, row[j+1] = row[j+1], d
		}
	}
	if row[len(b)] > limit {
		return -1
	}
	return row[len(b)]
}
