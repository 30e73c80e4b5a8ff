// Command gneiss classifies images, and measures and looks into convolutional networks, on the CPU.
//
//	gneiss classify photo.jpg
//	gneiss inspect model.onnx
//
// See gneiss help. Results go to standard output, progress and errors to standard error. The exit code is 0 on success,
// 1 on failure, 2 if the command line makes no sense and 130 if the command was interrupted.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/gneiss-go/gneiss/internal/app/wholefile"
	"github.com/gneiss-go/gneiss/runtime"
)

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }

// Exit codes.
const (
	exitOK = iota
	exitFailure
	exitUsage
	exitInterrupted = 130 // 128 + SIGINT, as shells have it
)

// grace is how long a command that is interrupted may take to end by itself.
const grace = 700 * time.Millisecond

// endsByInterrupt is an annotation of commands that an interrupt ends well, however long what they have begun takes.
const endsByInterrupt = "ends by interrupt"

// usageError is one of the command line itself.
type usageError struct{ err error }

func (e *usageError) Error() string { return e.err.Error() }
func (e *usageError) Unwrap() error { return e.err }

func usagef(format string, args ...any) error { return &usageError{fmt.Errorf(format, args...)} }

// errReported is returned when what went wrong has been written already.
var errReported = errors.New("already reported")

// run is the program but for the process around it. An interrupt cancels the context of the command, and ends the
// program soon if that does not; a second one kills.
func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	context.AfterFunc(ctx, stop)
	out := &checked{to: stdout}
	stderr = legible(stderr)
	root := newRoot(stdin, legible(out), stderr)
	root.SetArgs(append([]string{}, args...)) // never nil, for which cobra reads os.Args
	var cmd *cobra.Command
	var err error
	named, _, unknown := root.Find(args)
	patient := unknown == nil && named.Annotations[endsByInterrupt] != ""
	done := make(chan struct{})
	go func() {
		cmd, err = root.ExecuteContextC(ctx)
		close(done)
	}()
	select {
	case <-done:
	case <-ctx.Done():
		var late <-chan time.Time
		if !patient {
			late = time.After(grace)
		}
		select {
		case <-done:
		case <-late:
			wholefile.Abandon()
			return interrupted(stderr)
		}
	}
	switch {
	case err != nil && ctx.Err() != nil:
		return interrupted(stderr)
	case out.failed() != nil && (err == nil || errors.Is(err, errReported)):
		err = runtime.InFile("standard output", out.failed())
	case err == nil:
		return exitOK
	case errors.Is(err, errReported):
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

func interrupted(stderr io.Writer) int {
	fmt.Fprintln(stderr, "gneiss: interrupted")
	return exitInterrupted
}

func newRoot(stdin io.Reader, stdout, stderr io.Writer) *cobra.Command {
	root := &cobra.Command{
		Use:   "gneiss",
		Short: "Convolutional networks on the CPU, from plain Go",
		Long: `gneiss runs convolutional networks on the CPU, from plain Go: no cgo, no shared library.

Environment:
  GNEISS_ISA      caps the instruction set, e.g. avx2 or generic
  GNEISS_REQUIRE  instruction sets that must be present
  GNEISS_CACHE    where downloaded models are kept
  COLUMNS         how wide help is where there is no terminal that says it
  LC_ALL, LANG    a locale without UTF-8 gets text in plain ASCII`,
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
	root.Version = release()
	root.SetVersionTemplate("gneiss {{.Version}}\n")
	root.SetUsageTemplate(narrow(root.UsageTemplate()))
	root.SetHelpTemplate(narrow(root.HelpTemplate()))
	root.CompletionOptions.HiddenDefaultCmd = true
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return &usageError{err} })
	root.AddCommand(classifyCommand(), detectCommand(), runCommand(), checkCommand(), evalCommand(), inspectCommand(),
		benchCommand(), profileCommand(),
		quantizeCommand(), compareCommand(), compileCommand(), tuneCommand(), selftestCommand(), keygenCommand(),
		cardCommand(), signCommand(), verifyCommand(), fetchCommand(), serveCommand(), versionCommand(),
		manCommand())
	complete(root)
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
