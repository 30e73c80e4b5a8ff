package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/gneiss-go/gneiss/internal/app/serve"
	"github.com/gneiss-go/gneiss/models/card"
)

// serveFlags are the command's own.
type serveFlags struct {
	models    []string
	o         serve.Options
	addr      string
	adminAddr string
	maxMiB    int
	asJSON    bool
}

func serveCommand() *cobra.Command {
	var mf modelFlags
	var sf specFlags
	var rf readFlags
	var f serveFlags
	cmd := &cobra.Command{
		Use:   "serve [flags]",
		Short: "Answer over HTTP what pictures show, with a page to try it",
		Long: `Serve answers over HTTP until it gets SIGINT or SIGTERM, and then finishes what it has begun:

  /               a page that shows what is in pictures and the camera's, and where the time goes
  /api/classify   POST a JPEG, PNG or WebP, as the body or in a form; JSON
  /api/detect     the same for models that find boxes; /api/segment for masks, /api/pose for key points
  /v2             the Open Inference Protocol, version 2, over REST
  /healthz        ok
  /metrics        Prometheus metrics

Each --model is served as its card says, and without any both built-in ones are, which classify and detect; ?model=
chooses among several, and the page has a list of them. A model whose outputs are just numbers is served by the protocol
alone.

What clients can make it use is bounded: a fixed number of sessions, a queue, sizes, times. Who finds the queue full
gets status 503; who is slow makes way for others. It listens on this machine only, and answers there only to those who
call it localhost, or by a --host; to let others in, say --addr :8080. There is no login.`,
		Example: `  gneiss serve
  gneiss serve --model googlenet --sessions 2 --addr :8080
  gneiss serve --model faces.gneiss --model yolov8n.gneiss --threads 2
  curl --data-binary @photo.jpg http://127.0.0.1:8080/api/classify`,
		Args:        atMost(0, ""),
		Annotations: map[string]string{endsByInterrupt: "yes"},
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := f.check(); err != nil {
				return err
			}
			v, err := version()
			if err != nil {
				return err
			}
			f.o.Version = v.Version
			for _, name := range ofOneModel {
				if len(f.models) > 1 && cmd.Flags().Changed(name) {
					return usagef("--%s is for one model; of several each has a card: see gneiss card", name)
				}
			}
			var ms []serve.Model
			for _, one := range f.asked(cmd, &mf) {
				m, err := rf.served(cmd.Context(), one, &sf)
				if err != nil {
					return err
				}
				ms = append(ms, m)
			}
			return f.run(cmd.Context(), unchecked(cmd.OutOrStdout()), ms)
		},
	}
	cmd.Flags().StringArrayVarP(&f.models, "model", "m", nil,
		"model `file` (.onnx, .tflite, .caffemodel, .prototxt, .param, .gneiss), or googlenet once fetched; may be repeated; "+
			"default: the two that are built in")
	mf.addPrototxt(cmd)
	mf.shape.add(cmd)
	mf.addRun(cmd)
	mf.addLabels(cmd)
	mf.signed.add(cmd)
	rf.add(cmd)
	sf.add(cmd)
	f.add(cmd)
	return cmd
}

// ofOneModel are the flags that say something of a model.
var ofOneModel = append([]string{"labels", "task", "head", "prototxt"}, specNames...)

// asked are the models to serve: those given, or else both built-in ones. Who says something of a model and names none
// means the built-in one for that task.
func (f *serveFlags) asked(cmd *cobra.Command, mf *modelFlags) (all []*modelFlags) {
	for _, name := range f.models {
		one := *mf
		one.model = name
		all = append(all, &one)
	}
	if len(all) > 0 {
		return all
	}
	classifier, detector := *mf, *mf
	detector.finds = true
	switch {
	case cmd.Flag("task").Value.String() == string(card.Detect):
		return []*modelFlags{&detector}
	case slices.ContainsFunc(ofOneModel, cmd.Flags().Changed) || mf.shape.given():
		return []*modelFlags{&classifier}
	}
	return []*modelFlags{&classifier, &detector}
}

// served opens and compiles a model to be served.
func (f *readFlags) served(ctx context.Context, mf *modelFlags, sf *specFlags) (serve.Model, error) {
	m, o, err := f.open(mf, sf)
	if err != nil {
		return serve.Model{}, err
	}
	plan, err := mf.plan(ctx, m)
	if err != nil {
		return serve.Model{}, err
	}
	return serve.Model{Name: m.Name, Source: filepath.Base(m.Source), Graph: m.Graph, Plan: plan, Card: m.Card,
		Options: o}, nil
}

