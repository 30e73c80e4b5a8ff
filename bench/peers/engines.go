package main

import (
	"crypto/sha256"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	goruntime "runtime"
	"strings"

	"github.com/gneiss-go/gneiss/arch"
	"github.com/gneiss-go/gneiss/runtime"
)

// config is one row group of the table: what all engines are asked to do alike.
type config struct {
	DType   string `json:"dtype"` // f32 or int8
	Cap     string `json:"cap"`   // full or an ISA tier's name
	Threads int    `json:"threads"`
}

func (c config) String() string {
	return fmt.Sprintf("%s, %s, %d thread(s)", c.DType, c.Cap, c.Threads)
}

// limit is the cap as a tier.
func (c config) limit() arch.ISA {
	isa, err := arch.ParseISA(c.Cap)
	if err != nil {
		return arch.Best()
	}
	return isa
}

// errCannot is wrapped when an engine has no way to do what a config asks for.
var errCannot = errors.New("cannot")

// setup is what engines find of a network.
type setup struct {
	home    string // of installed peers
	gneiss8 string // the quantised network as gneiss takes it; "" has it quantised, with ranges from the picture
	seed    uint64

	dir   string // of the exported network
	onnx  string // the network as ONNX
	qdq   string // the quantised network as ONNX
	own   string // the order of dimensions that onnx has: ownName or inputName; qdq has that of inputName
	noNet error  // why there is no net.txt
	noQDQ error  // and no qdq

	graph, graph8 *runtime.Graph
	want          map[string][]float32 // the float outputs, one after the other, in the order of ownName and of inputName
	sizes         []int                // of each output
}

// ours is the engine that the others are compared with.
const ours = "gneiss"

// engine is one contestant.
type engine struct {
	name    string
	install func(*setup) error          // nil: nothing to install
	how     string                      // how to install it by hand
	order   func(*setup, config) string // of dimensions: ownName or inputName
	// command makes ready what is needed and returns the child's command line; its error says what is missing.
	command func(*setup, config) (*exec.Cmd, error)
}

var engines = []engine{
	{name: ours, order: always(ownName), command: gneissCommand},
	{name: "onednn", order: always(inputName), command: oneDNNCommand, install: aptInstall("g++", "libdnnl-dev"),
		how: "apt-get install g++ libdnnl-dev"},
	{name: "onnxruntime", order: ortOrder, command: ortCommand, install: ortInstall,
		how: "npm install --ignore-scripts --prefix DIR onnxruntime-node@" + ortVersion + ", DIR being --home"},
	{name: "opencv", order: ortOrder, command: openCVCommand, install: aptInstall("python3-opencv"),
		how: "apt-get install python3-opencv"},
}

func always(order string) func(*setup, config) string {
	return func(*setup, config) string { return order }
}

func gneissCommand(s *setup, c config) (*exec.Cmd, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	file, err := s.packed(c)
	if err != nil {
		return nil, err
	}
	return exec.Command(self, "--child", "--packed", file, "--input-dir", s.dir, "--cap", c.Cap, "--threads",
		fmt.Sprint(c.Threads)), nil
}

//go:embed onednn/net.cpp
var oneDNNSource []byte

