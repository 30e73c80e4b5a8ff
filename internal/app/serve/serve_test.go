package serve

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"math"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/gneiss-go/gneiss/internal/gen/samples"
	"github.com/gneiss-go/gneiss/models/cifar10"
	"github.com/gneiss-go/gneiss/models/imagefile"
	"github.com/gneiss-go/gneiss/models/preprocess"
	"github.com/gneiss-go/gneiss/runtime"
)

// do sends a request to the handler itself.
func do(s *Server, method, path string, body []byte, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, bytes.NewReader(body))
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	s.Handler().ServeHTTP(w, r)
	return w
}

// decode reads an answer that has to have the status.
func decode(t *testing.T, w *httptest.ResponseRecorder, code int, v any) {
	t.Helper()
	if w.Code != code {
		t.Fatalf("status %d, want %d: %s", w.Code, code, w.Body)
	}
	if got := w.Header().Get("Content-Type"); got != "application/json" {
		t.Errorf("content type %q", got)
	}
	must(t, json.Unmarshal(w.Body.Bytes(), v))
}

// refused checks an error: its status, that it is JSON, and words of its text.
func refused(t *testing.T, w *httptest.ResponseRecorder, code int, words string) {
	t.Helper()
	var e struct{ Error string }
	decode(t, w, code, &e)
	if e.Error == "" || !strings.Contains(e.Error, words) {
		t.Errorf("error %q; want %q in it", e.Error, words)
	}
	if code == http.StatusServiceUnavailable && w.Header().Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
}

// form is a multipart body with files by field.
func form(t *testing.T, parts ...string) (body []byte, contentType string) {
	t.Helper()
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	for i := 0; i+1 < len(parts); i += 2 {
		w, err := m.CreateFormFile(parts[i], "file")
		must(t, err)
		io.WriteString(w, parts[i+1])
	}
	must(t, m.Close())
	return b.Bytes(), m.FormDataContentType()
}

// direct is what the network says of a picture without a server.
func direct(t *testing.T, picture []byte) []float32 {
	t.Helper()
	sess, err := cifar(t).Plan.NewSession()
	must(t, err)
	defer sess.Close()
	img, err := imagefile.Decode(bytes.NewReader(picture), imagefile.DefaultLimits)
	must(t, err)
	must(t, cifar10.Preprocess.Preparer().Into(sess.Input(0).Float32(), img))
	must(t, sess.Run())
	return slices.Clone(sess.Output(0).Float32())
}

func TestClassify(t *testing.T) {
	s := newServer(t, Options{})
	for _, p := range samples.All() {
		want := direct(t, p.Data)
		inForm, formType := form(t, "other", "not this", "image", string(p.Data))
		unnamed, unnamedType := form(t, "upload", string(p.Data))
		for _, c := range []struct {
			body []byte
			kind string
		}{{p.Data, "image/png"}, {p.Data, ""}, {p.Data, "application/x-www-form-urlencoded"}, {inForm, formType},
			{unnamed, unnamedType}} {
			var got seen
			decode(t, do(s, "POST", "/api/classify", c.body, "Content-Type", c.kind), 200, &got)
			if got.Model != "cifar-10-googlenet" || got.Width != 128 || got.Height != 128 || !*got.Probabilities ||
				got.Steps != nil || got.Ms.Run <= 0 || len(got.Top) != 5 {
				t.Fatalf("%s as %q: %+v", p.Name, c.kind, got)
			}
			for i, a := range got.Top {
				if a.Score != want[a.Class] || a.Label != cifar10.Classes[a.Class] || i > 0 && a.Score > got.Top[i-1].Score {
					t.Errorf("%s: answer %d is %+v; the network says %v", p.Name, i, a, want)
				}
			}
			if max := slices.Max(want); got.Top[0].Score != max {
				t.Errorf("%s: best %v, want %v", p.Name, got.Top[0].Score, max)
			}
		}
	}
}

