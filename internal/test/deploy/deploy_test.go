// Package deploy runs the files of docs/deploy as far as one machine can.
package deploy

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gneiss-go/gneiss/internal/gen/samples"
	"github.com/gneiss-go/gneiss/internal/test/gotool"
)

const root = "../../.."

func file(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(root, "docs/deploy", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// program is the command line, built once.
var program = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "gneiss-deploy")
	if err != nil {
		return "", err
	}
	c := gotool.Command("build", "-o", dir, "./cmd/gneiss")
	c.Dir = root
	out, err := c.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%w\n%s", err, out)
	}
	return filepath.Join(dir, "gneiss"), nil
})

func gneiss(t *testing.T) string {
	t.Helper()
	bin, err := program()
	if err != nil {
		t.Fatal(err)
	}
	return bin
}

func TestMain(m *testing.M) {
	code := m.Run()
	if bin, err := program(); err == nil && bin != "" {
		os.RemoveAll(filepath.Dir(bin))
	}
	os.Exit(code)
}

// copy is a running server.
type copy struct {
	cmd         *exec.Cmd
	addr, admin string
}

// serve starts a server with arguments, and waits until it listens.
func serve(t *testing.T, args ...string) *copy {
	t.Helper()
	c := &copy{cmd: exec.Command(gneiss(t), append(args, "--json")...)}
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	c.cmd.Stderr = os.Stderr
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.cmd.Process.Kill(); c.cmd.Wait() })
	lines := bufio.NewScanner(out)
	for c.addr == "" && lines.Scan() {
		var l struct{ Msg, URL, Addr string }
		if err := json.Unmarshal(lines.Bytes(), &l); err != nil {
			t.Fatalf("%v: %s", err, lines.Text())
		}
		if strings.Contains(l.Msg, "admin") || strings.Contains(l.Msg, "health") {
			c.admin = l.Addr
		}
		if m := regexp.MustCompile(`^http://([^/]+)`).FindStringSubmatch(l.URL); m != nil {
			c.addr = m[1]
		}
	}
	if c.addr == "" {
		t.Fatal("it does not say where it listens")
	}
	go io.Copy(io.Discard, out)
	return c
}

