package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestSignBeside: any file is signed beside it; another file, key or signature is refused.
func TestSignBeside(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	must(t, "keygen", at("a"))
	must(t, "keygen", at("b"))
	sums := write(t, at("SHA256SUMS"), "01  x\n")
	must(t, "sign", "--key", at("a.key"), sums)
	if out := must(t, "verify", "--key", at("a.pub"), sums); !strings.Contains(out, "right") {
		t.Errorf("%q", out)
	}
	if openssl, err := exec.LookPath("openssl"); err == nil {
		out, err := exec.Command(openssl, "pkeyutl", "-verify", "-rawin", "-pubin", "-inkey", at("a.pub"), "-sigfile",
			sums+".sig", "-in", sums).CombinedOutput()
		if err != nil {
			t.Errorf("openssl: %v %s", err, out)
		}
	}
	refused := func(what string, args ...string) {
		t.Helper()
		if code, _, stderr := try(nil, args...); code != exitFailure || !strings.Contains(stderr, "SHA256SUMS") {
			t.Errorf("%s: exit %d, %q", what, code, stderr)
		}
	}
	refused("another key", "verify", "--key", at("b.pub"), sums)
	write(t, sums, "02  x\n")
	refused("other bytes", "verify", "--key", at("a.pub"), sums)
	write(t, sums+".sig", "short")
	refused("a short signature", "verify", "--key", at("a.pub"), sums)
	if err := os.Remove(sums + ".sig"); err != nil {
		t.Fatal(err)
	}
	refused("no signature", "verify", "--key", at("a.pub"), sums)
	if code, _, _ := try(nil, "sign", "--key", at("a.key"), "--version", "2", sums); code != exitUsage {
		t.Errorf("--version: exit %d", code)
	}
}

// TestUnit: the unit starts what there is, with flags that there are, and systemd finds it tight.
func TestUnit(t *testing.T) {
	const path = "../../docs/deploy/gneiss.service"
	unit, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	_, start, ok := strings.Cut(string(unit), "ExecStart=/usr/local/bin/gneiss ")
	start, _, _ = strings.Cut(start, "\n")
	cmd, args, err := newRoot(nil, nil, nil).Find(strings.Fields(start))
	if err != nil || !ok {
		t.Fatal(err)
	}
	if err := cmd.ParseFlags(args); err != nil || cmd.Name() != "serve" {
		t.Errorf("%s: %v", start, err)
	}
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("SKIPPED: systemd-analyze is not installed")
	}
	whole := string(unit)
	runnable := filepath.Join(t.TempDir(), "gneiss.service") // where its program and its manual are
	whole = strings.ReplaceAll(whole, "/usr/local/bin/gneiss ", "/bin/true ")
	whole = strings.ReplaceAll(whole, "Documentation=man:gneiss-serve(1)\n", "")
	if err := os.WriteFile(runnable, []byte(whole), 0o600); err != nil {
		t.Fatal(err)
	}
	tight := []string{"security", "--offline=true", "--threshold=20", "--no-pager", runnable}
	for _, args := range [][]string{{"verify", runnable}, tight} {
		if out, err := exec.Command(analyze, args...).CombinedOutput(); err != nil {
			t.Errorf("systemd-analyze %v: %v\n%s", args, err, out)
		}
	}
}
