package main

import (
	"bytes"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/gneiss-go/gneiss/bench/board"
)

// benchReport measures this machine, with a model file beside the networks that need none, writes the report and prints
// its table.
func benchReport(cmd *cobra.Command, path, model string) error {
	if err := promised("--report", path, ".json"); err != nil {
		return err
	}
	o := board.Options{Progress: func(row string) { fmt.Fprintln(cmd.ErrOrStderr(), row) }}
	if model != "" {
		o.Files = []string{model}
	}
	r, err := board.Measure(cmd.Context(), o)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := r.Write(&b); err != nil {
		return err
	}
	if err := save(cmd, path, b.Bytes()); err != nil {
		return err
	}
	return r.Markdown(said(cmd, path))
}
