// Package built says what a program was built from.
package built

import "runtime/debug"

// From is the version that the go command gave the program, and the commit that it was built from, "" if unknown.
func From() (version, commit string) {
	b, ok := debug.ReadBuildInfo()
	if !ok {
		return "(devel)", ""
	}
	return from(b)
}

func from(b *debug.BuildInfo) (version, commit string) {
	version = "(devel)"
	if b.Main.Version != "" {
		version = b.Main.Version
	}
	for _, s := range b.Settings {
		switch {
		case s.Key == "vcs.revision":
			commit = s.Value[:min(12, len(s.Value))] + commit
		case s.Key == "vcs.modified" && s.Value == "true":
			commit += ", modified"
		}
	}
	return version, commit
}
