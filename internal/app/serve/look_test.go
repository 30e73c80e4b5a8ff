package serve

import (
	"bytes"
	"encoding/json"
	"fmt"
	"image"
	_ "image/jpeg"
	"image/png"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gneiss-go/gneiss/kernels"
	"github.com/gneiss-go/gneiss/models"
	"github.com/gneiss-go/gneiss/models/card"
	"github.com/gneiss-go/gneiss/models/preprocess"
	"github.com/gneiss-go/gneiss/runtime"
)

// zoo is a model of the data, or skips the test.
func zoo(t testing.TB, name string, labels ...string) Model {
	t.Helper()
	data := os.Getenv("GNEISS_DATA")
	files, _ := filepath.Glob(filepath.Join(data, "zoo", name, name+".*"))
	if data == "" || len(files) == 0 {
		t.Skip("NOT TESTED: there is no GNEISS_DATA with zoo/" + name)
	}
	g, err := models.Open(files[0])
	must(t, err)
	m, err := models.FromGraph(g)
	must(t, err)
	m.Card.Labels = labels
	return Model{Name: name, Source: filepath.Base(files[0]), Graph: g, Plan: m.Plan, Card: m.Card}
}

func photo(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(os.Getenv("GNEISS_DATA"), "detection", name))
	must(t, err)
	return data
}

// redMask is a network whose mask is where a picture of 8×8 is red.
func redMask(t testing.TB) Model {
	t.Helper()
	g := runtime.NewGraph("red")
	x, err := g.Input("x", runtime.Shape{N: 1, H: 8, W: 8, C: 3})
	must(t, err)
	y, err := g.Add("conv", &runtime.Conv{Window: runtime.Window{R: 1, S: 1}, K: 1, Weights: []float32{0.8, -0.8, -0.8},
		Bias: []float32{0.1}, Act: runtime.ReLU}, x)
	must(t, err)
	must(t, g.Output(y))
	plan, err := runtime.Compile(g)
	must(t, err)
	return Model{Name: "red", Graph: g, Plan: plan, Card: card.Card{Task: card.Segment, Labels: []string{"rest", "red"},
		Input: &preprocess.Spec{Width: 8, Height: 8, Scale: [3]float32{1. / 255, 1. / 255, 1. / 255}}}}
}

// tensors is a network of two inputs that are no pictures: their sum.
func tensors(t testing.TB) Model {
	t.Helper()
	g := runtime.NewGraph("sum")
	a, err := g.Input("a", runtime.Shape{N: 1, H: 1, W: 1, C: 3})
	must(t, err)
	b, err := g.Input("b", runtime.Shape{N: 1, H: 1, W: 1, C: 3})
	must(t, err)
	y, err := g.Add("sum", &runtime.Binary{How: kernels.Plus}, a, b)
	must(t, err)
	must(t, g.Output(y))
	plan, err := runtime.Compile(g)
	must(t, err)
	return Model{Name: "sum", Graph: g, Plan: plan}
}

func serveAll(t testing.TB, o Options, ms ...Model) *Server {
	t.Helper()
	s, err := New(ms, o)
	must(t, err)
	t.Cleanup(func() { s.Close() })
	return s
}

// decodePicture reads a picture of an answer.
func decodePicture(t testing.TB, p *picture) image.Image {
	t.Helper()
	if p == nil {
		t.Fatal("no picture")
	}
	m, format, err := image.Decode(bytes.NewReader(p.Data))
	must(t, err)
	if "image/"+format != p.Type || m.Bounds().Size() != image.Pt(p.Width, p.Height) {
		t.Errorf("%s of %v is said to be %s of %d×%d", format, m.Bounds(), p.Type, p.Width, p.Height)
	}
	return m
}

