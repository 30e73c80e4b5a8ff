package serve

import (
	"image"
	"image/color"
	"image/png"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gneiss-go/gneiss/internal/gen/samples"
)

// answered is true in the page when a picture has been classified.
const answered = "document.querySelectorAll('#top li').length === 5 && document.querySelectorAll('#layers tbody tr').length > 20"

// TestPage drives the page in a browser: a sample, a chosen file, the keyboard, a broken file, the camera.
func TestPage(t *testing.T) {
	if testing.Short() {
		t.Skip("short: the page in a browser")
	}
	b := startBrowser(t)
	srv := httptest.NewServer(newServer(t, Options{}).Handler())
	defer srv.Close()
	showsSample(t, b, srv.URL)
	takesFile(t, b, srv.URL)
	hasTheme(t, b, srv.URL)
	heedsKeys(t, b, srv.URL)
	takesPictures(t, b)
	runsCamera(t, b)
}

// showsSample: a sample is classified on load, its layers are measured and can be sorted, and nothing comes from
// elsewhere.
func showsSample(t *testing.T, b *browser, url string) {
	b.open(url+"/?sample=5", 1200, 1500, false)
	b.until("a sample is classified on load", answered)
	b.until("the layers are measured several times",
		"document.getElementById('layers-runs').textContent === 'Median of 7 runs'")
	b.keep("desktop")
	var labels []string
	must(t, b.eval("[...document.querySelectorAll('#top .name')].map(e => e.textContent)", &labels))
	if len(labels) != 5 || labels[0] != "frog" {
		t.Errorf("the frog is %q", labels)
	}
	var widths []float64
	must(t, b.eval("[...document.querySelectorAll('#top .track div')].map(e => parseFloat(e.style.width))", &widths))
	if len(widths) != 5 || !slices.IsSortedFunc(widths, func(a, b float64) int { return int(b - a) }) || widths[0] < 50 {
		t.Errorf("bars of %v %%", widths)
	}
	var external []string
	must(t, b.eval("performance.getEntriesByType('resource').map(e => e.name)"+
		".filter(n => !n.startsWith(location.origin) && !n.startsWith('blob:'))", &external))
	if len(external) > 0 {
		t.Errorf("the page loads %q from elsewhere", external)
	}
	must(t, b.eval("document.getElementById('by-time').click()", nil))
	b.until("the layers can be sorted", `(() => { const ms = [...document.querySelectorAll('#layers td:nth-child(3)')].map(e => +e.textContent);
		return ms.every((v, i) => i === 0 || v <= ms[i - 1]); })()`)
}

// takesFile: a chosen file is classified, at a phone's width, where nothing sticks out.
func takesFile(t *testing.T, b *browser, url string) {
	path := filepath.Join(t.TempDir(), "airplane.png")
	must(t, os.WriteFile(path, sampleNamed(t, "airplane.png"), 0o644))
	b.open(url+"/", 390, 2000, true)
	b.until("the model is described", "document.querySelectorAll('#card dt').length > 8")
	b.choose("#file", path)
	b.until("the chosen file is classified", answered)
	b.keep("narrow-dark")
	var verdict string
	must(t, b.eval("document.getElementById('verdict').textContent", &verdict))
	if verdict != "airplane" {
		t.Errorf("the airplane is a %q", verdict)
	}
	var overhang float64
	must(t, b.eval("document.documentElement.scrollWidth - innerWidth", &overhang))
	if overhang > 0 {
		t.Errorf("the page is %v pixels wider than the window", overhang)
	}
	b.until("dark colours, as the system has them", "document.documentElement.dataset.theme === 'dark'")
}

// hasTheme: a button changes the colours.
func hasTheme(t *testing.T, b *browser, url string) {
	b.open(url+"/?sample=1", 1200, 1500, true)
	b.until("a sample is classified", answered)
	b.keep("desktop-dark")
	must(t, b.eval("document.getElementById('theme').click()", nil))
	b.until("light colours by the button", "document.documentElement.dataset.theme === 'light'")
	must(t, b.eval("localStorage.clear()", nil))
}

// heedsKeys: the keyboard alone reaches a sample and chooses it.
func heedsKeys(t *testing.T, b *browser, url string) {
	b.open(url+"/", 1000, 800, false)
	b.until("the samples are there", "document.querySelectorAll('#samples button').length > 0")
	reached := false
	for range 12 {
		b.press("Tab", 9, "")
		if must(t, b.eval("!!document.activeElement.closest('#samples')", &reached)); reached {
			break
		}
	}
	if !reached {
		t.Error("the samples cannot be reached by Tab")
	}
	b.press("Enter", 13, "\r")
	b.until("Enter classifies the sample", answered)
}

