// Package board measures a machine with everything that someone else would ask about it, and writes that as one JSON
// document: which board, cores, clocks and governor, memory and arithmetic at their best, and the networks of the
// family in each type, with checksums of their outputs.
//
//	r, err := board.Measure(ctx, board.Options{})
//	r.Write(file)         // to be sent: docs/BOARDS.md
//	r.Markdown(os.Stdout) // to be pasted
//	r, err = board.Read(file)
//
// # Contract
//
// A fact that a machine does not tell is left out; no missing file is an error. A network that fails has its error in
// its row, and the others go on. Outputs of int8 are the same bytes on every machine: where their checksum differs from
// another machine's, one of the two computes wrongly. Those of float are the same on machines of one tier.
package board

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/gneiss-go/gneiss/arch/machine"
	"github.com/gneiss-go/gneiss/bench/peak"
)

// Schema names the form of a report. Readers refuse others; fields are only ever added within one.
const Schema = "gneiss.board/1"

// ErrReport is wrapped by errors about documents that are no report of this schema.
var ErrReport = errors.New("no report of a board")

// Report is what Measure found.
type Report struct {
	Schema   string        `json:"schema"`
	Time     time.Time     `json:"time"`
	Program  Program       `json:"program"`
	Board    Board         `json:"board"`
	CPU      machine.CPU   `json:"cpu"`
	Emulated []string      `json:"emulated"` // why this is taken to be no hardware of its own; empty if it is
	Before   State         `json:"before"`
	After    State         `json:"after"`
	Peaks    []peak.Result `json:"peaks"` // on one thread, and on all
	Nets     []Net         `json:"networks"`
	Seconds  float64       `json:"seconds"` // that all took
}

// Program is what was measured.
type Program struct {
	Version string `json:"version"`
	Commit  string `json:"commit,omitempty"`
	Go      string `json:"go"`
	OS      string `json:"os"`
	Arch    string `json:"arch"`
}

// Board is what the system says of the machine.
type Board struct {
	Model      string   `json:"model,omitempty"`      // of the device tree
	Compatible []string `json:"compatible,omitempty"` // of it, the board first
	Product    string   `json:"product,omitempty"`    // DMI: vendor and product
	Kernel     string   `json:"kernel,omitempty"`     // its release
	System     string   `json:"system,omitempty"`     // the distribution
	MemoryMiB  int      `json:"memory_mib,omitempty"`
	Cores      []Core   `json:"cores,omitempty"`
}

// Core is a kind of processor core.
type Core struct {
	Name  string `json:"name"` // as Cortex-A72, or its numbers
	Count int    `json:"count"`
}

// State is how the machine is before or after.
type State struct {
	Clocks    []Clock `json:"clocks,omitempty"`
	Celsius   []Heat  `json:"temperatures,omitempty"`
	Throttled string  `json:"throttled,omitempty"` // the Raspberry Pi's bits; "0" is none
	Load      string  `json:"load,omitempty"`      // averages of one, five and fifteen minutes
	FreeMiB   int     `json:"free_mib,omitempty"`
	// The clock that a chain of additions shows, whatever the system says of it.
	MeasuredGHz float64 `json:"measured_ghz,omitempty"`
}

// Clock is how the system drives some processors.
type Clock struct {
	CPUs     string `json:"cpus"`
	MHz      int    `json:"mhz"`
	MaxMHz   int    `json:"max_mhz,omitempty"`
	Governor string `json:"governor,omitempty"`
}

// Heat is a sensor.
type Heat struct {
	Zone    string  `json:"zone"`
	Celsius float64 `json:"celsius"`
}

// Net is a network, in a type, on a number of threads.
type Net struct {
	Model    string  `json:"model"`
	DType    string  `json:"dtype"` // f32, half, int8
	Threads  int     `json:"threads"`
	ISA      string  `json:"isa,omitempty"`
	Runs     int     `json:"runs,omitempty"`
	MedianMs float64 `json:"median_ms,omitempty"`
	MinMs    float64 `json:"min_ms,omitempty"`
	MaxMs    float64 `json:"max_ms,omitempty"`
	MACs     int64   `json:"macs,omitempty"`
	Arena    int     `json:"arena_bytes,omitempty"`
	Weights  int     `json:"weight_bytes,omitempty"`
	Checksum string  `json:"checksum,omitempty"` // of the outputs' bytes, SHA-256, sixteen digits
	Error    string  `json:"error,omitempty"`    // why there is nothing of all that
}

// Write writes the report as JSON.
func (r *Report) Write(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(r)
}

// maxReport bounds what Read takes in.
const maxReport = 4 << 20

// Read reads what Write wrote. Its errors wrap [ErrReport].
func Read(in io.Reader) (*Report, error) {
	b, err := io.ReadAll(io.LimitReader(in, maxReport+1))
	if err != nil {
		return nil, err
	}
	if len(b) > maxReport {
		return nil, fmt.Errorf("more than %d bytes: %w", maxReport, ErrReport)
	}
	r := new(Report)
	if err := json.Unmarshal(b, r); err != nil {
		return nil, fmt.Errorf("%w: %w", err, ErrReport)
	}
	if r.Schema != Schema {
		return nil, fmt.Errorf("schema %q, want %q: %w", r.Schema, Schema, ErrReport)
	}
	if r.Time.IsZero() || r.Program.Arch == "" || len(r.Peaks) == 0 || len(r.Nets) == 0 {
		return nil, fmt.Errorf("no time, architecture, peak or network: %w", ErrReport)
	}
	for _, n := range r.Nets {
		if n.Error == "" && (n.Model == "" || n.Threads < 1 || n.Runs < 1 || !(n.MinMs > 0) || n.MedianMs < n.MinMs ||
			n.MaxMs < n.MedianMs || len(n.Checksum) != checksumDigits) {
			return nil, fmt.Errorf("network %q, %s: %+v: %w", n.Model, n.DType, n, ErrReport)
		}
	}
	return r, nil
}
