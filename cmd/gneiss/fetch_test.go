package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gneiss-go/gneiss/internal/app/fetch"
	"github.com/gneiss-go/gneiss/internal/test/testdata"
)

// TestFetch downloads from a server of its own, and then classifies with what came.
func TestFetch(t *testing.T) {
	cache := filepath.Join(t.TempDir(), "cache")
	t.Setenv("GNEISS_CACHE", cache)
	content := []byte("not a model at all")
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/good" {
			w.Write(content)
			return
		}
		http.NotFound(w, r)
	}))
	defer srv.Close()
	code, out, stderr := try(nil, "fetch", "googlenet", "--url", srv.URL+"/good")
	if code != exitFailure || out != "" || !strings.Contains(stderr, "SHA-1") || strings.Count(stderr, "\n") != 1 {
		t.Errorf("wrong content: exit %d, %q", code, stderr)
	}
	if code, _, stderr = try(nil, "fetch", "googlenet", "--url", srv.URL+"/none"); code != exitFailure ||
		!strings.Contains(stderr, "404") {
		t.Errorf("not found: exit %d, %q", code, stderr)
	}
	// A file in the cache that is no model is refused as one.
	path := write(t, filepath.Join(cache, googlenetFile), string(content))
	if code, _, stderr = try(nil, "classify", "--model", "googlenet"); code != exitFailure ||
		!strings.Contains(stderr, path) {
		t.Errorf("no model: exit %d, %q", code, stderr)
	}

	// The real weights, under their own hash.
	real := testdata.Path(t, "models", "bvlc_googlenet", "bvlc_googlenet.caffemodel")
	var err error
	if content, err = os.ReadFile(real); err != nil {
		t.Fatal(err)
	}
	old := fetchable["googlenet"]
	defer func() { fetchable["googlenet"] = old }()
	m := old
	if m.sha1, err = fetch.HashFile(real); err != nil {
		t.Fatal(err)
	}
	fetchable["googlenet"] = m
	if out := must(t, "fetch", "googlenet", "--url", srv.URL+"/good"); !strings.Contains(out, "downloaded") {
		t.Error(out)
	}
	var again map[string]string
	mustJSON(t, &again, "fetch", "--json", "googlenet", "--url", srv.URL+"/none")
	if again["state"] != "already there" || again["path"] != path {
		t.Errorf("%v", again)
	}
	var got classified
	image := filepath.Join(testdata.Path(t, "images", "nips17"), "a033832d9ff8913b.png")
	mustJSON(t, &got, "classify", "--json", "--model", "googlenet", "--labels",
		testdata.Path(t, "labels", "synset_words.txt"), image)
	if l := got.Images[0].Top[0].Label; l != "black swan, Cygnus atratus" {
		t.Errorf("a black swan is taken for %q", l)
	}
}

// TestNoHome: without a folder for downloads, what needs none works, and what does says so.
func TestNoHome(t *testing.T) {
	for _, name := range []string{"GNEISS_CACHE", "XDG_CACHE_HOME", "HOME", "LocalAppData"} {
		t.Setenv(name, "")
	}
	if out := must(t, "inspect", "googlenet"); !strings.Contains(out, "6,998,552") {
		t.Error(out)
	}
	for _, args := range []string{"classify --model googlenet", "fetch googlenet"} {
		code, _, stderr := try(nil, strings.Fields(args)...)
		if code != exitFailure || !strings.Contains(stderr, "GNEISS_CACHE is not set") {
			t.Errorf("gneiss %s: exit %d, %q", args, code, stderr)
		}
	}
}
