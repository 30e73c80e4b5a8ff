package serve

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	goruntime "runtime"
	"testing"
	"time"
)

// browser is a headless Chromium that is spoken to over a pair of pipes, in the DevTools protocol: JSON messages, each
// ended by a zero byte.
type browser struct {
	t       *testing.T
	to      *os.File
	replies chan reply
	session string // of the one tab
	id      int
}

type message struct {
	ID        int    `json:"id"`
	Session   string `json:"sessionId,omitempty"`
	Method    string `json:"method"`
	Arguments any    `json:"params,omitempty"`
}

type reply struct {
	ID     int             `json:"id"`
	Result json.RawMessage `json:"result"`
	Error  *struct {
		Message string `json:"message"`
	} `json:"error"`
}

// startBrowser starts Chromium with an empty profile, a made-up camera and no network but this machine's. Without
// Chromium the test is skipped, or fails if GNEISS_REQUIRE_BROWSER is 1.
func startBrowser(t *testing.T) *browser {
	t.Helper()
	if goruntime.GOOS == "windows" {
		t.Skip("NOT TESTED: the page in a browser; Windows cannot hand pipes to it")
	}
	var path string
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "chrome"} {
		if p, err := exec.LookPath(name); err == nil {
			path = p
			break
		}
	}
	if path == "" {
		if os.Getenv("GNEISS_REQUIRE_BROWSER") == "1" {
			t.Fatal("there is no Chromium here, and GNEISS_REQUIRE_BROWSER=1")
		}
		t.Skip("NOT TESTED: the page in a browser; there is no Chromium here")
	}
	theirIn, ourOut, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	ourIn, theirOut, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
		"--disable-background-networking",
		"--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--mute-audio", "--hide-scrollbars",
		"--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1", "--use-fake-device-for-media-stream",
		"--use-fake-ui-for-media-stream",
		"--user-data-dir="+t.TempDir(), "--remote-debugging-pipe", "about:blank")
	cmd.ExtraFiles = []*os.File{theirIn, theirOut} // 3 and 4
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	theirIn.Close()
	theirOut.Close()
	b := &browser{t: t, to: ourOut, replies: make(chan reply, 64)}
	go b.listen(ourIn)
	t.Cleanup(func() {
		fmt.Fprintf(ourOut, `{"id":1000000,"method":"Browser.close"}`+"\x00")
		ended := make(chan struct{})
		go func() { cmd.Wait(); close(ended) }()
		select {
		case <-ended:
		case <-time.After(10 * time.Second):
			cmd.Process.Kill()
			<-ended
		}
		ourOut.Close()
		ourIn.Close()
	})
	var target struct {
		ID string `json:"targetId"`
	}
	b.call("Target.createTarget", map[string]any{"url": "about:blank"}, &target)
	var attached struct {
		Session string `json:"sessionId"`
	}
	b.call("Target.attachToTarget", map[string]any{"targetId": target.ID, "flatten": true}, &attached)
	b.session = attached.Session
	return b
}

// listen passes on replies; events are of no interest.
func (b *browser) listen(from *os.File) {
	defer close(b.replies)
	r := bufio.NewReader(from)
	for {
		raw, err := r.ReadBytes(0)
		if err != nil {
			return
		}
		var m reply
		if json.Unmarshal(bytes.TrimSuffix(raw, []byte{0}), &m) == nil && m.ID != 0 {
			b.replies <- m
		}
	}
}

// call calls a method and waits for its result.
func (b *browser) call(method string, arguments, result any) {
	b.t.Helper()
	b.id++
	raw, err := json.Marshal(message{b.id, b.session, method, arguments})
	if err == nil {
		_, err = b.to.Write(append(raw, 0))
	}
	if err != nil {
		b.t.Fatal(err)
	}
	deadline := time.After(30 * time.Second)
	for {
		select {
		case m, ok := <-b.replies:
			switch {
			case !ok:
				b.t.Fatalf("%s: the browser ended", method)
			case m.ID != b.id:
				continue
			case m.Error != nil:
				b.t.Fatalf("%s: %s", method, m.Error.Message)
			case result != nil:
				if err := json.Unmarshal(m.Result, result); err != nil {
					b.t.Fatal(err)
				}
			}
			return
		case <-deadline:
			b.t.Fatalf("%s: no reply", method)
		}
	}
}

