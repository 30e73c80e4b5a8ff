package serve

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/gneiss-go/gneiss/internal/app/answer"
	"github.com/gneiss-go/gneiss/models/card"
)

// seen is the answer of /api/classify and its sisters.
type seen struct {
	Model string `json:"model"`
	answer.Answer
	Ms    times    `json:"ms"`
	Mask  *picture `json:"mask,omitempty"`  // of a segmentation: the classes' colours, nothing where there is none
	Input *picture `json:"input,omitempty"` // what the network saw, with ?input=1
	Steps []step   `json:"steps,omitempty"` // with ?steps=1
}

// times are in milliseconds.
type times struct {
	Decode  float64 `json:"decode"`
	Prepare float64 `json:"prepare"`
	Run     float64 `json:"run"`
	Read    float64 `json:"read"` // of the outputs
}

// picture is one in an answer.
type picture struct {
	Width  int    `json:"width"`
	Height int    `json:"height"`
	Type   string `json:"type"`
	Data   []byte `json:"data"` // in base64
}

// step is one step of a run and its time.
type step struct {
	Name   string  `json:"name"`
	Op     string  `json:"op"`
	Kernel string  `json:"kernel"`
	Ms     float64 `json:"ms"`
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// maskPixels bounds the mask of an answer.
const maskPixels = 512 * 512

// wish is what a request wants beside the answer.
type wish struct {
	answer.Settings
	steps, input bool
}

// parseWish reads the query of a request.
func parseWish(q url.Values) (w wish, err error) {
	w.MaskPixels = maskPixels
	for _, n := range []struct {
		name string
		v    *int
		most int
	}{{"top", &w.Top, answer.MaxTop}, {"max", &w.Most, answer.MaxBoxes}} {
		if text := q.Get(n.name); text != "" {
			if *n.v, err = strconv.Atoi(text); err != nil || *n.v < 1 || *n.v > n.most {
				return w, badRequest("%s: want a number from 1 to %d", n.name, n.most)
			}
		}
	}
	for _, n := range []struct {
		name string
		v    *float32
	}{{"threshold", &w.Threshold}, {"overlap", &w.Overlap}} {
		if text := q.Get(n.name); text != "" {
			f, err := strconv.ParseFloat(text, 32)
			if err != nil || !(f > 0 && f <= 1) {
				return w, badRequest("%s: want a number above 0 and up to 1", n.name)
			}
			*n.v = float32(f)
		}
	}
	for _, n := range []struct {
		name string
		v    *bool
	}{{"steps", &w.steps}, {"input", &w.input}} {
		if *n.v, err = strconv.ParseBool(defaulted(q.Get(n.name), "0")); err != nil {
			return w, badRequest("%s: want 0 or 1", n.name)
		}
	}
	return w, nil
}

// look answers what a picture shows, by a model for the task.
func (s *Server) look(task card.Task) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		m, err := s.doing(r, task)
		if err != nil {
			return err
		}
		want, err := parseWish(r.URL.Query())
		if err != nil {
			return err
		}
		res := seen{Model: m.id}
		j := job{model: m, prepare: res.prepare(s, m, r, &want), answer: &res}
		j.run = func(ctx context.Context, wk *worker) error {
			took, err := wk.run(ctx, want.steps)
			if err != nil {
				return err
			}
			s.metrics.inference.observe(took)
			res.Ms.Run = ms(took)
			return res.read(m, wk, &want)
		}
		return s.do(w, r, &j)
	}
}

// prepare makes the input of the picture in a request's body.
func (res *seen) prepare(s *Server, m *served, r *http.Request, want *wish) preparation {
	return func(ctx context.Context, body []byte, d *decoder, input []float32) error {
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
		if err := d.preparer(m.spec).Into(input, img); err != nil {
			return badRequest("%v", err)
		}
		size := img.Bounds()
		res.Width, res.Height = size.Dx(), size.Dy()
		res.Ms.Decode, res.Ms.Prepare = ms(decoded.Sub(start)), ms(time.Since(decoded))
		if want.input {
			res.Input, err = encode(answer.Input(m.spec, input))
		}
		return err
	}
}

// read fills in the answer of a run, and the steps' times.
func (res *seen) read(m *served, wk *worker, want *wish) error {
	start := time.Now()
	if err := wk.Read(res.Width, res.Height, want.Settings, &res.Answer); err != nil {
		if errors.Is(err, answer.ErrNaN) {
			return refuse(http.StatusInternalServerError, "%s answers with no numbers (NaN)", m.Name)
		}
		return fmt.Errorf("%s: %w", m.Name, err)
	}
	if mask := res.Answer.Mask(); mask != nil {
		var err error
		if res.Mask, err = encode(mask); err != nil {
			return err
		}
	}
	res.Ms.Read = ms(time.Since(start))
	if want.steps {
		for i, st := range m.steps {
			st.Ms = ms(wk.steps[i])
			res.Steps = append(res.Steps, st)
		}
	}
	return nil
}

// smallInput is up to where what a network saw is answered without loss, in pixels.
const smallInput = 128 * 128

// encode makes a file of a picture: PNG of a mask or a small one, JPEG of a larger.
func encode(img image.Image) (*picture, error) {
	size := img.Bounds().Size()
	p := &picture{Width: size.X, Height: size.Y, Type: "image/png"}
	var b bytes.Buffer
	var err error
	if _, mask := img.(*image.Paletted); mask || size.X*size.Y <= smallInput {
		err = (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(&b, img)
	} else {
		p.Type, err = "image/jpeg", jpeg.Encode(&b, img, &jpeg.Options{Quality: 90})
	}
	p.Data = b.Bytes()
	return p, err
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
