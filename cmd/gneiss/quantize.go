package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gneiss-go/gneiss/models/onnx"
	"github.com/gneiss-go/gneiss/models/preprocess"
	"github.com/gneiss-go/gneiss/quant"
	"github.com/gneiss-go/gneiss/runtime"
)

// imageFlags choose images to calibrate or to compare with.
type imageFlags struct {
	role  string
	limit int
}

func (f *imageFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.role, "role", "", "of a CSV file, only lines with this `word` in the column role")
	cmd.Flags().IntVar(&f.limit, "limit", 0, "use at most so many images; 0 means all")
}

// sources are the images that the arguments stand for: as for classify, and CSV files as for eval.
func (f *imageFlags) sources(args []string, stdin io.Reader, m *model) ([]source, error) {
	if len(args) == 0 {
		return nil, usagef("no images given")
	}
	var out []source
	for _, a := range args {
		if strings.EqualFold(filepath.Ext(a), ".csv") {
			lines, err := readLabelled(a, f.role, m.Labels, m.classes())
			if err != nil {
				return nil, runtime.InFile(a, err)
			}
			for _, l := range lines {
				out = append(out, fileSource(filepath.Join(filepath.Dir(a), filepath.FromSlash(l.file))))
			}
			continue
		}
		more, err := sources([]string{a}, stdin)
		if err != nil {
			return nil, err
		}
		out = append(out, more...)
	}
	if f.limit > 0 && len(out) > f.limit {
		out = out[:f.limit]
	}
	return out, nil
}

// feed gives the images to package quant one after the other, prepared for the model.
func feed(images []source, spec preprocess.Spec) quant.Source {
	prep := spec.Preparer()
	i := 0
	return func(input []float32) error {
		if i == len(images) {
			return io.EOF
		}
		s := images[i]
		i++
		img, err := s.open()
		if err != nil {
			return err
		}
		if err := prep.Into(input, img); err != nil {
			return runtime.InFile(s.name, err)
		}
		return nil
	}
}

// quantised is what quantize prints as JSON.
type quantised struct {
	Model      modelInfo     `json:"model"`
	Images     int           `json:"images"`
	Output     string        `json:"output"`
	Bytes      int           `json:"bytes"`
	FloatBytes int           `json:"float_bytes"`
	Report     *quant.Report `json:"report"`
}

// print writes a line or two, and the layers if asked.
func (q *quantised) print(out io.Writer, layers bool) {
	fmt.Fprintf(out, "%s: %s bytes, from %s of float weights; %d of %d layers in int8, %s, observer %s\n", q.Output,
		thousands(q.Bytes), thousands(q.FloatBytes), q.Report.Quantised, len(q.Report.Layers), plural(q.Images, "image"),
		q.Report.Observer)
	if !q.Report.Portable {
		fmt.Fprintln(out, "some layers are float: answers are near, not equal, on other CPUs")
	}
	if q.Model.Guessed {
		fmt.Fprintln(out, guessedNote)
	}
	if layers {
		fmt.Fprintln(out)
		fmt.Fprint(out, q.Report)
	}
}

// quantisedFormats are what quantize writes.
var quantisedFormats = map[string]struct {
	ext   string
	write func(io.Writer, *runtime.Graph) error
	opts  []quant.Option
}{
	"gneiss": {runtime.Ext, func(w io.Writer, g *runtime.Graph) error { return runtime.Write(w, g) }, nil},
	"onnx":   {".onnx", onnx.WriteQDQ, []quant.Option{quant.WithoutEqualising()}},
}

func quantizeCommand() *cobra.Command {
	var mf modelFlags
	var cf cardFlags
	var imf imageFlags
	var output, observer, stats, format string
	var float []string
	var layers, asJSON bool
	var held heldFlags
	cmd := &cobra.Command{
		Use:   "quantize --output FILE [flags] IMAGE…",
		Short: "Make an int8 model of a float one",
		Long: `Quantize runs a float model on calibration images, a hundred or so of the kind it will see, and writes an int8 model:
a quarter of the size, faster, and with the same answers, byte for byte, on every CPU. Images are files, folders,
patterns, or CSV files as for eval. Some are held back: several models are made of the others, and the one whose answers
are nearest to float's on those held back is written. The new file has the card of the model, as flags change it.
--format onnx writes an ONNX model with QuantizeLinear and DequantizeLinear, which carries no card.`,
		Example: `  gneiss quantize --model googlenet --output googlenet-int8.gneiss photos/
  gneiss quantize --model net.onnx --output net.gneiss --observer entropy --float fc labels.csv --role calibrate`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if output == "" {
				return usagef("--output is missing")
			}
			held.none = format == "onnx" // which knows no factors
			as, ok := quantisedFormats[format]
			if !ok {
				return usagef("--format %q is neither gneiss nor onnx", format)
			}
			if err := errors.Join(promised("--output", output, as.ext), promised("--stats", stats, ".json")); err != nil {
				return err
			}
			ob, err := quant.ParseObserver(observer)
			if err != nil {
				return usagef("--observer: %v", err)
			}
			c, err := openImages(cmd.Context(), &mf, &cf.specFlags)
			if err != nil {
				return err
			}
			if err := errors.Join(c.hashOrigin(), cf.describe(c)); err != nil {
				return err
			}
			st, images, err := c.calibrate(cmd, stats, args, &imf, &held, &mf)
			if err != nil {
				return err
			}
			opts := append(slices.Clone(as.opts), quant.WithObserver(ob), quant.WithFloat(float...),
				quant.WithCompile(runtime.WithThreads(mf.threads)))
			g, report, err := c.quantize(cmd, st, args, &imf, &held, opts)
			if err != nil {
				return err
			}
			q := quantised{Model: c.info(), Images: images, Output: output,
				FloatBytes: 4 * int(c.Graph.Cost().Params), Report: report}
			var file bytes.Buffer
			if err := as.write(&file, g); err != nil {
				return runtime.InFile(output, err)
			}
			return q.save(cmd, file.Bytes(), layers, asJSON)
		},
	}
	mf.add(cmd)
	mf.addLabels(cmd)
	cf.add(cmd)
	imf.add(cmd)
	cmd.Flags().StringVarP(&output, "output", "o", "", "`file` to write, .gneiss or .onnx; - is standard output")
	cmd.Flags().StringVar(&format, "format", "gneiss", "what to write: gneiss, or onnx, which is the QDQ format")
	cmd.Flags().StringVar(&observer, "observer", quant.DefaultObserver().String(),
		"how ranges follow from what was seen: minmax, percentile:99.99, entropy or mse")
	cmd.Flags().StringArrayVar(&float, "float", nil,
		"leave layers of this `name`, pattern or kind in float; may be given again")
	cmd.Flags().StringVar(&stats, "stats", "",
		"`file` of calibration statistics: read if it exists, in place of images, else written")
	held.add(cmd)
	cmd.Flags().BoolVar(&layers, "layers", false, "list the layers, with scales and the weights' error")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// save writes the file and says what was made.
