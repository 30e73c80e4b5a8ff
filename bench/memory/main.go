// Command memory runs a model as a device would, and prints the most memory that the process had in use.
//
//	gneiss compile googlenet -o net.gneiss --target host
//	go run ./bench/memory net.gneiss
//	go run ./bench/memory vgg16.onnx
//
// Pages of a mapped file count as in use while they are in memory: packed filters of a .gneiss file do. Weights of
// other files are packed as they are read, and their pages given back.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/gneiss-go/gneiss/models"
	"github.com/gneiss-go/gneiss/runtime"
	"github.com/gneiss-go/gneiss/runtime/mapped"
)

func main() {
	threads := flag.Int("threads", 1, "threads")
	flag.Usage = func() {
		fmt.Fprint(flag.CommandLine.Output(),
			"Prints the most memory that a process takes to run a model.\n\nusage: memory [flags] FILE\n\n")
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

// load makes a plan of a file of any format.
func load(file string, opts ...runtime.Option) (*runtime.Plan, error) {
	if strings.EqualFold(filepath.Ext(file), runtime.Ext) {
		return mapped.Load(file, opts...)
	}
	g, err := models.Open(file)
	if err != nil {
		return nil, err
	}
	return runtime.Compile(g, append(opts, runtime.WithSpentGraph())...)
}

func run(file string, threads int) error {
	plan, err := load(file, runtime.WithThreads(threads))
	if err != nil {
		return err
	}
	session, err := plan.NewSession()
	if err != nil {
		return err
	}
	defer session.Close()
	for range 20 {
		for i, in := range plan.Inputs() {
			if in.DType != runtime.F32 {
				continue
			}
			x := session.Input(i).Float32()
			for k := range x {
				x[k] = float32(k%251) - 125
			}
		}
		if err := session.Run(); err != nil {
			return err
		}
	}
	fmt.Printf("%s, %s: arena %.2f MB, packed weights %.2f MB\n", plan.Name(), runtime.Target(plan.ISA()),
		float64(plan.ArenaSize())/1e6, float64(plan.WeightBytes())/1e6)
	most := 1.15*float64(plan.WeightBytes()) + float64(plan.ArenaSize()) + 20e6
	fmt.Printf("1.15 times the weights, the arena and 20 MB: %.0f kB\n", most/1024)
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
