package serve

import (
	"encoding/json"
	"net/http"
	"sync"
	"time"
)

// Bounds of the memory of answers on their way.
const (
	answerBytes = 16 << 20 // of all large ones
	largeAnswer = 64 << 10 // what is smaller is not counted
)

// answers are the large ones that clients are taking, of a bounded size in all, or else a single one. When they are
// too many, the one that has been on its way the longest makes way for the next.
type answers struct {
	mu     sync.Mutex
	taking map[*taking]struct{}
	bytes  int
	begun  int // since the start
	now    func() time.Time
}

// taking is one answer.
type taking struct {
	of    *answers
	conn  *http.ResponseController
	body  []byte
	size  int // that it counts for
	since time.Time
}

func newAnswers() *answers { return &answers{taking: map[*taking]struct{}{}, now: time.Now} }

var errAnswers = refuse(http.StatusServiceUnavailable, "too many large answers are on their way; try again")

// begin makes an answer of v, to be sent and dropped.
func (as *answers) begin(w http.ResponseWriter, v any) (*taking, error) {
	body, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	t := &taking{of: as, conn: http.NewResponseController(w), body: append(body, '\n'), since: as.now()}
	if len(body) < largeAnswer {
		return t, nil
	}
	as.mu.Lock()
	defer as.mu.Unlock()
	for as.bytes > 0 && as.bytes+len(body) > answerBytes {
		if !as.makeWay() {
			return nil, errAnswers
		}
	}
	t.size = len(body)
	as.bytes += t.size
	as.begun++
	as.taking[t] = struct{}{}
	return t, nil
}

// makeWay cuts off the client that takes its answer the longest, if that is long enough, and says whether it did.
func (as *answers) makeWay() bool {
	var victim *taking
	for t := range as.taking {
		if victim == nil || t.since.Before(victim.since) {
			victim = t
		}
	}
	if victim == nil || as.now().Sub(victim.since) < hush {
		return false
	}
	_ = victim.conn.SetWriteDeadline(time.Unix(1, 0))
	as.forget(victim)
	return true
}

func (as *answers) forget(t *taking) {
	delete(as.taking, t)
	as.bytes -= t.size
	t.size = 0
}

// send writes the answer.
func (t *taking) send(w http.ResponseWriter) error {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusOK)
	_, err := w.Write(t.body)
	return err
}

// drop ends it.
func (t *taking) drop() {
	t.of.mu.Lock()
	defer t.of.mu.Unlock()
	t.of.forget(t)
}