// freePort is one that nobody listens on.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// balance starts nginx as nginx.conf has it, before these copies.
func balance(t *testing.T, nginx string, copies []*copy) (addr string) {
	t.Helper()
	addr = freePort(t)
	conf := strings.Replace(file(t, "nginx.conf"), "listen 127.0.0.1:8080;", "listen "+addr+";", 1)
	server := regexp.MustCompile(`\tserver 127\.0\.0\.1:808\d`)
	n := len(server.FindAllString(conf, -1))
	if n != 4 {
		t.Fatalf("%d servers in nginx.conf", n)
	}
	i := 0
	conf = server.ReplaceAllStringFunc(conf, func(string) string {
		i++
		if i > len(copies) {
			return "\t# server"
		}
		return "\tserver " + copies[i-1].addr
	})
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	whole := "daemon off;\nmaster_process off;\npid nginx.pid;\nerror_log stderr crit;\nevents {}\nhttp {\naccess_log off;\n"
	for _, path := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
		whole += path + "_temp_path " + path + ";\n"
	}
	if err := os.WriteFile(filepath.Join(dir, "nginx.conf"), []byte(whole+conf+"}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	c := exec.Command(nginx, "-p", dir, "-c", filepath.Join(dir, "nginx.conf"), "-e", "stderr")
	c.Stderr = os.Stderr
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Process.Kill(); c.Wait() })
	for range 100 {
		if conn, err := net.Dial("tcp", addr); err == nil {
			conn.Close()
			return addr
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatal("nginx does not listen")
	return ""
}

// load is what clients got, who ask one after the other.
type load struct {
	answered, failed atomic.Int64
	late             atomic.Int64 // failed, of those that began after mark was set
	mark             atomic.Bool
	problem          atomic.Pointer[string]
}

// clients is how many ask at a time.
const clients = 8

// run asks until the context is done.
func (l *load) run(ctx context.Context, url string) {
	var all sync.WaitGroup
	picture := samples.All()[0].Data
	for range clients {
		all.Go(func() {
			c := &http.Client{Transport: &http.Transport{}, Timeout: 20 * time.Second}
			defer c.CloseIdleConnections()
			for ctx.Err() == nil {
				late := l.mark.Load()
				if err := ask(c, url, picture); err == nil {
					l.answered.Add(1)
				} else {
					if text := err.Error(); true {
						l.problem.Store(&text)
					}
					if l.failed.Add(1); late {
						l.late.Add(1)
					}
				}
			}
		})
	}
	all.Wait()
}

func ask(c *http.Client, url string, picture []byte) error {
	r, err := c.Post(url, "image/png", bytes.NewReader(picture))
	if err != nil {
		return err
	}
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	if r.StatusCode != 200 || !bytes.Contains(body, []byte(`"label":"ship"`)) {
		return fmt.Errorf("%s: %.200s", r.Status, body)
	}
	return nil
}

// TestBalancer: one, two and four copies behind nginx answer all requests; when one is killed under load, no answer is
// lost beyond those that were in progress.
func TestBalancer(t *testing.T) {
	if testing.Short() {
		t.Skip("short: starts servers")
	}
	nginx, err := exec.LookPath("nginx")
	if err != nil {
		t.Skip("NOT TESTED: there is no nginx here (apt-get install nginx-light)")
	}
	for _, n := range []int{1, 2, 4} {
		t.Run(fmt.Sprintf("copies=%d", n), func(t *testing.T) {
			var copies []*copy
			for range n {
				copies = append(copies, serve(t, "serve", "--addr", "127.0.0.1:0", "--queue", "16"))
			}
			url := "http://" + balance(t, nginx, copies) + "/api/classify"
			const length = 4 * time.Second
			ctx, stop := context.WithTimeout(t.Context(), length)
			defer stop()
			var l load
			if n > 1 {
				time.AfterFunc(length/2, func() {
					copies[0].cmd.Process.Kill()
					copies[0].cmd.Process.Wait()
					l.mark.Store(true)
				})
			}
			l.run(ctx, url)
			answered, failed := l.answered.Load(), l.failed.Load()
			t.Logf("%d clients: %.0f answers a second, %d lost", clients, float64(answered)/length.Seconds(), failed)
			why := ""
			if p := l.problem.Load(); p != nil {
				why = *p
			}
			if answered == 0 || n == 1 && failed > 0 || failed > clients || l.late.Load() > 0 {
				t.Errorf("%d answered, %d lost, %d of them asked after a copy was gone: %s", answered, failed, l.late.Load(), why)
			}
		})
	}
}

// TestManifests: the commands of the manifests run, and their probes are answered.
func TestManifests(t *testing.T) {
	if testing.Short() {
		t.Skip("short: starts servers")
	}
	model := filepath.Join(t.TempDir(), "model.gneiss")
	if out, err := exec.Command(gneiss(t), "compile", "-o", model).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, name := range []string{"kubernetes.yaml", "kserve.yaml"} {
		t.Run(name, func(t *testing.T) {
			text := file(t, name)
			admin := freePort(t)
			var args []string
			_, list, _ := strings.Cut(text, " args:\n")
			for line := range strings.Lines(list) {
				arg, ok := strings.CutPrefix(strings.TrimSpace(line), "- ")
				if !ok {
					break
				}
				switch flag, value, _ := strings.Cut(arg, "="); {
				case flag == "--model" && strings.HasSuffix(value, "/model.gneiss"):
					arg = "--model=" + model
				case flag == "--addr" && value == ":8080":
					arg = "--addr=127.0.0.1:0"
				case flag == "--admin-addr" && value == ":9090":
					arg = "--admin-addr=" + admin
				case flag == "--json":
					continue
				}
				args = append(args, arg)
			}
			c := serve(t, args...)
			probes := regexp.MustCompile(`httpGet: \{path: (\S+), port: (\w+)\}`).FindAllStringSubmatch(text, -1)
			if len(probes) == 0 {
				t.Error("no probes")
			}
			metrics := "/metrics"
			for _, p := range append(probes, []string{"", metrics, "admin"}) {
				addr := c.addr
				if p[2] == "admin" {
					addr = admin
				}
				r, err := http.Get("http://" + addr + p[1])
				if err != nil {
					t.Fatal(err)
				}
				body, err := io.ReadAll(r.Body)
				r.Body.Close()
				if err != nil || r.StatusCode != 200 {
					t.Errorf("%s: %s %v", p[1], r.Status, err)
				}
				if m := regexp.MustCompile(`metric: \{name: (\w+)\}`).FindStringSubmatch(text); m != nil && p[1] == metrics &&
					!strings.Contains(string(body), "\n"+m[1]+" ") {
					t.Errorf("there is no metric %s", m[1])
				}
			}
		})
	}
}
