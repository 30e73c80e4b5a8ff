package runtime

// planValue is a tensor of a plan: where it lies, and from when until when it must not be overwritten. The proof
// of a plan rests on these.
type planValue struct {
	name    string
	view    viewSpec
	storage int   // index in Plan.storage
	made    int   // the step that writes it, or −1: the caller does, before the first step
	until   int   // the last step that needs it, or the number of steps: the caller reads it after the last
	parts   []int // of a concatenation: values that are side by side and together are it; nil if a step makes it
	whole   int   // of a slice: the value that it is a part of; −1 of all others
}

// valueTable is the values of a plan on the way to it.
type valueTable struct {
	values []planValue
	of     []*Value // of the same index
	index  map[*Value]int
}

// tabulate lists all values that exist at some time, with their lifetimes, in the order in which they come to be:
// inputs, what steps make, concatenations after their parts, slices after what they are of.
func tabulate(g *Graph, lay *layout, steps []*step) *valueTable {
	t := &valueTable{index: map[*Value]int{}}
	add := func(v *Value, made int) *planValue {
		t.index[v] = len(t.values)
		t.of = append(t.of, v)
		t.values = append(t.values, planValue{name: v.Name, made: made, until: max(made, 0), whole: -1})
		return &t.values[len(t.values)-1]
	}
	for _, v := range g.Inputs {
		add(v, -1)
	}
	for i, s := range steps {
		for _, v := range s.out {
			add(v, i)
		}
	}
	for _, j := range lay.joined {
		v := add(j.out, -1)
		for _, part := range j.parts {
			k := t.index[part]
			v.parts = append(v.parts, k)
			v.made = max(v.made, t.values[k].made)
		}
		v.until = max(v.made, 0)
	}
	for _, s := range lay.slices {
		whole := t.index[s.whole]
		add(s.out, t.values[whole].made).whole = whole
	}
	needed := func(v *Value, at int) {
		u := &t.values[t.index[v]].until
		*u = max(*u, at)
	}
	for i, s := range steps {
		for _, v := range s.in {
			needed(v, i)
		}
	}
	for _, v := range g.Outputs {
		needed(v, len(steps))
	}
	for i := len(t.values) - 1; i >= 0; i-- { // parts are needed as long as the whole, and that as long as slices of it
		v := &t.values[i]
		for _, part := range v.parts {
			t.values[part].until = max(t.values[part].until, v.until)
		}
		if v.whole >= 0 {
			t.values[v.whole].until = max(t.values[v.whole].until, v.until)
		}
	}
	return t
}
