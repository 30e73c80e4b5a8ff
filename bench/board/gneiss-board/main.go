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

func run(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("gneiss-board", flag.ContinueOnError)
	out := flags.String("o", "gneiss-board.json", "the `file` for the report")
	in := flags.String("read", "", "print the table of that report, and measure nothing")
	nets := flags.String("networks", "", "networks, apart by commas; all by default")
	each := flags.Duration("each", 2*time.Second, "for each row")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *in != "" {
		f, err := os.Open(*in)
		if err != nil {
			return err
		}
		defer f.Close()
		r, err := board.Read(f)
		if err != nil {
			return fmt.Errorf("%s: %w", *in, err)
		}
		return r.Markdown(os.Stdout)
	}
	o := board.Options{Files: flags.Args(), Each: *each, Progress: func(row string) { fmt.Fprintln(os.Stderr, row) }}
	if *nets != "" {
		o.Names = strings.Split(*nets, ",")
	}
	f, err := os.Create(*out) // before the time is spent
	if err != nil {
		return err
	}
	defer f.Close()
	r, err := board.Measure(ctx, o)
	if err != nil {
		os.Remove(*out)
		return err
	}
	if err := errors.Join(r.Write(f), r.Markdown(os.Stdout)); err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "\nwrote %s; docs/BOARDS.md tells how to send it\n", *out)
	return f.Close()
}
