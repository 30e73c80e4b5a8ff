package annotations

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/gneiss-go/gneiss/models/detect/score"
	"github.com/gneiss-go/gneiss/models/labels"
	"github.com/gneiss-go/gneiss/runtime"
)

func write(t testing.TB, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func box(x0, y0, x1, y1 float64) score.Box { return score.Box{X0: x0, Y0: y0, X1: x1, Y1: y1} }

// TestForms: each form gives the boxes that it means.
func TestForms(t *testing.T) {
	dir := t.TempDir()
	csv := write(t, dir, "a.csv", "\ufefffile,Class,left,top,right,bottom\na.jpg,cat,1,2,3,4\nb.jpg,dog,5,6,7,8.5\na.jpg,cat,0,0,9,9\n")
	corners := write(t, dir, "b.csv", "x0,y0,x1,y1,score,label,image\n1,2,3,4,0.5,cat,a.jpg\n")
	ones := write(t, dir, "c.csv", "image,name,x1,y1,x2,y2\na.jpg,cat,1,2,3,4\n")
	coco := write(t, dir, "d.json", `{"images":[{"id":7,"file_name":"a.jpg"},{"id":8,"file_name":"b.jpg"}],
		"categories":[{"id":17,"name":"cat"}],"annotations":[{"image_id":7,"category_id":17,"bbox":[1,2,3,4]},
		{"image_id":7,"category_id":17,"bbox":[0,0,10,10],"iscrowd":1}]}`)
	cat := Box{Name: "cat", Box: box(1, 2, 3, 4), Score: 1}
	half := cat
	half.Score = 0.5
	for path, want := range map[string][]Picture{
		csv: {{"a.jpg", []Box{cat, {Name: "cat", Box: box(0, 0, 9, 9), Score: 1}}},
			{"b.jpg", []Box{{Name: "dog", Box: box(5, 6, 7, 8.5), Score: 1}}}},
		corners: {{"a.jpg", []Box{half}}},
		ones:    {{"a.jpg", []Box{cat}}},
		coco: {{"a.jpg", []Box{{Name: "cat", Box: box(1, 2, 4, 6), Score: 1},
			{Name: "cat", Box: box(0, 0, 10, 10), Score: 1, Crowd: true}}}, {"b.jpg", nil}},
	} {
		got, err := Read(path)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v (%v), want %+v", path, got, err, want)
		}
	}
}

// TestFolder: beside pictures lie VOC's, YOLO's or plain corners.
func TestFolder(t *testing.T) {
	dir := t.TempDir()
	for _, n := range []string{"a.jpg", "b.PNG", "c.jpeg", "d.jpg"} {
		write(t, dir, n, "")
	}
	write(t, dir, "a.xml", `<annotation><filename>a.jpg</filename><object><name>sofa</name><difficult>1</difficult><bndbox>
		<xmin>1</xmin><ymin>11</ymin><xmax>20</xmax><ymax>30</ymax></bndbox></object></annotation>`)
	write(t, dir, "b.txt", "3 0.5 0.25 0.5 0.5\n\n")
	write(t, dir, "c.txt", "potted plant 4 13 79 154\n2 1 1 200 200\n")
	got, err := Read(dir)
	want := []Picture{
		{filepath.Join(dir, "a.jpg"), []Box{{Name: "sofa", Box: box(0, 10, 20, 30), Score: 1, Ignore: true}}},
		{filepath.Join(dir, "b.PNG"), []Box{{Name: "3", Shares: true, Box: box(0.25, 0, 0.75, 0.5), Score: 1}}},
		{filepath.Join(dir, "c.jpeg"), []Box{{Name: "potted plant", Box: box(4, 13, 79, 154), Score: 1},
			{Name: "2", Box: box(1, 1, 200, 200), Score: 1}}},
		{filepath.Join(dir, "d.jpg"), nil},
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%+v (%v), want %+v", got, err, want)
	}
	write(t, dir, "a.txt", "")
	if _, err := Read(dir); !errors.Is(err, ErrCorrupt) {
		t.Error("two files for a picture:", err)
	}
}

// TestWrong: what is no annotation is an error that names the file.
func TestWrong(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"empty.csv": "", "columns.csv": "file,label\na.jpg,3\n", "short.csv": "file,class,left,top,right,bottom\na.jpg,1,2\n",
		"word.csv": "file,class,left,top,right,bottom\na.jpg,cat,1,2,3,x\n", "none.csv": "file,class,left,top,right,bottom\n",
		"inside.csv": "file,class,left,top,right,bottom\na.jpg,cat,9,2,3,4\n",
		"nan.csv":    "file,class,left,top,right,bottom\na.jpg,cat,NaN,2,3,4\n", "list.json": "[1,2]", "half.json": `{"images":`,
		"stray.json": `{"images":[{"id":1,"file_name":"a"}],"annotations":[{"image_id":2,"category_id":1,"bbox":[1,1,1,1]}]}`,
		"other.txt":  "hello",
	} {
		_, err := Read(write(t, dir, name, text))
		var fe *runtime.FileError
		if !errors.Is(err, ErrCorrupt) || !errors.As(err, &fe) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Read(dir); !errors.Is(err, ErrCorrupt) {
		t.Error("a folder without pictures:", err)
	}
	for _, text := range []string{"cat 1 2 3", "cat 1 2 3 x"} {
		if _, err := readText([]byte(text)); !errors.Is(err, ErrCorrupt) {
			t.Errorf("%q: %v", text, err)
		}
	}
	for _, text := range []string{"", "<a/>", "<annotation><object></object></annotation>"} {
		if _, err := readVOC([]byte(text)); !errors.Is(err, ErrCorrupt) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// TestClasses: names are found however they are spelt.
func TestClasses(t *testing.T) {
	c := NewClasses(labels.COCO)
	for name, want := range map[string]int{"person": 0, "diningtable": 60, "Dining Table": 60, "tvmonitor": 62, "sofa": 57,
		"potted_plant": 58, "7": 7, "aeroplane": 4} {
		if got, ok := c.Of(name); !ok || got != want {
			t.Errorf("%q is %d, %v, want %d", name, got, ok, want)
		}
	}
	for _, name := range []string{"heater", "80", "-1", ""} {
		if got, ok := c.Of(name); ok {
			t.Errorf("%q is %d", name, got)
		}
	}
	if got, ok := NewClasses(nil).Of("812"); !ok || got != 812 {
		t.Error("a number without names:", got, ok)
	}
}

// FuzzText: whatever a file holds, boxes that are taken are boxes.
func FuzzText(f *testing.F) {
	f.Add([]byte("3 0.5 0.25 0.5 0.5\n"))
	f.Add([]byte("<annotation><object><name>a</name><bndbox><xmin>1</xmin></bndbox></object></annotation>"))
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, read := range []func([]byte) ([]Box, error){readText, readVOC} {
			boxes, err := read(data)
			if err == nil && check([]Picture{{Boxes: boxes}}) == nil {
				for _, b := range boxes {
					if !(b.X0 <= b.X1 && b.Y0 <= b.Y1) {
						t.Fatal(b)
					}
				}
			} else if err != nil && !errors.Is(err, ErrCorrupt) {
				t.Fatal(err)
			}
		}
	})
}