func (f *serveFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.addr, "addr", "127.0.0.1:8080", "`address` to listen on; port 0 takes a free one")
	flags.StringVar(&f.adminAddr, "admin-addr", "", "`address` of a second port, for health and metrics alone")
	flags.StringSliceVar(&f.o.Hosts, "host", nil, "`name` that clients may call it by, beside localhost; may be repeated")
	flags.IntVar(&f.o.Sessions, "sessions", 1, "requests that run at a time, each in memory of its own")
	flags.IntVar(&f.o.Queue, "queue", 0, "requests that may wait for a session; default: 4 per session")
	flags.IntVar(&f.o.Connections, "connections", 256, "connections at a time; then the longest idle makes way")
	flags.IntVar(&f.maxMiB, "max-mib", 16, "size of a request, in MiB")
	flags.IntVar(&f.o.MaxPixels, "max-pixels", 16<<20, "width × height of a picture, each of up to 8 bytes")
	flags.DurationVar(&f.o.Timeout, "timeout", 30*time.Second, "time for a request, body included")
	flags.BoolVar(&f.asJSON, "json", false, "log lines in JSON")
}

func (f *serveFlags) check() error {
	for _, n := range []struct {
		flag            string
		v, least, limit int
	}{
		{"--sessions", f.o.Sessions, 1, 1024},
		{"--queue", f.o.Queue, 0, 65536},
		{"--connections", f.o.Connections, 1, 65536},
		{"--max-mib", f.maxMiB, 1, 1024},
		{"--max-pixels", f.o.MaxPixels, 1, 1 << 30},
	} {
		if n.v < n.least || n.v > n.limit {
			return usagef("%s %d: want %d…%d", n.flag, n.v, n.least, n.limit)
		}
	}
	if f.o.Timeout <= 0 {
		return usagef("--timeout %v: want more than 0", f.o.Timeout)
	}
	if err := serve.CheckHosts(f.o.Hosts); err != nil {
		return usagef("--host: %v", err)
	}
	f.o.MaxBody = int64(f.maxMiB) << 20
	return nil
}

// flushTime bounds how long the end waits for a log that stalls.
const flushTime = time.Second

// run serves a model until the context is done or SIGTERM comes. A log that nobody reads any more, or reads slowly,
// does not stop it: what is written goes through a queue, and a closed pipe is an error like another.
func (f *serveFlags) run(ctx context.Context, out io.Writer, ms []serve.Model) error {
	ignoreClosedPipes()
	queue := serve.NewLogQueue(out)
	defer queue.Close(flushTime)
	var h slog.Handler = slog.NewTextHandler(queue, nil)
	if f.asJSON {
		h = slog.NewJSONHandler(queue, nil)
	}
	f.o.Log, f.o.LogDropped = slog.New(h), queue.Dropped

	l, err := listenOn("--addr", f.addr)
	if err != nil {
		return err
	}
	defer l.Close()
	where := []any{"addr", l.Addr().String(), "url", "http://" + reachable(l.Addr()) + "/"}
	if f.adminAddr != "" {
		if f.o.Admin, err = listenOn("--admin-addr", f.adminAddr); err != nil {
			return err
		}
		defer f.o.Admin.Close()
		where = append(where, "admin", f.o.Admin.Addr().String())
	}
	s, err := serve.New(ms, f.o)
	if err != nil {
		return err
	}
	defer s.Close()
	defer keepSmall(s.Memory())()
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGTERM)
	defer stop()
	if f.asJSON {
		f.o.Log.Info("listening", append(where, "model", strings.Join(s.ModelIDs(), ","))...)
	} else {
		var names []string
		for _, m := range ms {
			names = append(names, fmt.Sprintf("%s (%s)", m.Name, m.Source))
		}
		fmt.Fprintf(queue, "%s on http://%s/\nCtrl-C ends.\n", strings.Join(names, ", "), reachable(l.Addr()))
	}
	if err = s.Serve(ctx, l); err == nil {
		f.o.Log.Info("ended")
	}
	return err
}

// keepSmall has garbage collected sooner where the process would grow by more than that, and returns what ends it.
// Whoever set GOMEMLIMIT knows better.
func keepSmall(growth int64) (end func()) {
	if os.Getenv("GOMEMLIMIT") != "" {
		return func() {}
	}
	var mem runtime.MemStats
	runtime.ReadMemStats(&mem)
	before := debug.SetMemoryLimit(int64(mem.Sys-mem.HeapReleased) + growth)
	return func() { debug.SetMemoryLimit(before) }
}

// listenOn listens on the address that a flag has.
func listenOn(flag, addr string) (net.Listener, error) {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", flag, addr, err)
	}
	return l, nil
}

// reachable is an address that a browser on this machine can open: one that stands for all of its addresses is no such.
func reachable(a net.Addr) string {
	if tcp, ok := a.(*net.TCPAddr); ok && tcp.IP.IsUnspecified() {
		return fmt.Sprintf("localhost:%d", tcp.Port)
	}
	return a.String()
}
