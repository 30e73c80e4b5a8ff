// Package serve answers over HTTP with a few networks: a page to try them in a browser, what pictures show as each
// network's card says (classes, boxes, masks, key points), the REST part of the Open Inference Protocol (version 2),
// health checks and Prometheus metrics.
//
//	s, err := serve.New([]serve.Model{{Name: "net", Graph: g, Plan: plan, Card: card}}, serve.Options{Sessions: 2})
//	err = s.Serve(ctx, listener) // until the context is done; then requests in progress are finished
//
// What a client can make the server use is bounded: connections, bodies on their way, pictures that are decoded, runs,
// answers on their way; the bytes and pixels of each; time. Each of these has places of its own, so that clients who
// keep one of them busy do not stop the others, and who is slow makes way. A fixed number of sessions is made at the
// start; a request that finds neither a session nor a place to wait gets status 503 with Retry-After. Pages and API are
// described in docs/SERVE.md.
package serve

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/gneiss-go/gneiss/models/imagefile"
)

// Options bound what the server uses. A zero field means its default.
type Options struct {
	Sessions    int           // runs at a time, default 1
	Queue       int           // requests that may be decoded or wait for a session, default 4 per session
	Decoders    int           // pictures decoded at a time, beside a large one; default: sessions + 1
	Uploads     int           // bodies that are received at a time, default 64, at most half of the connections
	UploadBytes int64         // of all bodies, default one MaxBody more than sessions
	MaxBody     int64         // bytes of a request, default 16 MiB
	MaxPixels   int           // width × height of an image, default 16 Mi
	Timeout     time.Duration // of one request from its headers to its answer, default 30 s
	Connections int           // at a time, default 256; then one that is idle makes way for the next
	Drain       time.Duration // how long Serve waits for requests in progress at the end, default 10 s
	Hosts       []string      // by which clients may call the server, beside localhost; see [Server.Serve]
	Admin       net.Listener  // for health and metrics alone, beside the other; default: none
	Version     string        // of the program, for /v2 and the page
	Log         *slog.Logger  // one line a request; it must not wait, see [LogQueue]; default: none
	LogDropped  func() int64  // lines that the log has lost, for the metrics; default: none
}

// Limits on what may be asked for, against mistakes.
const (
	maxSessions = 1024
	maxQueue    = 65536
)

func (o *Options) setDefaults() error {
	if o.Sessions < 0 || o.Sessions > maxSessions {
		return fmt.Errorf("%d sessions: want 1…%d", o.Sessions, maxSessions)
	}
	if o.Queue < 0 || o.Queue > maxQueue {
		return fmt.Errorf("queue of %d: want 1…%d", o.Queue, maxQueue)
	}
	counts := min(o.MaxPixels, o.Connections, o.Decoders, o.Uploads)
	if counts < 0 || min(o.MaxBody, o.UploadBytes) < 0 || min(o.Timeout, o.Drain) < 0 {
		return errors.New("a limit is negative")
	}
	o.Sessions = defaulted(o.Sessions, 1)
	o.Queue = defaulted(o.Queue, 4*o.Sessions)
	o.MaxBody = defaulted(o.MaxBody, 16<<20)
	o.UploadBytes = defaulted(o.UploadBytes, int64(1+o.Sessions)*o.MaxBody)
	o.MaxPixels = defaulted(o.MaxPixels, 16<<20)
	o.Decoders = defaulted(o.Decoders, 1+o.Sessions)
	o.Timeout = defaulted(o.Timeout, 30*time.Second)
	o.Connections = defaulted(o.Connections, 256)
	o.Uploads = min(defaulted(o.Uploads, 64), max(1, o.Connections/2))
	o.Drain = defaulted(o.Drain, 10*time.Second)
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.LogDropped == nil {
		o.LogDropped = func() int64 { return 0 }
	}
	return nil
}

func defaulted[T comparable](v, fallback T) T {
	var zero T
	if v == zero {
		return fallback
	}
	return v
}

// Server answers with its models.
type Server struct {
	models   []*served // at least one
	opts     Options
	hosts    hosts
	conns    *conns
	uploads  *uploads
	answers  *answers
	decoders *decoders
	pool     *pool
	metrics  *metrics
	routes   http.Handler
	handler  http.Handler // the routes, for those who have no listener of ours
	draining atomic.Bool
}

