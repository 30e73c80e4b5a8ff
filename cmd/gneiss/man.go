package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/gneiss-go/gneiss/internal/app/wholefile"
)

func manCommand() *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:   "man [flags] [COMMAND]",
		Short: "Write the manual of a command, or of all into a folder",
		Example: `  gneiss man classify | man -l -
  gneiss man --output ~/.local/share/man/man1`,
		Args: atMost(1, "a command"),
		RunE: func(cmd *cobra.Command, args []string) error {
			pages := map[string]string{}
			for _, c := range append([]*cobra.Command{cmd.Root()}, cmd.Root().Commands()...) {
				if c.IsAvailableCommand() || c == cmd.Root() {
					pages[pageName(c)] = manual(c)
				}
			}
			if output == "" {
				name := strings.Join(append([]string{"gneiss"}, args...), "-")
				if pages[name] == "" {
					return usagef("unknown command %q", args[0])
				}
				_, err := fmt.Fprint(raw(cmd.OutOrStdout()), pages[name])
				return err
			}
			if len(args) > 0 {
				return usagef("--output is for the manuals of all commands")
			}
			if err := os.MkdirAll(output, 0o755); err != nil {
				return err
			}
			for name, text := range pages {
				if err := wholefile.Write(filepath.Join(output, name+".1"), []byte(text)); err != nil {
					return err
				}
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s in %s\n", plural(len(pages), "page"), output)
			return nil
		},
	}
	cmd.Flags().StringVarP(&output, "output", "o", "", "`folder` for the pages of all commands; it is made if it is not there")
	return cmd
}

func pageName(c *cobra.Command) string { return strings.ReplaceAll(c.CommandPath(), " ", "-") }

// manual is a command's page for man, in the macros of man(7).
func manual(c *cobra.Command) string {
	var b strings.Builder
	name := pageName(c)
	fmt.Fprintf(&b, ".TH %s 1 \"\" \"gneiss\" \"User Commands\"\n.SH NAME\n%s \\- %s\n", strings.ToUpper(roff(name)), roff(name),
		roff(c.Short))
	fmt.Fprintf(&b, ".SH SYNOPSIS\n.B %s\n", roff(c.CommandPath()))
	if _, rest, ok := strings.Cut(c.Use, " "); ok {
		fmt.Fprintln(&b, roff(rest))
	} else if c.HasAvailableSubCommands() {
		fmt.Fprintln(&b, "COMMAND [flags]")
	}
	b.WriteString(".SH DESCRIPTION\n")
	paragraphs(&b, c.Long, c.Short+".")
	if c.HasAvailableSubCommands() {
		b.WriteString(".SH COMMANDS\n")
		for _, sub := range c.Commands() {
			if sub.IsAvailableCommand() {
				fmt.Fprintf(&b, ".TP\n.BR %s (1)\n%s\n", roff(pageName(sub)), roff(sub.Short))
			}
		}
	}
	b.WriteString(".SH OPTIONS\n")
	c.InitDefaultHelpFlag()
	c.Flags().VisitAll(func(f *pflag.Flag) { option(&b, f) })
	if c.Example != "" {
		fmt.Fprintf(&b, ".SH EXAMPLES\n.nf\n%s\n.fi\n", roff(c.Example))
	}
	b.WriteString(".SH EXIT STATUS\n0 on success, 1 on failure, 2 if the command line makes no sense, 130 if interrupted.\n")
	if c.HasParent() {
		b.WriteString(".SH SEE ALSO\n.BR gneiss (1)\n")
	}
	return b.String()
}

func option(b *strings.Builder, f *pflag.Flag) {
	if f.Hidden {
		return
	}
	value, usage := pflag.UnquoteUsage(f)
	b.WriteString(".TP\n\\fB")
	if f.Shorthand != "" {
		b.WriteString("\\-" + f.Shorthand + "\\fR, \\fB")
	}
	b.WriteString(roff("--"+f.Name) + "\\fR")
	if value != "" {
		b.WriteString(" \\fI" + roff(value) + "\\fR")
	}
	b.WriteString("\n" + roff(usage))
	switch f.DefValue {
	case "", "false", "0", "[]", "0s":
	default:
		b.WriteString(" (default " + roff(f.DefValue) + ")")
	}
	b.WriteString("\n")
}

// paragraphs writes text, whose lines that begin with blanks stay as they are.
func paragraphs(b *strings.Builder, text, instead string) {
	if text == "" {
		text = instead
	}
	as := false // it is
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		if indented := strings.HasPrefix(line, "  "); indented != as && line != "" {
			b.WriteString(map[bool]string{true: ".nf\n", false: ".fi\n"}[indented])
			as = indented
		}
		if line == "" {
			b.WriteString(".PP\n")
			continue
		}
		b.WriteString(roff(line) + "\n")
	}
	if as {
		b.WriteString(".fi\n")
	}
}

// roff takes from a text what it would mean to roff.
func roff(s string) string {
	s = strings.NewReplacer(`\`, `\e`, "-", `\-`, "\n.", "\n\\&.", "\n'", "\n\\&'").Replace(s)
	if strings.HasPrefix(s, ".") || strings.HasPrefix(s, "'") {
		s = `\&` + s
	}
	return s
}