func TestClassifySteps(t *testing.T) {
	s := newServer(t, Options{})
	frog := sampleNamed(t, "frog.png")
	var got seen
	decode(t, do(s, "POST", "/api/classify?steps=1&top=1000", frog), 200, &got)
	report := s.models[0].plan.Report()
	if len(got.Steps) != len(report.Steps) || len(got.Top) != 10 {
		t.Fatalf("%d steps, %d answers", len(got.Steps), len(got.Top))
	}
	sum := 0.0
	for i, st := range got.Steps {
		if st.Name != report.Steps[i].Name || st.Kernel != report.Steps[i].Kernel || st.Op != report.Steps[i].Op ||
			st.Ms < 0 {
			t.Errorf("step %d is %+v, want %+v", i, st, report.Steps[i])
		}
		sum += st.Ms
	}
	if sum <= 0 || sum > got.Ms.Run {
		t.Errorf("steps take %v ms of %v", sum, got.Ms.Run)
	}
	var again seen
	decode(t, do(s, "POST", "/api/classify", frog), 200, &again)
	if again.Steps != nil {
		t.Error("steps that were not asked for")
	}
}

func TestClassifyRefuses(t *testing.T) {
	s := newServer(t, Options{MaxBody: 100_000, MaxPixels: 300 * 300})
	frog := sampleNamed(t, "frog.png")
	empty, emptyType := form(t)
	cut, cutType := form(t, "image", string(frog))
	for name, c := range map[string]struct {
		path  string
		body  []byte
		kind  string
		code  int
		words string
	}{
		"empty":         {"", nil, "", 400, "empty"},
		"no picture":    {"", []byte("hello"), "image/png", 400, "not a JPEG or PNG"},
		"half":          {"", frog[:len(frog)/2], "image/png", 400, "corrupt"},
		"pixels":        {"", bigPNG(t, 301, 300), "image/png", 413, "limit"},
		"bytes":         {"", make([]byte, 100_001), "image/png", 413, "100000 bytes"},
		"form, empty":   {"", empty, emptyType, 400, "no file"},
		"form, cut":     {"", cut[:len(cut)-40], cutType, 400, "cannot be read"},
		"form, unbound": {"", cut, "multipart/form-data", 400, "form"},
		"top 0":         {"?top=0", frog, "", 400, "top"},
		"top many":      {"?top=1001", frog, "", 400, "top"},
		"top word":      {"?top=x", frog, "", 400, "top"},
		"steps":         {"?steps=maybe", frog, "", 400, "steps"},
	} {
		t.Run(name, func(t *testing.T) {
			refused(t, do(s, "POST", "/api/classify"+c.path, c.body, "Content-Type", c.kind), c.code, c.words)
		})
	}
	if busy, waiting := s.pool.busy(), s.pool.waiting(); busy != 0 || waiting != 0 {
		t.Errorf("%d busy, %d waiting after all that", busy, waiting)
	}
	var got seen
	decode(t, do(s, "POST", "/api/classify", frog), 200, &got)
}

