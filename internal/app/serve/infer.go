package serve

import (
	"context"
	"net/http"
	"slices"

	"github.com/gneiss-go/gneiss/runtime"
)

// modelVersion is the only one there is of a model.
const modelVersion = "1"

// tensorMetadata describes an input or output in the protocol's words.
type tensorMetadata struct {
	Name     string `json:"name"`
	DataType string `json:"datatype"`
	Shape    []int  `json:"shape"`
}

func describe(infos []runtime.TensorInfo, dataType func(runtime.TensorInfo) string) []tensorMetadata {
	var all []tensorMetadata
	for _, i := range infos {
		all = append(all, tensorMetadata{i.Name, dataType(i), dims(i.Shape)})
	}
	return all
}

func (s *Server) serverMetadata(w http.ResponseWriter, _ *http.Request) error {
	return writeJSON(w, http.StatusOK, map[string]any{"name": "gneiss", "version": s.opts.Version,
		"extensions": []string{"model_repository"}})
}

// modelState is an entry of the repository's index.
type modelState struct {
	Name    string `json:"name"`
	Version string `json:"version"`
	State   string `json:"state"`
	Reason  string `json:"reason"`
}

// modelIndex lists the models, as the protocol's extension for repositories has it. With {"ready":true} it would list
// those that are ready, which all are until the end.
func (s *Server) modelIndex(w http.ResponseWriter, _ *http.Request) error {
	state, reason := "READY", ""
	if s.draining.Load() {
		state, reason = "UNAVAILABLE", "the server is shutting down"
	}
	all := []modelState{}
	for _, m := range s.models {
		all = append(all, modelState{m.id, modelVersion, state, reason})
	}
	return writeJSON(w, http.StatusOK, all)
}

// modelNames lists the models' names.
func (s *Server) modelNames(w http.ResponseWriter, _ *http.Request) error {
	names := []string{}
	for _, m := range s.models {
		names = append(names, m.id)
	}
	return writeJSON(w, http.StatusOK, map[string][]string{"models": names})
}

// fixed refuses to load or to unload a model.
func (s *Server) fixed(http.ResponseWriter, *http.Request) error {
	return badRequest("models are loaded when the server starts, and none later")
}

func (s *Server) live(w http.ResponseWriter, _ *http.Request) error {
	return writeJSON(w, http.StatusOK, map[string]bool{"live": true})
}

func (s *Server) ready(w http.ResponseWriter, _ *http.Request) error {
	code := http.StatusOK
	if s.draining.Load() {
		code = http.StatusServiceUnavailable
	}
	return writeJSON(w, code, map[string]bool{"ready": code == http.StatusOK})
}

func (s *Server) modelMetadata(w http.ResponseWriter, r *http.Request) error {
	m, err := s.asked(r)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, map[string]any{"name": m.id, "versions": []string{modelVersion},
		"platform": "gneiss",
		"inputs":   describe(m.plan.Inputs(), dataType), "outputs": describe(m.plan.Outputs(), answerType)})
}

func (s *Server) modelReady(w http.ResponseWriter, r *http.Request) error {
	m, err := s.asked(r)
	if err != nil {
		return err
	}
	code := http.StatusOK
	if s.draining.Load() {
		code = http.StatusServiceUnavailable
	}
	return writeJSON(w, code, map[string]any{"name": m.id, "ready": code == http.StatusOK})
}

// inferResponse is the answer to an inference request.
type inferResponse struct {
	ModelName    string      `json:"model_name"`
	ModelVersion string      `json:"model_version"`
	ID           string      `json:"id,omitempty"`
	Outputs      []outTensor `json:"outputs"`
}

func (s *Server) infer(w http.ResponseWriter, r *http.Request) error {
	m, err := s.asked(r)
	if err != nil {
		return err
	}
	res := inferResponse{ModelName: m.id, ModelVersion: modelVersion}
	var wanted []int
	prepare := func(_ context.Context, body []byte, _ *decoder, input []float32) error {
		req, err := decodeInfer(body)
		if err != nil {
			return err
		}
		if wanted, err = m.wantedOutputs(req); err != nil {
			return err
		}
		res.ID = req.id
		return m.fill(req, input)
	}
	return s.do(w, r, &job{m, prepare, func(ctx context.Context, wk *worker) error {
		took, err := wk.run(ctx, false)
		if err != nil {
			return err
		}
		s.metrics.inference.observe(took)
		for _, i := range wanted {
			o, err := export(wk.sess.Output(i))
			if err != nil {
				return err
			}
			res.Outputs = append(res.Outputs, o)
		}
		return nil
	}, &res})
}

// fill puts the tensors of a request into the model's inputs, one after the other.
func (m *served) fill(req *inferRequest, input []float32) error {
	ins := m.plan.Inputs()
	if len(ins) == 1 && len(req.inputs) != 1 {
		return badRequest("%d inputs; the model has one, %q", len(req.inputs), ins[0].Name)
	}
	if len(req.inputs) != len(ins) {
		return badRequest("%d inputs; the model has %d", len(req.inputs), len(ins))
	}
	for _, in := range ins {
		i := 0
		if len(ins) > 1 {
			i = slices.IndexFunc(req.inputs, func(t inferTensor) bool { return t.name == in.Name })
		}
		if i < 0 {
			return badRequest("there is no input %q, which the model has", in.Name)
		}
		n := in.Shape.Elements()
		if err := req.inputs[i].fill(in, input[:n]); err != nil {
			return err
		}
		input = input[n:]
	}
	return nil
}

// wantedOutputs are the indices of the outputs that are asked for: all, if none is named.
func (m *served) wantedOutputs(req *inferRequest) ([]int, error) {
	outputs := m.plan.Outputs()
	var wanted []int
	for _, o := range req.outputs {
		i := slices.IndexFunc(outputs, func(t runtime.TensorInfo) bool { return t.Name == o })
		if i < 0 {
			return nil, badRequest("there is no output %.100q", o)
		}
		wanted = append(wanted, i)
	}
	if wanted == nil {
		for i := range outputs {
			wanted = append(wanted, i)
		}
	}
	return wanted, nil
}
