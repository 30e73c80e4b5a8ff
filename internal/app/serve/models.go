package serve

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/gneiss-go/gneiss/internal/app/answer"
	"github.com/gneiss-go/gneiss/models"
	"github.com/gneiss-go/gneiss/models/card"
	"github.com/gneiss-go/gneiss/models/preprocess"
	"github.com/gneiss-go/gneiss/runtime"
)

// Model is a network that answers, with what is needed to feed it and to read its answer.
type Model struct {
	Name    string         // for people; the name in URLs is made of it, see [Server.ModelIDs]
	Source  string         // a file, or where else it comes from
	Graph   *runtime.Graph // for the model's card: parameters, type of the weights
	Plan    *runtime.Plan  // of the graph
	Card    card.Card      // what it is for, how an image becomes the input, how the outputs are read
	Options answer.Options // what the user knows better than the card
}

// maxModels bounds how many there may be, against mistakes.
const maxModels = 64

// served is a model that is ready to answer.
type served struct {
	Model
	id     string
	plan   *runtime.Plan
	task   card.Task
	images bool            // whether it looks at images; else it takes tensors alone
	spec   preprocess.Spec // of the images
	card   modelCard
	steps  []step // of a run, without times
	inputs sync.Pool
	idle   chan *worker
}

// add makes a model ready, its sessions included.
func (s *Server) add(m Model) error {
	if m.Graph == nil || m.Plan == nil {
		return fmt.Errorf("a model is a graph and its plan: %w", runtime.ErrGraph)
	}
	one := &served{Model: m, plan: m.Plan, id: s.freeID(slug(m.Name))}
	for _, r := range m.Plan.Report().Steps {
		one.steps = append(one.steps, step{Name: r.Name, Op: r.Op, Kernel: r.Kernel})
	}
	if err := s.pool.fill(one); err != nil {
		return err
	}
	elements := 0
	for _, in := range m.Plan.Inputs() {
		elements += in.Shape.Elements()
	}
	one.inputs.New = func() any { input := make([]float32, elements); return &input }
	first := s.pool.all[len(s.pool.all)-1]
	one.task, one.images, one.spec = first.Task(), first.Images(), first.Spec()
	one.card = s.makeCard(one, first.Reader, models.Stats(m.Graph))
	one.Graph = nil // the plan has packed weights of its own
	s.models = append(s.models, one)
	return nil
}

// freeID is the name in URLs, with a number behind it if another model has it already.
func (s *Server) freeID(id string) string {
	free := id
	for n := 2; s.named(free) != nil; n++ {
		free = id + "-" + strconv.Itoa(n)
	}
	return free
}

// named returns the model of that name, or nil.
func (s *Server) named(id string) *served {
	for _, m := range s.models {
		if m.id == id {
			return m
		}
	}
	return nil
}

// ids are the models' names in URLs, quoted.
func (s *Server) ids() string {
	var all []string
	for _, m := range s.models {
		all = append(all, strconv.Quote(m.id))
	}
	return strings.Join(all, ", ")
}

// asked finds the model of a path of the inference protocol.
func (s *Server) asked(r *http.Request) (*served, error) {
	m := s.named(r.PathValue("model"))
	if m == nil {
		return nil, refuse(http.StatusNotFound, "there is no model %.100q; there is %s", r.PathValue("model"), s.ids())
	}
	if v := r.PathValue("version"); v != "" && v != modelVersion {
		return nil, refuse(http.StatusNotFound, "there is no version %.100q of %q; there is %q", v, m.id, modelVersion)
	}
	return m, nil
}

// doing finds the model that ?model= names, or else the first for the task.
func (s *Server) doing(r *http.Request, task card.Task) (*served, error) {
	id := r.URL.Query().Get("model")
	if id != "" {
		m := s.named(id)
		if m == nil {
			return nil, refuse(http.StatusNotFound, "there is no model %.100q; there is %s", id, s.ids())
		}
		if m.task != task {
			return nil, refuse(http.StatusNotFound, "model %q is not for this; it is asked by %s", id, m.path())
		}
		return m, nil
	}
	for _, m := range s.models {
		if m.task == task {
			return m, nil
		}
	}
	var paths []string
	for _, m := range s.models {
		paths = append(paths, fmt.Sprintf("%q by %s", m.id, m.path()))
	}
	return nil, refuse(http.StatusNotFound, "no model here is for this; there is %s", strings.Join(paths, ", "))
}

// paths are where images are answered, by task.
var paths = map[card.Task]string{card.Classify: "/api/classify", card.Detect: "/api/detect",
	card.Segment:   "/api/segment",
	card.Keypoints: "/api/pose"}

// path is where the model is asked.
func (m *served) path() string {
	if p := paths[m.task]; m.images && p != "" {
		return p
	}
	return "/v2/models/" + m.id + "/infer"
}
