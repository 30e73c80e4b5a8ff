// Package gotool runs the go command for tests and tools that build programs of this module.
package gotool

import (
	"debug/elf"
	"fmt"
	"os/exec"
)

// Command is "go verb args…" for a verb that builds or lists packages. What it makes carries no version control stamp:
// a tree that belongs to someone else, which git does not trust, is built like any other.
func Command(verb string, args ...string) *exec.Cmd {
	return exec.Command("go", append([]string{verb, "-buildvcs=false"}, args...)...)
}

// Static returns an error unless the file is a program in ELF that needs neither a loader nor a shared library.
func Static(path string) error {
	f, err := elf.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	for _, p := range f.Progs {
		if p.Type == elf.PT_INTERP || p.Type == elf.PT_DYNAMIC {
			libs, _ := f.ImportedLibraries()
			return fmt.Errorf("%s: %v, libraries %v: not static", path, p.Type, libs)
		}
	}
	return nil
}
