package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestPack: archives of the same files are the same bytes whenever and by whomever they are made, and hold the program,
// its manual and the licence.
func TestPack(t *testing.T) {
	dir := t.TempDir()
	t.Chdir("../../..")
	program := filepath.Join(dir, "program")
	for _, name := range []string{"program", "gneiss.1", "gneiss-run.1"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("the file "+name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		target
		name, ext string
		files     string
	}{
		{target{"linux", "arm", "7"}, "linux-armv7", ".tar.gz",
			"CHANGELOG.md LICENSE README.md gneiss gneiss.service man/man1/gneiss-run.1 man/man1/gneiss.1"},
		{target{"windows", "amd64", ""}, "windows-amd64", ".zip",
			"CHANGELOG.md LICENSE README.md gneiss.exe man/man1/gneiss-run.1 man/man1/gneiss.1"},
	} {
		if c.target.String() != c.name {
			t.Errorf("%v, want %s", c.target, c.name)
		}
		var made [][]byte
		for range 2 {
			files, err := contents(c.target, program, dir)
			if err != nil {
				t.Fatal(err)
			}
			data, ext, err := c.pack("gneiss", files, time.Unix(1_800_000_000, 0).UTC())
			if err != nil || ext != c.ext {
				t.Fatal(ext, err)
			}
			made = append(made, data)
			now := time.Now()
			if err := errors.Join(os.Chtimes(program, now, now), os.Chmod(program, 0o640)); err != nil {
				t.Fatal(err)
			}
		}
		if !bytes.Equal(made[0], made[1]) {
			t.Errorf("%s: two archives differ", c.name)
		}
		if got := list(t, made[0], c.ext); got != c.files {
			t.Errorf("%s: %s, want %s", c.name, got, c.files)
		}
	}
}

// list names the files of an archive, and checks the program among them.
func list(t *testing.T, data []byte, ext string) string {
	t.Helper()
	var names []string
	add := func(name string, mode os.FileMode, r io.Reader) {
		b, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		name = strings.TrimPrefix(name, "gneiss/")
		names = append(names, name)
		if strings.TrimSuffix(name, ".exe") == "gneiss" && (string(b) != "the file program" || mode.Perm() != 0o755) {
			t.Errorf("%s: %q, %v", name, b, mode)
		}
	}
	if ext == ".zip" {
		z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range z.File {
			r, err := f.Open()
			if err != nil {
				t.Fatal(err)
			}
			add(f.Name, f.Mode(), r)
		}
		return strings.Join(names, " ")
	}
	g, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	for r := tar.NewReader(g); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return strings.Join(names, " ")
		}
		if err != nil {
			t.Fatal(err)
		}
		add(h.Name, h.FileInfo().Mode(), r)
	}
}