// oneDNNCommand compiles the program, once for each version of its text.
func oneDNNCommand(s *setup, c config) (*exec.Cmd, error) {
	if s.noNet != nil {
		return nil, fmt.Errorf("%w run it: %w", errCannot, s.noNet)
	}
	program := filepath.Join(s.home, fmt.Sprintf("onednn-%x", sha256.Sum256(oneDNNSource))[:23])
	if _, err := os.Stat(program); err != nil {
		if err := os.MkdirAll(s.home, 0o755); err != nil {
			return nil, err
		}
		compile := exec.Command("g++", "-O2", "-std=c++17", "-x", "c++", "-o", program+".new", "-", "-ldnnl")
		compile.Stdin = strings.NewReader(string(oneDNNSource))
		if out, err := compile.CombinedOutput(); err != nil {
			first, _, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
			return nil, errors.Join(err, errors.New(first))
		}
		if err := os.Rename(program+".new", program); err != nil {
			return nil, err
		}
	}
	cmd := exec.Command(program, s.dir, c.DType)
	cmd.Env = append(os.Environ(), fmt.Sprint("OMP_NUM_THREADS=", c.Threads))
	if c.Cap != "full" {
		isa, ok := map[arch.ISA]string{arch.AVX2: "AVX2", arch.AVXVNNI: "AVX2_VNNI", arch.AVX512: "AVX512_CORE",
			arch.AVX512VNNI: "AVX512_CORE_VNNI"}[c.limit()]
		if !ok {
			return nil, fmt.Errorf("%w cap at %s", errCannot, c.Cap)
		}
		cmd.Env = append(cmd.Env, "ONEDNN_MAX_CPU_ISA="+isa, "DNNL_MAX_CPU_ISA="+isa)
	}
	return cmd, nil
}

const ortVersion = "1.30.0"

//go:embed onnxruntime/run.js
var ortScript []byte

func ortCommand(s *setup, c config) (*exec.Cmd, error) {
	if c.Cap != "full" {
		return nil, fmt.Errorf("%w: no way to cap its instruction set", errCannot)
	}
	if _, err := os.Stat(filepath.Join(s.home, "node_modules", "onnxruntime-node")); err != nil {
		return nil, fmt.Errorf("not installed in %s", s.home)
	}
	model := s.onnx
	if c.DType == "int8" {
		if s.noQDQ != nil {
			return nil, fmt.Errorf("%w run it: %w", errCannot, s.noQDQ)
		}
		model = s.qdq
	}
	script := filepath.Join(s.dir, "run.js")
	if err := os.WriteFile(script, ortScript, 0o644); err != nil {
		return nil, err
	}
	cmd := exec.Command("node", script, model, filepath.Join(s.dir, ortOrder(s, c)), fmt.Sprint(c.Threads))
	cmd.Env = append(os.Environ(), "NODE_PATH="+filepath.Join(s.home, "node_modules"))
	return cmd, nil
}

func ortOrder(s *setup, c config) string {
	if c.DType == "int8" {
		return inputName
	}
	return s.own
}

func ortInstall(s *setup) error {
	if err := os.MkdirAll(s.home, 0o755); err != nil {
		return err
	}
	return loud("npm", "install", "--ignore-scripts", "--prefix", s.home, "onnxruntime-node@"+ortVersion)
}

//go:embed opencv/run.py
var openCVScript []byte

func openCVCommand(s *setup, c config) (*exec.Cmd, error) {
	switch {
	case c.DType != "f32":
		return nil, fmt.Errorf("%w: float only", errCannot)
	case c.Cap != "full":
		return nil, fmt.Errorf("%w: no way to cap its instruction set", errCannot)
	}
	python := "python3"
	if _, err := os.Stat("/usr/bin/python3"); err == nil && goruntime.GOOS == "linux" {
		python = "/usr/bin/python3" // the one that the distribution's packages are for
	}
	if err := exec.Command(python, "-c", "import cv2").Run(); err != nil {
		return nil, errors.New("python3 has no cv2")
	}
	script := filepath.Join(s.dir, "run.py")
	if err := os.WriteFile(script, openCVScript, 0o644); err != nil {
		return nil, err
	}
	return exec.Command(python, script, s.onnx, filepath.Join(s.dir, s.own), fmt.Sprint(c.Threads)), nil
}

func aptInstall(packages ...string) func(*setup) error {
	return func(*setup) error { return loud("apt-get", append([]string{"install", "-y"}, packages...)...) }
}

// loud runs a program with its output shown.
func loud(name string, args ...string) error {
	cmd := exec.Command(name, args...)
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	return cmd.Run()
}