// TestModels: several models are listed, and each is asked as it is for; what is not for it is refused.
func TestModels(t *testing.T) {
	s := serveAll(t, Options{}, cifar(t), redMask(t), tensors(t), redMask(t))
	if ids := s.ModelIDs(); !slices.Equal(ids, []string{"cifar-10-googlenet", "red", "sum", "red-2"}) {
		t.Fatalf("models %q", ids)
	}
	var names struct{ Models []string }
	decode(t, do(s, "GET", "/v2/models", nil), 200, &names)
	var index []modelState
	decode(t, do(s, "POST", "/v2/repository/index", []byte("{}")), 200, &index)
	if !slices.Equal(names.Models, s.ModelIDs()) || len(index) != 4 || index[2] != (modelState{"sum", "1", "READY", ""}) {
		t.Errorf("%q, index %+v", names.Models, index)
	}
	for _, id := range names.Models {
		var ready struct{ Ready bool }
		if decode(t, do(s, "GET", "/v2/models/"+id+"/ready", nil), 200, &ready); !ready.Ready {
			t.Errorf("%s is not ready", id)
		}
	}
	refused(t, do(s, "POST", "/v2/repository/models/red/unload", nil), 400, "when the server starts")
	var cards []modelCard
	decode(t, do(s, "GET", "/api/models", nil), 200, &cards)
	if len(cards) != 4 || cards[1].Path != "/api/segment" || cards[2].Images || cards[2].Path != "/v2/models/sum/infer" ||
		cards[1].Threshold != 0.5 || len(cards[0].Palette) == 0 {
		t.Errorf("cards %+v", cards)
	}
	var one modelCard
	if decode(t, do(s, "GET", "/api/model?model=red", nil), 200, &one); one.ID != "red" || one.Task != "segment" {
		t.Errorf("card %+v", one)
	}
	frog := sampleNamed(t, "frog.png")
	refused(t, do(s, "GET", "/api/model?model=no", nil), 404, "no model")
	refused(t, do(s, "POST", "/api/detect", frog), 404, "no model here is for this")
	refused(t, do(s, "POST", "/api/classify?model=red", frog), 404, "/api/segment")
	refused(t, do(s, "POST", "/api/classify?model=no", frog), 404, "no model")
	body := `{"inputs":[{"name":"b","shape":[1,3],"datatype":"FP32","data":[1,2,3]},
		{"name":"a","shape":[1,3],"datatype":"FP32","data":[10,20,30]}]}`
	var sum inferAnswer
	decode(t, do(s, "POST", "/v2/models/sum/infer", []byte(body)), 200, &sum)
	if !slices.Equal(sum.Outputs[0].Data, []float32{11, 22, 33}) {
		t.Errorf("sum %+v", sum)
	}
	refused(t, do(s, "POST", "/v2/models/sum/infer", []byte(`{"inputs":[]}`)), 400, "the model has 2")
	refused(t, do(s, "POST", "/v2/models/sum/infer", []byte(strings.Replace(body, `"a"`, `"b"`, 1))), 400, `no input "a"`)
	metrics := do(s, "GET", "/metrics", nil).Body.String()
	if strings.Count(metrics, "gneiss_model_info{") != 4 || strings.Count(metrics, "# TYPE gneiss_model_info") != 1 {
		t.Error(metrics)
	}
	if _, err := parseExposition(metrics); err != nil {
		t.Error(err)
	}
}

