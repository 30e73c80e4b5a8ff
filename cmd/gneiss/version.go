package main

import (
	"fmt"
	goruntime "runtime"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gneiss-go/gneiss/arch"
	"github.com/gneiss-go/gneiss/arch/machine"
	"github.com/gneiss-go/gneiss/internal/built"
)

// versionInfo says what runs where.
type versionInfo struct {
	Version string      `json:"version"`
	Commit  string      `json:"commit,omitempty"`
	Go      string      `json:"go"`
	OS      string      `json:"os"`
	Arch    string      `json:"arch"`
	CPU     machine.CPU `json:"cpu"`
	ISA     arch.ISA    `json:"isa"`  // that is used
	ISAs    []arch.ISA  `json:"isas"` // that the CPU has
}

func versionCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "version",
		Short: "Show the version, and what this CPU offers",
		Example: `  gneiss version
  gneiss version --json`,
		Args: atMost(0, ""),
		RunE: func(cmd *cobra.Command, _ []string) error {
			v, err := version()
			if err != nil {
				return err
			}
			out := cmd.OutOrStdout()
			if asJSON {
				return writeJSON(out, v)
			}
			fmt.Fprintf(out, "gneiss %s", v.Version)
			if v.Commit != "" {
				fmt.Fprintf(out, " (%s)", v.Commit)
			}
			words := make([]string, len(v.ISAs))
			for i, isa := range v.ISAs {
				words[i] = isa.String()
			}
			brand := v.CPU.Brand
			if brand == "" {
				brand = "unknown"
			}
			fmt.Fprintf(out, "\n%s %s/%s\ncpu       %s, %s\ncaches    L1D %d KiB, L2 %d KiB, L3 %d KiB\nfeatures  %s\ntiers     %s\nin use    %s\n",
				v.Go, v.OS, v.Arch, brand, plural(v.CPU.Cores, "processor"), v.CPU.L1D>>10, v.CPU.L2>>10, v.CPU.L3>>10,
				v.CPU.Features, strings.Join(words, " "), v.ISA)
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func version() (*versionInfo, error) {
	isa, err := arch.Default()
	if err != nil {
		return nil, err
	}
	v := &versionInfo{Go: goruntime.Version(), OS: goruntime.GOOS, Arch: goruntime.GOARCH,
		CPU: machine.Info(), ISA: isa, ISAs: arch.Supported()}
	v.Version, v.Commit = built.From()
	return v, nil
}

// release is what --version says.
func release() string {
	version, commit := built.From()
	if commit != "" {
		version += " (" + commit + ")"
	}
	return version
}
