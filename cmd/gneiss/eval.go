package main

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/gneiss-go/gneiss/runtime"
)

// labelled is a line of an evaluation's CSV.
type labelled struct {
	file      string
	class     int
	reference int // what another engine says; −1 if there is no such column
}

// evaluation is the result over all images.
type evaluation struct {
	Model     modelInfo `json:"model"`
	Images    int       `json:"images"`
	Top1      int       `json:"top1"`
	Top5      int       `json:"top5"`
	Compared  int       `json:"compared"` // images with a reference
	Agree     int       `json:"agree"`    // of them, those with the same first answer
	MedianMs  float64   `json:"median_ms"`
	Different []string  `json:"different,omitempty"`
}

func evalCommand() *cobra.Command {
	var mf modelFlags
	var sf specFlags
	var bf boxFlags
	var dir, role string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "eval [flags] LABELS",
		Short: "Measure accuracy on labelled images",
		Long: `Eval classifies the images that a CSV file lists and counts how many answers are right. The first line names the
columns: file and label (a class index, or a name of --labels) must be there; with role, --role chooses lines; with
reference_top1, agreement with another engine's answers is counted too.

Of annotations with boxes it measures a detector instead, as COCO does: AP50 and AP, by class. They are a CSV file with
the columns file, class, left, top, right, bottom; COCO's .json; or a folder of images with Pascal VOC's .xml or YOLO's
.txt beside each. --against adds other models, or another engine's boxes (a CSV file with a column score).`,
		Example: `  gneiss eval --model googlenet --role evaluate images/labels.csv
  gneiss eval --model net.onnx --images photos --json labels.csv
  gneiss eval --model yolo.onnx --labels coco --against yolo-int8.gneiss --chart pr.svg annotated/`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usagef("want one file or folder, have %d arguments", len(args))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if boxes, err := hasBoxes(args[0]); boxes || err != nil {
				if err != nil {
					return err
				}
				mf.finds = true
				return bf.run(cmd, &mf, &sf, args[0], dir, asJSON)
			}
			c, err := newClassifier(cmd.Context(), &mf, &sf)
			if err != nil {
				return err
			}
			defer c.sess.Close()
			lines, err := readLabelled(args[0], role, c.Labels, c.classes())
			if err != nil {
				return runtime.InFile(args[0], err)
			}
			if dir == "" {
				dir = filepath.Dir(args[0])
			}
			e, err := c.evaluate(cmd, dir, lines)
			if err != nil {
				return err
			}
			if asJSON {
				return writeJSON(cmd.OutOrStdout(), e)
			}
			e.print(cmd.OutOrStdout(), c)
			return nil
		},
	}
	mf.add(cmd)
	mf.addLabels(cmd)
	sf.add(cmd)
	bf.add(cmd)
	cmd.Flags().StringVar(&dir, "images", "", "`folder` of the images; default: that of the file")
	cmd.Flags().StringVar(&role, "role", "", "only lines with this `word` in the column role")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// maxCSV bounds an evaluation's file.
const maxCSV = 256 << 20

// readLabelled reads and checks the whole file before anything is run.
func readLabelled(path, role string, names []string, classes int) ([]labelled, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	r := csv.NewReader(io.LimitReader(f, maxCSV))
	r.LazyQuotes = true
	r.FieldsPerRecord = -1
	header, err := r.Read()
	if errors.Is(err, io.EOF) {
		return nil, errors.New("the file is empty")
	} else if err != nil {
		return nil, err
	}
	column := func(name string) int {
		return slices.IndexFunc(header, func(h string) bool {
			return strings.EqualFold(strings.TrimSpace(strings.TrimPrefix(h, "\ufeff")), name)
		})
	}
	file, label, roleAt, ref := column("file"), column("label"), column("role"), column("reference_top1")
	switch {
	case file < 0 || label < 0:
		return nil, fmt.Errorf("its first line, %.80q, does not name the columns file and label", strings.Join(header, ","))
	case role != "" && roleAt < 0:
		return nil, errors.New("it has no column role")
	}
	var out []labelled
	for {
		rec, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, err
		}
		line, _ := r.FieldPos(0)
		if len(rec) <= max(file, label, roleAt, ref) {
			return nil, fmt.Errorf("line %d: %d fields, fewer than the first line names", line, len(rec))
		}
		if role != "" && rec[roleAt] != role {
			continue
		}
		l := labelled{file: rec[file], reference: -1}
		if l.class, err = classIndex(rec[label], names, classes); err != nil {
			return nil, fmt.Errorf("line %d: %w", line, err)
		}
		if ref >= 0 && rec[ref] != "" {
			if l.reference, err = classIndex(rec[ref], names, classes); err != nil {
				return nil, fmt.Errorf("line %d: %w", line, err)
			}
		}
		out = append(out, l)
	}
	if len(out) == 0 {
		if role != "" {
			return nil, fmt.Errorf("no line with role %q", role)
		}
		return nil, errors.New("it lists no images")
	}
	return out, nil
}

func classIndex(word string, names []string, classes int) (int, error) {
	word = strings.TrimSpace(word)
	i, err := strconv.Atoi(word)
	if err != nil {
		if i = slices.Index(names, word); i < 0 {
			return 0, fmt.Errorf("label %.80q is neither a class index nor a known name", word)
		}
	}
	if i < 0 || i >= classes {
		return 0, fmt.Errorf("label %d, but the model has %d classes", i, classes)
	}
	return i, nil
}

func (c *classifier) evaluate(cmd *cobra.Command, dir string, lines []labelled) (*evaluation, error) {
	e := &evaluation{Model: c.info(), Images: len(lines)}
	progress := newProgress(cmd.ErrOrStderr(), int64(len(lines)), false, "images")
	defer progress.Finish()
	times := make([]time.Duration, 0, len(lines))
	for _, l := range lines {
		if err := cmd.Context().Err(); err != nil {
			return nil, err
		}
		top, took, err := c.answer(cmd.Context(), fileSource(filepath.Join(dir, filepath.FromSlash(l.file))), 5)
		if err != nil {
			return nil, err
		}
		times = append(times, took)
		for i, k := range top {
			if k.Index == l.class {
				e.Top5++
				if i == 0 {
					e.Top1++
				}
			}
		}
		if l.reference >= 0 {
			e.Compared++
			if top[0].Index == l.reference {
				e.Agree++
			} else {
				e.Different = append(e.Different, l.file)
			}
		}
		progress.Add(1)
	}
	e.MedianMs = ms(median(times))
	return e, nil
}

func (e *evaluation) print(out io.Writer, c *classifier) {
	percent := func(n, of int) float64 { return 100 * float64(n) / float64(of) }
	fmt.Fprint(out, c.describe())
	fmt.Fprintf(out, "\n%s, median %.2f ms\n", plural(e.Images, "image"), e.MedianMs)
	fmt.Fprintf(out, "  top-1      %6.2f %%  %d\n", percent(e.Top1, e.Images), e.Top1)
	fmt.Fprintf(out, "  top-5      %6.2f %%  %d\n", percent(e.Top5, e.Images), e.Top5)
	if e.Compared > 0 {
		fmt.Fprintf(out, "  agreement  %6.2f %%  %d of %d first answers are the reference's\n", percent(e.Agree, e.Compared),
			e.Agree, e.Compared)
		for _, f := range e.Different {
			fmt.Fprintf(out, "    differs: %s\n", f)
		}
	}
}
