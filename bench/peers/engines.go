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

// setup is what engines find on disk.
type setup struct {
	dir     string // of the exported network
	home    string // of installed peers
	onnx    string // the model as ONNX; "" if there is none
	qdq     string // the quantised model as ONNX; "" if there is none
	gneiss8 string // the quantised model as gneiss takes it; "" has the model quantised, calibrated on the picture
	model   string // --model, "" for seeded weights
	seed    uint64
}

// engine is one contestant.
type engine struct {
	name    string
	install func(*setup) error // nil: nothing to install
	how     string             // how to install it by hand
	// command makes ready what is needed and returns the child's command line; its error says what is missing.
	command func(*setup, config) (*exec.Cmd, error)
}

var engines = []engine{
	{name: "gneiss", command: gneissCommand},
	{name: "onednn", command: oneDNNCommand, install: aptInstall("g++", "libdnnl-dev"),
		how: "apt-get install g++ libdnnl-dev"},
	{name: "onnxruntime", command: ortCommand, install: ortInstall,
		how: "npm install --ignore-scripts --prefix DIR onnxruntime-node@" + ortVersion + ", DIR being --home"},
	{name: "opencv", command: openCVCommand, install: aptInstall("python3-opencv"), how: "apt-get install python3-opencv"},
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
	return exec.Command(self, "--child", "--model", s.model, "--packed", file, "--seed", fmt.Sprint(s.seed), "--cap",
		c.Cap, "--threads", fmt.Sprint(c.Threads)), nil
}

//go:embed onednn/net.cpp
var oneDNNSource []byte

// oneDNNCommand compiles the program, once for each version of its text.
func oneDNNCommand(s *setup, c config) (*exec.Cmd, error) {
	if c.DType == "int8" {
		if _, err := os.Stat(filepath.Join(s.dir, scalesFile)); err != nil {
			return nil, fmt.Errorf("%w: int8 needs --scales", errCannot)
		}
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
		if model = s.qdq; model == "" {
			return nil, fmt.Errorf("%w: int8 needs --onnx-int8", errCannot)
		}
	}
	if model == "" {
		return nil, fmt.Errorf("%w: the model could not be written as ONNX", errCannot)
	}
	script := filepath.Join(s.dir, "run.js")
	if err := os.WriteFile(script, ortScript, 0o644); err != nil {
		return nil, err
	}
	cmd := exec.Command("node", script, model, s.dir, fmt.Sprint(c.Threads))
	cmd.Env = append(os.Environ(), "NODE_PATH="+filepath.Join(s.home, "node_modules"))
	return cmd, nil
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
	case s.onnx == "":
		return nil, fmt.Errorf("%w: the model could not be written as ONNX", errCannot)
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
	return exec.Command(python, script, s.onnx, s.dir, fmt.Sprint(c.Threads)), nil
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