// TestSegment: a mask has the classes' colours where they are; it is bounded; the input can be seen.
func TestSegment(t *testing.T) {
	s := serveAll(t, Options{}, redMask(t))
	half := image.NewRGBA(image.Rect(0, 0, 1600, 800)) // its left half is red
	for i := 0; i < len(half.Pix); i += 4 {
		half.Pix[i+3] = 255
		if i/4%1600 < 800 {
			half.Pix[i] = 255
		}
	}
	var b bytes.Buffer
	must(t, png.Encode(&b, half))
	var got seen
	decode(t, do(s, "POST", "/api/segment?input=1&steps=1", b.Bytes()), 200, &got)
	if got.Width != 1600 || len(got.Regions) != 2 || got.Regions[0].Share < 0.45 || got.Regions[0].Share > 0.55 ||
		got.Boxes != nil || got.Top != nil || len(got.Steps) == 0 {
		t.Errorf("%+v", got)
	}
	mask := decodePicture(t, got.Mask)
	size := mask.Bounds().Size()
	if size.X*size.Y > maskPixels || size.X < 2*size.Y-4 || size.X > 2*size.Y+4 {
		t.Errorf("a mask of %v", size)
	}
	if _, _, _, a := mask.At(size.X/8, size.Y/2).RGBA(); a == 0 {
		t.Error("red is not in the mask")
	}
	if _, _, _, a := mask.At(7*size.X/8, size.Y/2).RGBA(); a != 0 {
		t.Error("black is in the mask")
	}
	input := decodePicture(t, got.Input)
	if r, g, _, _ := input.At(1, 4).RGBA(); input.Bounds().Dx() != 8 || r>>8 != 255 || g != 0 {
		t.Errorf("the input is %v: %v", input.Bounds(), input.At(1, 4))
	}
	var all seen
	if decode(t, do(s, "POST", "/api/segment?threshold=0.05", b.Bytes()), 200, &all); len(all.Regions) != 1 {
		t.Errorf("with a low threshold %+v", all.Regions)
	}
}

// TestDetect: boxes and key points of networks of the zoo; the request's settings are heeded, and others refused.
func TestDetect(t *testing.T) {
	s := serveAll(t, Options{}, zoo(t, "yunet_n_320"), zoo(t, "movenet_singlepose_192"))
	faces := photo(t, "faces.jpg")
	var got, few, one seen
	decode(t, do(s, "POST", "/api/detect?input=1", faces), 200, &got)
	decode(t, do(s, "POST", "/api/detect?threshold=0.72", faces), 200, &few)
	decode(t, do(s, "POST", "/api/detect?max=1", faces), 200, &one)
	if len(got.Boxes) < 5 || len(few.Boxes) >= len(got.Boxes) || len(few.Boxes) == 0 || len(one.Boxes) != 1 ||
		one.Boxes[0].Score != got.Boxes[0].Score {
		t.Errorf("%d boxes, %d, %d", len(got.Boxes), len(few.Boxes), len(one.Boxes))
	}
	for _, b := range got.Boxes {
		if b.Label != "face" || len(b.Points) != 5 || b.Box[0] < 0 || b.Box[2] > float32(got.Width) || b.Box[0] >= b.Box[2] {
			t.Errorf("box %+v", b)
		}
	}
	if m := decodePicture(t, got.Input); m.Bounds().Dx() != 320 {
		t.Errorf("the input is %v", m.Bounds())
	}
	if again := do(s, "POST", "/api/detect", faces).Body.String(); strings.Contains(again, `"input"`) ||
		strings.Contains(again, `"top"`) || strings.Contains(again, `"mask"`) {
		t.Errorf("more than was asked for: %.300s", again)
	}
	var pose seen
	decode(t, do(s, "POST", "/api/pose", photo(t, "person.jpg")), 200, &pose)
	if len(pose.Boxes) != 1 || len(pose.Boxes[0].Points) != 17 {
		t.Errorf("poses %+v", pose.Boxes)
	}
	nothing := do(s, "POST", "/api/detect", bigPNG(t, 40, 30)).Body.String()
	if !strings.Contains(nothing, `"boxes":[]`) {
		t.Errorf("of nothing: %s", nothing)
	}
	for query, words := range map[string]string{"threshold=0": "threshold", "threshold=NaN": "threshold",
		"threshold=1.1": "threshold", "overlap=-1": "overlap", "overlap=x": "overlap", "max=0": "max", "max=1001": "max",
		"input=maybe": "input", "top=1e9": "top"} {
		refused(t, do(s, "POST", "/api/detect?"+query, faces), 400, words)
	}
}