func (q *quantised) save(cmd *cobra.Command, file []byte, layers, asJSON bool) error {
	if err := save(cmd, q.Output, file); err != nil {
		return err
	}
	q.Bytes = len(file)
	out := said(cmd, q.Output)
	if asJSON {
		return writeJSON(out, q)
	}
	q.print(out, layers)
	return nil
}

// calibrate reads statistics from a file, or makes them from images and keeps them there.
func (m *model) calibrate(cmd *cobra.Command, file string, args []string, imf *imageFlags,
	held *heldFlags, mf *modelFlags) (*quant.Stats, int, error) {
	if file != "" {
		f, err := os.Open(file)
		if err == nil {
			defer f.Close()
			st, err := quant.ReadStats(f)
			if err != nil {
				return nil, 0, runtime.InFile(file, err)
			}
			return st, st.Inputs, nil
		}
		if !os.IsNotExist(err) {
			return nil, 0, runtime.InFile(file, err)
		}
	}
	images, err := imf.sources(args, cmd.InOrStdin(), m)
	if err != nil {
		return nil, 0, err
	}
	images, _ = held.split(images)
	progress := newProgress(cmd.ErrOrStderr(), int64(len(images)), false, "calibrating")
	st, err := quant.Calibrate(cmd.Context(), m.Graph, feed(images, m.Spec),
		quant.WithCompile(runtime.WithThreads(mf.threads)),
		quant.WithProgress(func(n int) { progress.Set(int64(n), -1) }))
	progress.Finish()
	if err != nil {
		return nil, 0, err
	}
	if file != "" {
		var b bytes.Buffer
		if err := st.Write(&b); err != nil {
			return nil, 0, err
		}
		if err := save(cmd, file, b.Bytes()); err != nil {
			return nil, 0, err
		}
	}
	return st, len(images), nil
}

func compareCommand() *cobra.Command {
	var mf modelFlags
	var sf specFlags
	var imf imageFlags
	var with, chart string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "compare --model FLOAT --with INT8.gneiss [flags] IMAGE…",
		Short: "Compare an int8 model with its float one",
		Long: `Compare runs two models on the same images and says on how many they agree, and how far each layer is from that of
the first model, the worst first. Images are files, folders, patterns, or CSV files as for eval.`,
		Example: `  gneiss compare --model googlenet --with googlenet-int8.gneiss photos/
  gneiss compare --model net.onnx --with net.gneiss --chart layers.svg labels.csv --role evaluate`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if with == "" {
				return usagef("--with is missing")
			}
			if err := promised("--chart", chart, ".svg"); err != nil {
				return err
			}
			c, err := openImages(cmd.Context(), &mf, &sf)
			if err != nil {
				return err
			}
			second, err := mf.second(with).open(false)
			if err != nil {
				return err
			}
			images, err := imf.sources(args, cmd.InOrStdin(), c)
			if err != nil {
				return err
			}
			progress := newProgress(cmd.ErrOrStderr(), int64(len(images)), false, "comparing")
			cmp, err := quant.Compare(cmd.Context(), c.Graph, second.Graph, feed(images, c.Spec),
				quant.WithCompile(runtime.WithThreads(mf.threads)), quant.WithProgress(func(n int) { progress.Set(int64(n), -1) }))
			progress.Finish()
			if err != nil {
				return err
			}
			if err := savePicture(cmd, chart, cmp.WriteSVG); err != nil {
				return err
			}
			if asJSON {
				return writeJSON(said(cmd, chart), cmp)
			}
			fmt.Fprint(said(cmd, chart), cmp)
			return nil
		},
	}
	mf.add(cmd)
	mf.addLabels(cmd)
	sf.add(cmd)
	imf.add(cmd)
	cmd.Flags().StringVar(&with, "with", "", "the other model `file`")
	cmd.Flags().StringVar(&chart, "chart", "", "draw the layers' errors in this .svg `file`")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}
