package serve

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/gneiss-go/gneiss/models/imagefile"
)

// classification is the answer of /api/classify.
type classification struct {
	Model         string   `json:"model"`
	Width         int      `json:"width"` // of the image
	Height        int      `json:"height"`
	Probabilities bool     `json:"probabilities"` // whether scores are
	Ms            times    `json:"ms"`
	Top           []scored `json:"top"`
	Steps         []step   `json:"steps,omitempty"` // with ?steps=1
}

// times are in milliseconds.
type times struct {
	Decode  float64 `json:"decode"`
	Prepare float64 `json:"prepare"`
	Run     float64 `json:"run"`
}

type scored struct {
	Class int     `json:"class"`
	Label string  `json:"label,omitempty"`
	Score float32 `json:"score"`
}

// step is one step of a run and its time.
type step struct {
	Name   string  `json:"name"`
	Op     string  `json:"op"`
	Kernel string  `json:"kernel"`
	Ms     float64 `json:"ms"`
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// maxTop bounds how many classes are answered.
const maxTop = 1000

func (s *Server) classify(w http.ResponseWriter, r *http.Request) error {
	top, err := strconv.Atoi(defaulted(r.URL.Query().Get("top"), "5"))
	if err != nil || top < 1 || top > maxTop {
		return badRequest("top: want a number from 1 to %d", maxTop)
	}
	withSteps, err := strconv.ParseBool(defaulted(r.URL.Query().Get("steps"), "0"))
	if err != nil {
		return badRequest("steps: want 0 or 1")
	}
	var res classification
	err = s.admitted(r, func(body []byte, wk *worker) error {
		data, err := imageBytes(r.Header.Get("Content-Type"), body)
		if err != nil {
			return err
		}
		start := time.Now()
		img, err := imagefile.Decode(bytes.NewReader(data), s.limits())
		if err != nil {
			return err
		}
		decoded := time.Now()
		if err := wk.prep.Fill(wk.sess.Input(0), img); err != nil {
			return badRequest("%v", err)
		}
		prepared := time.Now()
		took, err := wk.run(r.Context(), withSteps)
		if err != nil {
			return err
		}
		s.metrics.inference.observe(took)
		size := img.Bounds()
		res = classification{Model: s.id, Width: size.Dx(), Height: size.Dy(), Probabilities: s.model.Probabilities,
			Ms: times{Decode: ms(decoded.Sub(start)), Prepare: ms(prepared.Sub(decoded)), Run: ms(took)}}
		wk.top = wk.sess.Output(0).TopK(min(top, s.card.Classes), wk.top[:0])
		if len(wk.top) == 0 {
			return refuse(http.StatusInternalServerError, "%s answers with no numbers (NaN)", s.model.Name)
		}
		for _, c := range wk.top {
			res.Top = append(res.Top, scored{c.Index, s.model.label(c.Index), c.Score})
		}
		if withSteps {
			for i, st := range s.steps {
				st.Ms = ms(wk.steps[i])
				res.Steps = append(res.Steps, st)
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, &res)
}

// imageBytes is the image in a body: the body itself, or of a form the field "image", or else its first file.
func imageBytes(contentType string, body []byte) ([]byte, error) {
	if len(body) == 0 {
		return nil, badRequest("the body is empty; send a JPEG or PNG image, or a form with one")
	}
	kind, params, err := mime.ParseMediaType(contentType)
	if err != nil || !strings.HasPrefix(kind, "multipart/") {
		return body, nil // of whatever type it is said to be: the bytes will tell
	}
	form := multipart.NewReader(bytes.NewReader(body), params["boundary"])
	var first []byte
	for {
		part, err := form.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, badRequest("the form cannot be read: %v", err)
		}
		named := part.FormName() == "image"
		if !named && (part.FileName() == "" || first != nil) {
			continue
		}
		data, err := io.ReadAll(part)
		if err != nil {
			return nil, badRequest("the form cannot be read: %v", err)
		}
		if named {
			return data, nil
		}
		first = data
	}
	if first == nil {
		return nil, badRequest("the form has no file; send one in the field image")
	}
	return first, nil
}
