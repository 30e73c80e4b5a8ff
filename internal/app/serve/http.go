package serve

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/gneiss-go/gneiss/internal/gen/samples"
)

//go:embed page
var page embed.FS

// handler answers a request or returns why not; it has written nothing then.
type handler func(http.ResponseWriter, *http.Request) error

// adminRoutes are those that tell of the server and use nothing of it.
func (s *Server) adminRoutes() http.Handler {
	mux := http.NewServeMux()
	s.handleHealth(mux)
	mux.Handle("/", s.wrap("/", "", false, func(http.ResponseWriter, *http.Request) error {
		return refuse(http.StatusNotFound, "there is nothing here but /healthz, /metrics and /v2/health")
	}))
	return mux
}

func (s *Server) handleHealth(mux *http.ServeMux) {
	for path, h := range map[string]handler{
		"/healthz": s.healthz, "/metrics": s.writeMetrics, "/v2/health/live": s.live, "/v2/health/ready": s.ready,
	} {
		mux.Handle(path, s.wrap(path, "GET", true, h))
	}
}

// allRoutes is the whole of the server's paths.
func (s *Server) allRoutes() http.Handler {
	mux := http.NewServeMux()
	handle := func(method, path string, quiet bool, h handler) {
		mux.Handle(path, s.wrap(path, method, quiet, h))
	}
	const loud, quiet = false, true // quiet requests are logged at debug level only: somebody's clock makes them

	handle("GET", "/{$}", loud, s.file("index.html", "text/html; charset=utf-8"))
	handle("GET", "/style.css", quiet, s.file("style.css", "text/css; charset=utf-8"))
	handle("GET", "/app.js", quiet, s.file("app.js", "text/javascript; charset=utf-8"))
	handle("GET", "/overlay.js", quiet, s.file("overlay.js", "text/javascript; charset=utf-8"))
	handle("GET", "/icon.svg", quiet, s.file("icon.svg", "image/svg+xml"))
	handle("GET", "/api/model", quiet, s.describeModel)
	handle("GET", "/api/models", quiet, s.describeModels)
	handle("GET", "/api/samples", quiet, s.sampleNames)
	handle("GET", "/api/samples/{name}", quiet, s.sample)
	for task, path := range paths {
		handle("POST", path, loud, s.look(task))
	}

	handle("GET", "/v2", loud, s.serverMetadata)
	handle("GET", "/v2/models", loud, s.modelNames)
	handle("POST", "/v2/repository/index", loud, s.modelIndex)
	handle("POST", "/v2/repository/models/{model}/load", loud, s.fixed)
	handle("POST", "/v2/repository/models/{model}/unload", loud, s.fixed)
	s.handleHealth(mux)
	for _, model := range []string{"/v2/models/{model}", "/v2/models/{model}/versions/{version}"} {
		handle("GET", model, loud, s.modelMetadata)
		handle("GET", model+"/ready", quiet, s.modelReady)
		handle("POST", model+"/infer", loud, s.infer)
	}
	handle("", "/", loud, func(http.ResponseWriter, *http.Request) error {
		return refuse(http.StatusNotFound,
			"there is nothing here; the API is /api/classify, /api/detect, /api/segment, /api/pose, /api/models, /v2, "+
				"/healthz and /metrics")
	})

	guard := http.NewCrossOriginProtection() // a page of another site must not use this machine through its visitor
	guard.SetDenyHandler(s.wrap("cross-origin", "", loud, func(http.ResponseWriter, *http.Request) error {
		return refuse(http.StatusForbidden, "requests from pages of other origins are refused")
	}))
	return guard.Handler(mux)
}

// screen refuses what is not for this server before anything else is looked at, and gives a body that nobody reads
// little time: net/http reads the rest of it before the answer goes.
func (s *Server) screen(names hosts, h http.Handler) http.Handler {
	stranger := s.wrap("host", "", false, func(_ http.ResponseWriter, r *http.Request) error {
		return refuse(http.StatusForbidden, "this server is not called %.100q; see --host", r.Host)
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength != 0 {
			_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(patience))
		}
		if names != nil && !names.allow(r.Host) {
			stranger.ServeHTTP(w, r)
			return
		}
		h.ServeHTTP(w, r)
	})
}

