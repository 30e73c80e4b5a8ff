package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/gneiss-go/gneiss/arch"
	"github.com/gneiss-go/gneiss/models"
	"github.com/gneiss-go/gneiss/models/card"
	"github.com/gneiss-go/gneiss/runtime"
)

// compiled is what compile prints as JSON.
type compiled struct {
	Model   string        `json:"model"`
	Output  string        `json:"output"`
	Bytes   int64         `json:"bytes"`
	Targets []string      `json:"targets"`
	Golden  bool          `json:"golden"`
	Load    time.Duration `json:"load_ns"` // on this machine
	Card    card.Card     `json:"card"`
}

func compileCommand() *cobra.Command {
	var mf modelFlags
	var cf cardFlags
	var output string
	var targets []string
	var golden, winograd, half, asJSON bool
	var seed uint64
	cmd := &cobra.Command{
		Use:   "compile --output FILE.gneiss [flags] [MODEL]",
		Short: "Make a model file that programs load without an importer",
		Long: `Compile writes a model as a .gneiss file, which a program embeds or maps and hands to runtime.Load. Filters packed for
targets load at once, in place; for others they are packed when the file is loaded. A golden output lets a device
prove with gneiss selftest that it computes what this machine computed. The file's card, which models.Load reads, has the
labels and says how an image becomes the input: as the model says it, or as flags do.

A target is an architecture and a tier, such as ` + "`arm64-dotprod`" + `, or host for the best tier here. Any machine packs
for any target, and writes what a machine of that kind would. What a .gneiss file has packed already stays in it.`,
		Example: `  gneiss compile googlenet -o googlenet.gneiss
  gneiss compile net.onnx -o net.gneiss --labels names.txt --mean 127.5 --scale 0.00784 --resize squash
  gneiss compile net-int8.gneiss -o net.gneiss --target host,arm64-dotprod,arm-neon`,
		Args: atMost(1, "a model"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if output == "" {
				return usagef("--output is missing")
			}
			if err := promised("--output", output, runtime.Ext); err != nil {
				return err
			}
			if err := mf.positional(args); err != nil {
				return err
			}
			c := compiled{Output: output, Golden: golden}
			opts, err := packed(cmd.Context(), targets, winograd)
			if err != nil {
				return err
			}
			if golden {
				opts = append(opts, runtime.WithGolden(seed))
			}
			m, err := mf.open(false)
			if err != nil {
				return err
			}
			if err := errors.Join(m.hashOrigin(), cf.describe(m)); err != nil {
				return err
			}
			if half {
				if m.Graph, err = runtime.ToHalf(m.Graph); err != nil {
					return err
				}
			}
			if opts, err = m.keepPacked(opts); err != nil {
				return err
			}
			return c.write(cmd, m, opts, asJSON)
		},
	}
	flags := cmd.Flags()
	mf.addModel(cmd)
	mf.addPrototxt(cmd)
	mf.shape.add(cmd)
	mf.addLabels(cmd)
	cf.add(cmd)
	flags.StringVarP(&output, "output", "o", "", "`file` to write, .gneiss; - is standard output")
	flags.StringSliceVar(&targets, "target", nil, "pack filters for `targets`, as in host,arm64-dotprod")
	flags.BoolVar(&half, "half", false,
		"half precision: weights and what flows between layers as float16, half the file and the memory")
	flags.BoolVar(&golden, "golden", true, "add an output for selftest to compare with")
	flags.BoolVar(&winograd, "winograd", true, "let packed filters be Winograd's: faster, up to four times as large")
	flags.Uint64Var(&seed, "seed", 1, "of the golden output's input")
	flags.BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// write saves the model, loads the file as a program would, and says what is in it.
func (c *compiled) write(cmd *cobra.Command, m *model, opts []runtime.WriteOption, asJSON bool) error {
	c.Model = m.Name
	data, err := saveModel(cmd, c.Output, m.Graph, opts...)
	if err != nil {
		return err
	}
	plan, err := c.load(cmd.Context(), data)
	if err != nil {
		return runtime.InFile(c.Output, err)
	}
	if asJSON {
		return writeJSON(said(cmd, c.Output), c)
	}
	c.print(said(cmd, c.Output), plan.ISA())
	return nil
}

// load loads what has been written, and notes what there is to say of it.
func (c *compiled) load(ctx context.Context, data []byte) (*runtime.Plan, error) {
	c.Bytes = int64(len(data))
	var err error
	if c.Targets, err = runtime.Targets(data); err != nil {
		return nil, err
	}
	start := time.Now()
	m, err := models.Load(data, runtime.WithContext(ctx))
	if err != nil {
		return nil, err
	}
	c.Load, c.Card = time.Since(start), m.Card
	return m.Plan, nil
}

// guessedNote is said of a new file whose card has a guess.
const guessedNote = "how an image becomes the input is a guess; --mean, --scale, --resize … say it, see gneiss card"

func (c *compiled) print(out io.Writer, isa arch.ISA) {
	filters := "filters are packed when it is loaded"
	if len(c.Targets) > 0 {
		filters = "filters packed for " + strings.Join(c.Targets, ", ")
	}
	if c.Card.Guessed {
		defer fmt.Fprintln(out, guessedNote)
	}
	fmt.Fprintf(out, "%s: %s bytes, %s; loads in %.1f ms here, on %s\n", c.Output, thousands(int(c.Bytes)), filters,
		float64(c.Load.Microseconds())/1000, isa)
}

// packed are options that pack filters for targets.
func packed(ctx context.Context, targets []string, winograd bool) (opts []runtime.WriteOption, err error) {
	how := []runtime.Option{runtime.WithContext(ctx)}
	if !winograd {
		how = append(how, runtime.WithoutWinograd())
	}
	for _, t := range targets {
		isa, err := parseTarget(t)
		if err != nil {
			return nil, err
		}
		opts = append(opts, runtime.WithPacked(isa, how...))
	}
	return opts, nil
}

// parseTarget is runtime.ParseTarget, and knows host.
func parseTarget(s string) (arch.ISA, error) {
	if s == "host" {
		return arch.Default()
	}
	isa, err := runtime.ParseTarget(s)
	if err != nil {
		return 0, usagef("--target: %v", err)
	}
	return isa, nil
}
