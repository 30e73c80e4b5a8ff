package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gneiss-go/gneiss/internal/app/answer"
	"github.com/gneiss-go/gneiss/runtime"
)

func cardCommand() *cobra.Command {
	var mf modelFlags
	var cf cardFlags
	var output string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "card [flags] MODEL",
		Short: "Show or set what a model file says of itself: labels, preparation of images, licence",
		Long: `Card shows a model's card: what it is for, the names of its classes, how an image becomes its input, how its outputs are
read, and where it comes from. Of other formats it is what their own metadata say, and labels that lie beside the file.
With --output it writes a .gneiss file with another card, in which all else stays as it is, but for a signature, which
was for other bytes. For models of other formats compile takes the same flags.`,
		Example: `  gneiss card net.gneiss
  gneiss card net.gneiss -o net.gneiss --labels names.txt --task classify --licence MIT
  gneiss card --json net.gneiss > card.json && gneiss card net.gneiss -o new.gneiss --card card.json`,
		Args: atMost(1, "a model"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := mf.positional(args); err != nil {
				return err
			}
			if mf.model == "" {
				return usagef("want a model")
			}
			if err := promised("--output", output, runtime.Ext); err != nil {
				return err
			}
			if output == "" && cf.any() {
				return usagef("--output is missing, for the file with the new card")
			}
			m, err := mf.open(true)
			if err != nil {
				return err
			}
			if output != "" {
				if err := cf.describe(m); err != nil {
					return err
				}
				if err := saveCard(cmd, output, m); err != nil {
					return err
				}
			}
			if asJSON {
				return writeJSON(said(cmd, output), m.Card)
			}
			m.printCard(said(cmd, output))
			return nil
		},
	}
	mf.addModel(cmd)
	mf.addPrototxt(cmd)
	mf.shape.add(cmd)
	mf.addLabels(cmd)
	cf.add(cmd)
	cmd.Flags().StringVarP(&output, "output", "o", "", "`file` to write, .gneiss; - is standard output")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// saveCard writes the model's file with the model's card.
func saveCard(cmd *cobra.Command, output string, m *model) error {
	if !m.own() {
		return usagef("%s: only %s files have a card to set; gneiss compile makes one, with the same flags", m.Source,
			runtime.Ext)
	}
	data, err := os.ReadFile(m.Source)
	if err != nil {
		return runtime.InFile(m.Source, err)
	}
	_, err = runtime.Signed(data, func(_, _ []byte) error { return nil }) // by whomever
	signed := err == nil
	if data, err = runtime.SetCard(data, m.Graph.Card); err != nil {
		return runtime.InFile(m.Source, err)
	}
	if err := save(cmd, output, data); err != nil {
		return err
	}
	if signed {
		fmt.Fprintln(cmd.ErrOrStderr(), "the signature was for another card: sign the file again")
	}
	return nil
}

// printCard prints a card for people.
func (m *model) printCard(out io.Writer) {
	c := &m.Card
	line := func(what, text string) {
		if text != "" {
			fmt.Fprintf(out, "%-9s %s\n", what, text)
		}
	}
	line("model", fmt.Sprintf("%s (%s)", m.Name, m.Source))
	line("task", string(c.Task))
	if c.Input != nil {
		line("input", m.input())
	}
	if n := len(c.Labels); n > 0 {
		line("labels", fmt.Sprintf("%d: %s", n, some(c.Labels)))
	}
	if h := c.Head; h != nil {
		text, _ := json.Marshal(h)
		line("head", string(text))
	}
	line("file", c.Origin.File)
	line("sha256", c.Origin.SHA256)
	line("author", c.Origin.Author)
	line("licence", c.Origin.Licence)
	line("source", c.Origin.Source)
	line("note", strings.ReplaceAll(c.Note, "\n", "\n          "))
}

// some are the first of many labels.
func some(labels []string) string {
	const most = 5
	if len(labels) <= most+1 {
		return strings.Join(labels, "; ")
	}
	return strings.Join(labels[:most], "; ") + "; …"
}

// hashOrigin notes in the card of a model of another format what its file is, for the file that is made of it.
func (m *model) hashOrigin() error {
	if m.own() || m.Card.Origin.File == "" || m.Card.Origin.SHA256 != "" {
		return nil
	}
	f, err := os.Open(m.Source)
	if err != nil {
		return runtime.InFile(m.Source, err)
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return runtime.InFile(m.Source, err)
	}
	c := m.Card
	c.Origin.SHA256 = hex.EncodeToString(h.Sum(nil))
	return m.take(c)
}

// guessByHead makes a better guess at how images are prepared where the outputs are those of a head that is known, as a
// detector's: the way that networks with that head are published.
func (m *model) guessByHead(ctx context.Context, mf *modelFlags) error {
	if outs := m.Graph.Outputs; !m.Card.Guessed || len(outs) == 1 && outs[0].Shape.Elements() == outs[0].Shape.C {
		return nil
	}
	plan, err := mf.plan(ctx, m)
	if err != nil {
		return err
	}
	r, err := answer.New(plan, m.Card, answer.Options{})
	if err != nil { // of no head that is known
		return nil
	}
	defer r.Close()
	if s := r.Spec(); s.Check() == nil {
		c := m.Card
		c.Input = &s
		return m.take(c)
	}
	return nil
}
