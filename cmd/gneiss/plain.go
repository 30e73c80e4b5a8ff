package main

import (
	"io"
	"os"
	goruntime "runtime"
	"strings"
)

// plain is a writer of text for those who cannot read UTF-8: letters beyond ASCII become the nearest that are not.
type plain struct{ to io.Writer }

// signs are what stands for letters that the program writes. Others become a question mark.
var signs = map[rune]string{'█': "#", '▏': " ", '▎': ".", '▍': ".", '▌': ":", '▋': ":", '▊': "=", '▉': "=", '×': "x", '…': "...",
	'–': "-", '—': "-", '−': "-", '·': ".", '→': "->", '←': "<-", '±': "+-", '≤': "<=", '≥': ">=", '≈': "~", '°': " deg", '²': "^2",
	'³': "^3", 'µ': "u", '“': `"`, '”': `"`, '‘': "'", '’': "'", 'ä': "ae", 'ö': "oe", 'ü': "ue", 'é': "e", '√': "sqrt"}

func (p plain) Write(b []byte) (int, error) {
	ascii := true
	for _, c := range b {
		ascii = ascii && c < 0x80
	}
	text := b
	if !ascii {
		var s strings.Builder
		for _, r := range string(b) {
			switch sign, ok := signs[r]; {
			case r < 0x80:
				s.WriteRune(r)
			case ok:
				s.WriteString(sign)
			default:
				s.WriteByte('?')
			}
		}
		text = []byte(s.String())
	}
	if _, err := p.to.Write(text); err != nil {
		return 0, err
	}
	return len(b), nil
}

// legible is w for people whose locale says that they read something else than UTF-8. Where nothing is said at all, as
// in containers, they do.
func legible(w io.Writer) io.Writer {
	if goruntime.GOOS == "windows" {
		return w
	}
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if v := os.Getenv(name); v != "" {
			v = strings.ReplaceAll(strings.ToLower(v), "-", "")
			if strings.Contains(v, "utf8") {
				return w
			}
			return plain{w}
		}
	}
	return w
}

// raw is the writer under w that takes bytes as they are: of JSON, pictures and models.
func raw(w io.Writer) io.Writer {
	if p, ok := w.(plain); ok {
		return p.to
	}
	return w
}
