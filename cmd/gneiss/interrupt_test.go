//go:build unix

package main

import (
	"bufio"
	"bytes"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/gneiss-go/gneiss/internal/gen/samples"
)

// asProgram has this test binary be the program.
const asProgram = "GNEISS_TEST_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		os.Stderr.WriteString("begun\n")
		main()
	}
	os.Setenv("LC_ALL", "C.UTF-8") // tests read what is printed to those who read UTF-8, on lines of any width
	os.Unsetenv("COLUMNS")
	os.Exit(m.Run())
}

// program is a process of its own that runs gneiss.
type program struct {
	*exec.Cmd
	stdout *bufio.Reader
	stderr bytes.Buffer
	ended  chan error
}

// start runs the program until it has begun.
func start(t *testing.T, args ...string) *program {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	p := &program{Cmd: exec.Command(self, args...), ended: make(chan error, 1)}
	p.Env = append(os.Environ(), asProgram+"=1")
	out, err := p.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	stderr, err := p.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Process.Kill() })
	p.stdout = bufio.NewReader(out)
	lines := bufio.NewReader(stderr)
	if l, err := lines.ReadString('\n'); err != nil || l != "begun\n" {
		t.Fatalf("%q, %v", l, err)
	}
	go func() {
		p.stderr.ReadFrom(lines)
		p.ended <- p.Wait()
	}()
	return p
}

// interrupt sends SIGINT.
func (p *program) interrupt(t *testing.T) {
	t.Helper()
	if err := p.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
}

// within waits for the end of the program.
func (p *program) within(t *testing.T, d time.Duration) {
	t.Helper()
	select {
	case <-p.ended:
	case <-time.After(d):
		t.Fatalf("gneiss %s: has not ended in %v", strings.Join(p.Args[1:], " "), d)
	}
}

// TestInterrupt: Ctrl-C ends every command soon, with its own exit code.
func TestInterrupt(t *testing.T) {
	dir := t.TempDir()
	photo := filepath.Join(dir, "photos", "0.png")
	if err := os.Mkdir(filepath.Dir(photo), 0o755); err != nil {
		t.Fatal(err)
	}
	write(t, photo, string(samples.All()[0].Data))
	for i := 1; i < 3000; i++ {
		if err := os.Link(photo, filepath.Join(dir, "photos", fmt.Sprintf("%d.png", i))); err != nil {
			t.Fatal(err)
		}
	}
	csv := write(t, filepath.Join(dir, "labels.csv"), "file,label\n"+strings.Repeat("photos/0.png,0\n", 50_000))
	int8 := filepath.Join(dir, "int8.gneiss")
	must(t, "quantize", "-o", int8, photo)
	pipe, output := filepath.Join(dir, "pipe"), filepath.Join(dir, "out.gneiss")
	if err := unix.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	asked := make(chan bool, 1)
	slow := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Write(make([]byte, 100))
		w.(http.Flusher).Flush()
		asked <- true
		<-r.Context().Done()
	}))
	defer slow.Close()
	t.Setenv("GNEISS_CACHE", filepath.Join(dir, "cache"))
	for _, args := range []string{
		"classify " + filepath.Dir(photo),
		"classify --json " + filepath.Dir(photo),
		"eval " + csv,
		"quantize -o " + output + " " + csv,
		"compare --with " + int8 + " " + csv,
		"bench --runs 1000000",
		"bench --steps --threads 2 --runs 1000000",
		"profile --runs 1000000",
		"tune --rounds 10000 -o " + output,
		"compile -o " + pipe, // nobody reads it: the command cannot end by itself
		"sign --key " + pipe + " " + int8,
		"fetch googlenet --url " + slow.URL,
	} {
		t.Run(strings.Fields(args)[0], func(t *testing.T) {
			p := start(t, strings.Fields(args)...)
			switch {
			case strings.HasPrefix(args, "fetch"):
				<-asked
			case strings.HasPrefix(args, "classify /"):
				for range 20 { // in the midst of the answers
					if _, err := p.stdout.ReadString('\n'); err != nil {
						t.Fatal(err)
					}
				}
				go p.stdout.WriteTo(new(bytes.Buffer))
			default:
				time.Sleep(400 * time.Millisecond)
			}
			p.interrupt(t)
			p.within(t, 3*time.Second)
			if code := p.ProcessState.ExitCode(); code != exitInterrupted || p.stderr.String() != "gneiss: interrupted\n" {
				t.Errorf("gneiss %s: exit %d, %v, stderr %q", args, code, p.ProcessState, p.stderr.String())
			}
		})
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".gneiss-*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	if _, err := os.Stat(output); err == nil {
		t.Error("an interrupted command has written its file")
	}
}

// TestInterruptServe: a server ends well by Ctrl-C, at once if it has nothing to do; a second one does not wait for
// what it does.
func TestInterruptServe(t *testing.T) {
	listening := func(p *program) (addr string) {
		l, err := p.stdout.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		_, addr, _ = strings.Cut(l, "http://")
		addr, _, _ = strings.Cut(addr, "/")
		return addr
	}
	idle := start(t, "serve", "--addr", "127.0.0.1:0")
	listening(idle)
	idle.interrupt(t)
	idle.within(t, 3*time.Second)
	if code := idle.ProcessState.ExitCode(); code != exitOK {
		t.Errorf("idle: exit %d, %q", code, idle.stderr.String())
	}

	busy := start(t, "serve", "--addr", "127.0.0.1:0")
	c, err := net.Dial("tcp", listening(busy))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	fmt.Fprintf(c, "POST /api/classify HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 1000\r\n\r\n")
	// it reads the body
	if l, err := bufio.NewReader(c).ReadString('\n'); err != nil || !strings.Contains(l, "100 Continue") {
		t.Fatalf("%q, %v", l, err)
	}
	busy.interrupt(t)
	select {
	case <-busy.ended:
		t.Fatalf("it has not finished what it had begun: %v", busy.ProcessState)
	case <-time.After(2 * grace):
	}
	busy.interrupt(t)
	busy.within(t, 3*time.Second)
	if st, ok := busy.ProcessState.Sys().(syscall.WaitStatus); !ok || !st.Signaled() || st.Signal() != syscall.SIGINT {
		t.Errorf("after the second: %v", busy.ProcessState)
	}
}
