package main

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestEvalBoxes: a detector measured by each form of annotations, beside an engine whose boxes are in a CSV file, with
// a picture.
func TestEvalBoxes(t *testing.T) {
	model, dir := zooFile(t, "yunet_n_320"), t.TempDir()
	// What the detector finds is taken as what there is, but for one box, and other things beside.
	var found struct {
		Width, Height float64
		Boxes         []struct {
			Box   [4]float64
			Score float64
		}
	}
	line := must(t, "detect", "-m", model, "--json", photograph("faces.jpg"))
	if err := json.Unmarshal([]byte(line), &found); err != nil || len(found.Boxes) < 4 {
		t.Fatal(err, line)
	}
	photo, err := os.ReadFile(photograph("faces.jpg"))
	if err != nil {
		t.Fatal(err)
	}
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for _, folder := range []string{"", "voc", "yolo", "plain"} {
		write(filepath.Join(folder, "faces.jpg"), string(photo))
	}
	boxes := make([][5]float64, 0, len(found.Boxes)-1)
	for _, b := range found.Boxes[1:] {
		boxes = append(boxes, [5]float64{b.Box[0], b.Box[1], b.Box[2], b.Box[3], b.Score})
	}
	forms, engine := everyForm(write, boxes, found.Width, found.Height)
	csv := forms[0]
	chart := filepath.Join(dir, "pr.svg")
	n := float64(len(found.Boxes) - 1)
	for _, path := range forms {
		var e boxEvaluation
		out := must(t, "eval", "-m", model, "--against", engine, "--chart", chart, "--json", path)
		if err := json.Unmarshal([]byte(out), &e); err != nil {
			t.Fatal(err)
		}
		// The first box found, the best, is wrong: of n right ones behind, precision is k/(k+1), at most n/(n+1).
		mine, other := n/(n+1), math.Floor(100/n+1)/101
		if e.Images != 1 || e.Boxes != int(n) || len(e.Of) != 2 || math.Abs(e.Of[0].AP50-100*mine) > 0.01 ||
			math.Abs(e.Of[1].AP50-100*other) > 0.01 {
			t.Errorf("%s: %+v, want AP50 %v and %v", path, e, 100*mine, 100*other)
		}
		if heaters := strings.HasSuffix(path, "plain"); heaters != (e.Other == 1) {
			t.Errorf("%s: %d boxes of other classes", path, e.Other)
		}
	}
	svg, err := os.ReadFile(chart)
	if err != nil || strings.Count(string(svg), `"thick l`) != 2 {
		t.Error("the picture:", err, string(svg))
	}
	printed(t, model, csv)
}

// printed: the table names what was measured.
func printed(t *testing.T, model, csv string) {
	t.Helper()
	out := must(t, "eval", "-m", model, "--against", model, csv)
	for _, words := range []string{"1 image, ", "AP50 by class", "(yunet; 320×320"} {
		if !strings.Contains(out, words) {
			t.Errorf("no %q in\n%s", words, out)
		}
	}
}

// everyForm writes boxes of a picture of w×h in each form of annotations, and an engine's that has only the first.
func everyForm(write func(name, text string) string, boxes [][5]float64, w, h float64) (forms []string, engine string) {
	table, theirs := "file,class,left,top,right,bottom\n", "file,class,left,top,right,bottom,score\n"
	voc, yolo, plain := "<annotation>", "", "heater 1 1 50 50\n"
	var coco []string
	for i, x := range boxes {
		table += fmt.Sprintf("faces.jpg,0,%v,%v,%v,%v\n", x[0], x[1], x[2], x[3])
		plain += fmt.Sprintf("0 %v %v %v %v\n", x[0], x[1], x[2], x[3])
		yolo += fmt.Sprintf("0 %v %v %v %v\n", (x[0]+x[2])/2/w, (x[1]+x[3])/2/h, (x[2]-x[0])/w,
			(x[3]-x[1])/h)
		voc += fmt.Sprintf("<object><name>0</name><bndbox><xmin>%v</xmin><ymin>%v</ymin><xmax>%v</xmax><ymax>%v</ymax>"+
			"</bndbox></object>", x[0]+1, x[1]+1, x[2], x[3])
		coco = append(coco, fmt.Sprintf(`{"image_id":1,"category_id":5,"bbox":[%v,%v,%v,%v]}`, x[0], x[1], x[2]-x[0], x[3]-x[1]))
		if i == 0 {
			theirs += fmt.Sprintf("faces.jpg,0,%v,%v,%v,%v,%v\n", x[0], x[1], x[2], x[3], x[4])
		}
	}
	folders := []string{write("voc/faces.xml", voc+"</annotation>"), write("yolo/faces.txt", yolo),
		write("plain/faces.txt", plain)}
	json := write("boxes.json", `{"images":[{"id":1,"file_name":"faces.jpg"}],"categories":[{"id":5,"name":"0"}],"annotations":[`+
		strings.Join(coco, ",")+"]}")
	forms = []string{write("boxes.csv", table), json}
	for _, f := range folders {
		forms = append(forms, filepath.Dir(f))
	}
	return forms, write("engine.csv", theirs)
}
