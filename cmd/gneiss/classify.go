package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"time"

	"github.com/spf13/cobra"

	"github.com/gneiss-go/gneiss/internal/gen/samples"
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
	var asJSON, lines, softmax bool
	cmd := &cobra.Command{
		Use:   "classify [flags] [IMAGE...]",
		Short: "Say what is in images",
		Long: `Classify says what is in images: JPEG, PNG or WebP files, folders of them, patterns in quotes, or - for standard input.
Without images it classifies a few sample pictures, without --model by the built-in model. The time is that of the
network alone, without decoding and preparing the image.

Scores are shares where the network ends in a softmax. Where it ends before one, they are numbers without a scale
(logits); --softmax makes shares of them. --json prints one object when all is done, --jsonl a line for each image as
soon as it is answered.`,
		Example: `  gneiss classify
  gneiss classify photo.jpg
  gneiss classify --model googlenet.onnx --labels synset_words.txt --top 3 photos/
  curl -s https://example.org/cat.jpg | gneiss classify --json -`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if top < 1 {
				return usagef("--top %d: want at least 1", top)
			}
			images, err := sourcesOr(args, cmd.InOrStdin(), samples.All()...)
			if err != nil {
				return err
			}
			c, err := newClassifier(cmd.Context(), &mf, &sf)
			if err != nil {
				return err
			}
			defer c.sess.Close()
			c.share = softmax && !c.probabilities()
			return c.classify(cmd, images, top, form{json: asJSON || lines, lines: lines})
		},
	}
	mf.add(cmd)
	mf.addLabels(cmd)
	mf.signed.add(cmd)
	sf.add(cmd)
	cmd.Flags().IntVarP(&top, "top", "k", 5, "answers per image")
	cmd.Flags().BoolVar(&softmax, "softmax", false, "make shares of scores that are logits")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	cmd.Flags().BoolVar(&lines, "jsonl", false, "print a line of JSON for each image")
	return cmd
}

// form is how answers are printed: as text, as one object of JSON, or as lines of it.
type form struct{ json, lines bool }

// classify answers image after image. One that cannot be read does not stop the others, but the command fails.
func (c *classifier) classify(cmd *cobra.Command, images []source, top int, how form) error {
	out, stderr := cmd.OutOrStdout(), cmd.ErrOrStderr()
	failed := false
	all := struct {
		Model  modelInfo `json:"model"`
		Images []reply   `json:"images"`
	}{Model: c.info()}
	if !how.json {
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
		switch {
		case how.lines:
			if err := json.NewEncoder(raw(out)).Encode(a); err != nil {
				return err
			}
		case how.json:
			all.Images = append(all.Images, a)
		case err == nil:
			c.print(out, a)
		}
	}
	if how.json && !how.lines {
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
	want := top
	if c.share { // the sum is that of all
		want = c.classes()
	}
	classes := c.sess.Output(0).TopK(want, nil)
	if len(classes) == 0 {
		return nil, took, runtime.InFile(s.name, fmt.Errorf("%s answers with no numbers (NaN)", c.Name))
	}
	if c.share {
		shares(classes)
		classes = classes[:min(top, len(classes))]
	}
	return classes, took, nil
}

// shares makes of the scores of all classes, the best first, what a softmax makes of them:
// e^(x − max) ∕ Σ e^(xᵢ − max). There are none where every score is NaN.
func shares(classes []runtime.Class) {
	if len(classes) == 0 {
		return
	}
	most, sum := float64(classes[0].Score), 0.0
	for _, k := range classes {
		sum += math.Exp(float64(k.Score) - most)
	}
	for i := range classes {
		classes[i].Score = float32(math.Exp(float64(classes[i].Score)-most) / sum)
	}
}

// print writes an answer with bars if the scores are probabilities.
func (c *classifier) print(out io.Writer, a reply) {
	fmt.Fprintf(out, "\n%s  %.2f ms\n", a.Image, a.Ms)
	probabilities := c.share || c.probabilities()
	for _, s := range a.Top {
		if probabilities {
			fmt.Fprintf(out, "  %6.2f %%  %s  %s\n", 100*s.Score, bar(float64(s.Score), 20), c.label(s.Class))
		} else {
			fmt.Fprintf(out, "  %10.4f  %s\n", s.Score, c.label(s.Class))
		}
	}
}
