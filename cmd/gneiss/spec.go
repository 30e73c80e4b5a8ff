package main

import (
	"errors"
	"fmt"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/gneiss-go/gneiss/models"
	"github.com/gneiss-go/gneiss/models/card"
	"github.com/gneiss-go/gneiss/models/detect"
	"github.com/gneiss-go/gneiss/models/preprocess"
	"github.com/gneiss-go/gneiss/runtime"
)

// specFlags change how images are prepared.
type specFlags struct {
	resize, filter string
	bgr, rgb       bool
	mean, scale    string
	short          int
	pad            float32
	flags          *pflag.FlagSet
}

func (f *specFlags) add(cmd *cobra.Command) {
	f.flags = cmd.Flags()
	cmd.Flags().StringVar(&f.resize, "resize", "",
		"squash the whole image, crop its centre, or letterbox: the whole image, with bars; default: as the model's card says")
	cmd.Flags().IntVar(&f.short, "short", 0, "with --resize crop: `pixels` of the short side before the cut")
	cmd.Flags().Float32Var(&f.pad, "pad", 0, "with --resize letterbox: `value` of the bars' pixels, 0…255")
	cmd.Flags().StringVar(&f.filter, "filter", "", "bilinear (as OpenCV) or antialias (as PIL)")
	cmd.Flags().BoolVar(&f.bgr, "bgr", false, "the network takes blue, green, red")
	cmd.Flags().BoolVar(&f.rgb, "rgb", false, "the network takes red, green, blue")
	cmd.Flags().StringVar(&f.mean, "mean", "",
		"`number`s to subtract from 0…255, one or one per channel in the network's order, e.g. 104,117,123; replaces a guess, "+
			"with a scale of 1")
	cmd.Flags().StringVar(&f.scale, "scale", "",
		"`number`s to multiply by after that, one or one per channel, e.g. 0.0039; replaces a guess, with a mean of 0")
}

// specNames are the names of the flags.
var specNames = []string{"resize", "short", "pad", "filter", "bgr", "rgb", "mean", "scale"}

// given reports whether a flag is there.
func (f *specFlags) given(name string) bool { return f.flags != nil && f.flags.Changed(name) }

// card changes a card as the flags say; what they say is no guess any more.
func (f *specFlags) card(c *card.Card) error {
	if !slices.ContainsFunc(specNames, f.given) {
		return nil
	}
	if c.Input == nil {
		return errors.New("the first input is no image, of which flags could say how it is prepared")
	}
	s := *c.Input
	if c.Guessed { // a given scale beside a guessed mean, or the other way round, is what nobody meant
		switch {
		case f.mean == "" && f.scale != "":
			s.Mean = [3]float32{}
		case f.mean != "" && f.scale == "":
			s.Scale = [3]float32{1, 1, 1}
		}
	}
	s, err := f.apply(s)
	c.Input, c.Guessed = &s, false
	return err
}

// apply returns the spec as the flags change it.
func (f *specFlags) apply(s preprocess.Spec) (preprocess.Spec, error) {
	var err error
	if f.resize != "" {
		if s.Mode, err = preprocess.ParseMode(f.resize); err != nil {
			return s, usagef("--resize %q is neither squash, crop nor letterbox", f.resize)
		}
	}
	if f.filter != "" {
		if s.Filter, err = preprocess.ParseFilter(f.filter); err != nil {
			return s, usagef("--filter %q is neither bilinear nor antialias", f.filter)
		}
	}
	if f.given("short") {
		s.Short = f.short
	}
	if f.given("pad") {
		s.Pad = f.pad
	}
	want := s.Order
	switch {
	case f.bgr && f.rgb:
		return s, usagef("--bgr and --rgb exclude each other")
	case f.bgr:
		want = preprocess.BGR
	case f.rgb:
		want = preprocess.RGB
	}
	if want != s.Order {
		if s.Order == preprocess.Gray {
			return s, usagef("--bgr and --rgb are for networks of three channels; this one has one")
		}
		s.Order = want
		s.Mean[0], s.Mean[2] = s.Mean[2], s.Mean[0]
		s.Scale[0], s.Scale[2] = s.Scale[2], s.Scale[0]
	}
	if s.Mean, err = numbers("--mean", f.mean, s.Mean, s.Order.Channels()); err != nil {
		return s, err
	}
	if s.Scale, err = numbers("--scale", f.scale, s.Scale, s.Order.Channels()); err != nil {
		return s, err
	}
	if f.scale != "" && s.Scale == [3]float32{} {
		return s, usagef("--scale 0 makes every image the same")
	}
	if err := s.Check(); err != nil {
		return s, usagef("%v", err)
	}
	return s, nil
}

