package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	goruntime "runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gneiss-go/gneiss/arch"
	"github.com/gneiss-go/gneiss/internal/app/frames"
	"github.com/gneiss-go/gneiss/internal/test/gotool"
	"github.com/gneiss-go/gneiss/models/preprocess"
)

// reports runs the command in this process and returns its lines.
func reports(t *testing.T, args ...string) []report {
	t.Helper()
	var out bytes.Buffer
	if err := run(t.Context(), append(args, "--json"), &out, io.Discard); err != nil {
		t.Fatal(err)
	}
	return decode(t, &out)
}

func decode(t *testing.T, r io.Reader) (all []report) {
	t.Helper()
	for d := json.NewDecoder(r); ; {
		var r report
		if err := d.Decode(&r); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, r)
	}
	if len(all) == 0 || !all[len(all)-1].Final {
		t.Fatalf("no final line: %+v", all)
	}
	return all
}

const samples = "../../internal/gen/samples"

// TestPictures: each is classified, and the last one, a truck, is called so.
func TestPictures(t *testing.T) {
	all := reports(t, "--pictures", samples, "--fps", "20")
	if last := all[len(all)-1]; last.Frames+last.Dropped != 6 || last.Frames == 0 || last.Class != "truck" ||
		last.Score < 0.5 || last.Bad != 0 {
		t.Errorf("%+v", last)
	}
}

// TestY4MFile: a film of the same picture, drawn in Y alone, gets through.
func TestY4MFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "film.y4m")
	film := "YUV4MPEG2 W64 H48 F100:1 C420\n" + strings.Repeat("FRAME\n"+strings.Repeat("\x80", 64*48*3/2), 20)
	if err := os.WriteFile(path, []byte(film), 0o600); err != nil {
		t.Fatal(err)
	}
	all := reports(t, "--y4m", path)
	last := all[len(all)-1]
	if last.Frames+last.Dropped != 20 || last.Frames == 0 || last.Class == "none" {
		t.Errorf("%+v", last)
	}
	if err := os.WriteFile(path, []byte(film[:len(film)-1]), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := run(t.Context(), []string{"--y4m", path}, io.Discard, io.Discard); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Error(err)
	}
}

// TestPattern: every layout can be made and classified.
func TestPattern(t *testing.T) {
	for _, layout := range []string{"yuyv", "uyvy", "nv12", "nv21", "i420", "rgb24", "bgr24", "grey8"} {
		all := reports(t, "--test-pattern", "--format", layout, "--size", "64x48", "--fps", "200", "--seconds", "0.1")
		if last := all[len(all)-1]; last.Frames == 0 || last.Bad != 0 || last.Class == "none" {
			t.Errorf("%s: %+v", layout, last)
		}
	}
}

func TestUsage(t *testing.T) {
	var usage *usageError
	for _, args := range []string{"--size x", "--size 0x4", "--fps -1", "--fps NaN", "--seconds -1", "--timeout 0s",
		"more", "--test-pattern --y4m a", "--none"} {
		if err := run(t.Context(), strings.Fields(args), io.Discard, io.Discard); !errors.As(err, &usage) {
			t.Errorf("%s: %v", args, err)
		}
	}
	for _, args := range []string{"--test-pattern --format jpeg", "--test-pattern --size 99999x3", "--y4m none.y4m",
		"--pictures none", "--pictures .", "--device none"} {
		if err := run(t.Context(), strings.Fields(args), io.Discard, io.Discard); err == nil || errors.As(err, &usage) {
			t.Errorf("%s: %v", args, err)
		}
	}
}

