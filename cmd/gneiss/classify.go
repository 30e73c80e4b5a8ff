package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/gneiss-go/gneiss/runtime"
)

// reply is what is said of one image.
type reply struct {
	Image string   `json:"image"`
	Ms    float64  `json:"ms"` // of the network alone
	Top   []scored `json:"top"`
	Error string   `json:"error,omitempty"`
}

type scored struct {
	Class int     `json:"class"`
	Label string  `json:"label,omitempty"`
	Score float32 `json:"score"`
}

// modelInfo describes a classifier in JSON.
type modelInfo struct {
	Name    string `json:"name"`
	Source  string `json:"source"`
	Note    string `json:"note,omitempty"`
	ISA     string `json:"isa,omitempty"`
	Threads int    `json:"threads,omitempty"`
	Input   string `json:"input"`
	Guessed bool   `json:"guessed,omitempty"` // the input
}

func (m *model) info() modelInfo {
	return modelInfo{Name: m.Name, Source: m.Source, Note: m.Note, Input: m.Spec.String(), Guessed: m.Card.Guessed}
}

func (c *classifier) info() modelInfo {
	p, info := c.sess.Plan(), c.model.info()
	info.ISA, info.Threads = p.ISA().String(), p.Threads()
	return info
}

func classifyCommand() *cobra.Command {
	var mf modelFlags
	var sf specFlags
	var top int
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "classify [flags] [IMAGE...]",
		Short: "Say what is in images",
		Long: `Classify says what is in images: JPEG, PNG or WebP files, folders of them, patterns in quotes, or - for standard input.
Without images it classifies a few sample pictures, without --model by the built-in model. The time is that of the
network alone, without decoding and preparing the image.`,
		Example: `  gneiss classify
  gneiss classify photo.jpg
  gneiss classify --model googlenet.onnx --labels synset_words.txt --top 3 photos/
  curl -s https://example.org/cat.jpg | gneiss classify --json -`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if top < 1 {
				return usagef("--top %d: want at least 1", top)
			}
			images := sampleSources()
			if len(args) > 0 {
				var err error
				if images, err = sources(args, cmd.InOrStdin()); err != nil {
					return err
				}
			}
			c, err := newClassifier(cmd.Context(), &mf, &sf)
			if err != nil {
				return err
			}
			defer c.sess.Close()
			return c.classify(cmd, images, top, asJSON)
		},
	}
	mf.add(cmd)
	mf.addLabels(cmd)
	mf.signed.add(cmd)
	sf.add(cmd)
	cmd.Flags().IntVarP(&top, "top", "k", 5, "answers per image")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// classify answers image after image. One that cannot be read does not stop the others, but the command fails.
func (c *classifier) classify(cmd *cobra.Command, images []source, top int, asJSON bool) error {
	out, stderr := cmd.OutOrStdout(), cmd.ErrOrStderr()
	failed := false
	all := struct {
		Model  modelInfo `json:"model"`
		Images []reply   `json:"images"`
	}{Model: c.info()}
	if !asJSON {
		fmt.Fprint(out, c.describe())
	}
	for _, s := range images {
		a := reply{Image: s.name}
		classes, took, err := c.answer(cmd.Context(), s, min(top, c.classes()))
		if ended := cmd.Context().Err(); ended != nil {
			return ended
		}
		if err != nil {
			failed = true
			a.Error = err.Error()
			fmt.Fprintf(stderr, "gneiss: %v\n", err)
		}
		a.Ms = ms(took)
		for _, k := range classes {
			l := ""
			if k.Index < len(c.Labels) {
				l = c.Labels[k.Index]
			}
			a.Top = append(a.Top, scored{k.Index, l, k.Score})
		}
		all.Images = append(all.Images, a)
		if err == nil && !asJSON {
			c.print(out, a)
		}
	}
	if asJSON {
		if err := writeJSON(out, all); err != nil {
			return err
		}
	}
	if failed {
		return errReported
	}
	return nil
}

// answer runs the network on one image.
func (c *classifier) answer(ctx context.Context, s source, top int) ([]runtime.Class, time.Duration, error) {
	img, err := s.open()
	if err != nil {
		return nil, 0, err
	}
	if err := c.prep.Fill(c.sess.Input(0), img); err != nil {
		return nil, 0, runtime.InFile(s.name, err)
	}
	start := time.Now()
	if err := c.sess.RunContext(ctx); err != nil {
		return nil, 0, err
	}
	took := time.Since(start)
	classes := c.sess.Output(0).TopK(top, nil)
	if len(classes) == 0 {
		return nil, took, runtime.InFile(s.name, fmt.Errorf("%s answers with no numbers (NaN)", c.Name))
	}
	return classes, took, nil
}

// print writes an answer with bars if the scores are probabilities.
func (c *classifier) print(out io.Writer, a reply) {
	fmt.Fprintf(out, "\n%s  %.2f ms\n", a.Image, a.Ms)
	probabilities := c.probabilities()
	for _, s := range a.Top {
		if probabilities {
			fmt.Fprintf(out, "  %6.2f %%  %s  %s\n", 100*s.Score, bar(float64(s.Score), 20), c.label(s.Class))
		} else {
			fmt.Fprintf(out, "  %10.4f  %s\n", s.Score, c.label(s.Class))
		}
	}
}
