// Command release builds what is offered for download: an archive for each system, their checksums, and a signature of
// those. The same commit and the same Go give the same bytes, on any machine.
//
//	go run ./internal/gen/release --out bin/release --key release.key
//
// The version is that of the commit's tag, as the go command stamps it into the program.
package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "release:", err)
		os.Exit(1)
	}
}

// target is a system that there is an archive for.
type target struct{ os, arch, arm string }

var targets = []target{{"linux", "amd64", ""}, {"linux", "arm64", ""}, {"linux", "arm", "7"}, {"linux", "riscv64", ""},
	{"darwin", "amd64", ""}, {"darwin", "arm64", ""}, {"windows", "amd64", ""}, {"windows", "arm64", ""}}

func (t target) String() string {
	name := t.os + "-" + t.arch
	if t.arm != "" {
		name += "v" + t.arm
	}
	return name
}

// beside are the files in an archive beside the program and its manual.
var beside = []string{"LICENSE", "README.md", "CHANGELOG.md", "docs/deploy/gneiss.service"}

func run() error {
	out := flag.String("out", "bin/release", "`folder` for the archives; it is made if it is not there")
	key := flag.String("key", "", "private key `file`, of gneiss keygen, to sign the checksums with")
	only := flag.String("only", "", "these `targets` alone, as in linux-amd64,linux-armv7")
	flag.Parse()
	if flag.NArg() > 0 {
		return fmt.Errorf("unexpected argument %q", flag.Arg(0))
	}
	stamp, err := commitTime()
	if err != nil {
		return err
	}
	tmp, err := os.MkdirTemp("", "release")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	if err := os.MkdirAll(*out, 0o755); err != nil {
		return err
	}
	host := filepath.Join(tmp, "host")
	if err := build(target{}, host); err != nil {
		return err
	}
	version, err := output(host, "--version")
	if err != nil {
		return err
	}
	version, _, _ = strings.Cut(strings.TrimPrefix(strings.TrimSpace(version), "gneiss "), " ")
	if _, err := output(host, "man", "--output", filepath.Join(tmp, "man")); err != nil {
		return err
	}
	var sums bytes.Buffer
	for _, t := range targets {
		if *only != "" && !slices.Contains(strings.Split(*only, ","), t.String()) {
			continue
		}
		program := filepath.Join(tmp, t.String())
		if err := build(t, program); err != nil {
			return err
		}
		files, err := contents(t, program, filepath.Join(tmp, "man"))
		if err != nil {
			return err
		}
		name := fmt.Sprintf("gneiss-%s-%s", strings.ReplaceAll(version, "+", "_"), t)
		data, ext, err := t.pack(name, files, stamp)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(*out, name+ext), data, 0o644); err != nil {
			return err
		}
		fmt.Fprintf(&sums, "%x  %s\n", sha256.Sum256(data), name+ext)
		fmt.Printf("%s  %.2f MB\n", name+ext, float64(len(data))/1e6)
	}
	path := filepath.Join(*out, "SHA256SUMS")
	if err := os.WriteFile(path, sums.Bytes(), 0o644); err != nil || *key == "" {
		return err
	}
	_, err = output(host, "sign", "--key", *key, path)
	return err
}

// build builds the command line for a target, or for this machine.
func build(t target, program string) error {
	c := exec.Command("go", "build", "-trimpath", "-ldflags=-s -w -buildid=", "-o", program, "./cmd/gneiss")
	c.Env = append(os.Environ(), "CGO_ENABLED=0")
	if t.os != "" {
		c.Env = append(c.Env, "GOOS="+t.os, "GOARCH="+t.arch, "GOARM="+t.arm, "GOFLAGS=", "GOAMD64=", "GOARM64=")
	}
	if text, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("%v: %w\n%s", t, err, text)
	}
	return nil
}

// output runs a command for what it prints.
func output(name string, args ...string) (string, error) {
	out, err := exec.Command(name, args...).Output()
	var failed *exec.ExitError
	if errors.As(err, &failed) {
		err = fmt.Errorf("%w: %s", err, failed.Stderr)
	}
	return string(out), err
}

// commitTime is that of every file in the archives: SOURCE_DATE_EPOCH, or when the commit was made.
func commitTime() (time.Time, error) {
	s := os.Getenv("SOURCE_DATE_EPOCH")
	if s == "" {
		var err error
		if s, err = output("git", "log", "-1", "--format=%ct"); err != nil {
			return time.Time{}, err
		}
	}
	n, err := strconv.ParseInt(strings.TrimSpace(s), 10, 64)
	return time.Unix(n, 0).UTC(), err
}

// file is one of an archive.
type file struct {
	name string
	mode int64
	data []byte
}

func contents(t target, program, man string) ([]file, error) {
	read := map[string]string{"gneiss": program}
	if t.os == "windows" {
		read = map[string]string{"gneiss.exe": program}
	}
	for _, path := range beside {
		if strings.HasSuffix(path, ".service") && t.os != "linux" {
			continue
		}
		read[filepath.Base(path)] = path
	}
	pages, err := filepath.Glob(filepath.Join(man, "*.1"))
	if err != nil || len(pages) == 0 {
		return nil, errors.Join(errors.New("no manual pages"), err)
	}
	for _, path := range pages {
		read["man/man1/"+filepath.Base(path)] = path
	}
	var files []file
	for name, path := range read {
		data, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		f := file{name, 0o644, data}
		if path == program {
			f.mode = 0o755
		}
		files = append(files, f)
	}
	slices.SortFunc(files, func(a, b file) int { return strings.Compare(a.name, b.name) })
	return files, nil
}

// pack makes an archive of files in a folder of that name, which depends on nothing else.
func (t target) pack(folder string, files []file, stamp time.Time) ([]byte, string, error) {
	var b bytes.Buffer
	if t.os == "windows" {
		z := zip.NewWriter(&b)
		for _, f := range files {
			h := &zip.FileHeader{Name: folder + "/" + f.name, Method: zip.Deflate, Modified: stamp}
			h.SetMode(os.FileMode(f.mode))
			w, err := z.CreateHeader(h)
			if err == nil {
				_, err = w.Write(f.data)
			}
			if err != nil {
				return nil, "", err
			}
		}
		if err := z.Close(); err != nil {
			return nil, "", err
		}
		return b.Bytes(), ".zip", nil
	}
	g, _ := gzip.NewWriterLevel(&b, gzip.BestCompression)
	w := tar.NewWriter(g)
	for _, f := range files {
		h := &tar.Header{Typeflag: tar.TypeReg, Name: folder + "/" + f.name, Size: int64(len(f.data)), Mode: f.mode,
			ModTime: stamp, Uname: "root", Gname: "root", Format: tar.FormatUSTAR}
		err := w.WriteHeader(h)
		if err == nil {
			_, err = w.Write(f.data)
		}
		if err != nil {
			return nil, "", err
		}
	}
	if err := errors.Join(w.Close(), g.Close()); err != nil {
		return nil, "", err
	}
	return b.Bytes(), ".tar.gz", nil
}
