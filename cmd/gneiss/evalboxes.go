package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/gneiss-go/gneiss/internal/app/annotations"
	"github.com/gneiss-go/gneiss/internal/app/answer"
	"github.com/gneiss-go/gneiss/internal/app/chart"
	"github.com/gneiss-go/gneiss/models/card"
	"github.com/gneiss-go/gneiss/models/detect/score"
	"github.com/gneiss-go/gneiss/runtime"
)

// boxFlags are those of an evaluation of boxes.
type boxFlags struct {
	read    readFlags
	against []string
	chart   string
	limit   int
}

func (f *boxFlags) add(cmd *cobra.Command) {
	f.read.add(cmd)
	cmd.Flags().StringArrayVar(&f.against, "against", nil,
		"of boxes: another model `file`, or a .csv of another engine's boxes; may be given again")
	cmd.Flags().StringVar(&f.chart, "chart", "", "of boxes: draw precision over recall in this .svg `file`")
	cmd.Flags().IntVar(&f.limit, "limit", 0, "of boxes: use at most so many images; 0 means all")
}

// leastScore is that of boxes that are measured: precision is looked at for every score above.
const leastScore = 0.01

// boxEvaluation is the result over all images.
type boxEvaluation struct {
	Images int         `json:"images"`
	Boxes  int         `json:"boxes"`           // that there are, of classes of the model
	Other  int         `json:"other,omitempty"` // of others
	Of     []boxResult `json:"results"`
	others []string
}

// boxResult is that of one model or engine, in percent.
type boxResult struct {
	Name     string        `json:"name"`
	Kind     string        `json:"kind,omitempty"`
	Input    string        `json:"input,omitempty"`
	AP       float64       `json:"ap"`
	AP50     float64       `json:"ap50"`
	AP75     float64       `json:"ap75"`
	MedianMs float64       `json:"median_ms,omitempty"`
	Classes  []classResult `json:"classes"`
	curve    [score.Recalls]float64
}

type classResult struct {
	Class int     `json:"class"`
	Label string  `json:"label,omitempty"`
	Boxes int     `json:"boxes"`
	AP    float64 `json:"ap"`
	AP50  float64 `json:"ap50"`
}

// boxTask are annotated pictures, and what is made of them.
type boxTask struct {
	pictures []annotations.Picture
	dir      string
	truths   []score.Truth
	classes  *annotations.Classes
	label    func(int) string
}

// hasBoxes reports whether a file or folder holds boxes, not classes of whole pictures.
func hasBoxes(path string) (bool, error) {
	st, err := os.Stat(path)
	if err != nil {
		return false, err
	}
	return st.IsDir() || strings.EqualFold(filepath.Ext(path), ".json") || annotations.IsCSV(path), nil
}

// run measures, prints and draws.
func (f *boxFlags) run(cmd *cobra.Command, mf *modelFlags, sf *specFlags, path, dir string, asJSON bool) error {
	if err := promised("--chart", f.chart, ".svg"); err != nil {
		return err
	}
	if st, err := os.Stat(path); err == nil && dir == "" && !st.IsDir() {
		dir = filepath.Dir(path)
	}
	e, err := f.evaluateBoxes(cmd, mf, sf, path, dir)
	if err != nil {
		return err
	}
	if err := savePicture(cmd, f.chart, e.draw); err != nil {
		return err
	}
	if asJSON {
		return writeJSON(said(cmd, f.chart), e)
	}
	e.print(said(cmd, f.chart))
	return nil
}

// evaluateBoxes measures detectors on annotated pictures.
func (f *boxFlags) evaluateBoxes(cmd *cobra.Command, mf *modelFlags, sf *specFlags, path, dir string) (*boxEvaluation,
	error) {
	pictures, err := annotations.Read(path)
	if err != nil {
		return nil, err
	}
	if f.limit > 0 && len(pictures) > f.limit {
		pictures = pictures[:f.limit]
	}
	m, r, err := f.read.newReader(cmd, mf, sf, nil)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	t := &boxTask{pictures: pictures, dir: dir, classes: annotations.NewClasses(m.Labels), label: r.Label}
	e := &boxEvaluation{Images: len(pictures)}
	first, found, err := t.run(cmd, m, r, true)
	if err != nil {
		return nil, err
	}
	t.count(e)
	if err := e.measure(t, first, found); err != nil {
		return nil, err
	}
	for _, other := range f.against {
		if err := f.evaluateOther(cmd, mf, sf, t, e, other); err != nil {
			return nil, err
		}
	}
	return e, nil
}

