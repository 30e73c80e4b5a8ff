package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/gneiss-go/gneiss/arch"
	"github.com/gneiss-go/gneiss/runtime"
)

func selftestCommand() *cobra.Command {
	var tier, file string
	var signed keyFlags
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "selftest [flags] [FILE.gneiss]",
		Short: "Prove that this machine computes what it should",
		Long: `Selftest compares every kernel that this machine would use with the portable reference, over small networks, and, with a
model file that has a golden output, the model's answer with the one of the machine that compiled it. The exit code is 1
if anything differs.`,
		Example: `  gneiss selftest
  gneiss selftest net.gneiss --json`,
		Args: atMost(1, "a model file"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if file != "" {
				if len(args) > 0 {
					return usagef("a model both as argument and as --model")
				}
				args = []string{file}
			}
			var opts []runtime.Option
			if tier != "" {
				isa, err := arch.ParseISA(tier)
				if err != nil {
					return usagef("--isa: %v", err)
				}
				if !arch.Supports(isa) {
					return fmt.Errorf("--isa %s: this CPU has %v", isa, arch.Supported())
				}
				opts = append(opts, runtime.WithISA(isa))
			}
			keys, err := signed.options()
			if err != nil {
				return err
			}
			if len(keys) > 0 && len(args) == 0 {
				return usagef("--key needs a model file")
			}
			plan, err := selftestPlan(args, append(opts, keys...))
			if err != nil {
				return err
			}
			r, failed := runtime.SelfTest(plan)
			if r == nil || failed != nil && r.Failed == 0 {
				return failed
			}
			out := cmd.OutOrStdout()
			if asJSON {
				if err := writeJSON(out, r); err != nil {
					return err
				}
			} else if _, err := fmt.Fprint(out, r); err != nil {
				return err
			}
			if failed != nil {
				return failed
			}
			return nil
		},
	}
	cmd.Flags().StringVarP(&file, "model", "m", "", "model `file`, in place of the argument; default: the built-in one")
	signed.add(cmd)
	cmd.Flags().StringVar(&tier, "isa", "", "highest instruction set to test, e.g. generic or avx2; default: the best")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// selftestPlan is the plan to test: of a model file, or the built-in model's.
func selftestPlan(args []string, opts []runtime.Option) (*runtime.Plan, error) {
	if len(args) == 0 {
		m, err := defaultModel(false)
		if err != nil {
			return nil, err
		}
		return runtime.Compile(m.Graph, opts...)
	}
	data, err := os.ReadFile(args[0])
	if err != nil {
		return nil, runtime.InFile(args[0], err)
	}
	var plan *runtime.Plan
	if _, err = runtime.ReadGraph(data, opts...); err == nil { // it checks the filters too that the plan does not use
		plan, err = runtime.Load(data, opts...)
	}
	if err != nil {
		return nil, runtime.InFile(args[0], err)
	}
	return plan, nil
}
