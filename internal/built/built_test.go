package built

import (
	"runtime/debug"
	"testing"
)

func TestFrom(t *testing.T) {
	set := func(pairs ...string) (b debug.BuildInfo) {
		for i := 0; i < len(pairs); i += 2 {
			b.Settings = append(b.Settings, debug.BuildSetting{Key: pairs[i], Value: pairs[i+1]})
		}
		return b
	}
	tagged := set("vcs.revision", "0123456789abcdef", "vcs.modified", "true")
	tagged.Main.Version = "v0.3.1"
	for _, c := range []struct {
		info            debug.BuildInfo
		version, commit string
	}{
		{set(), "(devel)", ""},
		{set("vcs.revision", "0123"), "(devel)", "0123"},
		{set("vcs.modified", "false", "vcs.revision", "0123456789abcdef"), "(devel)", "0123456789ab"},
		{tagged, "v0.3.1", "0123456789ab, modified"},
	} {
		if version, commit := from(&c.info); version != c.version || commit != c.commit {
			t.Errorf("%q, %q, want %q, %q", version, commit, c.version, c.commit)
		}
	}
	if version, _ := From(); version == "" {
		t.Error("no version")
	}
}