// evaluateOther measures another model, or what another engine found.
func (f *boxFlags) evaluateOther(cmd *cobra.Command, mf *modelFlags, sf *specFlags, t *boxTask, e *boxEvaluation,
	path string) error {
	if strings.EqualFold(filepath.Ext(path), ".csv") {
		found, err := t.foundIn(path)
		if err != nil {
			return err
		}
		return e.measure(t, boxResult{Name: path}, found)
	}
	second := mf.second(path)
	second.labels, second.isa, second.threads = mf.labels, mf.isa, mf.threads
	m, r, err := f.read.newReader(cmd, second, sf, nil)
	if err != nil {
		return err
	}
	defer r.Close()
	res, found, err := t.run(cmd, m, r, false)
	if err != nil {
		return err
	}
	return e.measure(t, res, found)
}

// run looks at every picture. The first run notes the boxes that there are, for which pictures' sizes may be needed.
func (t *boxTask) run(cmd *cobra.Command, m *model, r *answer.Reader, note bool) (boxResult, []score.Found, error) {
	res := boxResult{Name: m.Source, Kind: r.About().Kind}
	if r.Task() != card.Detect {
		return res, nil, runtime.InFile(m.Source, fmt.Errorf("the model is for %q: boxes are measured of models that detect",
			r.Task()))
	}
	res.Input = r.Spec().String()
	progress := newProgress(cmd.ErrOrStderr(), int64(len(t.pictures)), false, "images")
	defer progress.Finish()
	var found []score.Found
	var times []time.Duration
	var a answer.Answer
	for n, p := range t.pictures {
		path := p.File
		if t.dir != "" {
			path = filepath.Join(t.dir, filepath.FromSlash(path))
		}
		img, err := fileSource(path).open()
		if err != nil {
			return res, nil, err
		}
		took, err := r.Image(cmd.Context(), img, answer.Settings{Threshold: leastScore, Most: score.PerImage}, &a)
		if err != nil {
			return res, nil, runtime.InFile(path, err)
		}
		times = append(times, took.Run)
		for _, b := range a.Boxes {
			found = append(found, score.Found{Image: n, Class: b.Class, Score: float64(b.Score),
				Box: score.Box{X0: float64(b.Box[0]), Y0: float64(b.Box[1]), X1: float64(b.Box[2]), Y1: float64(b.Box[3])}})
		}
		if note {
			t.note(n, &p, float64(a.Width), float64(a.Height))
		}
		progress.Add(1)
	}
	res.MedianMs = ms(median(times))
	return res, found, nil
}

// note keeps a picture's boxes of classes that the model has.
func (t *boxTask) note(n int, p *annotations.Picture, w, h float64) {
	for _, b := range p.Boxes {
		class, ok := t.classes.Of(b.Name)
		if !ok {
			continue
		}
		box := b.Box
		if b.Shares {
			box = score.Box{X0: b.X0 * w, Y0: b.Y0 * h, X1: b.X1 * w, Y1: b.Y1 * h}
		}
		t.truths = append(t.truths, score.Truth{Image: n, Class: class, Box: box, Ignore: b.Ignore, Crowd: b.Crowd})
	}
}

// count says how many boxes there are, and of which classes the model knows nothing.
func (t *boxTask) count(e *boxEvaluation) {
	e.Boxes = len(t.truths)
	for _, p := range t.pictures {
		for _, b := range p.Boxes {
			if _, ok := t.classes.Of(b.Name); !ok {
				e.Other++
				if !slices.Contains(e.others, b.Name) {
					e.others = append(e.others, b.Name)
				}
			}
		}
	}
}