// eval evaluates a JavaScript expression, waiting if it is a promise, and puts its value into v.
func (b *browser) eval(expression string, v any) error {
	b.t.Helper()
	var r struct {
		Result struct {
			Value json.RawMessage `json:"value"`
		} `json:"result"`
		Exception *struct {
			Text      string `json:"text"`
			Exception struct {
				Description string `json:"description"`
			} `json:"exception"`
		} `json:"exceptionDetails"`
	}
	b.call("Runtime.evaluate", map[string]any{"expression": expression, "returnByValue": true, "awaitPromise": true}, &r)
	if r.Exception != nil {
		return errors.New(r.Exception.Text + " " + r.Exception.Exception.Description)
	}
	if v == nil || len(r.Result.Value) == 0 {
		return nil
	}
	return json.Unmarshal(r.Result.Value, v)
}

// until waits for an expression to become true.
func (b *browser) until(what, expression string) {
	b.t.Helper()
	var err error
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		ok := false
		if err = b.eval("!!("+expression+")", &ok); err == nil && ok {
			return
		}
	}
	var text string
	b.eval("document.body.innerText", &text)
	b.t.Fatalf("%s: not so after 20 s (%v); the page says:\n%s", what, err, text)
}

// open goes to a page in a window of that size, with the system's colours dark or light.
func (b *browser) open(url string, width, height int, dark bool) {
	b.t.Helper()
	scheme := "light"
	if dark {
		scheme = "dark"
	}
	b.call("Emulation.setDeviceMetricsOverride", map[string]any{"width": width, "height": height, "deviceScaleFactor": 1,
		"mobile": false}, nil)
	b.call("Emulation.setEmulatedMedia", map[string]any{"features": []map[string]string{{"name": "prefers-color-scheme",
		"value": scheme}}}, nil)
	b.call("Page.navigate", map[string]any{"url": url}, nil)
	b.until("the page is there", fmt.Sprintf("document.readyState === 'complete' && location.href === %q", url))
}

// choose gives a file to an <input type=file>, as a visitor does in the system's dialogue.
func (b *browser) choose(selector, path string) {
	b.t.Helper()
	var doc struct {
		Root struct {
			ID int `json:"nodeId"`
		} `json:"root"`
	}
	b.call("DOM.getDocument", nil, &doc)
	var node struct {
		ID int `json:"nodeId"`
	}
	b.call("DOM.querySelector", map[string]any{"nodeId": doc.Root.ID, "selector": selector}, &node)
	b.call("DOM.setFileInputFiles", map[string]any{"nodeId": node.ID, "files": []string{path}}, nil)
}

// press presses a key.
func (b *browser) press(key string, code int, text string) {
	b.t.Helper()
	b.call("Input.dispatchKeyEvent", map[string]any{"type": "keyDown", "key": key, "code": key,
		"windowsVirtualKeyCode": code, "text": text}, nil)
	b.call("Input.dispatchKeyEvent", map[string]any{"type": "keyUp", "key": key, "code": key,
		"windowsVirtualKeyCode": code}, nil)
}

// keep writes a picture of the whole page to the folder GNEISS_SCREENSHOTS, if that is set.
func (b *browser) keep(name string) {
	b.t.Helper()
	dir := os.Getenv("GNEISS_SCREENSHOTS")
	if dir == "" {
		return
	}
	time.Sleep(400 * time.Millisecond) // transitions
	var shot struct {
		Data string `json:"data"`
	}
	b.call("Page.captureScreenshot", map[string]any{"format": "png", "captureBeyondViewport": true}, &shot)
	data, err := base64.StdEncoding.DecodeString(shot.Data)
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, name+".png"), data, 0o644)
	}
	if err != nil {
		b.t.Fatal(err)
	}
}
