package chart

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
)

// TestWrite: the drawing is well-formed whatever the names, and bars are as long as their values.
func TestWrite(t *testing.T) {
	var b strings.Builder
	err := Write(&b, "a <b>", "c & d", Panel{Most: 10, Tick: 5, Unit: " dB",
		Bars: []Bar{{"<x>", 5, Orange, "5 \"dB\""}, {strings.Repeat("é", 60), 99, Bad, ""}}},
		Panel{Title: "second", Bars: []Bar{{"none", -1, Blue, "-"}}})
	if err != nil {
		t.Fatal(err)
	}
	var widths []string
	d := xml.NewDecoder(strings.NewReader(b.String()))
	for {
		tok, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("%v in\n%s", err, b.String())
		}
		if e, ok := tok.(xml.StartElement); ok && e.Name.Local == "rect" {
			for _, a := range e.Attr {
				if a.Name.Local == "width" {
					widths = append(widths, a.Value)
				}
			}
		}
	}
	if got := strings.Join(widths, " "); got != "100% 180.0 360.0 0.0" {
		t.Errorf("widths %s", got)
	}
	if s := b.String(); !strings.Contains(s, "&lt;x&gt;") || !strings.Contains(s, ">5 dB<") || !strings.Contains(s, "…é") {
		t.Error(s)
	}
}
