package serve

import (
	"bytes"
	"context"
	"embed"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	goruntime "runtime"
	"runtime/debug"
	"time"

	"github.com/gneiss-go/gneiss/internal/samples"
)

//go:embed page
var page embed.FS

// handler answers a request or returns why not; it has written nothing then.
type handler func(http.ResponseWriter, *http.Request) error

// routes is the whole of the server's paths.
func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	handle := func(method, path string, quiet bool, h handler) {
		mux.Handle(path, s.wrap(path, method, quiet, h))
	}
	const loud, quiet = false, true // quiet requests are logged at debug level only: somebody's clock makes them

	handle("GET", "/{$}", loud, s.file("index.html", "text/html; charset=utf-8"))
	handle("GET", "/style.css", quiet, s.file("style.css", "text/css; charset=utf-8"))
	handle("GET", "/app.js", quiet, s.file("app.js", "text/javascript; charset=utf-8"))
	handle("GET", "/icon.svg", quiet, s.file("icon.svg", "image/svg+xml"))
	handle("GET", "/api/model", quiet, func(w http.ResponseWriter, _ *http.Request) error { return writeJSON(w, http.StatusOK, &s.card) })
	handle("GET", "/api/samples", quiet, s.sampleNames)
	handle("GET", "/api/samples/{name}", quiet, s.sample)
	handle("POST", "/api/classify", loud, s.classify)

	handle("GET", "/v2", loud, s.serverMetadata)
	handle("GET", "/v2/health/live", quiet, s.live)
	handle("GET", "/v2/health/ready", quiet, s.ready)
	for _, model := range []string{"/v2/models/{model}", "/v2/models/{model}/versions/{version}"} {
		handle("GET", model, loud, s.modelMetadata)
		handle("GET", model+"/ready", quiet, s.modelReady)
		handle("POST", model+"/infer", loud, s.infer)
	}
	handle("GET", "/healthz", quiet, s.healthz)
	handle("GET", "/metrics", quiet, s.writeMetrics)
	handle("", "/", loud, func(http.ResponseWriter, *http.Request) error {
		return refuse(http.StatusNotFound, "there is nothing here; the API is /api/classify, /api/model, /v2, /healthz and /metrics")
	})

	guard := http.NewCrossOriginProtection() // a page of another site must not use this machine through its visitor
	guard.SetDenyHandler(s.wrap("cross-origin", "", loud, func(http.ResponseWriter, *http.Request) error {
		return refuse(http.StatusForbidden, "requests from pages of other origins are refused")
	}))
	return guard.Handler(mux)
}

// recorder remembers what has been answered.
type recorder struct {
	http.ResponseWriter
	code int
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
	return r.ResponseWriter.Write(b)
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
			if errors.Is(err, errFull) {
				s.metrics.rejected.Add(1)
			}
			if w.code == 0 && code != statusGone {
				writeError(w, code, text)
			}
		}
		took := time.Since(start)
		s.metrics.request(route, code, took)
		s.log(r, code, took, quiet, err)
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
	attrs := []slog.Attr{slog.String("method", r.Method), slog.String("path", r.URL.Path), slog.Int("status", code),
		slog.Float64("ms", float64(took.Microseconds())/1000), slog.String("remote", r.RemoteAddr)}
	if err != nil {
		attrs = append(attrs, slog.String("error", err.Error()))
	}
	s.opts.Log.LogAttrs(r.Context(), level, "request", attrs...)
}

// admitted reads the body of a request and calls f with it and a worker. There are places for a fixed number of
// requests; the body is read before a worker is taken, so that a slow client keeps none from others.
func (s *Server) admitted(r *http.Request, f func(body []byte, w *worker) error) error {
	if err := s.pool.enter(); err != nil {
		return err
	}
	defer s.pool.leave()
	body, err := readBody(r, s.opts.MaxBody)
	if err != nil {
		return err
	}
	w, err := s.pool.get(r.Context())
	if err != nil {
		return err
	}
	defer s.pool.put(w)
	return f(body, w)
}

// readBody reads a body of at most limit bytes, the reader refusing more.
func readBody(r *http.Request, limit int64) ([]byte, error) {
	if r.ContentLength > limit {
		return nil, &http.MaxBytesError{Limit: limit}
	}
	var b bytes.Buffer
	b.Grow(int(min(max(r.ContentLength, 0), 1<<20) + bytes.MinRead)) // more when it comes
	_, err := b.ReadFrom(r.Body)
	var large *http.MaxBytesError
	switch {
	case err == nil:
		return b.Bytes(), nil
	case errors.As(err, &large):
		return nil, err
	case errors.Is(err, os.ErrDeadlineExceeded):
		return nil, refuse(http.StatusRequestTimeout, "the body did not arrive in time")
	case r.Context().Err() != nil:
		return nil, r.Context().Err()
	case errors.Is(err, io.ErrUnexpectedEOF):
		return nil, badRequest("the body ends too early")
	}
	return nil, badRequest("the body cannot be read: %v", err)
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

func (s *Server) sampleNames(w http.ResponseWriter, _ *http.Request) error {
	names := []string{}
	for _, p := range samples.All() {
		names = append(names, p.Name)
	}
	return writeJSON(w, http.StatusOK, names)
}

func (s *Server) sample(w http.ResponseWriter, r *http.Request) error {
	for _, p := range samples.All() {
		if p.Name == r.PathValue("name") {
			w.Header().Set("Content-Type", "image/png")
			_, err := w.Write(p.Data)
			return err
		}
	}
	return refuse(http.StatusNotFound, "there is no sample of that name; see /api/samples")
}

// healthz is for those who want a word rather than JSON.
func (s *Server) healthz(w http.ResponseWriter, _ *http.Request) error {
	if s.draining.Load() {
		return errClosing
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, err := io.WriteString(w, "ok\n")
	return err
}

func (s *Server) writeMetrics(w http.ResponseWriter, _ *http.Request) error {
	var mem goruntime.MemStats
	goruntime.ReadMemStats(&mem)
	var b bytes.Buffer
	s.metrics.write(&b, []gauge{
		{"gneiss_sessions", "Sessions, each of which runs one request at a time.", nil, float64(s.opts.Sessions)},
		{"gneiss_sessions_busy", "Sessions in use.", nil, float64(s.pool.busy())},
		{"gneiss_requests_waiting", "Requests that send their body or wait for a session.", nil, float64(s.pool.waiting())},
		{"gneiss_arena_bytes", "Memory of the activations of all sessions.", nil, float64(s.opts.Sessions * s.card.ArenaBytes)},
		{"gneiss_weight_bytes", "Memory of the packed weights, which sessions share.", nil, float64(s.card.WeightBytes)},
		{"gneiss_model_info", "The model; the value is 1.", []string{"model", s.id, "dtype", s.card.DType, "isa", s.card.ISA, "version", s.opts.Version}, 1},
		{"process_start_time_seconds", "When the server was made, in seconds since 1970.", nil, float64(s.metrics.start.UnixMilli()) / 1000},
		{"go_goroutines", "Goroutines that exist.", nil, float64(goruntime.NumGoroutine())},
		{"go_memstats_heap_alloc_bytes", "Heap in use.", nil, float64(mem.HeapAlloc)},
		{"go_memstats_sys_bytes", "Memory obtained from the system by Go.", nil, float64(mem.Sys)},
	})
	w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	_, err := w.Write(b.Bytes())
	return err
}
