// Package chart draws SVG in the one style of all pictures of the project: a viewBox, the system's font, letters that are
// legible when the picture is 700 pixels wide, colours that the colour-blind can tell apart, and a dark mode of its own.
//
// A [Picture] is the paper, for drawings of any kind; [Write] draws bars on it and [WriteLines] curves.
package chart

import (
	"fmt"
	"html"
	"io"
	"strings"
)

// Width is that of a picture as README.md shows one, in pixels.
const Width = 720

// Colour is one of the palette (Okabe and Ito, "Color universal design", 2008), lighter on dark paper.
type Colour int

// The palette: the first six tell series apart, in this order; the others judge.
const (
	Blue Colour = iota
	Orange
	Green
	Pink
	Yellow
	Sky
	Good
	Fair
	Bad
	Quiet // of no series
)

// palette is each colour on light and on dark paper.
var palette = [...][2]string{
	Blue: {"#0072b2", "#4aa8e0"}, Orange: {"#d55e00", "#f0884a"}, Green: {"#009e73", "#2fc79b"},
	Pink: {"#c46a9b", "#dd9cc2"}, Yellow: {"#d99500", "#f0b93a"}, Sky: {"#4ea6d8", "#8accf2"},
	Good: {"#0072b2", "#4aa8e0"}, Fair: {"#d99500", "#f0b93a"}, Bad: {"#c0392b", "#f0766a"}, Quiet: {"#9aa5b1", "#6b7682"},
}

// Series is the colour of one of several series.
func Series(i int) Colour { return Colour(i % int(Good)) }

// Classes of [Picture.Text] and of lines, joined by spaces: what they are, not how they look.
const (
	Dim    = "dim"  // explanation
	Small  = "tiny" // nine pixels, for what is read when the picture is large
	Strong = "strong"
	Middle = "mid"   // the text's middle is at its place
	End    = "end"   // its end is
	Grid   = "grid"  // lines of a scale
	Dashed = "dash"  // lines that bound
	OnFill = "paper" // a text upon a filled box
)

// Fill is the class of a filled shape, and of a text in that colour.
func (c Colour) Fill() string { return fmt.Sprintf("f%d", max(0, int(c))%len(palette)) }

// Line is the class of a stroke.
func (c Colour) Line() string { return fmt.Sprintf("l%d", max(0, int(c))%len(palette)) }

// Picture is an SVG under construction.
type Picture struct {
	width, height float64
	title         string
	body          strings.Builder
}

// New returns a picture with a title and a line of explanation, which take 54 pixels at its top.
func New(title, explanation string, width, height float64) *Picture {
	p := &Picture{width: width, height: height, title: title}
	p.body.WriteString(`<rect class="sheet" width="100%" height="100%"/>` + "\n")
	p.Text(16, 25, Strong+" head", shorten(title, int(width/8.5)))
	p.Text(16, 44, Dim, shorten(explanation, int(width/6.2)))
	return p
}

// Text writes s from (x, y), the left end of its base line, or about it as the classes say.
func (p *Picture) Text(x, y float64, class, s string) {
	fmt.Fprintf(&p.body, `<text x="%.1f" y="%.1f"%s>%s</text>`+"\n", x, y, classOf(class), html.EscapeString(s))
}

// Upwards writes s turned to the left by a right angle.
func (p *Picture) Upwards(x, y float64, class, s string) {
	fmt.Fprintf(&p.body, `<text transform="translate(%.1f %.1f) rotate(-90)"%s>%s</text>`+"\n", x, y, classOf(class),
		html.EscapeString(s))
}

// Box fills a rectangle. What is in tip is told when it is pointed at.
func (p *Picture) Box(x, y, width, height float64, class, tip string) {
	p.shape(fmt.Sprintf(`<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f"`, x, y, width, height), "rect", class, tip)
}

// Round fills a rectangle with round corners.
func (p *Picture) Round(x, y, width, height, radius float64, class, tip string) {
	p.shape(fmt.Sprintf(`<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" rx="%.1f"`, x, y, width, height, radius), "rect",
		class, tip)
}

// Dot draws a circle.
func (p *Picture) Dot(x, y, radius float64, class, tip string) {
	p.shape(fmt.Sprintf(`<circle cx="%.1f" cy="%.1f" r="%.1f"`, x, y, radius), "circle", class, tip)
}

// Path draws a path in the notation of SVG, which the caller has composed of numbers.
func (p *Picture) Path(d, class string) { p.shape(fmt.Sprintf(`<path d="%s"`, d), "path", class, "") }

func (p *Picture) shape(head, name, class, tip string) {
	p.body.WriteString(head + classOf(class))
	if tip == "" {
		p.body.WriteString("/>\n")
		return
	}
	fmt.Fprintf(&p.body, "><title>%s</title></%s>\n", html.EscapeString(tip), name)
}

func classOf(class string) string {
	if class == "" {
		return ""
	}
	return ` class="` + class + `"`
}

// style is what the classes mean, on light paper or on dark.
func style() string {
	sheet := func(k int, ink, dim, grid, paper string) string {
		s := fmt.Sprintf(".sheet{fill:%[4]s}text{fill:%[1]s}.dim{fill:%[2]s}.grid{stroke:%[3]s}.dash{stroke:%[2]s}.paper{fill:%[4]s}",
			ink, dim, grid, paper)
		for i, c := range palette {
			s += fmt.Sprintf(".f%[1]d{fill:%[2]s}.l%[1]d{stroke:%[2]s}", i, c[k])
		}
		return s
	}
	return sheet(0, "#1f2328", "#59636e", "#d8dee4", "#ffffff") +
		".head{font-size:16px}.strong{font-weight:600}.tiny{font-size:9px}.mid{text-anchor:middle}.end{text-anchor:end}" +
		"path,line{fill:none}.thick{stroke-width:2}.dash{stroke-dasharray:4 3}.see{fill-opacity:.5}" +
		"@media(prefers-color-scheme:dark){" + sheet(1, "#e6edf3", "#9198a1", "#30363d", "#0d1117") + "}"
}

// WriteTo writes the picture.
func (p *Picture) WriteTo(w io.Writer) (int64, error) {
	n, err := fmt.Fprintf(w, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %[1]g %[2]g" width="%[1]g" height="%[2]g" `+
		`font-family="system-ui, sans-serif" font-size="12">`+"\n<title>%[3]s</title>\n<style>%[4]s</style>\n%[5]s</svg>\n",
		p.width, p.height, html.EscapeString(p.title), style(), p.body.String())
	return int64(n), err
}

// Number writes v with three digits.
func Number(v float64) string {
	switch abs := max(v, -v); {
	case abs >= 100 || abs == 0:
		return fmt.Sprintf("%.0f", v)
	case abs >= 10:
		return fmt.Sprintf("%.1f", v)
	case abs >= 1:
		return fmt.Sprintf("%.2f", v)
	}
	return fmt.Sprintf("%.3g", v)
}

// shorten keeps the end of a long name, which tells layers apart.
func shorten(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return "…" + string(r[len(r)-n+1:])
	}
	return s
}