func TestRoutes(t *testing.T) {
	s := newServer(t, Options{Sessions: 2})
	for path, kind := range map[string]string{"/": "text/html; charset=utf-8", "/app.js": "text/javascript; charset=utf-8",
		"/style.css": "text/css; charset=utf-8",
		"/icon.svg":  "image/svg+xml", "/api/samples/frog.png": "image/png", "/healthz": "text/plain; charset=utf-8",
		"/metrics": "text/plain; version=0.0.4; charset=utf-8"} {
		w := do(s, "GET", path, nil)
		if w.Code != 200 || w.Header().Get("Content-Type") != kind || w.Body.Len() == 0 {
			t.Errorf("%s: status %d, %q, %d bytes", path, w.Code, w.Header().Get("Content-Type"), w.Body.Len())
		}
		if csp := w.Header().Get("Content-Security-Policy"); !strings.HasPrefix(csp, "default-src 'none'") ||
			w.Header().Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: policy %q", path, csp)
		}
	}
	var c modelCard
	decode(t, do(s, "GET", "/api/model", nil), 200, &c)
	plan := s.models[0].plan
	if c.Name != "CIFAR-10 GoogLeNet" || c.DType != "float32" || c.ISA != plan.ISA().String() ||
		c.ArenaBytes != plan.ArenaSize() || c.Sessions != 2 || c.Classes != 10 ||
		c.Params < 400_000 || c.MACs != plan.MACs() || c.Layers != len(plan.Report().Steps) ||
		!slices.Equal(c.Shape, []int{1, 32, 32, 3}) {
		t.Errorf("card %+v", c)
	}
	var names []string
	decode(t, do(s, "GET", "/api/samples", nil), 200, &names)
	if !slices.Contains(names, "frog.png") || !slices.Contains(names, "road.png") {
		t.Errorf("samples %q", names)
	}
	for _, name := range names {
		if w := do(s, "GET", "/api/samples/"+name, nil); w.Code != 200 {
			t.Errorf("%s: %d", name, w.Code)
		}
	}
	refused(t, do(s, "GET", "/nowhere", nil), 404, "nothing here")
	refused(t, do(s, "GET", "/api/samples/x.png", nil), 404, "no sample")
	refused(t, do(s, "GET", "/api/samples/..%2fserve.go", nil), 404, "")
	refused(t, do(s, "POST", "/nowhere", nil), 404, "nothing here")
	w := do(s, "GET", "/api/classify", nil)
	refused(t, w, 405, "want POST")
	if w.Header().Get("Allow") != "POST" {
		t.Errorf("Allow is %q", w.Header().Get("Allow"))
	}
	refused(t, do(s, "DELETE", "/v2", nil), 405, "want GET")
	refused(t, do(s, "POST", "/api/classify", nil, "Sec-Fetch-Site", "cross-site"), 403, "other origins")
	if w := do(s, "HEAD", "/healthz", nil); w.Code != 200 {
		t.Errorf("HEAD: status %d", w.Code)
	}
}

// TestInt8: a quantised network is served as such.
func TestInt8(t *testing.T) {
	m := cifar(t)
	g, err := cifar10.Int8()
	must(t, err)
	m.Graph = g
	m.Plan, err = runtime.Compile(g)
	must(t, err)
	s, err := New([]Model{m}, Options{})
	must(t, err)
	defer s.Close()
	var got seen
	decode(t, do(s, "POST", "/api/classify", sampleNamed(t, "frog.png")), 200, &got)
	if s.models[0].card.DType != "int8" || got.Top[0].Label != "frog" {
		t.Errorf("%s says %+v", s.models[0].card.DType, got.Top)
	}
}