// foundIn reads another engine's boxes of the same pictures.
func (t *boxTask) foundIn(path string) ([]score.Found, error) {
	theirs, err := annotations.Read(path)
	if err != nil {
		return nil, err
	}
	where := map[string]int{}
	for n, p := range t.pictures {
		where[filepath.Base(p.File)] = n
	}
	var found []score.Found
	for _, p := range theirs {
		n, ok := where[filepath.Base(p.File)]
		if !ok {
			continue // of a picture that is not measured
		}
		for _, b := range p.Boxes {
			if class, ok := t.classes.Of(b.Name); ok {
				found = append(found, score.Found{Image: n, Class: class, Box: b.Box, Score: b.Score})
			}
		}
	}
	if len(found) == 0 {
		return nil, runtime.InFile(path, fmt.Errorf("no box of these pictures and of the model's classes in it"))
	}
	return found, nil
}

// measure adds a result.
func (e *boxEvaluation) measure(t *boxTask, res boxResult, found []score.Found) error {
	if len(t.truths) == 0 {
		return fmt.Errorf("no box of a class of the model is annotated; it has none of %s", strings.Join(e.others, ", "))
	}
	r, err := score.Measure(t.truths, found)
	if err != nil {
		return err
	}
	res.AP, res.AP50, res.AP75, res.curve = 100*r.AP, 100*r.AP50, 100*r.AP75, r.Precisions()
	for _, c := range r.Classes {
		res.Classes = append(res.Classes, classResult{c.Class, t.label(c.Class), c.Truths, 100 * c.AP, 100 * c.AP50})
	}
	e.Of = append(e.Of, res)
	return nil
}

func (e *boxEvaluation) print(out io.Writer) {
	fmt.Fprintf(out, "%s, %s of the model's classes", plural(e.Images, "image"), boxesOf(e.Boxes))
	if e.Other > 0 {
		fmt.Fprintf(out, "; %d of others: %s", e.Other, strings.Join(e.others, ", "))
	}
	fmt.Fprintf(out, "\n\n  %7s %7s %7s  %9s\n", "AP50", "AP75", "AP", "median")
	for _, r := range e.Of {
		fmt.Fprintf(out, "  %5.2f %% %5.2f %% %5.2f %%", r.AP50, r.AP75, r.AP)
		if r.MedianMs > 0 {
			fmt.Fprintf(out, "  %6.2f ms", r.MedianMs)
		} else {
			fmt.Fprintf(out, "  %9s", "")
		}
		fmt.Fprintf(out, "  %s", r.Name)
		if r.Kind != "" {
			fmt.Fprintf(out, " (%s; %s)", r.Kind, r.Input)
		}
		fmt.Fprintln(out)
	}
	fmt.Fprintf(out, "\nAP50 by class:\n")
	for i, c := range e.Of[0].Classes {
		fmt.Fprintf(out, "  %-20s %4d", shortLabel(c), c.Boxes)
		for _, r := range e.Of {
			fmt.Fprintf(out, "  %6.2f %%", r.Classes[i].AP50)
		}
		fmt.Fprintln(out)
	}
}

func shortLabel(c classResult) string {
	if c.Label == "" {
		return fmt.Sprintf("class %d", c.Class)
	}
	return c.Label
}

// draw draws precision over recall.
func (e *boxEvaluation) draw(w io.Writer) error {
	var lines []chart.Line
	for i, r := range e.Of {
		l := chart.Line{Name: fmt.Sprintf("%s  AP50 %.2f %%", r.Name, r.AP50), Colour: chart.Series(i)}
		for k, p := range r.curve {
			l.Points = append(l.Points, [2]float64{float64(k) / (score.Recalls - 1), p})
		}
		lines = append(lines, l)
	}
	return chart.WriteLines(w, "Precision over recall", fmt.Sprintf("%s, %s; overlap 0.5, mean over classes",
		plural(e.Images, "image"), boxesOf(e.Boxes)), "recall", "precision", lines...)
}

func boxesOf(n int) string {
	if n == 1 {
		return "1 box"
	}
	return fmt.Sprintf("%d boxes", n)
}