// TestNoGarbage: nothing is allocated for a frame, from the source to the class.
func TestNoGarbage(t *testing.T) {
	src, err := frames.NewPattern(preprocess.FrameFormat{Pixels: preprocess.NV12, Width: 320, Height: 240}, 1e6)
	if err != nil {
		t.Fatal(err)
	}
	net, err := newViewer(&options{}, src.Format())
	if err != nil {
		t.Fatal(err)
	}
	defer net.close()
	box, ctx := newMailbox(), t.Context()
	n := testing.AllocsPerRun(20, func() {
		f := box.empty()
		if f.data, err = src.Next(ctx, f.data); err != nil {
			t.Fatal(err)
		}
		box.put(f)
		if f, err = box.take(); err != nil {
			t.Fatal(err)
		}
		if err := net.look(f.data); err != nil {
			t.Fatal(err)
		}
		box.release(f)
	})
	if n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// flaky is a camera that falls silent after a good frame and one that is cut off. It waits until the one before was
// seen.
type flaky struct {
	left int
	box  *mailbox
}

func (f *flaky) Format() frames.Format {
	return frames.Format{FrameFormat: preprocess.FrameFormat{Pixels: preprocess.Grey8, Width: 8, Height: 8}}
}

func (f *flaky) Next(ctx context.Context, buf []byte) ([]byte, error) {
	for seen := false; !seen; time.Sleep(time.Millisecond) {
		f.box.mu.Lock()
		seen = len(f.box.free) == 2 // all but the one that is filled now
		f.box.mu.Unlock()
	}
	if f.left--; f.left < 0 {
		return buf, frames.ErrTimeout
	}
	return append(buf[:0], make([]byte, 63+f.left)...), nil
}

func (f *flaky) Close() error { return nil }

// TestReopen: a silent camera is opened again, also if that fails at first; frames that are cut off are counted.
func TestReopen(t *testing.T) {
	opened := 0
	box := newMailbox()
	c := &capturer{src: &flaky{2, box}, box: box, pause: time.Millisecond}
	c.reopen = func() (frames.Source, error) {
		opened++
		switch {
		case opened%2 == 1:
			return nil, errors.New("busy")
		case opened == 6:
			return frames.NewPattern(preprocess.FrameFormat{Pixels: preprocess.Grey8, Width: 4, Height: 4}, 1e6)
		}
		return &flaky{2, box}, nil
	}
	var out bytes.Buffer
	err := watch(t.Context(), c, &options{json: true}, &out)
	if !errors.Is(err, frames.ErrTimeout) || !strings.Contains(fmt.Sprint(err), "4×4") {
		t.Error(err) // the last camera has frames of another size
	}
	last := decode(t, &out)[0]
	if last.Frames != 3 || last.Bad != 3 || last.Dropped != 0 || last.Reopened != 3 {
		t.Errorf("%+v", last)
	}
}

// TestMJPEG: a frame without Huffman tables, as cameras leave them out, is classified as one that has them.
func TestMJPEG(t *testing.T) {
	m := image.NewYCbCr(image.Rect(0, 0, 40, 24), image.YCbCrSubsampleRatio422)
	for i := range m.Y {
		m.Y[i] = uint8(i * 7)
	}
	var file bytes.Buffer
	if err := jpeg.Encode(&file, m, nil); err != nil {
		t.Fatal(err)
	}
	whole := file.Bytes()
	i := bytes.Index(whole, []byte{0xff, 0xc4})
	end := i + 2 + int(whole[i+2])<<8 + int(whole[i+3])
	bare := slices.Concat(whole[:i], whole[end:])
	if _, err := jpeg.Decode(bytes.NewReader(bare)); err == nil {
		t.Fatal("decoded without tables")
	}
	net, err := newViewer(&options{}, frames.Format{Coded: true})
	if err != nil {
		t.Fatal(err)
	}
	defer net.close()
	if err := net.look(whole); err != nil {
		t.Fatal(err)
	}
	var got, want report
	net.say(&want)
	err = net.look(bare)
	if net.say(&got); err != nil || got.Class != want.Class || got.Score != want.Score || got.Class == "" {
		t.Errorf("%+v, %v; want %+v", got, err, want)
	}
	var bad *badFrame
	if err := net.look(bare[:len(bare)/2]); !errors.As(err, &bad) {
		t.Error(err)
	}
}

// TestInterruptPipe: a pipe that has fallen silent does not keep the program from ending.
func TestInterruptPipe(t *testing.T) {
	if goruntime.GOOS == "windows" {
		t.Skip("no SIGINT")
	}
	cmd := exec.Command(build(t), "--y4m", "-", "--json")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Process.Kill()
	fmt.Fprint(in, "YUV4MPEG2 W2 H2\nFRAME\nabcdefFRAME\nabc")
	lines := bufio.NewScanner(out)
	if !lines.Scan() || !strings.Contains(lines.Text(), `"frames":1`) {
		t.Fatalf("%q", lines.Text())
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if !lines.Scan() || !strings.Contains(lines.Text(), `"final":true`) {
		t.Errorf("%q", lines.Text())
	}
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
}

// build makes the program.
func build(t *testing.T) string {
	t.Helper()
	if testing.Short() {
		t.Skip("builds and runs the program")
	}
	bin := filepath.Join(t.TempDir(), "camera.exe")
	if out, err := gotool.Command("build", "-o", bin, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return bin
}

// cpuBudget is the most of one core, in per cent, that 30 frames of 1280×720 a second may take here.
func cpuBudget() float64 {
	switch {
	case goruntime.GOARCH != "amd64" || arch.Best() < arch.AVX2:
		return 100
	case arch.Best() < arch.AVXVNNI: // which multiplies bytes twice as fast
		return 20
	}
	return 10
}

// TestBinary runs the program on a synthetic camera for three seconds.
func TestBinary(t *testing.T) {
	out, err := exec.Command(build(t), "--test-pattern", "--format", "yuyv", "--size", "1280x720", "--fps", "30",
		"--seconds", "3", "--json").Output()
	if err != nil {
		t.Fatal(err)
	}
	all := decode(t, bytes.NewReader(out))
	last := all[len(all)-1]
	t.Logf("%+v", last)
	if n := last.Frames + last.Dropped; n < 80 || n > 92 || len(all) < 3 {
		t.Errorf("%d frames, %d lines", n, len(all))
	}
	if most := cpuBudget(); last.CPU > most {
		t.Errorf("%.1f %% of one core, want at most %.0f %%", last.CPU, most)
	}
	if first := all[0]; last.RSS > first.RSS+4 {
		t.Errorf("memory grew from %.1f to %.1f MB", first.RSS, last.RSS)
	}
}

// TestInterrupt: SIGINT ends the program with its last line and without an error.
func TestInterrupt(t *testing.T) {
	if goruntime.GOOS == "windows" {
		t.Skip("no SIGINT")
	}
	cmd := exec.Command(build(t), "--test-pattern", "--size", "64x48", "--json")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Process.Kill()
	lines := bufio.NewScanner(out)
	if !lines.Scan() { // it runs
		t.Fatal("no line")
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	var rest bytes.Buffer
	for lines.Scan() {
		rest.Write(lines.Bytes())
	}
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
	decode(t, &rest)
}
