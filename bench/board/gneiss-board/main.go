// Command gneiss-board measures the machine it runs on and writes a report of it: gneiss bench --report in a program of
// its own, which needs nothing else.
//
//	./gneiss-board-arm64                  measures, prints a table, and writes gneiss-board.json
//	./gneiss-board-arm64 -read FILE       prints the table of a report that is there
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"time"

	"github.com/gneiss-go/gneiss/bench/board"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		if !errors.Is(err, flag.ErrHelp) {
			fmt.Fprintln(os.Stderr, "gneiss-board:", err)
		}
		os.Exit(1)
	}
}

// settings are what the command line says.
type settings struct {
	out, in, networks string
	each              time.Duration
}

func newFlags(s *settings) *flag.FlagSet {
	flags := flag.NewFlagSet("gneiss-board", flag.ContinueOnError)
	flags.StringVar(&s.out, "o", "gneiss-board.json", "the `file` for the report")
	flags.StringVar(&s.in, "read", "", "print the table of the report in that `file`, and measure nothing")
	flags.StringVar(&s.networks, "networks", "", "networks, apart by commas; all by default")
	flags.DurationVar(&s.each, "each", 2*time.Second, "for each row")
	return flags
}

func run(ctx context.Context, args []string) error {
	var s settings
	flags := newFlags(&s)
	if err := flags.Parse(args); err != nil {
		return err
	}
	if s.in != "" {
		return show(s.in)
	}
	o := board.Options{Files: flags.Args(), Each: s.each, Progress: func(row string) { fmt.Fprintln(os.Stderr, row) }}
	if s.networks != "" {
		o.Names = strings.Split(s.networks, ",")
	}
	f, err := os.Create(s.out) // before the time is spent
	if err != nil {
		return err
	}
	defer f.Close()
	r, err := board.Measure(ctx, o)
	if err != nil {
		os.Remove(s.out)
		return err
	}
	if err := errors.Join(r.Write(f), r.Markdown(os.Stdout)); err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "\nwrote %s; docs/BOARDS.md tells how to send it\n", s.out)
	return f.Close()
}

// show prints the table of a report that is there.
func show(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	r, err := board.Read(f)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return r.Markdown(os.Stdout)
}
