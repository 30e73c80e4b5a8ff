package main

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// child is an engine at work in a process of its own, waiting for requests on its standard input.
//
// It says "ready VERSION" once it has loaded the network, and then answers each line by one line:
//
//	run N         run 2 + N times; answers the last N durations in nanoseconds
//	output FILE   write the results as little-endian float32, one after the other; answers ok
//	quit
//
// Durations are of the clock on the wall or, where GNEISS_CLOCK is cpu, those that the process's threads have run.
type child struct {
	cmd     *exec.Cmd
	in      io.WriteCloser
	out     *bufio.Reader
	errs    *tail
	version string
}

const (
	clockVariable = "GNEISS_CLOCK"
	cpuClock      = "cpu"
)

// startLimit and answerLimit are how long a child may take before it is given up.
const (
	startLimit  = 120 * time.Second
	answerLimit = 120 * time.Second
)

func start(cmd *exec.Cmd) (*child, error) {
	c := &child{cmd: cmd, errs: &tail{}}
	var err error
	if c.in, err = cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	cmd.Stderr = c.errs
	c.out = bufio.NewReaderSize(out, 1<<16)
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	line, err := c.answer(startLimit)
	if err != nil {
		c.stop()
		return nil, err
	}
	version, ok := strings.CutPrefix(line, "ready ")
	if !ok {
		c.stop()
		return nil, fmt.Errorf("said %q instead of ready", line)
	}
	c.version = version
	return c, nil
}

// run has the child make n timed inferences.
func (c *child) run(n int) ([]time.Duration, error) {
	line, err := c.ask(fmt.Sprintf("run %d", n))
	if err != nil {
		return nil, err
	}
	var times []time.Duration
	for _, f := range strings.Fields(line) {
		ns, err := strconv.ParseInt(f, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("answered %q to run", line)
		}
		times = append(times, time.Duration(ns))
	}
	if len(times) != n {
		return nil, fmt.Errorf("%d times instead of %d", len(times), n)
	}
	return times, nil
}

// output has the child write its result, by way of a file in dir.
func (c *child) output(dir string) ([]float32, error) {
	file := filepath.Join(dir, "output.bin")
	defer os.Remove(file)
	if line, err := c.ask("output " + file); err != nil || line != "ok" {
		return nil, errors.Join(fmt.Errorf("answered %q to output", line), err)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	v := make([]float32, len(data)/4)
	for i := range v {
		v[i] = math.Float32frombits(binary.LittleEndian.Uint32(data[4*i:]))
	}
	return v, nil
}

// peakRSS is the most memory the child has held, in bytes; 0 where the system does not tell.
func (c *child) peakRSS() int64 {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", c.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kb, _ := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 10, 64)
			return kb << 10
		}
	}
	return 0
}

// stop ends the child: politely, and after two seconds not.
func (c *child) stop() {
	fmt.Fprintln(c.in, "quit")
	c.in.Close()
	timer := time.AfterFunc(2*time.Second, func() { _ = c.cmd.Process.Kill() })
	defer timer.Stop()
	_ = c.cmd.Wait()
}

func (c *child) ask(request string) (string, error) {
	if _, err := fmt.Fprintln(c.in, request); err != nil {
		return "", c.reason(err)
	}
	return c.answer(answerLimit)
}

// answer reads one line.
func (c *child) answer(limit time.Duration) (string, error) {
	timer := time.AfterFunc(limit, func() { _ = c.cmd.Process.Kill() })
	line, err := c.out.ReadString('\n')
	if !timer.Stop() {
		return "", fmt.Errorf("no answer within %v", limit)
	}
	if err != nil {
		return "", c.reason(err)
	}
	return strings.TrimSpace(line), nil
}

// reason puts what the child said on stderr in the place of a broken pipe.
func (c *child) reason(err error) error {
	_ = c.cmd.Process.Kill()
	_ = c.cmd.Wait() // stderr is complete after it
	if said := c.errs.lastLine(); said != "" {
		return errors.New(said)
	}
	return fmt.Errorf("ended early: %w", err)
}

// tail keeps the end of what is written to it.
type tail struct{ data []byte }

func (t *tail) Write(p []byte) (int, error) {
	t.data = append(t.data, p...)
	if extra := len(t.data) - 1<<14; extra > 0 {
		t.data = t.data[extra:]
	}
	return len(p), nil
}

func (t *tail) lastLine() string {
	lines := strings.Split(strings.TrimSpace(string(t.data)), "\n")
	return strings.TrimSpace(lines[len(lines)-1])
}

// serve is the child's side of the protocol, for gneiss itself. Infer runs the network once and returns what to time.
func serve(in io.Reader, out io.Writer, version string, infer func() (time.Duration, error),
	result func() ([]float32, error)) error {
	fmt.Fprintln(out, "ready", version)
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		verb, argument, _ := strings.Cut(lines.Text(), " ")
		switch verb {
		case "run":
			n, err := strconv.Atoi(argument)
			if err != nil {
				return err
			}
			times := make([]string, 0, n)
			for i := -2; i < n; i++ {
				d, err := infer()
				if err != nil {
					return err
				}
				if i >= 0 {
					times = append(times, strconv.FormatInt(int64(d), 10))
				}
			}
			fmt.Fprintln(out, strings.Join(times, " "))
		case "output":
			if _, err := infer(); err != nil {
				return err
			}
			values, err := result()
			if err != nil {
				return err
			}
			var data []byte
			for _, v := range values {
				data = binary.LittleEndian.AppendUint32(data, math.Float32bits(v))
			}
			if err := os.WriteFile(argument, data, 0o600); err != nil {
				return err
			}
			fmt.Fprintln(out, "ok")
		default:
			return nil
		}
	}
	return lines.Err()
}
