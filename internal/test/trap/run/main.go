// Run runs a program under the emulation of AMX and AVX-VNNI: see package trap.
//
//	go test -c -tags pretend -o kernels.test ./kernels
//	go run ./internal/test/trap/run --pretend avxvnni+amxint8 ./kernels.test -test.run ConvU8
//
// A program built with the tag pretend believes in the features named.
package main

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"slices"

	"github.com/gneiss-go/gneiss/internal/test/trap"
)

func main() {
	pretend := flag.String("pretend", "", "features that the program is to believe in, joined by +")
	flag.Usage = func() {
		fmt.Fprintln(flag.CommandLine.Output(), "usage: run [--pretend avxvnni+amxint8] program [arguments]")
		flag.PrintDefaults()
	}
	flag.Parse()
	if flag.NArg() == 0 {
		flag.Usage()
		os.Exit(2)
	}
	cmd := exec.Command(flag.Arg(0), flag.Args()[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.Env = append(os.Environ(), "GNEISS_PRETEND="+*pretend)
	counts, code, err := trap.Run(cmd)
	if err != nil {
		fmt.Fprintln(os.Stderr, "run:", err)
		os.Exit(1)
	}
	for _, op := range slices.Sorted(maps.Keys(counts)) {
		fmt.Fprintf(os.Stderr, "%s: %d\n", op, counts[op])
	}
	os.Exit(code)
}
