package serve

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"log/slog"
	"mime/multipart"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestDecodeTakesNoSession: while pictures are decoded that take long, others are answered by the one session; they are
// stopped when their time is over.
func TestDecodeTakesNoSession(t *testing.T) {
	slow := scanBomb(4000, 4000, 60)
	frog := sampleNamed(t, "frog.png")
	s := newServer(t, Options{Timeout: 10 * time.Second})
	codes := make(chan int, 1)
	go func() { codes <- do(s, "POST", "/api/classify", slow).Code }()
	eventually(t, "it is being decoded", func() bool { return len(s.decoders.large) == 0 })
	meanwhile := 0
	for len(s.decoders.large) == 0 {
		if s.pool.busy() != 0 {
			t.Fatal("a session is taken")
		}
		var got seen
		decode(t, do(s, "POST", "/api/classify", frog), 200, &got)
		meanwhile++
	}
	if code := <-codes; code != 200 && code != 503 {
		t.Errorf("status %d", code)
	}
	if meanwhile < 2 {
		t.Errorf("%d answers meanwhile", meanwhile)
	}
}

func TestDecodeTimeout(t *testing.T) {
	slow := scanBomb(4000, 4000, 60)
	s := newServer(t, Options{Timeout: 50 * time.Millisecond})
	start := time.Now()
	refused(t, do(s, "POST", "/api/classify", slow), 503, "longer than")
	t.Logf("stopped after %v", time.Since(start))
	if s.decoders.busy() != 0 || len(s.decoders.waiting) != 0 || len(s.pool.places) != 0 {
		t.Error("a decoder or a place is lost")
	}
}

// TestLeftWhileDecoding: a picture that takes long is decoded no longer when its client has left.
func TestLeftWhileDecoding(t *testing.T) {
	s := newServer(t, Options{})
	url, _ := listen(t, s)
	slow := scanBomb(4000, 4000, 60)
	c := dial(t, url)
	fmt.Fprintf(c, "%s%s", postHead(len(slow)), slow)
	eventually(t, "it is being decoded", func() bool { return len(s.decoders.large) == 0 })
	c.Close()
	eventually(t, "it is counted as gone", func() bool {
		e, err := parseExposition(do(s, "GET", "/metrics", nil).Body.String())
		must(t, err)
		return e.values[`gneiss_requests_total{route="/api/classify",code="499"}`] == 1
	})
	if s.decoders.busy() != 0 || len(s.pool.places) != 0 {
		t.Error("a decoder or a place is lost")
	}
}

// TestLargePictures: pictures that take much memory are decoded one at a time and do not take all places.
func TestLargePictures(t *testing.T) {
	s := newServer(t, Options{MaxPixels: 1000 * 1000})
	var b bytes.Buffer
	must(t, png.Encode(&b, image.NewNRGBA(image.Rect(0, 0, 1000, 999))))
	large := b.Bytes()
	var got seen
	decode(t, do(s, "POST", "/api/classify", large), 200, &got)

	one := <-s.decoders.large
	codes := make(chan int, 5)
	half := cap(s.decoders.waiting)
	if half != 2 {
		t.Fatalf("%d of %d places are for large pictures", half, cap(s.pool.places))
	}
	for i := range half {
		go func() { codes <- do(s, "POST", "/api/classify", large).Code }()
		eventually(t, "it waits", func() bool { return len(s.decoders.waiting) == i+1 })
	}
	refused(t, do(s, "POST", "/api/classify", large), 503, "queue is full")
	decode(t, do(s, "POST", "/api/classify", sampleNamed(t, "frog.png")), 200, &got)
	s.decoders.large <- one
	for range half {
		if code := <-codes; code != 200 {
			t.Errorf("status %d", code)
		}
	}
	refused(t, do(s, "POST", "/api/classify", bigPNG(t, 1001, 1000)), 413, "pixels")
	b.Reset()
	must(t, png.Encode(&b, image.NewNRGBA64(image.Rect(0, 0, 1000, 1000))))
	decode(t, do(s, "POST", "/api/classify", b.Bytes()), 200, &got) // eight bytes for each, all that there may be
	refused(t, do(s, "POST", "/api/classify", progressive(1000, 1000, 3, 1)), 413, "bytes to decode")
}

func TestDecodersWait(t *testing.T) {
	d := make(chan int, 1)
	gone, cancel := context.WithCancel(context.Background())
	cancel()
	if err := with(gone, d, func(int) error { return nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("who has left and would wait gets %v", err)
	}
	d <- 7
	if err := with(gone, d, func(int) error { return nil }); err != nil || len(d) != 1 {
		t.Errorf("who need not wait gets %v", err)
	}
}

// TestOverflow: numbers that a client chose so large that the network overflows are no fault of the server's.
func TestOverflow(t *testing.T) {
	var b bytes.Buffer
	s := newServer(t, Options{Log: slog.New(slog.NewJSONHandler(&b, nil))})
	huge := slices.Repeat([]float32{1e38}, 3072)
	refused(t, do(s, "POST", inferPath, tensorBody(t, s, "FP32", huge)), 422, "too large for this network")
	if strings.Contains(b.String(), "ERROR") {
		t.Errorf("logged %s", b.String())
	}
	in := s.models[0].plan.Inputs()[0].Name
	for _, word := range []string{"NaN", "Infinity", "-Infinity", "1e999", "1e39", `"NaN"`} {
		data := "[" + word + strings.Repeat(",0", 3071) + "]"
		body := `{"inputs":[{"name":"` + in + `","shape":[1,32,32,3],"datatype":"FP32","data":` + data + `}]}`
		w := do(s, "POST", inferPath, []byte(body))
		if w.Code != 400 {
			t.Errorf("%s: status %d: %s", word, w.Code, w.Body)
		}
	}
}

// TestOverflowExport: each number that JSON does not have is found, in every output.
func TestOverflowExport(t *testing.T) {
	sess, err := cifar(t).Plan.NewSession()
	must(t, err)
	defer sess.Close()
	in := sess.Input(0)
	zero := float32(0)
	for i, bad := range []float32{1 / zero, -1 / zero, zero / zero} {
		clear(in.Float32())
		in.Float32()[i] = bad
		var e *statusError
		if _, err := export(in); !errors.As(err, &e) || e.status != 422 {
			t.Errorf("%v: %v", bad, err)
		}
		in.Float32()[i] = 1
	}
	o, err := export(in)
	must(t, err)
	if _, err := json.Marshal(o); err != nil {
		t.Error(err)
	}
}

// TestFormInPlace: the picture of a form is found wherever it stands, and takes no memory of its own.
func TestFormInPlace(t *testing.T) {
	var b bytes.Buffer
	must(t, jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, 50, 40)), nil))
	picture := b.String()
	long := strings.Repeat("x", 100_000)
	for _, parts := range [][]string{{"image", picture}, {"a", long, "image", picture}, {"image", picture, "b", long},
		{"a", picture}, {"a", picture, "b", long},
		{"a", "", "image", picture}, {"image", long + picture}} {
		body, kind := form(t, parts...)
		got, err := imageBytes(kind, body)
		must(t, err)
		want := picture
		if len(parts) == 2 {
			want = parts[1]
		}
		if string(got) != want || &got[:1][0] != &body[0] {
			t.Errorf("%.20q…: %d bytes, want %d", parts, len(got), len(want))
		}
	}
	var f bytes.Buffer
	m := multipart.NewWriter(&f)
	must(t, m.WriteField("note", picture))
	must(t, m.Close())
	if _, err := imageBytes(m.FormDataContentType(), f.Bytes()); err == nil {
		t.Error("a field is taken for a file")
	}
}
