package fetch

import (
	"bytes"
	"context"
	"crypto/sha1"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var content = bytes.Repeat([]byte("gneiss is a rock. "), 20_000)

func sum(b []byte) string {
	h := sha1.Sum(b)
	return hex.EncodeToString(h[:])
}

// serve answers with b, and with ranges of it.
func serve(b []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(b))
	}
}

const half = 180_000 // of content

// cases are servers, good and bad.
var cases = []struct {
	name string
	part []byte // what is there before
	do   http.HandlerFunc
	err  error
	says string
	left int // length of the part afterwards; −1 for none
}{
	{"good", nil, serve(content), nil, "", -1},
	{"resumed", content[:half], serve(content), nil, "", -1},
	{"complete part", content, serve(content), nil, "", -1},
	{"part too long", append(bytes.Clone(content), 1, 2, 3), serve(content), nil, "", -1},
	{"wrong part", bytes.Repeat([]byte{1}, half), serve(content), ErrHash, "SHA-1", -1},
	{"no ranges", content[:half], func(w http.ResponseWriter, r *http.Request) { w.Write(content) }, nil, "", -1},
	{"other range", content[:half], func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Range") != "" {
			w.Header().Set("Content-Range", fmt.Sprintf("bytes 0-9/%d", len(content)))
			w.WriteHeader(http.StatusPartialContent)
			w.Write(content[:10])
			return
		}
		w.Write(content)
	}, nil, "", -1},
	{"wrong hash", nil, serve(append([]byte{'x'}, content[1:]...)), ErrHash, "SHA-1", -1},
	{"truncated", nil, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", fmt.Sprint(len(content)))
		w.Write(content[:half])
	}, nil, "broken off", half},
	{"not found", nil, func(w http.ResponseWriter, r *http.Request) { http.NotFound(w, r) }, nil, "404", -1},
	{"claims too much", nil, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "99999999999")
	}, ErrSize, "at most", -1},
	{"sends too much", nil, func(w http.ResponseWriter, r *http.Request) {
		for range 3 {
			w.Write(content)
			w.(http.Flusher).Flush()
		}
	}, ErrSize, "more than", -1},
	{"silent", nil, func(w http.ResponseWriter, r *http.Request) {
		w.Write(content[:half])
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	}, nil, "nothing arrived", half},
}

// TestTo: a file arrives whole or is not there.
func TestTo(t *testing.T) {
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			srv := httptest.NewServer(c.do)
			defer srv.Close()
			path := filepath.Join(t.TempDir(), "sub", "file")
			os.MkdirAll(filepath.Dir(path), 0o700)
			if c.part != nil {
				os.WriteFile(path+".part", c.part, 0o600)
			}
			var last int64
			f := File{URL: srv.URL, SHA1: sum(content), MaxSize: int64(len(content)) + 100, Stall: 2 * time.Second,
				Progress: func(done, total int64) {
					if done < last || (total >= 0 && done > total) {
						t.Errorf("progress %d of %d after %d", done, total, last)
					}
					last = done
				}}
			err := f.To(context.Background(), path)
			got, rerr := os.ReadFile(path)
			if c.err == nil && c.says == "" {
				if err != nil || !bytes.Equal(got, content) {
					t.Fatalf("%v; %d bytes", err, len(got))
				}
			} else if err == nil || (c.err != nil && !errors.Is(err, c.err)) || !strings.Contains(err.Error(), c.says) ||
				strings.Contains(err.Error(), "\n") {
				t.Errorf("got %v, want %v that says %q", err, c.err, c.says)
			} else if rerr == nil {
				t.Error("the file is there all the same")
			}
			left := -1
			if st, err := os.Stat(path + ".part"); err == nil {
				left = int(st.Size())
			}
			if left != c.left {
				t.Errorf("a part of %d bytes is left, want %d", left, c.left)
			}
		})
	}
}

// TestResume: what a broken connection left is completed by the next call.
func TestResume(t *testing.T) {
	asked := 0
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if asked++; asked == 1 {
			w.Header().Set("Content-Length", fmt.Sprint(len(content)))
			w.Write(content[:1000])
			return
		}
		if r.Header.Get("Range") == "" {
			t.Error("asked for everything again")
		}
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(content))
	}))
	defer srv.Close()
	path := filepath.Join(t.TempDir(), "file")
	f := File{URL: srv.URL, SHA1: sum(content), MaxSize: 1 << 20}
	if err := f.To(context.Background(), path); err == nil {
		t.Fatal("no error")
	}
	if err := f.To(context.Background(), path); err != nil {
		t.Fatal(err)
	}
}

func TestUnreachable(t *testing.T) {
	srv := httptest.NewServer(nil)
	url := srv.URL
	srv.Close()
	for _, u := range []string{url, "ftp://example.invalid/x", "::", ""} {
		if err := (File{URL: u, MaxSize: 1}).To(context.Background(), filepath.Join(t.TempDir(), "f")); err == nil {
			t.Errorf("%q: no error", u)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := (File{URL: url, MaxSize: 1}).To(ctx, filepath.Join(t.TempDir(), "f")); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}