// TestAnswers: large answers that are on their way are bounded: the one that is taken the longest makes way for the
// next; while all are young, the next is refused; a single one may be as large as it is.
func TestAnswers(t *testing.T) {
	as, now := newAnswers(), time.Now()
	as.now = func() time.Time { return now } // making an answer takes its time, too
	large := strings.Repeat("x", answerBytes/2)
	begin := func(v any) (*taking, error) { return as.begin(httptest.NewRecorder(), v) }
	vast, err := begin(strings.Repeat("x", 2*answerBytes))
	must(t, err)
	if _, err := begin(large); err != errAnswers {
		t.Errorf("beside a vast one: %v", err)
	}
	small, err := begin("small")
	must(t, err)
	small.drop()
	vast.drop()
	first, err := begin(large)
	must(t, err)
	if _, err := begin(large); err != errAnswers {
		t.Errorf("beside a young one: %v", err)
	}
	first.since = now.Add(-2 * hush)
	second, err := begin(large)
	must(t, err)
	if len(as.taking) != 1 {
		t.Errorf("%d are on their way", len(as.taking))
	}
	first.drop() // again
	second.drop()
	if as.bytes != 0 || len(as.taking) != 0 {
		t.Errorf("%d bytes of %d answers are left", as.bytes, len(as.taking))
	}
}

// TestDeafToAnswers: clients that do not take large answers do not keep others from theirs.
func TestDeafToAnswers(t *testing.T) {
	g := runtime.NewGraph("echo")
	x, err := g.Input("x", runtime.Shape{N: 1, H: 256, W: 1024, C: 3})
	must(t, err)
	y, err := g.Add("relu", &runtime.Activation{Act: runtime.ReLU}, x)
	must(t, err)
	must(t, g.Output(y))
	plan, err := runtime.Compile(g)
	must(t, err)
	s := serveAll(t, Options{}, Model{Name: "echo", Graph: g, Plan: plan})
	data := make([]float32, 256*1024*3)
	for i := range data {
		data[i] = 0.12345678 // answers of 8 MB
	}
	body := tensorBody(t, s, "FP32", data)
	url, end := listen(t, s)
	var deaf []net.Conn
	ask := func() {
		c, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
		must(t, err)
		must(t, c.(*net.TCPConn).SetReadBuffer(4096))
		deaf = append(deaf, c)
		fmt.Fprintf(c, "POST /v2/models/echo/infer HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n\r\n%s",
			len(body), body)
	}
	for i := range 4 {
		ask()
		eventually(t, "an answer is on its way", func() bool {
			s.answers.mu.Lock()
			defer s.answers.mu.Unlock()
			return s.answers.begun > i
		})
		time.Sleep(hush)
	}
	res, err := http.Post(url+"/v2/models/echo/infer", "application/json", bytes.NewReader(body))
	must(t, err)
	got, err := io.ReadAll(res.Body)
	res.Body.Close()
	if err != nil || res.StatusCode != 200 || len(got) < 8_000_000 {
		t.Errorf("status %d, %d bytes, %v", res.StatusCode, len(got), err)
	}
	s.answers.mu.Lock()
	if s.answers.bytes > answerBytes {
		t.Errorf("%d bytes are on their way", s.answers.bytes)
	}
	s.answers.mu.Unlock()
	for _, c := range deaf {
		c.Close()
	}
	must(t, end())
}

