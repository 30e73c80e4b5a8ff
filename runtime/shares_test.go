package runtime

import (
	"math"
	"slices"
	"testing"
	"time"
)

// Parts cover the units in order, without gaps. Equal ones differ by one at most, others are what the speeds say,
// within a unit.
func TestShares(t *testing.T) {
	for n := 1; n <= 9; n++ {
		equal, skewed := newShares(n), newShares(n)
		for w := range n {
			skewed.speeds[w] = float64(2*(w+1)) / float64(n*(n+1))
		}
		skewed.follow()
		for units := range 40 {
			next, nextSkewed, least, most := 0, 0, units, 0
			for w := range n {
				lo, hi := equal.of(w, units)
				if lo != next {
					t.Fatalf("%d units, %d workers: worker %d begins at %d, want %d", units, n, w, lo, next)
				}
				next, least, most = hi, min(least, hi-lo), max(most, hi-lo)
				lo, hi = skewed.of(w, units)
				if want := skewed.speeds[w] * float64(units); lo != nextSkewed || hi < lo || math.Abs(float64(hi-lo)-want) > 1 {
					t.Fatalf("%d units, %d workers: worker %d does %d to %d, want from %d, about %.1f units", units, n, w, lo, hi,
						nextSkewed, want)
				}
				nextSkewed = hi
			}
			if next != units || nextSkewed != units || most-least > 1 {
				t.Fatalf("%d units, %d workers: end at %d and %d, equal shares of %d to %d", units, n, next, nextSkewed, least,
					most)
			}
		}
	}
}

// rehearse has workers of such speeds, in units a microsecond, do that many steps, and returns the time of the last.
func rehearse(s *shares, steps, units int, speed ...float64) (last time.Duration) {
	reports := make([]report, len(speed))
	for range steps {
		last = 0
		for w := range reports {
			lo, hi := s.of(w, units)
			reports[w].took = time.Duration(float64(hi-lo) / speed[w] * 1000)
			last = max(last, reports[w].took)
		}
		s.learn(units, reports)
	}
	return last
}

// Two fast cores beside two at a quarter of their speed: equal parts take as long as a slow core takes for 100 of 400
// units, parts by speed 2½ times less. When all are fast again, so are the steps.
func TestSharesFollowSpeed(t *testing.T) {
	s := newShares(4)
	if first := rehearse(&s, 1, 400, 4, 4, 1, 1); first != 100*time.Microsecond {
		t.Errorf("the first step takes %v, want 100µs", first)
	}
	if last := rehearse(&s, 3000, 400, 4, 4, 1, 1); last > 46*time.Microsecond {
		t.Errorf("after 3000 steps one takes %v, want 40µs, 46 at most; ends %.3f", last, s.ends)
	}
	if last := rehearse(&s, 6000, 400, 4, 4, 4, 4); last > 27*time.Microsecond {
		t.Errorf("with equal cores again a step takes %v, want 25µs, 27 at most; ends %.3f", last, s.ends)
	}
}

// Parts stay where they are while speeds differ by a few percent.
func TestSharesIgnoreNoise(t *testing.T) {
	s := newShares(2)
	rehearse(&s, 1000, 1000, 1, 1.08)
	if lo, hi := s.of(0, 1000); lo != 0 || hi != 500 {
		t.Errorf("worker 0 does %d to %d of 1000, speeds %.3f", lo, hi, s.speeds)
	}
}

// A worker that is held up for long gets less to do, never nothing, and its old part back soon after.
func TestSharesForgetStalls(t *testing.T) {
	s := newShares(2)
	rehearse(&s, 20, 1000, 1, 0.0005)
	if lo, hi := s.of(1, 1000); hi-lo < 40 || hi-lo > 300 {
		t.Errorf("a stalled worker does %d units of 1000", hi-lo)
	}
	if last := rehearse(&s, 500, 1000, 1, 1); last > 525*time.Microsecond {
		t.Errorf("after it a step takes %v, want 500µs, 525 at most; ends %.3f", last, s.ends)
	}
}

// A step with fewer units than workers says nothing of those without.
func TestSharesOfIdleWorkers(t *testing.T) {
	s := newShares(3)
	rehearse(&s, 1000, 1, 1, 1, 1)
	if fresh := newShares(3); !slices.Equal(s.ends, fresh.ends) {
		t.Errorf("ends %.3f, want %.3f", s.ends, fresh.ends)
	}
}