// numbers parses one number, or one per channel.
func numbers(flag, text string, old [3]float32, channels int) ([3]float32, error) {
	if text == "" {
		return old, nil
	}
	fields := strings.Split(text, ",")
	if len(fields) != 1 && len(fields) != channels {
		return old, usagef("%s %q: want 1 number or %d", flag, text, channels)
	}
	var v [3]float32
	for i := range v {
		word := strings.TrimSpace(fields[min(i, len(fields)-1)])
		x, err := strconv.ParseFloat(word, 32)
		if err != nil || math.IsNaN(x) || math.IsInf(x, 0) {
			return old, usagef("%s: %q is not a number", flag, word)
		}
		v[i] = float32(x)
	}
	return v, nil
}

// cardFlags say what a model file's card is to say: how images are prepared, and all else but the labels, which a flag
// of every command that opens a model gives.
type cardFlags struct {
	specFlags
	file, task, head, note, author, licence, source string
	threshold, overlap                              float32
}

// texts are the flags that set a string of the card each.
func (f *cardFlags) texts(c *card.Card) []struct {
	name, usage string
	from, to    *string
} {
	return []struct {
		name, usage string
		from, to    *string
	}{
		{"note", "what a user should know of the model", &f.note, &c.Note},
		{"author", "who made the model", &f.author, &c.Origin.Author},
		{"licence", "under which `licence` the model may be used", &f.licence, &c.Origin.Licence},
		{"source", "where the model was published", &f.source, &c.Origin.Source},
	}
}

func (f *cardFlags) add(cmd *cobra.Command) {
	f.specFlags.add(cmd)
	flags := cmd.Flags()
	flags.StringVar(&f.file, "card", "", "JSON `file` to take the card from, as gneiss card --json prints it")
	flags.StringVar(&f.task, "task", "", "what the model is for: classify, detect, segment, keypoints, embed or other")
	flags.StringVar(&f.head, "head", "", "`kind` of the outputs, such as yolov8; docs/DETECT.md has them")
	flags.Float32Var(&f.threshold, "threshold", 0, "with a head: the least `score` of what is shown, 0…1")
	flags.Float32Var(&f.overlap, "overlap", 0, "with a head: the intersection over union at which the weaker box goes")
	for _, t := range f.texts(&card.Card{}) {
		flags.StringVar(t.from, t.name, "", t.usage)
	}
}

// maxCardFile bounds a card's JSON with its white space.
const maxCardFile = 4 * card.MaxBytes

// any reports whether a flag of the card is given.
func (f *cardFlags) any() bool {
	return slices.ContainsFunc(slices.Concat(specNames, []string{"labels", "card", "task", "head", "threshold", "overlap",
		"note", "author", "licence", "source"}), f.given)
}

// describe changes a model's card as the flags say.
func (f *cardFlags) describe(m *model) error {
	c := m.Card
	if f.file != "" {
		data, err := readAtMost(f.file, maxCardFile)
		if err == nil {
			c, err = card.Parse(data)
		}
		if err != nil {
			return runtime.InFile(f.file, err)
		}
	}
	if err := f.card(&c); err != nil {
		return err
	}
	if f.given("task") {
		c.Task = card.Task(f.task)
	}
	if f.given("head") {
		c.Head = nil
		if f.head != "" {
			c.Head = &card.Head{Kind: f.head}
		}
	}
	if f.given("threshold") || f.given("overlap") {
		if c.Head == nil {
			c.Head = m.recognised(len(c.Labels))
		}
		if c.Head == nil {
			return usagef("--threshold and --overlap need --head: the outputs are of no head that is recognised")
		}
		h := *c.Head
		if f.given("threshold") {
			h.Threshold = f.threshold
		}
		if f.given("overlap") {
			h.Overlap = f.overlap
		}
		c.Head = &h
	}
	for _, t := range f.texts(&c) {
		if f.given(t.name) {
			*t.to = *t.from
		}
	}
	if f.given("note") {
		m.Note = c.Note
	}
	err := models.CheckCard(m.Graph, &c)
	if err == nil {
		err = m.take(c)
	}
	if err != nil {
		return usagef("%v", err)
	}
	return nil
}

// recognised returns the head of a detector whose outputs tell it, and nil for other models.
func (m *model) recognised(labels int) *card.Head {
	plan, err := runtime.Compile(m.Graph)
	if err != nil {
		return nil
	}
	d, err := detect.NewDecoder(card.Head{}, labels, plan.Inputs(), plan.Outputs())
	if err != nil {
		return nil
	}
	return &card.Head{Kind: d.Kind()}
}

// readAtMost reads a file of at most so many bytes.
func readAtMost(path string, most int64) ([]byte, error) {
	st, err := os.Stat(path)
	if err == nil && st.Size() > most {
		err = fmt.Errorf("%d bytes, more than %d: %w", st.Size(), most, runtime.ErrLimit)
	}
	if err != nil {
		return nil, err
	}
	return os.ReadFile(path)
}
