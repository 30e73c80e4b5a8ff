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
		"extensions": []string{}})
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

// asked checks that a request is for the model there is.
func (s *Server) asked(r *http.Request) error {
	if name := r.PathValue("model"); name != s.id {
		return refuse(http.StatusNotFound, "there is no model %.100q; there is %q", name, s.id)
	}
	if v := r.PathValue("version"); v != "" && v != modelVersion {
		return refuse(http.StatusNotFound, "there is no version %.100q of %q; there is %q", v, s.id, modelVersion)
	}
	return nil
}

func (s *Server) modelMetadata(w http.ResponseWriter, r *http.Request) error {
	if err := s.asked(r); err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, map[string]any{"name": s.id, "versions": []string{modelVersion},
		"platform": "gneiss",
		"inputs":   describe(s.plan.Inputs(), dataType), "outputs": describe(s.plan.Outputs(), answerType)})
}

func (s *Server) modelReady(w http.ResponseWriter, r *http.Request) error {
	if err := s.asked(r); err != nil {
		return err
	}
	code := http.StatusOK
	if s.draining.Load() {
		code = http.StatusServiceUnavailable
	}
	return writeJSON(w, code, map[string]any{"name": s.id, "ready": code == http.StatusOK})
}

// inferResponse is the answer to an inference request.
type inferResponse struct {
	ModelName    string      `json:"model_name"`
	ModelVersion string      `json:"model_version"`
	ID           string      `json:"id,omitempty"`
	Outputs      []outTensor `json:"outputs"`
}

func (s *Server) infer(w http.ResponseWriter, r *http.Request) error {
	if err := s.asked(r); err != nil {
		return err
	}
	res := inferResponse{ModelName: s.id, ModelVersion: modelVersion}
	var wanted []int
	prepare := func(_ context.Context, body []byte, _ *decoder, input []float32) error {
		req, err := decodeInfer(body)
		if err != nil {
			return err
		}
		if len(req.inputs) != 1 {
			return badRequest("%d inputs; the model has one, %q", len(req.inputs), s.plan.Inputs()[0].Name)
		}
		if wanted, err = s.wantedOutputs(req); err != nil {
			return err
		}
		res.ID = req.id
		return req.inputs[0].fill(s.plan.Inputs()[0], input)
	}
	err := s.admitted(w, r, prepare, func(ctx context.Context, wk *worker) error {
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
	})
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, &res)
}

// wantedOutputs are the indices of the outputs that are asked for: all, if none is named.
func (s *Server) wantedOutputs(req *inferRequest) ([]int, error) {
	outputs := s.plan.Outputs()
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
