package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gneiss-go/gneiss/arch"
	"github.com/gneiss-go/gneiss/internal/app/fetch"
	"github.com/gneiss-go/gneiss/models"
	"github.com/gneiss-go/gneiss/models/caffe"
	"github.com/gneiss-go/gneiss/models/cifar10"
	"github.com/gneiss-go/gneiss/models/googlenet"
	"github.com/gneiss-go/gneiss/models/labels"
	"github.com/gneiss-go/gneiss/models/preprocess"
	"github.com/gneiss-go/gneiss/runtime"
	"github.com/gneiss-go/gneiss/runtime/mapped"
)

// model is a network with what is needed to feed it and to read its answer.
type model struct {
	Name   string
	Source string // a file, or where else it comes from
	Note   string // what a user should know of it; often ""
	Graph  *runtime.Graph
	Spec   preprocess.Spec
	Labels []string // nil if unknown
}

// label is the name of a class.
func (m *model) label(i int) string {
	if i < len(m.Labels) && m.Labels[i] != "" {
		return m.Labels[i]
	}
	return fmt.Sprintf("class %d", i)
}

// probabilities reports whether the output is that of a softmax.
func (m *model) probabilities() bool {
	out := m.Graph.Outputs[0]
	for i := len(m.Graph.Nodes) - 1; i >= 0; i-- {
		if n := m.Graph.Nodes[i]; n.Out == out {
			op := n.Op
			if q, ok := op.(*runtime.Quantised); ok {
				op = q.Op
			}
			switch op.(type) {
			case *runtime.Softmax:
				return true
			case *runtime.Identity, *runtime.Flatten, *runtime.Rearrange, *runtime.Dequantize, *runtime.Quantize:
				out = n.In[0]
			}
		}
	}
	return false
}

// modelFlags choose a model and how it is run.
type modelFlags struct {
	model, prototxt, labels string
	isa                     string
	threads                 int
	small                   bool
	signed                  keyFlags
	shape                   shapeFlags
	nodes                   []string // whose values are outputs too
}

func (f *modelFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVarP(&f.model, "model", "m", "",
		"model `file` (.onnx, .tflite, .caffemodel, .prototxt, .param, .gneiss), or googlenet once fetched; default: the built-in one")
	f.addPrototxt(cmd)
	f.shape.add(cmd)
	f.addRun(cmd)
}

func (f *modelFlags) addPrototxt(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.prototxt, "prototxt", "",
		"description `file` of a Caffe model; default: beside or inside the model")
}

func (f *modelFlags) addRun(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.isa, "isa", "", "highest instruction set to use, e.g. generic or avx2; default: the best")
	cmd.Flags().IntVarP(&f.threads, "threads", "t", 1, "threads; 0 means one per processor")
	cmd.Flags().BoolVar(&f.small, "small", false,
		"compute chains of operations a few rows at a time: a smaller arena, a little slower")
}

func (f *modelFlags) addLabels(cmd *cobra.Command) {
	cmd.Flags().StringVarP(&f.labels, "labels", "l", "",
		"text `file` of class names, one a line; default: synset_words.txt or labels.txt beside the model")
}

// randomNote is said of a model without weights of its own.
const randomNote = "random weights: good for measuring, not for classifying"

// googlenetFile is the name of the fetched model in the cache.
const googlenetFile = "bvlc_googlenet.caffemodel"

// open loads the model. With random, a network that has no weights at hand gets random ones, which serve to look at it
// and to measure it.
func (f *modelFlags) open(random bool) (*model, error) {
	var m *model
	keys, err := f.signed.options()
	switch {
	case err != nil:
	case f.shape.given() && (f.model == "" || f.model == "googlenet"):
		return nil, usagef("--input-shape and --batch need --model and a file: the size of %s is fixed",
			cmp.Or(f.model, "the built-in model"))
	case len(keys) > 0 && (f.model == "" || f.model == "googlenet"):
		return nil, usagef("--key needs --model and a %s file", runtime.Ext)
	case f.model == "":
		if f.prototxt != "" {
			return nil, usagef("--prototxt needs --model")
		}
		m, err = defaultModel()
	case f.model == "googlenet":
		m, err = f.openGoogLeNet(random)
	default:
		m, err = f.openFile(f.model, random, keys)
	}
	if err == nil && (f.model == "" || f.model == "googlenet") {
		err = models.AddNodes(m.Graph, f.nodes...)
	}
	if err != nil {
		return nil, err
	}
	if f.labels != "" {
		if m.Labels, err = labels.Read(f.labels); err != nil {
			return nil, err
		}
		if n := m.classes(); len(m.Labels) != n {
			return nil, runtime.InFile(f.labels, fmt.Errorf("%d labels for %d classes", len(m.Labels), n))
		}
	}
	return m, nil
}

