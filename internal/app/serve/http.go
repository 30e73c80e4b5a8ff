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
	goruntime "runtime"
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
	handle("GET", "/icon.svg", quiet, s.file("icon.svg", "image/svg+xml"))
	handle("GET", "/api/model", quiet,
		func(w http.ResponseWriter, _ *http.Request) error { return writeJSON(w, http.StatusOK, &s.card) })
	handle("GET", "/api/samples", quiet, s.sampleNames)
	handle("GET", "/api/samples/{name}", quiet, s.sample)
	handle("POST", "/api/classify", loud, s.classify)

	handle("GET", "/v2", loud, s.serverMetadata)
	s.handleHealth(mux)
	for _, model := range []string{"/v2/models/{model}", "/v2/models/{model}/versions/{version}"} {
		handle("GET", model, loud, s.modelMetadata)
		handle("GET", model+"/ready", quiet, s.modelReady)
		handle("POST", model+"/infer", loud, s.infer)
	}
	handle("", "/", loud, func(http.ResponseWriter, *http.Request) error {
		return refuse(http.StatusNotFound,
			"there is nothing here; the API is /api/classify, /api/model, /v2, /healthz and /metrics")
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
			http.NewResponseController(w).SetReadDeadline(time.Now().Add(patience))
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
	http.NewResponseController(r.ResponseWriter).SetWriteDeadline(time.Now().Add(enough))
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

// admitted receives the body of a request, has prepare make the input of it, and use run a session on that. What the
// client delays is done first, in a place for uploads; then the request takes one of the places for sessions, of which
// there is a fixed number; and the input is there before a session is taken. Each step is done by as many at a time as
// it has places, so that those who keep one busy leave the others to others.
//
// A client that ends its sending may have left or may still listen. Such a request is not made to wait, its place goes
// to others; but one that need not wait is answered.
func (s *Server) admitted(w http.ResponseWriter, r *http.Request, prepare preparation,
	use func(context.Context, *worker) error) error {
	if s.pool.full() {
		return errFull
	}
	up, err := s.uploads.begin(w, r)
	if err != nil {
		return err
	}
	defer up.drop()
	body, err := up.read(r, s.opts.MaxBody)
	if err != nil {
		return err
	}
	if err := s.pool.enter(); err != nil {
		return err
	}
	defer s.pool.leave()

	waiting := r.Context()
	working := context.WithoutCancel(waiting)
	if end, ok := waiting.Deadline(); ok {
		var cancel context.CancelFunc
		working, cancel = context.WithDeadline(working, end)
		defer cancel()
	}
	input := s.inputs.Get().(*[]float32)
	defer s.inputs.Put(input)
	err = s.decoders.do(waiting, func(d *decoder) error {
		if d.large { // nobody is to hold this one who has left
			return prepare(waiting, body, d, *input)
		}
		return prepare(working, body, d, *input)
	})
	if err != nil {
		return err
	}
	body = nil
	up.drop()
	wk, err := s.pool.get(waiting)
	if err != nil {
		return err
	}
	defer s.pool.put(wk)
	enter(wk.sess.Input(0), *input)
	return use(working, wk)
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
	uploads, uploadBytes := s.uploads.count()
	connections, evicted := s.conns.count()
	var b bytes.Buffer
	s.metrics.write(&b, []gauge{
		{"gneiss_connections", "Connections.", nil, float64(connections)},
		{"gneiss_connections_evicted_total", "Idle or silent connections closed to let others in.", nil, float64(evicted)},
		{"gneiss_uploads", "Bodies that are being received.", nil, float64(uploads)},
		{"gneiss_upload_bytes", "Memory of bodies, until they are decoded.", nil, float64(uploadBytes)},
		{"gneiss_decoders_busy", "Pictures and tensors that are being decoded.", nil, float64(s.decoders.busy())},
		{"gneiss_log_dropped_total", "Log lines lost because the log stalled or failed.", nil, float64(s.opts.LogDropped())},
		{"gneiss_sessions", "Sessions, each of which runs one request at a time.", nil, float64(s.opts.Sessions)},
		{"gneiss_sessions_busy", "Sessions in use.", nil, float64(s.pool.busy())},
		{"gneiss_requests_waiting", "Requests that are decoded or wait for a session.", nil, float64(s.pool.waiting())},
		{"gneiss_arena_bytes", "Memory of the activations of all sessions.", nil,
			float64(s.opts.Sessions * s.card.ArenaBytes)},
		{"gneiss_weight_bytes", "Memory of the packed weights, which sessions share.", nil, float64(s.card.WeightBytes)},
		{"gneiss_model_info", "The model; the value is 1.",
			[]string{"model", s.id, "dtype", s.card.DType, "isa", s.card.ISA, "version", s.opts.Version}, 1},
		{"process_start_time_seconds", "When the server was made, in seconds since 1970.", nil,
			float64(s.metrics.start.UnixMilli()) / 1000},
		{"go_goroutines", "Goroutines that exist.", nil, float64(goruntime.NumGoroutine())},
		{"go_memstats_heap_alloc_bytes", "Heap in use.", nil, float64(mem.HeapAlloc)},
		{"go_memstats_sys_bytes", "Memory obtained from the system by Go.", nil, float64(mem.Sys)},
	})
	w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	_, err := w.Write(b.Bytes())
	return err
}
