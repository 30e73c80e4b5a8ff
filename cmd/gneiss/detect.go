package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gneiss-go/gneiss/internal/app/answer"
	"github.com/gneiss-go/gneiss/internal/draw"
	"github.com/gneiss-go/gneiss/internal/gen/samples"
	"github.com/gneiss-go/gneiss/models/card"
	"github.com/gneiss-go/gneiss/runtime"
)

// detectFlags are the command's own.
type detectFlags struct {
	set     answer.Settings
	classes []int
	out     string
	asJSON  bool
	stream  streamFlags
}

func detectCommand() *cobra.Command {
	mf := modelFlags{finds: true}
	var sf specFlags
	var rf readFlags
	var f detectFlags
	cmd := &cobra.Command{
		Use:     "detect [flags] [IMAGE...]",
		Aliases: []string{"segment", "pose"},
		Short:   "Find things in images: boxes, masks, key points",
		Long: `Detect says what is where in images: JPEG, PNG or WebP files, folders of them, patterns in quotes, or - for standard
input; or in the frames of raw video (--y4m) or of a camera (--device). It does what the model's card says that the
model is for: boxes with names and scores, key points, masks, or the classes of the whole picture. Coordinates are
pixels of the picture, from its upper left corner.

With -o it draws that on the pictures: into a PNG or JPEG file for one, into a folder for several or for frames. The
time is that of the network alone. Without images it looks at a scene that is drawn, without --model by the built-in
detector, a toy that knows ten things. Without a card, the outputs' shapes say how they are read; --head says it better,
--labels names the classes.`,
		Example: `  gneiss detect -o found.png
  gneiss detect --model yolov8n.onnx photo.jpg -o found.png
  gneiss detect --model yolox.onnx --labels coco --threshold 0.4 photos/ -o found/
  gneiss segment --model selfie.tflite portrait.jpg -o cut.png
  gneiss detect --model faces.gneiss --json *.jpg | jq .boxes
  ffmpeg -i film.mp4 -f yuv4mpegpipe - | gneiss detect --model faces.gneiss --y4m - --json
  gneiss detect --model yolov8n.gneiss --device /dev/video0 --frames 100`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := f.check(args); err != nil {
				return err
			}
			images, err := sourcesOr(args, cmd.InOrStdin(), samples.Road())
			if err != nil {
				return err
			}
			many := len(images)
			if f.stream.given() {
				many = 2
			}
			to, err := f.target(many)
			if err != nil {
				return err
			}
			m, r, err := rf.newReader(cmd, &mf, &sf, f.classes)
			if err != nil {
				return err
			}
			defer r.Close()
			if !r.Images() {
				return runtime.InFile(m.Source, r.Read(1, 1, f.set, new(answer.Answer)))
			}
			if f.stream.given() {
				return f.watch(cmd, m, r, to)
			}
			return f.detect(cmd, m, r, images, to)
		},
	}
	mf.add(cmd)
	mf.addLabels(cmd)
	mf.signed.add(cmd)
	rf.add(cmd)
	sf.add(cmd)
	f.add(cmd)
	return cmd
}

func (f *detectFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVarP(&f.out, "output", "o", "", "draw into this `file` (.png or .jpg), or folder for several images")
	flags.Float32Var(&f.set.Threshold, "threshold", 0, "least `score` of what is shown, above 0 and up to 1; default: the model's")
	flags.Float32Var(&f.set.Overlap, "overlap", 0,
		"intersection over `union` beyond which the weaker of two boxes goes; default: the model's")
	flags.IntVar(&f.set.Most, "max", 0, "boxes per image at most; default: 100")
	flags.IntVarP(&f.set.Top, "top", "k", 5, "classes per image, of a classifier")
	flags.IntSliceVar(&f.classes, "classes", nil, "`numbers` of the classes of boxes to look for; default: all")
	flags.BoolVar(&f.asJSON, "json", false, "print a JSON object a line")
	f.stream.add(flags)
}

func (f *detectFlags) check(args []string) error {
	if f.stream.given() && len(args) > 0 {
		return usagef("images and --y4m or --device exclude each other")
	}
	if err := f.stream.check(); err != nil {
		return err
	}
	if err := f.set.Check(); err != nil {
		return usagef("%v", err)
	}
	for _, c := range f.classes {
		if c < 0 {
			return usagef("--classes %d is negative", c)
		}
	}
	return nil
}

// target is where pictures with answers go.
type target struct {
	dir  string // of several
	file string // of one
	ext  string
}

// target looks at where pictures are to go, before anything is computed.
func (f *detectFlags) target(images int) (target, error) {
	if f.out == "" {
		return target{}, nil
	}
	st, err := os.Stat(f.out)
	dir := err == nil && st.IsDir()
	ext := strings.ToLower(filepath.Ext(f.out))
	picture := ext == ".png" || ext == ".jpg" || ext == ".jpeg" || f.out == dash
	switch {
	case dir:
		return target{dir: f.out, ext: ".png"}, nil
	case picture && images == 1:
		return target{file: f.out, ext: ext}, nil
	case picture:
		return target{}, usagef("-o %s: several images go into a folder", f.out)
	case ext != "" && images == 1:
		return target{}, usagef("-o %s: pictures are written as .png or .jpg", f.out)
	}
	if err := os.MkdirAll(f.out, 0o777); err != nil {
		return target{}, err
	}
	return target{dir: f.out, ext: ".png"}, nil
}

