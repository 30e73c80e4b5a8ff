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
	"github.com/gneiss-go/gneiss/models/card"
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
	once   bool // the graph is compiled once and not needed afterwards, but for its inputs, outputs and names
	Card   card.Card
	Spec   preprocess.Spec // that of the card, or as flags have it
	Labels []string        // those of the card, or of a file; nil if unknown
}

// read takes what is not known yet from the graph's card, completed by another where it says nothing.
func (m *model) read(other card.Card) error {
	c, err := card.Decode(m.Graph.Card)
	if err != nil {
		return err
	}
	if other.Input != nil && (c.Input == nil || c.Guessed) {
		c.Input, c.Guessed = other.Input, false
	}
	if len(c.Labels) == 0 {
		c.Labels = other.Labels
	}
	if c.Task == "" {
		c.Task = other.Task
	}
	if c.Origin == (card.Origin{}) {
		c.Origin = other.Origin
	}
	return m.take(c)
}

// take makes a card the model's.
func (m *model) take(c card.Card) (err error) {
	m.Card, m.Labels, m.Spec = c, c.Labels, preprocess.Spec{}
	m.Note = cmp.Or(m.Note, c.Note)
	if c.Input != nil {
		m.Spec = *c.Input
	}
	m.Graph.Card, err = card.Encode(c)
	return err
}

// input says how an image becomes the input, and whether that is known.
func (m *model) input() string {
	if m.Card.Guessed {
		return m.Spec.String() + " (a guess: the model does not say)"
	}
	return m.Spec.String()
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
	finds                   bool     // without a model, the built-in one that finds things is meant
}

func (f *modelFlags) add(cmd *cobra.Command) {
	f.addModel(cmd)
	f.addPrototxt(cmd)
	f.shape.add(cmd)
	f.addRun(cmd)
}

func (f *modelFlags) addModel(cmd *cobra.Command) {
	cmd.Flags().StringVarP(&f.model, "model", "m", "",
		"model `file` (.onnx, .tflite, .caffemodel, .prototxt, .param, .gneiss), or googlenet once fetched; default: the built-in one")
}

// positional takes a model that is an argument, in place of --model.
func (f *modelFlags) positional(args []string) error {
	switch {
	case len(args) == 0:
		return nil
	case f.model != "":
		return usagef("a model both as argument and as --model")
	}
	f.model = args[0]
	return nil
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
		"text `file` of class names, one a line, or coco (80 classes) or coco90; default: the card's, or labels.txt beside the model")
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
		m, err = defaultModel(f.finds)
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
		c := m.Card
		if c.Labels, err = m.readLabels(f.labels); err != nil {
			return nil, err
		}
		if err := m.take(c); err != nil {
			return nil, runtime.InFile(f.labels, err)
		}
	}
	return m, nil
}

func (m *model) classes() int { return m.Graph.Outputs[0].Shape.C }

// readLabels reads a file of labels, one for each class where the model gives each a score.
func (m *model) readLabels(path string) ([]string, error) {
	switch path { // what detectors are mostly trained with
	case "coco":
		return labels.COCO, nil
	case "coco90":
		return labels.COCO90, nil
	}
	names, err := labels.Read(path)
	if err != nil {
		return nil, err
	}
	if len(m.Graph.Outputs) > 0 {
		if out, n := m.Graph.Outputs[0].Shape, m.classes(); out.Elements() == out.N*out.C && len(names) != n {
			return nil, runtime.InFile(path, fmt.Errorf("%d labels for %d classes", len(names), n))
		}
	}
	for i, name := range names {
		names[i] = card.Clean(name, card.MaxString, false)
	}
	return names, nil
}

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
		if err != nil {
			return nil, err
		}
		m := &model{Name: "GoogLeNet", Source: "built in code", Graph: g, Note: randomNote}
		return m, m.read(card.Card{Task: card.Classify, Input: &preprocess.GoogLeNet})
	case err != nil:
		return nil, err
	case absent:
		return nil, errors.New("googlenet is not in the cache; download it with: gneiss fetch googlenet")
	}
	g, err := openCached(path)
	if err != nil {
		return nil, err
	}
	m := &model{Name: "GoogLeNet", Source: path, Graph: g}
	_, names := labels.Find(path, m.classes())
	return m, m.read(card.Card{Task: card.Classify, Labels: names, Input: &preprocess.GoogLeNet,
		Origin: card.Origin{File: googlenetFile}})
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
	var known card.Card
	if m.Graph.Name == builtinName { // files made of it before there were cards
		known = card.Card{Task: card.Classify, Labels: cifar10.Classes, Input: &cifar10.Preprocess}
	}
	return m, m.read(known)
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
	if m.once {
		opts = append(opts, runtime.WithSpentGraph())
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
	sess  *runtime.Session
	prep  *preprocess.Preparer
	share bool // scores are made shares of one
}

// openImages opens a model whose one input is an image.
func openImages(ctx context.Context, mf *modelFlags, sf *specFlags) (*model, error) {
	m, err := mf.open(false)
	if err != nil {
		return nil, err
	}
	if n := len(m.Graph.Inputs); n != 1 {
		return nil, fmt.Errorf("%s: %d inputs; want one, an image", m.Name, n)
	}
	if in := m.Graph.Inputs[0].Shape; in.N != 1 || m.Card.Input == nil {
		return nil, fmt.Errorf("%s: the input is %v; want 1×H×W×3 or 1×H×W×1", m.Name, in)
	}
	if err := m.guessByHead(ctx, mf); err != nil {
		return nil, err
	}
	c := m.Card
	if err := sf.card(&c); err != nil {
		return nil, err
	}
	return m, m.take(c)
}

// newClassifier opens, checks and compiles the model.
func newClassifier(ctx context.Context, mf *modelFlags, sf *specFlags) (*classifier, error) {
	m, err := openImages(ctx, mf, sf)
	if err != nil {
		return nil, err
	}
	if len(m.Graph.Outputs) < 1 {
		return nil, fmt.Errorf("%s: no output: %w", m.Name, runtime.ErrGraph)
	}
	if out := m.Graph.Outputs[0].Shape; out.Elements() != out.C {
		return nil, fmt.Errorf("%s: the output is %v, not one score per class", m.Name, out)
	}
	if n := len(m.Labels); n > 0 && n != m.classes() {
		return nil, fmt.Errorf("%s: %d labels for %d classes; --labels takes others", m.Name, n, m.classes())
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
	s := fmt.Sprintf("%s (%s), %s, %s\ninput %v\n", c.Name, c.Source, p.ISA(), plural(p.Threads(), "thread"), c.input())
	if c.Note != "" {
		s += "note: " + c.Note + "\n"
	}
	return s
}
