// Package pages runs what the documents tell people to type.
//
// A document's blocks are one session at a terminal, in a folder of its own. The line above a block says how it is
// tested, in an HTML comment that no reader sees:
//
//	<!-- test: -->                       a block of sh is run; the exit code must be 0
//	<!-- test: prints REGEXP -->         its output must match too
//	<!-- test: needs A B; gives F G -->  it is run if all is there: commands, python3/MODULE, files; "network" and "board"
//	                                     never are. Where it is not run, it must parse, and files F and G, which it would
//	                                     have made, come from testdata
//	<!-- test: file NAME -->             the block is a file, which is written where the session is
//	<!-- test: elsewhere TestName -->    that test has it
package pages

import (
	"fmt"
	"regexp"
	"strings"
)

// Block is a block of code in a document, and how it is tested.
type Block struct {
	Line     int    // of the opening fence, from 1
	Language string // the word after it
	Text     string
	Marked   bool // there is a mark

	Prints    *regexp.Regexp
	Needs     []string
	Gives     []string
	File      string
	Elsewhere string
}

// Parse returns the blocks of a document.
func Parse(text string) ([]Block, error) {
	var all []Block
	mark := ""
	var open *Block
	for i, line := range strings.Split(text, "\n") {
		switch {
		case open != nil && line == "```":
			all, open = append(all, *open), nil
		case open != nil:
			open.Text += line + "\n"
		case strings.HasPrefix(line, "```"):
			open = &Block{Line: i + 1, Language: strings.TrimPrefix(line, "```")}
			if err := open.read(mark); err != nil {
				return nil, fmt.Errorf("line %d: %w", i, err)
			}
			mark = ""
		case strings.HasPrefix(line, "<!-- test:"):
			mark = line
		case mark != "":
			return nil, fmt.Errorf("line %d: a mark without a block", i)
		}
	}
	if open != nil || mark != "" {
		return nil, fmt.Errorf("the last block has no end")
	}
	return all, nil
}

// read takes what a mark says.
func (b *Block) read(mark string) (err error) {
	if mark == "" {
		return nil
	}
	b.Marked = true
	mark, ok := strings.CutSuffix(strings.TrimPrefix(mark, "<!-- test:"), "-->")
	if !ok {
		return fmt.Errorf("the mark has no end")
	}
	for part := range strings.SplitSeq(mark, ";") {
		word, rest, _ := strings.Cut(strings.TrimSpace(part), " ")
		switch word {
		case "":
		case "prints":
			b.Prints, err = regexp.Compile(strings.TrimSpace(rest))
		case "needs":
			b.Needs = strings.Fields(rest)
		case "gives":
			b.Gives = strings.Fields(rest)
		case "file":
			b.File = rest
		case "elsewhere":
			b.Elsewhere = rest
		default:
			err = fmt.Errorf("a mark of no kind that is known: %s", word)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
