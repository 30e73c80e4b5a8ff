// Command once is what bench/cycles has an emulator run: a network a single time, on one thread, with a mark before it
// and after each of its steps.
//
//	once pack IN.gneiss OUT.gneiss   packs the filters for the best tier, and prints the plan as JSON
//	once run OUT.gneiss              runs it
//
// Packing is apart, because whatever runs while the emulator writes its log takes a hundred times as long.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	goruntime "runtime"
	"time"

	"github.com/gneiss-go/gneiss/arch"
	"github.com/gneiss-go/gneiss/models"
	"github.com/gneiss-go/gneiss/runtime"
)

func main() {
	goruntime.LockOSThread() // the log tells threads apart: the one that counts is the first
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "once:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	switch {
	case len(args) == 3 && args[0] == "pack":
		return pack(args[1], args[2])
	case len(args) == 2 && args[0] == "run":
		return once(args[1])
	}
	return errors.New("usage: once pack IN OUT, or once run FILE")
}

func pack(in, out string) error {
	g, err := models.Open(in)
	if err != nil {
		return err
	}
	f, err := os.Create(out)
	if err != nil {
		return err
	}
	if err := errors.Join(runtime.Write(f, g, runtime.WithPacked(arch.Best())), f.Close()); err != nil {
		return err
	}
	plan, err := load(out)
	if err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(plan.Report())
}

func load(file string) (*runtime.Plan, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	return runtime.Load(b)
}

// mark is a function that the log names: one block of instructions, so that a call is one line there.
//
//go:noinline
func mark() { marks++ }

var marks int

func once(file string) error {
	plan, err := load(file)
	if err != nil {
		return err
	}
	sess, err := plan.NewSession()
	if err != nil {
		return err
	}
	defer sess.Close()
	sess.SetHook(func(runtime.StepInfo, time.Duration) { mark() })
	mark()
	if err := sess.Run(); err != nil {
		return err
	}
	if steps := len(plan.Report().Steps); marks != 1+steps {
		return fmt.Errorf("%d marks of a plan of %d steps", marks, steps)
	}
	return nil
}