func TestNewRefuses(t *testing.T) {
	good := cifar(t)
	for name, c := range map[string]struct {
		change func(*Model, *Options)
		want   error
	}{
		"no graph": {func(m *Model, _ *Options) { m.Graph = nil }, runtime.ErrGraph},
		"no plan":  {func(m *Model, _ *Options) { m.Plan = nil }, runtime.ErrGraph},
		"spec":     {func(m *Model, _ *Options) { m.Card.Input = &preprocess.Spec{Width: 31, Height: 32} }, runtime.ErrShape},
		"bad spec": {func(m *Model, _ *Options) { m.Card.Input = &preprocess.Spec{Width: -1} }, nil},
		"map":      {func(m *Model, _ *Options) { m.Graph, m.Plan = notAClassifier(t) }, runtime.ErrShape},
		"sessions": {func(_ *Model, o *Options) { o.Sessions = maxSessions + 1 }, nil},
		"negative": {func(_ *Model, o *Options) { o.Sessions = -1 }, nil},
		"queue":    {func(_ *Model, o *Options) { o.Queue = -1 }, nil},
		"time":     {func(_ *Model, o *Options) { o.Timeout = -1 }, nil},
	} {
		m, o := good, Options{}
		c.change(&m, &o)
		s, err := New([]Model{m}, o)
		if err == nil || s != nil || c.want != nil && !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// notAClassifier is a network whose output is an image.
func notAClassifier(t *testing.T) (*runtime.Graph, *runtime.Plan) {
	t.Helper()
	g := runtime.NewGraph("map")
	in, err := g.Input("in", runtime.Shape{N: 1, H: 32, W: 32, C: 3})
	must(t, err)
	out, err := g.Add("relu", &runtime.Activation{Act: runtime.ReLU}, in)
	must(t, err)
	must(t, g.Output(out))
	p, err := runtime.Compile(g)
	must(t, err)
	return g, p
}

func TestSlug(t *testing.T) {
	for name, want := range map[string]string{"CIFAR-10 GoogLeNet": "cifar-10-googlenet", "net_v1.5": "net_v1.5",
		"": "model", "日本": "model", "../..": "model", " a/b ": "a-b", "..": "model"} {
		if got := slug(name); got != want {
			t.Errorf("%q becomes %q, want %q", name, got, want)
		}
	}
}

// TestFaults: what goes wrong inside is told to the log, not to the client, and ends one request only.
func TestFaults(t *testing.T) {
	var b bytes.Buffer
	s := newServer(t, Options{Log: slog.New(slog.NewJSONHandler(&b, nil))})
	for _, h := range []handler{
		func(http.ResponseWriter, *http.Request) error { return errors.New("secret") },
		func(http.ResponseWriter, *http.Request) error { panic("secret") },
	} {
		b.Reset()
		w := httptest.NewRecorder()
		s.wrap("/x", "GET", true, h).ServeHTTP(w, httptest.NewRequest("GET", "/x", nil))
		refused(t, w, 500, "internal error")
		if strings.Contains(w.Body.String(), "secret") {
			t.Error("the client is told")
		}
		var line struct {
			Level, Msg, Method, Path, Error string
			Status                          int
			Ms                              float64
		}
		must(t, json.Unmarshal(b.Bytes(), &line))
		if line.Level != "ERROR" || line.Status != 500 || line.Path != "/x" || !strings.Contains(line.Error, "secret") {
			t.Errorf("logged %s", b.String())
		}
	}
	if n := s.metrics.inFlight.Load(); n != 0 {
		t.Errorf("%d requests in flight after they ended", n)
	}
}

// TestMetrics: what is scraped counts what was asked, and the number of series does not grow with what clients make up.
func TestMetrics(t *testing.T) {
	s := newServer(t, Options{Sessions: 3})
	scrape := func() *exposition {
		t.Helper()
		e, err := parseExposition(do(s, "GET", "/metrics", nil).Body.String())
		must(t, err)
		return e
	}
	frog := sampleNamed(t, "frog.png")
	do(s, "POST", "/api/classify", frog)
	do(s, "POST", "/api/classify", frog)
	do(s, "POST", "/api/classify", nil)
	do(s, "GET", "/v2/models/a", nil)
	do(s, "GET", "/a", nil)
	scrape()
	e := scrape()
	for series, want := range map[string]float64{
		`gneiss_requests_total{route="/api/classify",code="200"}`:      2,
		`gneiss_requests_total{route="/api/classify",code="400"}`:      1,
		`gneiss_requests_total{route="/v2/models/{model}",code="404"}`: 1,
		`gneiss_request_duration_seconds_count{route="/api/classify"}`: 3,
		`gneiss_inference_duration_seconds_count`:                      2,
		`gneiss_requests_in_flight`:                                    1, // the scrape itself
		`gneiss_sessions`:                                              3,
		`gneiss_sessions_busy`:                                         0,
		`gneiss_requests_waiting`:                                      0,
		`gneiss_arena_bytes`:                                           float64(3 * s.models[0].plan.ArenaSize()),
		`gneiss_model_info{model="cifar-10-googlenet",dtype="float32",isa="` + s.models[0].card.ISA + `",version="test"}`: 1,
	} {
		if got, ok := e.values[series]; !ok || got != want {
			t.Errorf("%s is %v (%v), want %v", series, got, ok, want)
		}
	}
	if sum := e.values["gneiss_inference_duration_seconds_sum"]; sum <= 0 || math.IsNaN(sum) {
		t.Errorf("inference took %v s", sum)
	}
	for _, path := range []string{"/b", "/v2/models/b", "/v2/models/c", "/c?x=y", "/v2/models/d/versions/7"} {
		do(s, "GET", path, nil)
	}
	before := len(scrape().values)
	for _, path := range []string{"/x1", "/v2/models/x1", "/v2/models/x2", "/x2?x=y", "/v2/models/x/versions/8"} {
		do(s, "GET", path, nil)
	}
	if after := len(scrape().values); after != before {
		t.Errorf("%d series, then %d", before, after)
	}
}