func (m *model) classes() int { return m.Graph.Outputs[0].Shape.C }

func (f *modelFlags) openGoogLeNet(random bool) (*model, error) {
	dir, err := fetch.CacheDir()
	path := filepath.Join(dir, googlenetFile)
	absent := err != nil // where no folder is known, nothing is in it
	if !absent {
		_, serr := os.Stat(path)
		absent = errors.Is(serr, os.ErrNotExist)
	}
	switch {
	case absent && random:
		g, err := googlenet.Graph(googlenet.Random(1))
		return &model{Name: "GoogLeNet", Source: "built in code", Graph: g, Spec: preprocess.GoogLeNet, Note: randomNote}, err
	case err != nil:
		return nil, err
	case absent:
		return nil, errors.New("googlenet is not in the cache; download it with: gneiss fetch googlenet")
	}
	g, err := openCached(path)
	if err != nil {
		return nil, err
	}
	m := &model{Name: "GoogLeNet", Source: path, Graph: g, Spec: preprocess.GoogLeNet}
	_, m.Labels = labels.Find(path, m.classes())
	return m, nil
}

// maxCached bounds what is read of the cache.
const maxCached = 256 << 20

// openCached builds GoogLeNet with the weights of the published file. That describes a network for training, with its
// auxiliary heads: what to make of the weights is known here.
func openCached(path string) (*runtime.Graph, error) {
	fail := func(err error) (*runtime.Graph, error) {
		return nil, runtime.InFile(path, err)
	}
	st, err := os.Stat(path)
	if err == nil && st.Size() > maxCached {
		err = fmt.Errorf("%d bytes, more than %d: %w", st.Size(), maxCached, runtime.ErrLimit)
	}
	if err != nil {
		return fail(err)
	}
	weights, err := os.ReadFile(path)
	if err != nil {
		return fail(err)
	}
	imported, err := caffe.Load(weights, googlenet.Prototxt())
	if err != nil {
		return fail(err)
	}
	g, err := googlenet.Graph(googlenet.FromGraph(imported))
	if err != nil {
		return fail(err)
	}
	return g, nil
}

// exporters are names of graphs that say nothing of the model.
var exporters = []string{"tflite", "tf2onnx", "torch-jit-export", "torch_jit", "main_graph", "main", "graph"}

func (f *modelFlags) openFile(path string, random bool, keys []runtime.Option) (*model, error) {
	opts, err := f.shape.options()
	if err != nil {
		return nil, err
	}
	opts = append(opts, models.WithNodes(f.nodes...))
	if len(keys) > 0 {
		opts = append(opts, models.WithSignature(keys...))
	}
	if f.prototxt != "" {
		opts = append(opts, models.WithPrototxt(f.prototxt))
	}
	m := &model{Source: path}
	ext := strings.ToLower(filepath.Ext(path))
	if random && ext == ".prototxt" {
		opts = append(opts, models.WithRandomWeights(1))
		m.Note = randomNote
	}
	if m.Graph, err = models.Open(path, opts...); err != nil {
		return nil, sayHow(path, err)
	}
	m.Name = m.Graph.Name
	if m.Name == "" || slices.Contains(exporters, m.Name) {
		m.Name = strings.TrimSuffix(filepath.Base(path), filepath.Ext(path))
	}
	m.Spec = guessSpec(m.Graph, ext)
	if len(m.Graph.Outputs) > 0 {
		_, m.Labels = labels.Find(path, m.classes())
		if m.Labels == nil && m.Graph.Name == builtinName && m.classes() == len(cifar10.Classes) {
			m.Labels = cifar10.Classes
		}
	}
	return m, nil
}

// guessSpec is what the family of a model expects: the file does not say. How an input is quantised says which range of
// numbers is wanted.
func guessSpec(g *runtime.Graph, ext string) preprocess.Spec {
	s := preprocess.ImageNet
	if g.Name == builtinName {
		s = cifar10.Preprocess
	} else if ext == ".caffemodel" || ext == ".prototxt" || isGoogLeNet(models.Stats(g)) {
		s = preprocess.GoogLeNet
	}
	if len(g.Inputs) > 0 {
		in := g.Inputs[0].Shape
		if in.C == 1 {
			s = preprocess.Spec{Order: preprocess.Gray, Filter: preprocess.Antialias, Scale: [3]float32{1. / 255}}
		}
		s.Width, s.Height = in.W, in.H
		if v := g.Inputs[0]; v.DType == runtime.U8 {
			s = s.For(v.Quant)
		}
	}
	return s
}

