package runtime

import "time"

// shares divides each step's units among workers, equally unless some have been faster of late than others: a board
// pairs fast cores with slow ones, and a virtual processor may run beside another machine's on one core.
//
// What a unit costs is about the same for all workers within a step, so the units that a worker did over the time it
// took are its speed beside the others'. One step says it badly, for a worker's pieces of work are larger or smaller
// than its share; so what is remembered moves only slowly towards what a step says, by its length over the time
// remembered.
type shares struct {
	ends   []float64 // where each worker's part of a step ends, in parts of the whole; workers read it during a step
	speeds []float64 // as remembered; their sum is about 1
	said   []float64 // by one step, in units a nanosecond
	here   []bool    // who takes part; the others' parts are empty
	count  int       // of those, as of the last call of gathered
}

const (
	remembered = 12 * time.Millisecond
	maxPace    = 0.25 // the most that one step, however long, moves the speeds
	// of an equal part: parts that differ less from the speeds stay. Addresses stay where they are cached, and so do ends
	tolerance  = 0.05
	leastSpeed = 0.1 // of an equal one, so that a worker that was held up gets to show that it no longer is
)

func newShares(n int) shares {
	s := shares{ends: make([]float64, n), speeds: make([]float64, n), said: make([]float64, n),
		here: make([]bool, n), count: n}
	for w := range n {
		s.here[w] = true
		s.ends[w] = float64(w+1) / float64(n)
		s.speeds[w] = 1 / float64(n)
	}
	return s
}

// of returns worker w's part of a step's units: lo ≤ unit < hi. Equal parts differ by one unit at most.
func (s *shares) of(w, units int) (lo, hi int) {
	if w > 0 {
		lo = int(s.ends[w-1]*float64(units) + 0.5)
	}
	return lo, int(s.ends[w]*float64(units) + 0.5)
}

// learn moves the speeds towards what a step says, given the time that each worker took for its part, and the parts
// after them if they differ. It says nothing of workers that had no unit.
func (s *shares) learn(units int, reports []report) {
	var sum, before float64
	var longest time.Duration
	for w := range s.said {
		lo, hi := s.of(w, units)
		s.said[w] = float64(hi-lo) / float64(max(reports[w].took, 1))
		if lo < hi {
			sum += s.said[w]
			before += s.speeds[w]
			longest = max(longest, reports[w].took)
		}
	}
	pace := min(float64(longest)/float64(remembered), maxPace)
	least := leastSpeed / float64(len(s.speeds))
	for w, v := range s.said {
		if v > 0 {
			s.speeds[w] += pace * (max(v/sum*before, least) - s.speeds[w])
		}
	}
	if s.drifted() {
		s.follow()
	}
}

func (s *shares) drifted() bool {
	begin, most, sum := 0.0, tolerance/float64(len(s.ends)), s.total()
	for w, end := range s.ends {
		if d := end - begin - s.speeds[w]/sum; s.here[w] && (d > most || d < -most) {
			return true
		}
		begin = end
	}
	return false
}

// total is the sum of the speeds of those who take part.
func (s *shares) total() (sum float64) {
	for w, v := range s.speeds {
		if s.here[w] {
			sum += v
		}
	}
	return sum
}

// follow makes the parts the speeds, whose sum becomes 1.
func (s *shares) follow() {
	all := 0.0
	for _, v := range s.speeds {
		all += v
	}
	sum, end := s.total(), 0.0
	for w, v := range s.speeds {
		s.speeds[w] = v / all
		if s.here[w] {
			end += v / sum
		}
		s.ends[w] = end
	}
	for w := len(s.ends) - 1; w >= 0; w-- { // rounding leaves nothing behind the last
		s.ends[w] = 1
		if s.here[w] {
			break
		}
	}
}

// gathered is told that others take part than did.
func (s *shares) gathered() {
	s.count = 0
	for _, here := range s.here {
		if here {
			s.count++
		}
	}
	s.follow()
}
