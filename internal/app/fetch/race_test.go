package fetch

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// TestTwo: of two calls at once the second waits, finds the finished file and leaves it as it is.
func TestTwo(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the second call ends in an error there")
	}
	var asked atomic.Int32
	begun, go1 := make(chan bool), make(chan bool)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if asked.Add(1) == 1 {
			w.Write(content[:1000])
			w.(http.Flusher).Flush()
			close(begun)
			<-go1
			w.Write(content[1000:])
			return
		}
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(content))
	}))
	defer srv.Close()
	path := filepath.Join(t.TempDir(), "file")
	f := File{URL: srv.URL, SHA1: sum(content), MaxSize: 1 << 20}
	var all sync.WaitGroup
	call := func() {
		if err := f.To(context.Background(), path); err != nil {
			t.Error(err)
		}
	}
	all.Go(call)
	<-begun
	all.Go(call)
	impatient, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if err := f.To(impatient, path); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a call that waits: %v, want %v", err, context.DeadlineExceeded)
	}
	close(go1)
	all.Wait()
	if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, content) {
		t.Errorf("%d bytes, %v", len(got), err)
	}
	if n := asked.Load(); n != 1 {
		t.Errorf("%d requests, want one", n)
	}
	if _, err := os.Lstat(path + ".part"); err == nil {
		t.Error("a part is left")
	}
}

// TestFinished: who has opened the part before it was renamed does not touch the finished file.
func TestFinished(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	first, err := tryPart(path + ".part")
	if err != nil || first == nil {
		t.Fatal(err)
	}
	got := make(chan *os.File)
	go func() {
		second, err := openPart(t.Context(), path+".part")
		if err != nil {
			t.Error(err)
		}
		got <- second
	}()
	if _, err := first.Write(content); err != nil {
		t.Fatal(err)
	}
	time.Sleep(150 * time.Millisecond) // the second call tries meanwhile
	if err := os.Rename(first.Name(), path); err != nil {
		t.Skip("SKIPPED: an open file cannot be renamed here")
	}
	first.Close()
	second := <-got
	defer second.Close()
	a, err1 := second.Stat()
	b, err2 := os.Stat(path)
	if err1 != nil || err2 != nil || os.SameFile(a, b) {
		t.Errorf("the second call holds the finished file (%v, %v)", err1, err2)
	}
}

// TestPartLink: a part that is a link, or no file at all, makes room; where it leads nothing changes.
func TestPartLink(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.Write(content) }))
	defer srv.Close()
	dir := t.TempDir()
	victim := filepath.Join(dir, "victim")
	if err := os.WriteFile(victim, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, plant := range map[string]func(part string) error{
		"link":     func(part string) error { return os.Symlink(victim, part) },
		"dangling": func(part string) error { return os.Symlink(filepath.Join(dir, "made"), part) },
		"folder":   func(part string) error { return os.Mkdir(part, 0o700) },
	} {
		path := filepath.Join(dir, name)
		if err := plant(path + ".part"); err != nil {
			t.Skip("SKIPPED: ", err)
		}
		if err := (File{URL: srv.URL, SHA1: sum(content), MaxSize: 1 << 20}).To(t.Context(), path); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if st, err := os.Lstat(path); err != nil || !st.Mode().IsRegular() {
			t.Errorf("%s: %v, %v", name, st, err)
		}
	}
	if got, err := os.ReadFile(victim); err != nil || string(got) != "precious" {
		t.Errorf("the link's target has %d bytes, %v", len(got), err)
	}
	if _, err := os.Stat(filepath.Join(dir, "made")); err == nil {
		t.Error("a file was made where the link leads")
	}
}

// TestDrip: a server that is never silent, and never done, is left.
func TestDrip(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for r.Context().Err() == nil {
			w.Write([]byte{'x'})
			w.(http.Flusher).Flush()
			time.Sleep(20 * time.Millisecond)
		}
	}))
	defer srv.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	f := File{URL: srv.URL, SHA1: sum(content), MaxSize: 1 << 20, Stall: time.Second, LeastRate: 10_000}
	if err := f.To(ctx, filepath.Join(t.TempDir(), "file")); err == nil || !strings.Contains(err.Error(), "too slow") {
		t.Errorf("%v", err)
	}
}
