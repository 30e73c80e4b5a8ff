package runtime

import (
	"context"
	"slices"
	"time"
)

// Tuning is what [Tune] measured: for each step that can be computed in several ways, which was fastest.
type Tuning struct {
	Steps []TunedStep   `json:"steps"`
	Rule  time.Duration `json:"rule_ns"`  // the least time of a run by Compile's own choices
	Tuned time.Duration `json:"tuned_ns"` // the same by the tuned ones, measured in turn with the former
}

// TunedStep is a step with its choices; the first is what Compile takes by itself.
type TunedStep struct {
	Name    string        `json:"name"`
	Best    int           `json:"best"`
	Choices []TunedChoice `json:"choices"`
}

// TunedChoice is a choice and the least time that the step took.
type TunedChoice struct {
	Choice string        `json:"choice"`
	Kernel string        `json:"kernel"`
	Time   time.Duration `json:"time_ns"`
}

// Changed counts the steps for which Compile would take something slower.
func (t *Tuning) Changed() (n int) {
	for i := range t.Steps {
		if t.Steps[i].Best != 0 {
			n++
		}
	}
	return n
}

// Option has Compile, Load or WithPacked take what was fastest. Steps and choices that the tuning does not know are
// left to Compile.
func (t *Tuning) Option() Option {
	best := map[string]string{}
	for _, s := range t.Steps {
		best[s.Name] = s.Choices[s.Best].Choice
	}
	return WithChooser(func(step string, choices []Choice) int {
		return slices.IndexFunc(choices, func(c Choice) bool { return c.String() == best[step] })
	})
}

// tuneGain is by how much a choice must beat the rule's: less may be noise.
const tuneGain = 0.97

// Tune measures on this machine every way to compute each step of the graph, under the options that the plan will have.
// The steps are timed within runs of the whole network, so that caches are as they will be, in turn with runs by
// Compile's own choices, rounds times each; the least time of each step counts. A step keeps Compile's choice unless
// another is faster by 3 %. Progress, which may be nil, is called after each of total plans. There are two plans in
// memory at a time.
//
// Inputs are noise. The choice is this machine's: it changes no byte of what a quantised graph's convolutions compute,
// and the last bits of float ones. Errors are those of [Compile], and the context's once that is done.
func Tune(ctx context.Context, g *Graph, rounds int, progress func(done, total int), opts ...Option) (*Tuning, error) {
	t := &Tuning{}
	offered := map[string]int{}
	most := 1
	opts = append(slices.Clone(opts), WithContext(ctx), WithChooser(func(step string, choices []Choice) int {
		if _, ok := offered[step]; !ok && len(choices) > 1 {
			s := TunedStep{Name: step, Choices: make([]TunedChoice, len(choices))}
			for i := range choices {
				s.Choices[i].Choice = choices[i].String()
			}
			offered[step] = len(t.Steps)
			t.Steps = append(t.Steps, s)
			most = max(most, len(choices))
		}
		return 0
	}))
	rule, err := newTuned(g, opts)
	if err != nil {
		return nil, err
	}
	defer rule.Close()
	for i := 1; i < most; i++ {
		pick := WithChooser(func(step string, choices []Choice) int {
			if i < len(choices) {
				return i
			}
			return 0
		})
		if err := t.compare(ctx, g, append(opts, pick), rule, i, rounds, offered); err != nil {
			return nil, err
		}
		if progress != nil {
			progress(i, most)
		}
	}
	for i := range t.Steps {
		s := &t.Steps[i]
		for k, c := range s.Choices {
			if c.Time > 0 && float64(c.Time) < tuneGain*float64(s.Choices[0].Time) && c.Time < s.Choices[s.Best].Time {
				s.Best = k
			}
		}
	}
	if t.Rule, t.Tuned, err = t.race(ctx, g, append(opts, t.Option()), rule, rounds); err != nil {
		return nil, err
	}
	if progress != nil {
		progress(most, most)
	}
	return t, nil
}

func newTuned(g *Graph, opts []Option) (*Session, error) {
	p, err := Compile(g, opts...)
	if err != nil {
		return nil, err
	}
	return p.NewSession()
}

// compare times choice i of each step beside the rule's.
func (t *Tuning) compare(ctx context.Context, g *Graph, opts []Option, rule *Session, i, rounds int,
	of map[string]int) error {
	other, err := newTuned(g, opts)
	if err != nil {
		return err
	}
	defer other.Close()
	record := func(choice int) func(StepInfo, time.Duration) {
		return func(info StepInfo, d time.Duration) {
			at, ok := of[info.Name]
			if !ok || choice >= len(t.Steps[at].Choices) {
				return
			}
			c := &t.Steps[at].Choices[choice]
			if c.Time == 0 || d < c.Time {
				c.Time = max(d, 1)
			}
			c.Kernel = info.Kernel
		}
	}
	for r := range rounds + 1 {
		for k, s := range []*Session{rule, other} {
			if r > 0 { // the first warms up
				s.SetHook(record(k * i))
			}
			s.fillNoise(1)
			if err := s.RunContext(ctx); err != nil {
				return err
			}
		}
	}
	rule.SetHook(nil)
	return nil
}

// race times whole runs by both choices, in turn.
func (t *Tuning) race(ctx context.Context, g *Graph, opts []Option, rule *Session, rounds int) (before,
	after time.Duration,
	err error) {
	tuned, err := newTuned(g, opts)
	if err != nil {
		return 0, 0, err
	}
	defer tuned.Close()
	least := [2]time.Duration{}
	for r := range rounds + 1 {
		for k, s := range []*Session{rule, tuned} {
			s.fillNoise(1)
			start := time.Now()
			if err := s.RunContext(ctx); err != nil {
				return 0, 0, err
			}
			if d := time.Since(start); r > 0 && (least[k] == 0 || d < least[k]) {
				least[k] = d
			}
		}
	}
	return least[0], least[1], nil
}