// TestSeenInPage: the page shows boxes, masks and key points over the picture, on a desktop and on a phone; the slider
// changes what is shown; models are chosen; one of tensors is said to be so.
func TestSeenInPage(t *testing.T) {
	if testing.Short() {
		t.Skip("short: the page in a browser")
	}
	s := serveAll(t, Options{}, zoo(t, "yunet_n_320"), zoo(t, "selfie_segmentation_256"), zoo(t, "movenet_singlepose_192"),
		zoo(t, "fastestdet_352"), tensors(t))
	b := startBrowser(t)
	srv := httptest.NewServer(s.Handler())
	defer srv.Close()
	data := filepath.Join(os.Getenv("GNEISS_DATA"), "detection")
	// painted is how many pixels of the overlay are not transparent.
	const painted = `(() => { const c = document.getElementById("overlay");
		if (!c.width) return 0;
		const d = c.getContext("2d").getImageData(0, 0, c.width, c.height).data; let n = 0;
		for (let i = 3; i < d.length; i += 4) n += d[i] > 0; return n; })()`
	for _, size := range []struct {
		name       string
		wide, high int
		dark       bool
	}{{"desktop", 1200, 1500, false}, {"phone", 390, 1900, true}} {
		for _, c := range []struct{ model, photo, verdict string }{
			{"yunet_n_320", "faces.jpg", "face"}, {"selfie_segmentation_256", "portrait.jpg", "foreground"},
			{"movenet_singlepose_192", "person.jpg", "pose 1"}, {"fastestdet_352", "bus.jpg", "class"},
		} {
			if size.dark && c.photo != "faces.jpg" && c.photo != "person.jpg" {
				continue // two are enough
			}
			b.open(srv.URL+"/?model="+c.model, size.wide, size.high, size.dark)
			b.until("the model is chosen", fmt.Sprintf("document.getElementById('model').value === %q", c.model))
			must(t, b.eval("document.getElementById('see').click()", nil))
			b.choose("#file", filepath.Join(data, c.photo))
			b.until(c.model+" finds something", fmt.Sprintf(
				"document.getElementById('verdict').textContent.includes(%q)", c.verdict))
			b.until("it is painted", painted+" > 300")
			b.until("the input is seen", "document.getElementById('seen-input').naturalWidth > 100")
			b.keep(size.name + "-" + c.model)
			var overhang float64
			must(t, b.eval("document.documentElement.scrollWidth - innerWidth", &overhang))
			if overhang > 0 {
				t.Errorf("%s, %s: the page is %v pixels wider than the window", size.name, c.model, overhang)
			}
		}
	}
	slider := func(v int) {
		must(t, b.eval(fmt.Sprintf(`(() => { const s = document.getElementById("threshold"); s.value = %d;
			s.dispatchEvent(new Event("input")); })()`, v), nil))
	}
	slider(99)
	b.until("with a high threshold there is nothing",
		"document.getElementById('verdict').textContent === 'Nothing found' && "+painted+" === 0")
	slider(30)
	b.until("with a low one there is something again", painted+" > 300")
	must(t, b.eval(`(() => { const m = document.getElementById("model"); m.value = "sum"; m.dispatchEvent(new Event("change")); })()`,
		nil))
	b.until("a model of tensors is said to be one", "!document.getElementById('tensors').hidden && "+
		"document.getElementById('drop').hidden && document.getElementById('tensors').textContent.includes('/v2/models/sum/infer')")
	b.keep("phone-tensors")
	b.open(srv.URL+"/?model=selfie_segmentation_256&camera=1", 1200, 1500, false)
	b.until("the camera's pictures are segmented", "/fps/.test(document.getElementById('fps').textContent) && "+
		"document.querySelectorAll('#top li').length > 0")
	b.keep("camera-selfie")
}

// TestAnswersAreJSON: every answer of every model is JSON, whatever the picture.
func TestAnswersAreJSON(t *testing.T) {
	s := serveAll(t, Options{}, redMask(t), cifar(t))
	for _, size := range []image.Point{{1, 1}, {1, 999}, {999, 1}, {3, 5}, {2000, 3}} {
		for _, path := range []string{"/api/segment?input=1", "/api/classify?input=1"} {
			w := do(s, "POST", path, bigPNG(t, size.X, size.Y))
			if w.Code != 200 || !json.Valid(w.Body.Bytes()) {
				t.Errorf("%s of %v: %d %.200s", path, size, w.Code, w.Body)
			}
		}
	}
}