// recorder remembers what has been answered, and gives the client little time to take it.
type recorder struct {
	http.ResponseWriter
	code   int
	bytes  int
	failed bool // the client did not take it
}

func (r *recorder) WriteHeader(code int) {
	if r.code == 0 {
		r.code = code
	}
	r.ResponseWriter.WriteHeader(code)
}

func (r *recorder) Write(b []byte) (int, error) {
	if r.code == 0 {
		r.code = http.StatusOK
	}
	r.bytes += len(b)
	enough := 2*patience + time.Duration(r.bytes)*time.Second/leastRate // net/http may read the rest of the body first
	_ = http.NewResponseController(r.ResponseWriter).SetWriteDeadline(time.Now().Add(enough))
	n, err := r.ResponseWriter.Write(b)
	r.failed = r.failed || err != nil
	return n, err
}

// Unwrap is for http.ResponseController.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

// policy lets the page load nothing but what this server sends.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; media-src 'self' blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// wrap is what all requests have in common: method, limits, errors, metrics, log. method "" lets all pass.
func (s *Server) wrap(route, method string, quiet bool, h handler) http.Handler {
	return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		start := time.Now()
		s.metrics.inFlight.Add(1)
		defer s.metrics.inFlight.Add(-1)
		w := &recorder{ResponseWriter: rw}
		head := w.Header()
		head.Set("Content-Security-Policy", policy)
		head.Set("X-Content-Type-Options", "nosniff")
		head.Set("Referrer-Policy", "no-referrer")
		head.Set("Cache-Control", "no-cache")
		ctx, cancel := context.WithTimeout(r.Context(), s.opts.Timeout)
		defer cancel()
		r = r.WithContext(ctx)
		r.Body = http.MaxBytesReader(w, r.Body, s.opts.MaxBody)

		err := s.answer(w, r, method, h)
		code := w.code
		if err != nil {
			var text string
			code, text = status(err)
			if errors.Is(err, errFull) || errors.Is(err, errUploads) {
				s.metrics.rejected.Add(1)
			}
			switch {
			case w.failed:
				code = statusGone
			case w.code == 0 && code != statusGone:
				writeError(w, code, text)
			}
		}
		took := time.Since(start)
		s.metrics.request(route, code, took)
		s.log(r, code, took, quiet, err)
		if code == statusGone && !w.failed {
			panic(http.ErrAbortHandler) // net/http would answer 200 to one who has ended his sending but still listens
		}
	})
}

// answer calls the handler. A panic, which would be a fault of ours, becomes an error of that one request.
func (s *Server) answer(w http.ResponseWriter, r *http.Request, method string, h handler) (err error) {
	defer func() {
		if fault := recover(); fault != nil {
			err = fmt.Errorf("panic: %v\n%s", fault, debug.Stack())
		}
	}()
	if method != "" && r.Method != method && !(method == http.MethodGet && r.Method == http.MethodHead) {
		w.Header().Set("Allow", method)
		return refuse(http.StatusMethodNotAllowed, "%s is not for %s; want %s", r.URL.Path, r.Method, method)
	}
	return h(w, r)
}

func (s *Server) log(r *http.Request, code int, took time.Duration, quiet bool, err error) {
	level := slog.LevelInfo
	switch {
	case code >= 500 && code != http.StatusServiceUnavailable:
		level = slog.LevelError
	case code >= 400:
		level = slog.LevelWarn
	case quiet:
		level = slog.LevelDebug
	}
	attrs := []slog.Attr{slog.String("method", r.Method), slog.String("path", clip(r.URL.Path)), slog.Int("status", code),
		slog.Float64("ms", float64(took.Microseconds())/1000), slog.String("remote", r.RemoteAddr)}
	if err != nil {
		attrs = append(attrs, slog.String("error", err.Error()))
	}
	s.opts.Log.LogAttrs(r.Context(), level, "request", attrs...)
}

