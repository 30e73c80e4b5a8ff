package main

import (
	"fmt"
	"log/slog"
	"net"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/gneiss-go/gneiss/internal/serve"
)

func serveCommand() *cobra.Command {
	var mf modelFlags
	var sf specFlags
	var o serve.Options
	var addr string
	var maxMiB int
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "serve [flags]",
		Short: "Classify over HTTP, with a page to try it",
		Long: `Serve answers over HTTP until it gets SIGINT or SIGTERM, and then finishes what it has begun:

  /               a page that classifies pictures and the camera's, and shows where the time goes
  /api/classify   POST a JPEG or PNG, as the body or in a form; JSON
  /v2             the Open Inference Protocol, version 2, over REST
  /healthz        ok
  /metrics        Prometheus metrics

What clients can make it use is bounded: a fixed number of sessions, a queue, sizes, times. Who finds the queue full
gets status 503. It listens on this machine only; to let others in, say --addr :8080. There is no login.`,
		Example: `  gneiss serve
  gneiss serve --model googlenet --sessions 2 --addr :8080
  curl --data-binary @photo.jpg http://127.0.0.1:8080/api/classify`,
		Args: atMost(0, ""),
		RunE: func(cmd *cobra.Command, _ []string) error {
			for _, n := range []struct {
				flag            string
				v, least, limit int
			}{{"--sessions", o.Sessions, 1, 1024}, {"--queue", o.Queue, 0, 65536}, {"--connections", o.Connections, 1, 65536}, {"--max-mib", maxMiB, 1, 1024}} {
				if n.v < n.least || n.v > n.limit {
					return usagef("%s %d: want %d…%d", n.flag, n.v, n.least, n.limit)
				}
			}
			if o.Timeout <= 0 {
				return usagef("--timeout %v: want more than 0", o.Timeout)
			}
			o.MaxBody = int64(maxMiB) << 20
			v, err := version()
			if err != nil {
				return err
			}
			o.Version = v.Version
			c, err := newClassifier(&mf, &sf)
			if err != nil {
				return err
			}
			plan := c.sess.Plan()
			c.sess.Close() // the server makes its own
			out := cmd.OutOrStdout()
			var h slog.Handler = slog.NewTextHandler(out, nil)
			if asJSON {
				h = slog.NewJSONHandler(out, nil)
			}
			o.Log = slog.New(h)
			s, err := serve.New(serve.Model{Name: c.Name, Source: filepath.Base(c.Source), Note: c.Note, Graph: c.Graph, Plan: plan, Spec: c.Spec, Labels: c.Labels, Probabilities: c.probabilities()}, o)
			if err != nil {
				return err
			}
			defer s.Close()
			ctx, stop := signal.NotifyContext(cmd.Context(), syscall.SIGTERM)
			defer stop()
			l, err := net.Listen("tcp", addr)
			if err != nil {
				return fmt.Errorf("--addr %s: %w", addr, err)
			}
			url := "http://" + reachable(l.Addr()) + "/"
			if asJSON {
				o.Log.Info("listening", "addr", l.Addr().String(), "url", url, "model", s.ModelID())
			} else {
				fmt.Fprintf(out, "%s (%s) on %s\nCtrl-C ends.\n", c.Name, c.Source, url)
			}
			err = s.Serve(ctx, l)
			if err == nil {
				o.Log.Info("ended")
			}
			return err
		},
	}
	mf.add(cmd)
	mf.addLabels(cmd)
	mf.signed.add(cmd)
	sf.add(cmd)
	cmd.Flags().StringVar(&addr, "addr", "127.0.0.1:8080", "`address` to listen on; port 0 takes a free one")
	cmd.Flags().IntVar(&o.Sessions, "sessions", 1, "requests that run at a time, each in memory of its own")
	cmd.Flags().IntVar(&o.Queue, "queue", 0, "requests that may wait for a session; default: 4 per session")
	cmd.Flags().IntVar(&o.Connections, "connections", 256, "connections at a time")
	cmd.Flags().IntVar(&maxMiB, "max-mib", 16, "size of a request, in MiB")
	cmd.Flags().DurationVar(&o.Timeout, "timeout", 30*time.Second, "time for a request, body included")
	cmd.Flags().BoolVar(&asJSON, "json", false, "log lines in JSON")
	return cmd
}

// reachable is an address that a browser on this machine can open: one that stands for all of its addresses is no such.
func reachable(a net.Addr) string {
	if tcp, ok := a.(*net.TCPAddr); ok && tcp.IP.IsUnspecified() {
		return fmt.Sprintf("localhost:%d", tcp.Port)
	}
	return a.String()
}
