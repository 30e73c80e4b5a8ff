package board

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

// small is a report that takes a second.
func small(t *testing.T) *Report {
	t.Helper()
	r, err := Measure(context.Background(), Options{Names: []string{"cifar10"}, Each: time.Millisecond,
		Files: []string{filepath.Join(t.TempDir(), "none.onnx")}})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestReport(t *testing.T) {
	r := small(t)
	var b bytes.Buffer
	if err := r.Write(&b); err != nil {
		t.Fatal(err)
	}
	got, err := Read(bytes.NewReader(b.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got.Nets, r.Nets) || !reflect.DeepEqual(got.Board, r.Board) || !got.Time.Equal(r.Time) {
		t.Errorf("wrote %+v, read %+v", r, got)
	}
	sums := map[string]map[string]bool{}
	for _, n := range got.Nets {
		if n.Model == "none" {
			if n.Error == "" {
				t.Error("a file that is not there was measured")
			}
			continue
		}
		if n.Error != "" {
			t.Errorf("%s, %s: %s", n.Model, n.DType, n.Error)
		}
		if sums[n.DType] == nil {
			sums[n.DType] = map[string]bool{}
		}
		sums[n.DType][n.Checksum] = true
	}
	if !sums["int8"][cifar10Int8Sum] || len(sums["int8"]) != 1 || len(sums["f32"]) != 1 {
		t.Errorf("checksums %v, want %s in int8 on any threads", sums, cifar10Int8Sum)
	}
	var table bytes.Buffer
	if err := got.Markdown(&table); err != nil || !strings.Contains(table.String(), "| cifar10 | int8 | 1 |") {
		t.Errorf("table %v\n%s", err, table.String())
	}
}

// cifar10Int8Sum is the checksum of the embedded int8 network's output: on every machine.
const cifar10Int8Sum = "dd373382a81ffa7c"

func TestReadRefuses(t *testing.T) {
	var b bytes.Buffer
	r := small(t)
	r.Nets = r.Nets[:1]
	if err := r.Write(&b); err != nil {
		t.Fatal(err)
	}
	good := b.String()
	for what, bad := range map[string]string{
		"nothing":        "",
		"half":           good[:len(good)/2],
		"another schema": strings.Replace(good, Schema, "gneiss.board/2", 1),
		"no network":     good[:strings.Index(good, `"networks"`)] + `"networks": []}`,
		"no time":        strings.Replace(good, `"median_ms": `, `"median_ms": -1e9, "x": `, 1),
		"no checksum":    strings.Replace(good, r.Nets[0].Checksum, "", 1),
		"too long":       strings.Repeat(" ", maxReport) + good,
	} {
		if got, err := Read(strings.NewReader(bad)); !errors.Is(err, ErrReport) {
			t.Errorf("%s: %v, error %v", what, got, err)
		}
	}
}

func file(s string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(s)} }

func TestFacts(t *testing.T) {
	cpu := "processor\t: 0\nBogoMIPS\t: 108.00\nCPU implementer\t: 0x41\nCPU part\t: 0xd08\n\n"
	s := system{fstest.MapFS{
		"sys/firmware/devicetree/base/model":      file("Raspberry Pi 4 Model B Rev 1.5\x00"),
		"sys/firmware/devicetree/base/compatible": file("raspberrypi,4-model-b\x00brcm,bcm2711\x00"),
		"proc/cpuinfo":   file(strings.Repeat(cpu, 4) + "Model\t\t: Raspberry Pi 4 Model B Rev 1.5\n"),
		"proc/meminfo":   file("MemTotal:        3884360 kB\nMemAvailable:    3500000 kB\n"),
		"etc/os-release": file("ID=debian\nPRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\n"),
		"sys/devices/system/cpu/cpufreq/policy0/affected_cpus":    file("0 1 2 3\n"),
		"sys/devices/system/cpu/cpufreq/policy0/scaling_cur_freq": file("1800000\n"),
		"sys/devices/system/cpu/cpufreq/policy0/scaling_governor": file("ondemand\n"),
		"sys/class/thermal/thermal_zone0/type":                    file("cpu-thermal\n"),
		"sys/class/thermal/thermal_zone0/temp":                    file("48686\n"),
		"proc/loadavg":                                            file("0.50 0.40 0.30 1/150 1234\n"),
	}}
	b := s.board()
	want := Board{Model: "Raspberry Pi 4 Model B Rev 1.5", Compatible: []string{"raspberrypi,4-model-b", "brcm,bcm2711"},
		System: "Debian GNU/Linux 12 (bookworm)", MemoryMiB: 3793, Cores: []Core{{"Cortex-A72", 4}}}
	if !reflect.DeepEqual(b, want) {
		t.Errorf("board %+v, want %+v", b, want)
	}
	st := s.state()
	if !reflect.DeepEqual(st, State{Clocks: []Clock{{"0 1 2 3", 1800, 0, "ondemand"}},
		Celsius: []Heat{{"cpu-thermal", 48.686}}, Load: "0.50 0.40 0.30", FreeMiB: 3417}) {
		t.Errorf("state %+v", st)
	}
	if why := s.foreign("arm64"); why != "" {
		t.Error(why)
	}
	foreign := system{fstest.MapFS{"proc/cpuinfo": file("processor: 0\nvendor_id\t: AuthenticAMD\nmodel name\t: AMD\n")}}
	if foreign.foreign("arm64") == "" || foreign.foreign("amd64") != "" {
		t.Error("a host's cpuinfo was taken for one's own, or one's own for a host's")
	}
	empty := system{fstest.MapFS{}}
	if b := empty.board(); !reflect.DeepEqual(b, Board{}) {
		t.Errorf("of nothing: %+v", b)
	}
	if st := empty.state(); !reflect.DeepEqual(st, State{}) {
		t.Errorf("of nothing: %+v", st)
	}
	if s := (system{os.DirFS("/")}); s.text("proc") != "" {
		t.Error("a folder has a text")
	}
}
