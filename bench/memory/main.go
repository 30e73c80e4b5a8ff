// Command memory runs a compiled model as a device would, and prints the most memory that the process had in use.
//
//	gneiss compile googlenet -o net.gneiss --target host
//	go run ./bench/memory net.gneiss
//
// The program links the runtime and nothing else. Pages of the mapped file count as in use once they have been read:
// packed filters do, those of the graph do not.
package main

import (
	"flag"
	"fmt"
	"os"
	"strings"

	"github.com/gneiss-go/gneiss/runtime"
	"github.com/gneiss-go/gneiss/runtime/mapped"
)

func main() {
	threads := flag.Int("threads", 1, "threads")
	flag.Usage = func() {
		fmt.Fprint(flag.CommandLine.Output(),
			"Prints the most memory that a process takes to run a compiled model.\n\nusage: memory [flags] FILE.gneiss\n\n")
		flag.PrintDefaults()
	}
	flag.Parse()
	if flag.NArg() != 1 {
		flag.Usage()
		os.Exit(2)
	}
	if err := run(flag.Arg(0), *threads); err != nil {
		fmt.Fprintln(os.Stderr, "memory:", err)
		os.Exit(1)
	}
}

func run(file string, threads int) error {
	plan, err := mapped.Load(file, runtime.WithThreads(threads))
	if err != nil {
		return err
	}
	session, err := plan.NewSession()
	if err != nil {
		return err
	}
	defer session.Close()
	for range 20 {
		for i := range plan.Inputs() {
			in := session.Input(i).Float32()
			for k := range in {
				in[k] = float32(k%251) - 125
			}
		}
		if err := session.Run(); err != nil {
			return err
		}
	}
	fmt.Printf("%s, %s: arena %.2f MB, packed weights %.2f MB\n", plan.Name(), runtime.Target(plan.ISA()),
		float64(plan.ArenaSize())/1e6, float64(plan.WeightBytes())/1e6)
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return fmt.Errorf("this system does not say how much memory is in use: %w", err)
	}
	for _, line := range strings.Split(string(status), "\n") {
		if name, value, ok := strings.Cut(line, ":"); ok {
			switch name {
			case "VmHWM":
				fmt.Println("most in use: ", strings.TrimSpace(value))
			case "RssAnon":
				fmt.Println("  now, own:  ", strings.TrimSpace(value))
			case "RssFile":
				fmt.Println("  now, files:", strings.TrimSpace(value))
			}
		}
	}
	return nil
}
