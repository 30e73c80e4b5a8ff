package main

import (
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"golang.org/x/term"
)

// width is how many letters fit on a line of w: of its terminal, or as COLUMNS says; 0 where nobody says.
func width(w io.Writer) int {
	if f, ok := raw(unchecked(w)).(*os.File); ok {
		if n, _, err := term.GetSize(int(f.Fd())); err == nil && n > 0 {
			return n
		}
	}
	n, err := strconv.Atoi(os.Getenv("COLUMNS"))
	if err != nil || n < 1 {
		return 0
	}
	return n
}

// leastWidth is where lines stop becoming shorter.
const leastWidth = 40

// narrow changes a template of help so that its text and its flags keep to the width of what it is written to.
func narrow(template string) string {
	return strings.NewReplacer(".LocalFlags.FlagUsages", "flagsOf .LocalFlags $", ".InheritedFlags.FlagUsages",
		"flagsOf .InheritedFlags $", "{{. | trimTrailingWhitespaces}}", "{{fill . $ | trimTrailingWhitespaces}}").Replace(template)
}

func init() {
	cobra.AddTemplateFunc("flagsOf", func(f *pflag.FlagSet, c *cobra.Command) string {
		if n := width(c.OutOrStdout()); n > 0 {
			return f.FlagUsagesWrapped(max(n, leastWidth))
		}
		return f.FlagUsages()
	})
	cobra.AddTemplateFunc("fill", func(text string, c *cobra.Command) string {
		if n := width(c.OutOrStdout()); n > 0 {
			return fill(text, max(n, leastWidth))
		}
		return text
	})
}

// fill breaks the lines of paragraphs anew so that they have n letters at most; lines that begin with blanks stay.
func fill(text string, n int) string {
	var out strings.Builder
	at := 0 // letters on the line
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n")
		if line == "" || strings.HasPrefix(line, "  ") {
			if at > 0 {
				out.WriteByte('\n')
			}
			out.WriteString(line + "\n")
			at = 0
			continue
		}
		for _, word := range strings.Fields(line) {
			letters := len([]rune(word))
			switch {
			case at > 0 && at+1+letters > n:
				out.WriteByte('\n')
				at = 0
			case at > 0:
				out.WriteByte(' ')
				at++
			}
			out.WriteString(word)
			at += letters
		}
	}
	return out.String()
}
