// Command once runs the network in a .gnm file a single time, on one thread and zeros: the program whose instructions
// bench/cycles counts under an emulator.
package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/gneiss-go/gneiss/models/gnm"
	"github.com/gneiss-go/gneiss/runtime"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "once:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) != 1 {
		return errors.New("usage: once FILE.gnm")
	}
	g, err := gnm.Open(args[0])
	if err != nil {
		return err
	}
	plan, err := runtime.Compile(g)
	if err != nil {
		return err
	}
	sess, err := plan.NewSession()
	if err != nil {
		return err
	}
	defer sess.Close()
	return sess.Run()
}