// New makes all sessions. It returns an error for a model whose card does not fit its network.
func New(ms []Model, o Options) (*Server, error) {
	if err := o.setDefaults(); err != nil {
		return nil, err
	}
	if len(ms) < 1 || len(ms) > maxModels {
		return nil, fmt.Errorf("%d models: want 1…%d", len(ms), maxModels)
	}
	names, err := newHosts(o.Hosts)
	if err != nil {
		return nil, err
	}
	s := &Server{opts: o, pool: newPool(o.Sessions, o.Queue), hosts: names}
	for _, m := range ms {
		if err := s.add(m); err != nil {
			s.pool.close()
			return nil, fmt.Errorf("%s: %w", m.Name, err)
		}
	}
	s.conns = newConns(o.Connections)
	s.uploads = newUploads(o.Uploads, o.UploadBytes)
	s.answers = newAnswers()
	s.decoders = newDecoders(s.limits(), o.Decoders, o.Sessions+o.Queue)
	s.metrics = newMetrics()
	s.routes = s.allRoutes()
	s.handler = s.screen(s.called(nil), s.routes)
	return s, nil
}

// ModelIDs are the models' names in URLs: their names in lower case, everything but letters, digits, _ and . made a
// hyphen, with a number behind it where several are the same.
func (s *Server) ModelIDs() (ids []string) {
	for _, m := range s.models {
		ids = append(ids, m.id)
	}
	return ids
}

// Handler answers all requests; for tests and for programs with a server of their own. It looks at the Host header if
// [Options.Hosts] has names.
func (s *Server) Handler() http.Handler { return s.handler }

// Close ends the sessions; requests get status 503 from then on. It may be called more than once.
func (s *Server) Close() error {
	s.draining.Store(true)
	s.pool.close()
	return nil
}

// limits are those of images.
func (s *Server) limits() imagefile.Limits {
	memory := int64(s.opts.MaxPixels)*bytesPerPixel + 1<<20 // and a few rows
	return imagefile.Limits{MaxBytes: s.opts.MaxBody, MaxPixels: s.opts.MaxPixels, MaxMemory: memory, MaxScans: 64}
}

// Memory is how many bytes requests may take at most, all of them together, beside what the server has from the start.
func (s *Server) Memory() int64 {
	const connection = 32 << 10 // buffers and stacks
	picture := s.limits().MaxMemory
	return s.opts.UploadBytes + answerBytes + picture + int64(s.opts.Decoders)*picture/largePart +
		int64(s.opts.Connections)*connection
}

// called is by which names a listener's clients may call the server; nil: by any.
func (s *Server) called(a net.Addr) hosts {
	if len(s.hosts) > 0 || onLoopback(a) {
		return s.hosts
	}
	return nil
}

// Serve answers on l until ctx is done, then finishes the requests in progress, closes the server and returns nil. It
// returns an error if the listener fails, or if requests did not finish in [Options.Drain].
//
// On a listener of this machine alone the Host header has to be localhost, a loopback address or one of
// [Options.Hosts]: a page whose name is made to mean this machine must not use it. On other listeners it is looked at
// if there are such.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	defer s.Close()
	failed := make(chan error, 2)
	servers := []*http.Server{s.start(l, s.conns, s.routes, failed)}
	if a := s.opts.Admin; a != nil {
		servers = append(servers, s.start(a, newConns(adminConnections), s.adminRoutes(), failed))
	}
	running := len(servers)
	var err error
	select {
	case err = <-failed:
		running--
	case <-ctx.Done():
		s.draining.Store(true)
		grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.opts.Drain)
		defer cancel()
		if err = servers[0].Shutdown(grace); err != nil {
			err = fmt.Errorf("requests were still in progress %v after the end was asked for: %w", s.opts.Drain, err)
		}
	}
	for _, srv := range servers {
		srv.Close()
	}
	for range running {
		<-failed // http.ErrServerClosed
	}
	return err
}

// adminConnections is how many there may be to [Options.Admin].
const adminConnections = 32

// start answers on l with h; what ends it goes to failed.
func (s *Server) start(l net.Listener, cs *conns, h http.Handler, failed chan<- error) *http.Server {
	srv := &http.Server{
		Handler:           s.screen(s.called(l.Addr()), h),
		ConnState:         cs.note,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       s.opts.Timeout,
		WriteTimeout:      s.opts.Timeout + 10*time.Second,
		IdleTimeout:       time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(s.opts.Log.Handler(), slog.LevelDebug),
		Protocols:         new(http.Protocols), // HTTP/1 alone: the places of connections and bodies are counted for it
	}
	srv.Protocols.SetHTTP1(true)
	go func() { failed <- srv.Serve(cs.listen(l)) }()
	return srv
}
