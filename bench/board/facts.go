package board

import (
	"bytes"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"
)

// system is the root of a machine's files, where Linux says what it knows. What is not there is not known.
type system struct{ fs.FS }

// text is a small file without the zeros and blanks at its ends; "" if there is none.
func (s system) text(path string) string {
	f, err := s.Open(path)
	if err != nil {
		return ""
	}
	defer f.Close()
	b := make([]byte, 64<<10) // files of /proc and /sys do not tell their size
	n := 0
	for n < len(b) {
		k, err := f.Read(b[n:])
		n += k
		if err != nil || k == 0 {
			break
		}
	}
	return strings.Trim(string(bytes.ToValidUTF8(b[:n], []byte("?"))), "\x00 \t\r\n")
}

func (s system) number(path string) int {
	n, err := strconv.Atoi(s.text(path))
	if err != nil {
		return 0
	}
	return n
}

// board reads what the system says of the machine.
func (s system) board() Board {
	b := Board{Model: s.text("sys/firmware/devicetree/base/model"), Kernel: s.text("proc/sys/kernel/osrelease")}
	if b.Model == "" {
		b.Model = s.text("proc/device-tree/model")
	}
	if c := s.text("sys/firmware/devicetree/base/compatible"); c != "" {
		b.Compatible = strings.Split(c, "\x00")
	}
	const dmi = "sys/class/dmi/id/"
	b.Product = strings.TrimSpace(s.text(dmi+"sys_vendor") + " " + s.text(dmi+"product_name"))
	for line := range strings.Lines(s.text("etc/os-release")) {
		if name, ok := strings.CutPrefix(strings.TrimSpace(line), "PRETTY_NAME="); ok {
			b.System = strings.Trim(name, `"'`)
		}
	}
	b.MemoryMiB = s.memory("MemTotal")
	b.Cores = s.cores()
	return b
}

// memory is a line of meminfo, in MiB; 0 if it is not known.
func (s system) memory(name string) int {
	for line := range strings.Lines(s.text("proc/meminfo")) {
		f := strings.Fields(line)
		if len(f) >= 2 && f[0] == name+":" {
			if kib, err := strconv.Atoi(f[1]); err == nil {
				return kib >> 10
			}
		}
	}
	return 0
}

// parts are Arm's cores, by the number in cpuinfo.
var parts = map[int]string{0xc05: "Cortex-A5", 0xc07: "Cortex-A7", 0xc08: "Cortex-A8", 0xc09: "Cortex-A9",
	0xc0e: "Cortex-A17", 0xc0f: "Cortex-A15", 0xd01: "Cortex-A32", 0xd02: "Cortex-A34", 0xd03: "Cortex-A53",
	0xd04: "Cortex-A35", 0xd05: "Cortex-A55", 0xd07: "Cortex-A57", 0xd08: "Cortex-A72", 0xd09: "Cortex-A73",
	0xd0a: "Cortex-A75", 0xd0b: "Cortex-A76", 0xd0c: "Neoverse-N1", 0xd0d: "Cortex-A77", 0xd0e: "Cortex-A76AE",
	0xd40: "Neoverse-V1", 0xd41: "Cortex-A78", 0xd42: "Cortex-A78AE", 0xd44: "Cortex-X1", 0xd46: "Cortex-A510",
	0xd47: "Cortex-A710", 0xd48: "Cortex-X2", 0xd49: "Neoverse-N2", 0xd4b: "Cortex-A78C", 0xd4d: "Cortex-A715",
	0xd4f: "Neoverse-V2", 0xd80: "Cortex-A520", 0xd81: "Cortex-A720"}

// armLtd is the number of Arm among implementers.
const armLtd = 0x41

// cores counts the kinds of processors in cpuinfo: by implementer and part on ARM, by name elsewhere.
func (s system) cores() (all []Core) {
	var maker, name string
	count := func(name string) {
		i := slices.IndexFunc(all, func(c Core) bool { return c.Name == name })
		if i < 0 {
			all, i = append(all, Core{Name: name}), len(all)
		}
		all[i].Count++
	}
	for line := range strings.Lines(s.text("proc/cpuinfo")) {
		key, value, _ := strings.Cut(line, ":")
		value = strings.TrimSpace(value)
		switch strings.TrimSpace(key) {
		case "CPU implementer":
			maker = value
		case "model name":
			if name = value; !strings.HasPrefix(name, "ARM") {
				count(name)
			}
		case "CPU part":
			m, err1 := strconv.ParseInt(maker, 0, 32)
			p, err2 := strconv.ParseInt(value, 0, 32)
			known := parts[int(p)]
			if err1 != nil || err2 != nil || m != armLtd || known == "" {
				known = fmt.Sprintf("implementer %s, part %s", maker, value)
			}
			count(known)
		}
	}
	return all
}

// state reads how the machine is now.
func (s system) state() State {
	st := State{Load: s.text("proc/loadavg"), FreeMiB: s.memory("MemAvailable"),
		Throttled: s.text("sys/devices/platform/soc/soc:firmware/get_throttled")}
	if f := strings.Fields(st.Load); len(f) > 3 {
		st.Load = strings.Join(f[:3], " ")
	}
	policies, _ := fs.Glob(s, "sys/devices/system/cpu/cpufreq/policy*")
	for _, p := range policies {
		c := Clock{CPUs: s.text(p + "/affected_cpus"), MHz: s.number(p+"/scaling_cur_freq") / 1000,
			MaxMHz: s.number(p+"/scaling_max_freq") / 1000, Governor: s.text(p + "/scaling_governor")}
		if c.CPUs != "" || c.MHz > 0 {
			st.Clocks = append(st.Clocks, c)
		}
	}
	zones, _ := fs.Glob(s, "sys/class/thermal/thermal_zone*")
	for _, z := range zones {
		if t := s.number(z + "/temp"); t != 0 {
			st.Celsius = append(st.Celsius, Heat{Zone: s.text(z + "/type"), Celsius: float64(t) / 1000})
		}
	}
	return st
}

// foreign says why cpuinfo is not that of a machine of this architecture: an emulator of programs shows the host's.
func (s system) foreign(goarch string) string {
	info := s.text("proc/cpuinfo")
	if (goarch == "arm64" || goarch == "arm") && strings.Contains(info, "vendor_id") {
		return "/proc/cpuinfo is that of another architecture"
	}
	return ""
}
