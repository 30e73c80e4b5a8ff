package serve

import (
	"bytes"
	"context"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"strconv"
	"strings"
	"time"
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
	res := classification{Model: s.id, Probabilities: s.model.Probabilities}
	prepare := func(ctx context.Context, body []byte, d *decoder, input []float32) error {
		data, err := imageBytes(r.Header.Get("Content-Type"), body)
		if err != nil {
			return err
		}
		start := time.Now()
		img, err := s.decode(ctx, d, data)
		if err != nil {
			return err
		}
		decoded := time.Now()
		if err := d.prep.Into(input, img); err != nil {
			return badRequest("%v", err)
		}
		size := img.Bounds()
		res.Width, res.Height = size.Dx(), size.Dy()
		res.Ms.Decode, res.Ms.Prepare = ms(decoded.Sub(start)), ms(time.Since(decoded))
		return nil
	}
	err = s.admitted(w, r, prepare, func(ctx context.Context, wk *worker) error {
		took, err := wk.run(ctx, withSteps)
		if err != nil {
			return err
		}
		s.metrics.inference.observe(took)
		res.Ms.Run = ms(took)
		return s.best(&res, wk, min(top, s.card.Classes), withSteps)
	})
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, &res)
}

// best fills in the answers of a run, and the steps' times.
func (s *Server) best(res *classification, wk *worker, top int, withSteps bool) error {
	wk.top = wk.sess.Output(0).TopK(top, wk.top[:0])
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
}

// imageBytes is the image in a body: the body itself, or of a form the field "image", or else its first file. The image
// takes the body's memory.
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
		data, err := readOver(body, part)
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

// readOver moves a part of a form to the front of the body, from where the form's reader is past it.
func readOver(body []byte, part io.Reader) ([]byte, error) {
	var some [4096]byte
	for n := 0; ; {
		m, err := part.Read(some[:])
		n += copy(body[n:], some[:m])
		if errors.Is(err, io.EOF) {
			return body[:n], nil
		}
		if err != nil {
			return nil, err
		}
	}
}