// clip shortens what a client made up, for the log.
func clip(text string) string {
	if len(text) > 200 {
		return text[:200] + "…"
	}
	return text
}

// preparation makes the input of the network of the body of a request.
type preparation func(ctx context.Context, body []byte, d *decoder, input []float32) error

// job is what is done for a request: an input is made of its body, a session of the model runs on that, and the answer
// is made.
type job struct {
	model   *served
	prepare preparation
	run     func(context.Context, *worker) error
	answer  any // filled in by run, sent as JSON
}

// do does a job and sends the answer. What the client delays is done outside of all places: its body is received
// before, the answer is sent after.
func (s *Server) do(w http.ResponseWriter, r *http.Request, j *job) error {
	answer, err := s.admitted(w, r, j)
	if err != nil {
		return err
	}
	defer answer.drop()
	return answer.send(w)
}

// admitted receives the body of a request, in a place for uploads; then the request takes one of the places for
// sessions, of which there is a fixed number; and the input is there before a session is taken. Each step is done by as
// many at a time as it has places, so that those who keep one busy leave the others to others.
//
// A client that ends its sending may have left or may still listen. Such a request is not made to wait, its place goes
// to others; but one that need not wait is answered.
func (s *Server) admitted(w http.ResponseWriter, r *http.Request, j *job) (*taking, error) {
	if s.pool.full() {
		return nil, errFull
	}
	up, err := s.uploads.begin(w, r)
	if err != nil {
		return nil, err
	}
	defer up.drop()
	body, err := up.read(r, s.opts.MaxBody)
	if err != nil {
		return nil, err
	}
	if err := s.pool.enter(); err != nil {
		return nil, err
	}
	defer s.pool.leave()

	waiting := r.Context()
	working := context.WithoutCancel(waiting)
	if end, ok := waiting.Deadline(); ok {
		var cancel context.CancelFunc
		working, cancel = context.WithDeadline(working, end)
		defer cancel()
	}
	input := j.model.inputs.Get().(*[]float32)
	defer j.model.inputs.Put(input)
	err = s.decoders.do(waiting, func(d *decoder) error {
		if d.large { // nobody is to hold this one who has left
			return j.prepare(waiting, body, d, *input)
		}
		return j.prepare(working, body, d, *input)
	})
	if err != nil {
		return nil, err
	}
	body = nil
	up.drop()
	if err := s.turn(waiting, working, j, *input); err != nil {
		return nil, err
	}
	return s.answers.begin(w, j.answer)
}

// turn waits for a session and runs it.
func (s *Server) turn(waiting, working context.Context, j *job, input []float32) error {
	wk, err := s.pool.get(waiting, j.model)
	if err != nil {
		return err
	}
	defer s.pool.put(j.model, wk)
	for i := range j.model.plan.Inputs() {
		t := wk.sess.Input(i)
		n := t.Shape().Elements()
		enter(t, input[:n])
		input = input[n:]
	}
	return j.run(working, wk)
}

// file answers with a file of the page.
func (s *Server) file(name, kind string) handler {
	data, err := page.ReadFile("page/" + name)
	return func(w http.ResponseWriter, _ *http.Request) error {
		if err != nil {
			return err
		}
		w.Header().Set("Content-Type", kind)
		_, werr := w.Write(data)
		return werr
	}
}

// pictures are the samples of the page.
func pictures() []samples.Sample { return append(samples.All(), samples.Road()) }

func (s *Server) sampleNames(w http.ResponseWriter, _ *http.Request) error {
	names := []string{}
	for _, p := range pictures() {
		names = append(names, p.Name)
	}
	return writeJSON(w, http.StatusOK, names)
}

func (s *Server) sample(w http.ResponseWriter, r *http.Request) error {
	for _, p := range pictures() {
		if p.Name == r.PathValue("name") {
			w.Header().Set("Content-Type", "image/png")
			_, err := w.Write(p.Data)
			return err
		}
	}
	return refuse(http.StatusNotFound, "there is no sample of that name; see /api/samples")
}
