package annotations

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/gneiss-go/gneiss/models/detect/score"
)

// csvColumns are the names that columns may have.
var csvColumns = [7][]string{{"file", "image", "filename"}, {"class", "label", "name"}, {"left", "x0", "xmin", "x1"},
	{"top", "y0", "ymin", "y1"}, {"right", "xmax", "x2"}, {"bottom", "ymax", "y2"}, {"score", "confidence"}}

// columns finds the columns of a first line; −1 for a score that there is not. Corners are left, top, right and bottom,
// or x0 to y1, or x1 to y2.
func columns(header []string) (at [7]int, err error) {
	clean := make([]string, len(header))
	for i, h := range header {
		clean[i] = strings.ToLower(strings.TrimSpace(strings.TrimPrefix(h, "\ufeff")))
	}
	zero := slices.Contains(clean, "x0")
	for c, known := range csvColumns {
		if zero && (c == 4 || c == 5) {
			known = []string{[]string{"x1", "y1"}[c-4]}
		} else if zero && (c == 2 || c == 3) {
			known = known[1:2]
		}
		at[c] = slices.IndexFunc(clean, func(h string) bool { return slices.Contains(known, h) })
		if at[c] < 0 && c < 6 {
			return at, fmt.Errorf("its first line, %.80q, does not name a column %s: %w", strings.Join(header, ","), known[0],
				ErrCorrupt)
		}
	}
	return at, nil
}

// IsCSV reports whether a CSV file's first line names the columns of boxes.
func IsCSV(path string) bool {
	data, err := readFile(path)
	if err != nil {
		return false
	}
	r := csv.NewReader(bytes.NewReader(data))
	r.LazyQuotes = true
	header, err := r.Read()
	if err != nil {
		return false
	}
	_, err = columns(header)
	return err == nil
}

func readCSV(path string) ([]Picture, error) {
	data, err := readFile(path)
	if err != nil {
		return nil, err
	}
	r := csv.NewReader(bytes.NewReader(data))
	r.LazyQuotes, r.FieldsPerRecord, r.ReuseRecord = true, -1, true
	header, err := r.Read()
	if err != nil {
		return nil, fmt.Errorf("no first line: %w", ErrCorrupt)
	}
	at, err := columns(header)
	if err != nil {
		return nil, err
	}
	var out []Picture
	where := map[string]int{}
	for {
		rec, err := r.Read()
		if errors.Is(err, io.EOF) {
			return out, nil
		} else if err != nil {
			return nil, fmt.Errorf("%w: %w", err, ErrCorrupt)
		}
		line, _ := r.FieldPos(0)
		if len(rec) <= slices.Max(at[:]) {
			return nil, fmt.Errorf("line %d: %d fields, fewer than the first line names: %w", line, len(rec), ErrCorrupt)
		}
		b := Box{Name: strings.Clone(strings.TrimSpace(rec[at[1]])), Score: 1}
		for i, to := range []*float64{&b.X0, &b.Y0, &b.X1, &b.Y1, &b.Score} {
			if at[i+2] < 0 {
				continue
			}
			if *to, err = strconv.ParseFloat(strings.TrimSpace(rec[at[i+2]]), 64); err != nil {
				return nil, fmt.Errorf("line %d: %.40q is no number: %w", line, rec[at[i+2]], ErrCorrupt)
			}
		}
		file := strings.Clone(rec[at[0]])
		n, ok := where[file]
		if !ok {
			n = len(out)
			where[file], out = n, append(out, Picture{File: file})
		}
		out[n].Boxes = append(out[n].Boxes, b)
	}
}

// readCOCO reads the data set's own form (cocodataset.org, "Data format").
func readCOCO(path string) ([]Picture, error) {
	data, err := readFile(path)
	if err != nil {
		return nil, err
	}
	var file struct {
		Images []struct {
			ID   int64  `json:"id"`
			File string `json:"file_name"`
		} `json:"images"`
		Annotations []struct {
			Image    int64     `json:"image_id"`
			Category int64     `json:"category_id"`
			Box      []float64 `json:"bbox"`
			Crowd    int       `json:"iscrowd"`
		} `json:"annotations"`
		Categories []struct {
			ID   int64  `json:"id"`
			Name string `json:"name"`
		} `json:"categories"`
	}
	if err := json.Unmarshal(data, &file); err != nil {
		return nil, fmt.Errorf("%w: %w", err, ErrCorrupt)
	}
	names, where := map[int64]string{}, map[int64]int{}
	for _, c := range file.Categories {
		names[c.ID] = c.Name
	}
	var out []Picture
	for _, i := range file.Images {
		where[i.ID] = len(out)
		out = append(out, Picture{File: i.File})
	}
	for n, a := range file.Annotations {
		at, ok := where[a.Image]
		name, known := names[a.Category]
		if !ok || !known || len(a.Box) != 4 {
			return nil, fmt.Errorf("annotation %d: image %d, category %d, box %.3v: %w", n, a.Image, a.Category, a.Box,
				ErrCorrupt)
		}
		out[at].Boxes = append(out[at].Boxes, Box{Name: name, Score: 1, Crowd: a.Crowd != 0,
			Box: score.Box{X0: a.Box[0], Y0: a.Box[1], X1: a.Box[0] + a.Box[2], Y1: a.Box[1] + a.Box[3]}})
	}
	return out, nil
}

// readVOC reads the annotations of the Pascal VOC challenges (Everingham and others, "The Pascal visual object classes
// challenge", IJCV 2010). Their pixels are counted from 1, and the last one is the box's.
func readVOC(data []byte) ([]Box, error) {
	var file struct {
		XMLName xml.Name `xml:"annotation"`
		Objects []struct {
			Name      string `xml:"name"`
			Difficult int    `xml:"difficult"`
			Box       *struct {
				Xmin float64 `xml:"xmin"`
				Ymin float64 `xml:"ymin"`
				Xmax float64 `xml:"xmax"`
				Ymax float64 `xml:"ymax"`
			} `xml:"bndbox"`
		} `xml:"object"`
	}
	if err := xml.Unmarshal(data, &file); err != nil {
		return nil, fmt.Errorf("%w: %w", err, ErrCorrupt)
	}
	boxes := []Box{}
	for i, o := range file.Objects {
		if o.Box == nil {
			return nil, fmt.Errorf("object %d has no bndbox: %w", i, ErrCorrupt)
		}
		boxes = append(boxes, Box{Name: strings.TrimSpace(o.Name), Score: 1, Ignore: o.Difficult != 0,
			Box: score.Box{X0: o.Box.Xmin - 1, Y0: o.Box.Ymin - 1, X1: o.Box.Xmax, Y1: o.Box.Ymax}})
	}
	return boxes, nil
}