// isGoogLeNet recognises the network by its nodes' names and its size.
func isGoogLeNet(stats []models.NodeStats) bool {
	for _, r := range googlenet.Paper {
		if p, _ := models.Total(stats, r.Prefix); p == 0 {
			return false
		}
	}
	p, _ := models.Total(stats, "")
	return p == 6_998_552
}

// compile makes a session and its plan, until the context is done.
func (f *modelFlags) compile(ctx context.Context, m *model) (*runtime.Session, error) {
	plan, err := f.plan(ctx, m)
	if err != nil {
		return nil, err
	}
	return plan.NewSession()
}

// plan compiles the model, until the context is done.
func (f *modelFlags) plan(ctx context.Context, m *model) (*runtime.Plan, error) {
	opts, err := f.options()
	if err != nil {
		return nil, err
	}
	opts = append(opts, runtime.WithContext(ctx))
	keys, err := f.signed.options()
	if err != nil {
		return nil, err
	}
	switch {
	case len(keys) > 0: // what has been checked is what is used
		return mapped.LoadCopy(m.Source, append(opts, keys...)...)
	case m.own() && len(f.nodes) == 0: // with the filters that it has packed
		return mapped.Load(m.Source, opts...)
	}
	return runtime.Compile(m.Graph, opts...)
}

// own reports whether the model comes from a .gneiss file.
func (m *model) own() bool { return strings.EqualFold(filepath.Ext(m.Source), runtime.Ext) }

// options are those of a plan.
func (f *modelFlags) options() ([]runtime.Option, error) {
	if f.threads < 0 {
		return nil, usagef("--threads %d is negative", f.threads)
	}
	opts := []runtime.Option{runtime.WithThreads(f.threads)}
	if f.small {
		opts = append(opts, runtime.WithMemory(runtime.Small))
	}
	if f.isa != "" {
		isa, err := arch.ParseISA(f.isa)
		if err != nil {
			return nil, usagef("--isa: %v", err)
		}
		if !arch.Supports(isa) {
			return nil, fmt.Errorf("--isa %s: this CPU has %v", isa, arch.Supported())
		}
		opts = append(opts, runtime.WithISA(isa))
	}
	return opts, nil
}

// classifier is a model ready to answer.
type classifier struct {
	*model
	sess *runtime.Session
	prep *preprocess.Preparer
}

// openImages opens a model whose one input is an image.
func openImages(mf *modelFlags, sf *specFlags) (*model, error) {
	m, err := mf.open(false)
	if err != nil {
		return nil, err
	}
	if m.Spec, err = sf.apply(m.Spec); err != nil {
		return nil, err
	}
	if n := len(m.Graph.Inputs); n != 1 {
		return nil, fmt.Errorf("%s: %d inputs; want one, an image", m.Name, n)
	}
	if in := m.Graph.Inputs[0].Shape; in.N != 1 || in.C != m.Spec.Order.Channels() {
		return nil, fmt.Errorf("%s: the input is %v; want 1×H×W×3 or 1×H×W×1", m.Name, in)
	}
	return m, nil
}

// newClassifier opens, checks and compiles the model.
func newClassifier(ctx context.Context, mf *modelFlags, sf *specFlags) (*classifier, error) {
	m, err := openImages(mf, sf)
	if err != nil {
		return nil, err
	}
	if len(m.Graph.Outputs) < 1 {
		return nil, fmt.Errorf("%s: no output: %w", m.Name, runtime.ErrGraph)
	}
	if out := m.Graph.Outputs[0].Shape; out.Elements() != out.C {
		return nil, fmt.Errorf("%s: the output is %v, not one score per class", m.Name, out)
	}
	sess, err := mf.compile(ctx, m)
	if err != nil {
		return nil, err
	}
	return &classifier{model: m, sess: sess, prep: m.Spec.Preparer()}, nil
}

// describe says in a line or two which model answers and how it is fed.
func (c *classifier) describe() string {
	p := c.sess.Plan()
	s := fmt.Sprintf("%s (%s), %s, %s\ninput %v\n", c.Name, c.Source, p.ISA(), plural(p.Threads(), "thread"), c.Spec)
	if c.Note != "" {
		s += "note: " + c.Note + "\n"
	}
	return s
}
