package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// What runs is told with what it needs, what does not with every reason, each once.
func TestCheck(t *testing.T) {
	bad := onnxFile(t, []message{onnxPort("x", 1, 3, 8, 8)}, "d", onnxNode("Blink", "a", "x"), onnxNode("Blink", "b", "a"),
		onnxNode("Wink", "c", "b"), onnxNode("Relu", "d", "c"))
	good := onnxFile(t, []message{onnxPort("x", 1, 3, 8, 8)}, "y", onnxNode("Relu", "y", "x"))
	out := must(t, "check", good)
	for _, s := range []string{good + " runs", "input   x  float32 [1 3 8 8]", "output  y  float32 [1 3 8 8]", "1 node",
		"arena 2 KiB"} {
		if !strings.Contains(out, s) {
			t.Errorf("%q is not in\n%s", s, out)
		}
	}
	code, out, stderr := try(nil, "check", bad)
	if code != exitFailure || stderr != "" || !strings.Contains(out, "does not run:\n  Blink ×2\n") ||
		!strings.Contains(out, `["node of a" "node of b"]`) || !strings.Contains(out, "\n  Wink ×1\n") {
		t.Errorf("exit %d: %s%s", code, out, stderr)
	}
	absent := filepath.Join(t.TempDir(), "absent.onnx")
	code, out, _ = try(nil, "check", bad, good, absent, signsFile(t))
	lines := strings.Split(out, "\n")
	if code != exitFailure || len(lines) != 6 || !strings.HasSuffix(lines[0], "Blink ×2, Wink ×1") ||
		!strings.HasPrefix(lines[1], "runs ") || !strings.Contains(lines[2], "no such file") ||
		!strings.Contains(lines[3], "--input-shape x=1x2x320x320") || lines[4] != "4 models: 1 run, 3 refused" {
		t.Errorf("exit %d: %s", code, out)
	}
	var c checkedModels
	own := filepath.Join("..", "..", "models", "cifar10", "cifar10_int8.gneiss")
	mustJSON(t, &c, "check", "--json", own, levels(t, true))
	net, one := c.Models[0], c.Models[1]
	if c.Run != 2 || net.Quantised < 50 || len(net.Float) != 1 || net.Float[0] != (group{"Softmax", 1}) || net.MACs == 0 ||
		net.ArenaBytes == 0 || net.WeightBytes == 0 || net.Params == 0 {
		t.Errorf("%+v", net)
	}
	if in := one.Inputs[0]; in.Type != "int8" || !slices.Equal(in.Dims, []int{1, 2, 2}) ||
		*in.Quant != (portQuant{0.5, 2}) {
		t.Errorf("%+v", in)
	}
	fails(t, exitUsage, []string{"no model"}, "check")
}

// Sizes that a model leaves open are given by flags, for every command that opens a model.
func TestInputShape(t *testing.T) {
	open := signsFile(t)
	vector := onnxFile(t, []message{onnxPort("v", 0, 0, 0)}, "y", onnxNode("Relu", "y", "v"))
	lone := onnxFile(t, []message{onnxPort("v", 0)}, "y", onnxNode("Relu", "y", "v"))
	two := onnxFile(t, []message{onnxPort("a", 0, 3), onnxPort("b", 1, 0)}, "y", onnxNode("Add", "y", "a", "b"))
	for _, c := range []struct {
		args []string
		dims [][]int
	}{
		{[]string{open, "--input-shape", "x=1x2x5x7"}, [][]int{{1, 2, 5, 7}}},
		{[]string{open, "--input-shape", "3×2×5×7"}, [][]int{{3, 2, 5, 7}}},
		{[]string{open, "--input-shape", "2,2,5,7", "--batch", "2"}, [][]int{{2, 2, 5, 7}}},
		{[]string{vector, "--input-shape", "4x5x6"}, [][]int{{4, 5, 6}}},
		{[]string{lone, "--input-shape", "v=9"}, [][]int{{9}}},
		{[]string{two, "--input-shape", "b=1x3", "--input-shape", "a=6x3"}, [][]int{{6, 3}, {1, 3}}},
		{[]string{two, "--input-shape", "b=1x3"}, [][]int{{1, 3}, {1, 3}}},
	} {
		var all checkedModels
		mustJSON(t, &all, append([]string{"check", "--json"}, c.args...)...)
		for i, in := range all.Models[0].Inputs {
			if !slices.Equal(in.Dims, c.dims[i]) {
				t.Errorf("%q: input %d is %v, want %v", c.args[1:], i, in.Dims, c.dims[i])
			}
		}
	}
	own := filepath.Join(t.TempDir(), "own.gneiss")
	at := []string{"--input-shape", "x=1x2x5x7"}
	for _, args := range [][]string{{"inspect", open}, {"compile", open, "-o", own}, {"bench", "-m", open, "-n", "1"},
		{"profile", "-m", open, "-n", "1"}, {"tune", "-m", open}} {
		fails(t, exitFailure, []string{open, `"x"`, "--input-shape x=1x2x320x320"}, args...)
		must(t, append(args, at...)...)
	}
	fails(t, exitFailure, []string{"1×5×7×2"}, append([]string{"classify", "-m", open}, at...)...)
	for _, command := range []string{"serve", "quantize", "eval", "compare"} {
		if help := must(t, command, "--help"); !strings.Contains(help, "--input-shape") || !strings.Contains(help,
			"--batch") {
			t.Errorf("%s has no --input-shape, or no --batch", command)
		}
	}
	must(t, "inspect", own, "--input-shape", "x=1x2x5x7", "--batch", "1")
	for _, c := range []struct {
		code int
		says string
		args []string
	}{
		{exitFailure, "the model fixes [1 2 5 7]", []string{own, "--input-shape", "1x2x5x8"}},
		{exitFailure, "the model fixes [1 2 5 7]", []string{own, "--input-shape", "2x35"}},
		{exitFailure, "a batch of 2", []string{own, "--batch", "2"}},
		{exitFailure, `no input "y"; there is "x"`, []string{own, "--input-shape", "y=1x2x5x8"}},
		{exitFailure, `no input "X"; near it is "x"`, []string{open, "--input-shape", "X=1x2x5x8", "--input-shape",
			"x=1x2x5x8"}},
		{exitFailure, "the model fixes [? 2 ? ?]", []string{open, "--input-shape", "1x3x5x8"}},
		{exitFailure, "2 inputs", []string{two, "--input-shape", "1x3"}},
		{exitFailure, "batch of 3", []string{open, "--input-shape", "1x2x5x8", "--batch", "3"}},
		{exitUsage, "twice", []string{open, "--input-shape", "1x2x5x8", "--input-shape", "1x2x5x8"}},
		{exitUsage, "name", []string{open, "--input-shape", "1x2x5x8", "--input-shape", "x=1x2x5x8"}},
		{exitUsage, "[NAME=]DIMS", []string{open, "--input-shape", "x=1x2x-5x8"}},
		{exitUsage, "[NAME=]DIMS", []string{open, "--input-shape", "x"}},
		{exitUsage, "[NAME=]DIMS", []string{open, "--input-shape", "x="}},
		{exitUsage, "negative", []string{open, "--batch", "-1"}},
		{exitUsage, "need --model", []string{"googlenet", "--batch", "2"}},
	} {
		fails(t, c.code, []string{c.says}, append([]string{"inspect"}, c.args...)...)
	}
	if _, err := os.Stat(own); err != nil {
		t.Error(err)
	}
}