// takesPictures: a file that is no picture is an error in words, and the old answer is gone; a picture of more pixels
// than the server takes is drawn smaller; a format that the server does not read goes through the browser.
func takesPictures(t *testing.T, b *browser) {
	broken := filepath.Join(t.TempDir(), "broken.png")
	must(t, os.WriteFile(broken, []byte("not a picture"), 0o644))
	b.choose("#file", broken)
	b.until("a broken file is reported",
		"!document.getElementById('error').hidden && document.querySelectorAll('#top li').length === 0 && document.getElementById('layers-box').hidden")
	b.keep("error")

	// A picture of more pixels than the server takes is drawn smaller.
	vast := filepath.Join(t.TempDir(), "vast.png")
	must(t, os.WriteFile(vast, bigPNG(t, 5000, 4000), 0o644))
	b.choose("#file", vast)
	b.until("a picture of too many pixels is classified", answered)
	b.choose("#file", broken)
	b.until("a broken file is reported again", "document.querySelectorAll('#top li').length === 0")

	// A format that the server does not read goes through the browser.
	must(t, b.eval(`(async () => {
		const c = document.createElement("canvas"); c.width = c.height = 64;
		const x = c.getContext("2d"); x.fillStyle = "#39f"; x.fillRect(0, 0, 64, 64);
		const blob = await new Promise((r) => c.toBlob(r, "image/webp"));
		const d = new DataTransfer(); d.items.add(new File([blob], "sky.webp", { type: "image/webp" }));
		document.dispatchEvent(new DragEvent("drop", { dataTransfer: d, bubbles: true, cancelable: true }));
	})()`, nil))
	b.until("a WebP picture is classified when dropped", answered)
}

// runsCamera: pictures keep coming, and end when the camera is stopped.
func runsCamera(t *testing.T, b *browser) {
	must(t, b.eval("document.getElementById('camera').click()", nil))
	b.until("the camera runs", "/^[0-9.]+ fps/.test(document.getElementById('fps').textContent) && "+answered)
	b.keep("camera")
	var before, after int
	answers := "performance.getEntriesByType('resource').filter(e => e.name.includes('/api/classify?')).length"
	must(t, b.eval("performance.clearResourceTimings(); "+answers, &before))
	b.until("more pictures are sent", answers+" > 5")
	must(t, b.eval("document.getElementById('camera').click()", nil))
	b.until("the camera stops", "document.getElementById('video').hidden && document.getElementById('video').srcObject === null")
	must(t, b.eval("new Promise((r) => setTimeout(() => r("+answers+"), 300))", &before))
	must(t, b.eval("new Promise((r) => setTimeout(() => r("+answers+"), 500))", &after))
	if after != before {
		t.Errorf("%d pictures were sent after the camera was stopped", after-before)
	}
}

// TestPageIsWhole: every name that the script looks up is in the page, and nothing comes from elsewhere.
func TestPageIsWhole(t *testing.T) {
	read := func(name string) string {
		data, err := page.ReadFile("page/" + name)
		must(t, err)
		return string(data)
	}
	html, script := read("index.html"), read("app.js")
	ids := 0
	for _, part := range strings.Split(script, `$("`)[1:] {
		id, _, _ := strings.Cut(part, `"`)
		ids++
		if !strings.Contains(html, `id="`+id+`"`) {
			t.Errorf("app.js asks for #%s, which index.html does not have", id)
		}
	}
	if ids < 20 {
		t.Errorf("found %d names in app.js", ids)
	}
	for _, name := range []string{"index.html", "style.css", "app.js", "overlay.js"} {
		if text := read(name); strings.Contains(text, "://") || strings.Contains(text, "innerHTML") {
			t.Errorf("%s: an address elsewhere, or innerHTML", name)
		}
	}
}

func sampleNamed(t *testing.T, name string) []byte {
	t.Helper()
	for _, s := range samples.All() {
		if s.Name == name {
			return s.Data
		}
	}
	t.Fatalf("there is no sample %s", name)
	return nil
}

// bigPNG is a PNG of one colour.
func bigPNG(t *testing.T, width, height int) []byte {
	t.Helper()
	img := image.NewPaletted(image.Rect(0, 0, width, height), color.Palette{color.Gray{128}})
	var b strings.Builder
	must(t, png.Encode(&b, img))
	return []byte(b.String())
}
