package runtime

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/gneiss-go/gneiss/arch"
	"github.com/gneiss-go/gneiss/kernels"
)

// Report says what a plan does and where, step by step.
type Report struct {
	Name        string   `json:"name"`
	ISA         arch.ISA `json:"isa"`
	Threads     int      `json:"threads"`
	MACs        int64    `json:"macs"`
	WeightBytes int      `json:"weight_bytes"`
	ArenaBytes  int      `json:"arena_bytes"`
	LowerBound  int      `json:"arena_lower_bound"` // the most bytes alive at once
	// the same without scratch: where it is less, scratch makes the peak
	TensorBound int          `json:"arena_tensor_bound"`
	Steps       []StepReport `json:"steps"`
	Storage     []Storage    `json:"storage"`
}

// StepReport is one step of a report.
type StepReport struct {
	Index   int      `json:"index"`
	Name    string   `json:"name"`
	Op      string   `json:"op"`
	Kernel  string   `json:"kernel"`
	Choice  string   `json:"choice,omitempty"` // where there are several ways: the algorithm and the tier of its tile
	Why     string   `json:"why"`              // why this kernel
	ISA     arch.ISA `json:"isa"`
	In      []Shape  `json:"in"`
	Out     []Shape  `json:"out"`
	MACs    int64    `json:"macs"`
	Work    int64    `json:"work"`  // Cost.Work
	Bytes   int64    `json:"bytes"` // Cost.Bytes
	Weights int      `json:"weight_bytes"`
	Offset  int      `json:"offset"` // of the first output in the arena
	End     int      `json:"end"`
	Scratch int      `json:"scratch_bytes"`
	Live    int      `json:"live_bytes"` // alive during the step
	// The operations of a step that computes several, Bands bands of rows at a time: what is said of memory is said of
	// the step alone, whose Bytes leave out what lies between them.
	Bands  int          `json:"bands,omitempty"`
	Stages []StepReport `json:"stages,omitempty"`
}

// of takes down how an operation is computed.
func (r *StepReport) of(op kernels.Op, isa arch.ISA) {
	r.Kernel, r.ISA, r.Weights, r.Why = op.Kernel(), op.ISA(), op.PackedBytes(), "best of its kind up to "+isa.String()
	if c, ok := op.(kernels.Chosen); ok {
		if x := c.Choice(); x.Algorithm != "" {
			r.Choice, r.Why = x.String(), x.Why
		}
	}
}

// Report describes the plan.
func (p *Plan) Report() *Report {
	r := &Report{Name: p.name, ISA: p.isa, Threads: p.threads, MACs: p.MACs(), WeightBytes: p.WeightBytes(),
		ArenaBytes: p.arena, LowerBound: p.bound, TensorBound: p.tensorBound, Storage: append([]Storage(nil), p.storage...)}
	live := 0
	grows := make([]int, len(p.steps)+1) // by how much what is alive grows with each step
	for _, st := range p.storage {
		grows[st.First] += alignUp(st.Bytes)
		grows[st.Last+1] -= alignUp(st.Bytes)
	}
	for i := range p.steps {
		s := &p.steps[i]
		live += grows[i]
		sr := StepReport{Index: i, Name: s.name, Op: s.kind, MACs: s.macs, Work: s.work, Bytes: s.bytes,
			Offset: s.out[0].offset, End: s.out[0].offset + s.out[0].extent(), Scratch: s.scratch.Bytes, Live: live}
		sr.of(s.op, p.isa)
		if c, ok := s.op.(kernels.Chain); ok {
			sr.Bands, sr.Stages = c.Bands(), slices.Clone(s.stages)
			for k, stage := range c.Stages() {
				sr.Stages[k].of(stage.Op, p.isa)
			}
		}
		for _, v := range s.in {
			sr.In = append(sr.In, v.shape)
		}
		for _, v := range s.out {
			sr.Out = append(sr.Out, v.shape)
		}
		r.Steps = append(r.Steps, sr)
	}
	return r
}

// String returns the report as an aligned table.
func (r *Report) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %d steps, %s, %d thread(s), %.1f MMAC, packed weights %.2f MB\n", r.Name, len(r.Steps), r.ISA,
		r.Threads,
		float64(r.MACs)/1e6, float64(r.WeightBytes)/1e6)
	fmt.Fprintf(&b, "arena %d bytes (%.3f MiB), lower bound %d bytes (%.3f MiB)", r.ArenaBytes, mib(r.ArenaBytes),
		r.LowerBound, mib(r.LowerBound))
	if extra := r.LowerBound - r.TensorBound; extra > 0 {
		fmt.Fprintf(&b, ", of which scratch adds %d", extra)
	}
	b.WriteString("\n\n")
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "step\tname\top\tkernel\tout\tMMAC\tarena\tscratch\tlive\twhy this kernel")
	for _, s := range r.Steps {
		shapes := make([]string, len(s.Out))
		for i, o := range s.Out {
			shapes[i] = o.String()
		}
		fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%s\t%.1f\t[%d, %d)\t%d\t%d\t%s\n", s.Index, s.Name, s.Op, s.Kernel,
			strings.Join(shapes, " "), float64(s.MACs)/1e6, s.Offset, s.End, s.Scratch, s.Live, s.Why)
	}
	w.Flush()
	return b.String()
}

// WriteTo writes the table that String returns.
func (r *Report) WriteTo(w io.Writer) (int64, error) {
	n, err := io.WriteString(w, r.String())
	return int64(n), err
}

func mib(n int) float64 { return float64(n) / (1 << 20) }
