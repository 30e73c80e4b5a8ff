package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/gneiss-go/gneiss/arch"
	"github.com/gneiss-go/gneiss/models"
	gneiss "github.com/gneiss-go/gneiss/runtime"
)

// child names the file that this program runs in place of its tests.
const child = "GNEISS_TEST_MEMORY_OF"

func TestMain(m *testing.M) {
	if file := os.Getenv(child); file != "" {
		if err := run(file, 1); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// TestMemory: a process that runs a model takes its packed weights once, whatever file they come from.
func TestMemory(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("NOT TESTED: how much memory a process takes, on " + runtime.GOOS)
	}
	dir := t.TempDir()
	param := filepath.Join(dir, "net.param")
	const convs, channels, outputs = 2, 512, 100
	text := fmt.Sprintf("7767517\n%d %d\nInput x 0 1 x 0=14 1=14 2=%d\n", convs+2, convs+2, channels)
	var bin []byte
	random := uint32(1)
	array := func(n int) {
		bin = append(bin, 0, 0, 0, 0)
		for range n {
			random = random*1664525 + 1013904223
			bin = binary.LittleEndian.AppendUint32(bin, math.Float32bits(float32(int32(random))/(1<<36)))
		}
	}
	last := "x"
	for i := range convs {
		name := fmt.Sprintf("c%d", i)
		text += fmt.Sprintf("Convolution %s 1 1 %s %s 0=%d 1=3 4=1 6=%d\n", name, last, name, channels, channels*channels*9)
		array(channels * channels * 9)
		last = name
	}
	inputs := 14 * 14 * channels
	text += fmt.Sprintf("InnerProduct y 1 1 %s y 0=%d 2=%d\n", last, outputs, outputs*inputs)
	array(outputs * inputs)
	if err := os.WriteFile(param, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "net.bin"), bin, 0o644); err != nil {
		t.Fatal(err)
	}
	g, err := models.Open(param)
	if err != nil {
		t.Fatal(err)
	}
	plain, packed := filepath.Join(dir, "plain.gneiss"), filepath.Join(dir, "packed.gneiss")
	if err := models.Save(plain, g); err != nil {
		t.Fatal(err)
	}
	if err := models.Save(packed, g, gneiss.WithPacked(arch.Best())); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{param, plain, packed} {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), child+"="+file)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v: %s", file, err, out)
		}
		kilobytes := func(word string) (n int) {
			for line := range bytes.Lines(out) {
				if rest, ok := strings.CutPrefix(string(line), word); ok {
					fmt.Sscan(strings.TrimLeft(rest, ": "), &n)
				}
			}
			return n
		}
		most, limit := kilobytes("most in use"), kilobytes("1.15 times the weights, the arena and 20 MB")
		if most == 0 || limit == 0 || most > limit {
			t.Errorf("%s: %d kB at most in use, want %d\n%s", filepath.Base(file), most, limit, out)
		}
		t.Logf("%s: %d kB at most in use, of %d", filepath.Base(file), most, limit)
	}
}
