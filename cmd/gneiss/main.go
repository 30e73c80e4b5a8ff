// Command gneiss classifies images, and measures and looks into convolutional networks, on the CPU.
//
//	gneiss classify photo.jpg
//	gneiss inspect model.onnx
//
// See gneiss help. Results go to standard output, progress and errors to standard error. The exit code is 0 on success,
// 1 on failure and 2 if the command line makes no sense.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"

	"github.com/spf13/cobra"
)

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }

// Exit codes.
const (
	exitOK = iota
	exitFailure
	exitUsage
)

// usageError is one of the command line itself.
type usageError struct{ err error }

func (e *usageError) Error() string { return e.err.Error() }
func (e *usageError) Unwrap() error { return e.err }

func usagef(format string, args ...any) error { return &usageError{fmt.Errorf(format, args...)} }

// errReported is returned when what went wrong has been written already.
var errReported = errors.New("already reported")

// run is the program but for the process around it.
func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	root := newRoot(stdin, stdout, stderr)
	root.SetArgs(append([]string{}, args...)) // never nil, for which cobra reads os.Args
	cmd, err := root.ExecuteContextC(ctx)
	if err == nil {
		return exitOK
	}
	if errors.Is(err, errReported) {
		return exitFailure
	}
	fmt.Fprintf(stderr, "gneiss: %v\n", err)
	var ue *usageError
	if errors.As(err, &ue) {
		fmt.Fprintf(stderr, "See: %s --help\n", cmd.CommandPath())
		return exitUsage
	}
	return exitFailure
}

func newRoot(stdin io.Reader, stdout, stderr io.Writer) *cobra.Command {
	root := &cobra.Command{
		Use:   "gneiss",
		Short: "Convolutional networks on the CPU, from plain Go",
		Long: `gneiss runs convolutional networks on the CPU, from plain Go: no cgo, no shared library.

Environment:
  GNEISS_ISA      caps the instruction set, e.g. avx2 or generic
  GNEISS_REQUIRE  instruction sets that must be present
  GNEISS_CACHE    where downloaded models are kept`,
		Example: `  gneiss classify                               # sample pictures, built-in model
  gneiss classify --model net.onnx photo.jpg
  gneiss fetch googlenet && gneiss classify --model googlenet *.jpg
  gneiss bench --steps`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return nil
			}
			msg := fmt.Sprintf("unknown command %q", args[0])
			if s := cmd.SuggestionsFor(args[0]); len(s) > 0 {
				msg += "; did you mean " + strings.Join(s, " or ") + "?"
			}
			return usagef("%s", msg)
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SuggestionsMinimumDistance = 2
	root.CompletionOptions.HiddenDefaultCmd = true
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return &usageError{err} })
	root.AddCommand(classifyCommand(), evalCommand(), inspectCommand(), benchCommand(), profileCommand(), quantizeCommand(), compareCommand(), compileCommand(), tuneCommand(), selftestCommand(), keygenCommand(), signCommand(), verifyCommand(), fetchCommand(), serveCommand(), versionCommand())
	return root
}

// atMost is an argument check: no more than n, each named what.
func atMost(n int, what string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if len(args) > n {
			if n == 0 {
				return usagef("unexpected argument %q", args[0])
			}
			return usagef("%d arguments, at most %d (%s)", len(args), n, what)
		}
		return nil
	}
}