// path is the file for an image; names are those that are taken.
func (t *target) path(name string, taken map[string]bool) string {
	if t.file != "" || t.dir == "" {
		return t.file
	}
	base := strings.TrimSuffix(filepath.Base(name), filepath.Ext(name))
	path := filepath.Join(t.dir, base+t.ext)
	for n := 2; taken[path]; n++ {
		path = filepath.Join(t.dir, fmt.Sprintf("%s-%d%s", base, n, t.ext))
	}
	taken[path] = true
	return path
}

// found is what is said of one image.
type found struct {
	Image string    `json:"image"`
	Task  card.Task `json:"task"`
	answer.Answer
	Ms    answerMs `json:"ms"`
	Drawn string   `json:"drawn,omitempty"` // the file
	Error string   `json:"error,omitempty"`
}

// answerMs are milliseconds.
type answerMs struct {
	Prepare float64 `json:"prepare"`
	Run     float64 `json:"run"`
	Read    float64 `json:"read"`
}

// detect answers image after image. One that cannot be read does not stop the others, but the command fails.
func (f *detectFlags) detect(cmd *cobra.Command, m *model, r *answer.Reader, images []source, to target) error {
	out, stderr := said(cmd, to.file), cmd.ErrOrStderr()
	if !f.asJSON {
		describeReader(out, m, r)
	}
	failed := false
	taken := map[string]bool{}
	var a answer.Answer
	for _, s := range images {
		line := found{Image: s.name, Task: r.Task()}
		t, err := f.one(cmd, r, s, to, taken, &a, &line)
		if ended := cmd.Context().Err(); ended != nil {
			return ended
		}
		line.Ms = answerMs{ms(t.Prepare), ms(t.Run), ms(t.Read)}
		if err != nil {
			failed = true
			line.Error = err.Error()
			fmt.Fprintf(stderr, "gneiss: %v\n", err)
		} else {
			line.Answer = a
		}
		switch {
		case f.asJSON:
			if err := json.NewEncoder(raw(out)).Encode(&line); err != nil {
				return err
			}
		case err == nil:
			line.print(out)
		}
	}
	if failed {
		return errReported
	}
	return nil
}

// one answers an image and draws the answer.
func (f *detectFlags) one(cmd *cobra.Command, r *answer.Reader, s source, to target, taken map[string]bool,
	a *answer.Answer, line *found) (answer.Times, error) {
	img, err := s.open()
	if err != nil {
		return answer.Times{}, err
	}
	t, err := r.Image(cmd.Context(), img, f.set, a)
	if err != nil {
		return t, runtime.InFile(s.name, err)
	}
	path := to.path(s.name, taken)
	if path == "" {
		return t, nil
	}
	line.Drawn = path
	return t, drawn(cmd, path, img, r.Scene(a))
}

// drawn writes the picture with what is seen in it.
func drawn(cmd *cobra.Command, path string, img image.Image, s *draw.Scene) error {
	m := draw.Copy(img, img.Bounds().Dx(), img.Bounds().Dy())
	draw.On(m, s)
	var b bytes.Buffer
	var err error
	if ext := strings.ToLower(filepath.Ext(path)); ext == ".jpg" || ext == ".jpeg" {
		err = jpeg.Encode(&b, m, &jpeg.Options{Quality: 92})
	} else {
		err = png.Encode(&b, m)
	}
	if err != nil {
		return runtime.InFile(path, err)
	}
	return save(cmd, path, b.Bytes())
}

// describeReader says in a line or two which model answers, and how it is fed and read.
func describeReader(out io.Writer, m *model, r *answer.Reader) {
	p := r.Session().Plan()
	how := string(r.Task())
	if kind := r.About().Kind; kind != "" {
		how += " by " + kind
	}
	fmt.Fprintf(out, "%s (%s), %s, %s, %s\ninput %v\n", m.Name, m.Source, how, p.ISA(), plural(p.Threads(), "thread"),
		r.Spec())
}

// print writes the answer as a table.
func (l *found) print(out io.Writer) {
	fmt.Fprintf(out, "\n%s  %d×%d  %.2f ms", l.Image, l.Width, l.Height, l.Ms.Run)
	if l.Drawn != "" {
		fmt.Fprintf(out, "  → %s", l.Drawn)
	}
	fmt.Fprintln(out)
	if l.Boxes != nil && len(l.Boxes) == 0 {
		fmt.Fprintln(out, "  nothing found")
	}
	for _, b := range l.Boxes {
		fmt.Fprintf(out, "  %5.1f %%  %-20s %5.0f, %.0f to %.0f, %.0f", 100*b.Score, named(b.Label, b.Class), b.Box[0],
			b.Box[1], b.Box[2], b.Box[3])
		if len(b.Points) > 0 {
			fmt.Fprintf(out, "  %s", plural(len(b.Points), "point"))
		}
		fmt.Fprintln(out)
	}
	for _, g := range l.Regions {
		fmt.Fprintf(out, "  %5.1f %%  %s  %s\n", 100*g.Share, bar(g.Share, 20), named(g.Label, g.Class))
	}
	for _, c := range l.Top {
		fmt.Fprintf(out, "  %10.4f  %s\n", c.Score, named(c.Label, c.Class))
	}
}

// named is a class's name, or its number.
func named(label string, class int) string {
	if label != "" {
		return label
	}
	return fmt.Sprintf("class %d", class)
}
