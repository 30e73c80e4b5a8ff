package serve

import (
	"errors"
	"io"
	"net/http"
	"os"
	"sync"
	"time"
)

// How slow a client may be: after patience it has to send, or to take, leastRate bytes in each second. Where others
// need its place, it makes way once it has been silent for hush.
const (
	hush      = 250 * time.Millisecond
	patience  = 2 * time.Second
	leastRate = 16 << 10
	piece     = leastRate * int(patience/time.Second) // of a body, that has to come within patience
)

// uploads are the bodies that are being received or kept, a bounded number of a bounded size in all. They are apart
// from the places for sessions: who is slow to send keeps nobody from those. When all is taken, the sender that has
// been silent the longest makes way for the next.
type uploads struct {
	most      int
	mostBytes int64

	mu      sync.Mutex
	sending map[*upload]struct{}
	bytes   int64 // of all, complete ones included
}

// upload is one body. Its fields are guarded by the mutex of uploads.
type upload struct {
	of   *uploads
	conn *http.ResponseController
	end  time.Time // by which all of it has to be there; zero: there is no such time
	last time.Time // when a piece came
	held int64     // bytes that it counts for
	out  bool      // it had to make way
}

func newUploads(most int, mostBytes int64) *uploads {
	return &uploads{most: most, mostBytes: mostBytes, sending: map[*upload]struct{}{}}
}

var (
	errUploads = refuse(http.StatusServiceUnavailable, "too many requests are being received; try again")
	errMadeWay = refuse(http.StatusRequestTimeout, "the body came slowly and the place was needed; try again")
	errTrickle = refuse(http.StatusRequestTimeout,
		"the body did not arrive in time; at least %d KiB a second are expected", leastRate>>10)
)

// begin takes a place for a body.
func (us *uploads) begin(w http.ResponseWriter, r *http.Request) (*upload, error) {
	u := &upload{of: us, conn: http.NewResponseController(w)}
	u.end, _ = r.Context().Deadline()
	us.mu.Lock()
	defer us.mu.Unlock()
	for len(us.sending) >= us.most {
		if !us.makeWay(u) {
			return nil, errUploads
		}
	}
	us.sending[u] = struct{}{}
	u.await()
	return u, nil
}

// await gives the sender time for the next piece. A connection that has no deadlines is one of a test.
func (u *upload) await() {
	u.last = time.Now()
	next := u.last.Add(patience)
	if !u.end.IsZero() && u.end.Before(next) {
		next = u.end
	}
	_ = u.conn.SetReadDeadline(next)
}

// makeWay ends the upload that has been silent the longest, if that is long enough, and says whether it did.
func (us *uploads) makeWay(but *upload) bool {
	var victim *upload
	for u := range us.sending {
		if u != but && (victim == nil || u.last.Before(victim.last)) {
			victim = u
		}
	}
	if victim == nil || time.Since(victim.last) < hush {
		return false
	}
	victim.out = true
	_ = victim.conn.SetReadDeadline(time.Unix(1, 0))
	us.forget(victim)
	return true
}

func (us *uploads) forget(u *upload) {
	delete(us.sending, u)
	us.bytes -= u.held
	u.held = 0
}

// grow counts n bytes more for u.
func (u *upload) grow(n int) error {
	us := u.of
	us.mu.Lock()
	defer us.mu.Unlock()
	for !u.out && us.bytes+int64(n) > us.mostBytes {
		if !us.makeWay(u) {
			return errUploads
		}
	}
	if u.out {
		return errMadeWay
	}
	us.bytes += int64(n)
	u.held += int64(n)
	return nil
}

// came notes that a piece is there.
func (u *upload) came() error {
	u.of.mu.Lock()
	defer u.of.mu.Unlock()
	if u.out {
		return errMadeWay
	}
	u.await()
	return nil
}

// complete ends the sending: others may have the place, and the connection has no deadline now. The bytes still count.
func (u *upload) complete() error {
	u.of.mu.Lock()
	defer u.of.mu.Unlock()
	if u.out {
		return errMadeWay
	}
	delete(u.of.sending, u)
	_ = u.conn.SetReadDeadline(time.Time{})
	return nil
}

// drop ends it all; the body is not used any more. It may be called again.
func (u *upload) drop() {
	u.of.mu.Lock()
	defer u.of.mu.Unlock()
	u.of.forget(u)
}

// read reads the body of a request, of at most limit bytes, the reader refusing more. Memory is taken as the bytes
// come, whatever length is announced.
func (u *upload) read(r *http.Request, limit int64) ([]byte, error) {
	if r.ContentLength > limit {
		return nil, &http.MaxBytesError{Limit: limit}
	}
	var b []byte
	for left := piece; ; {
		if len(b) == cap(b) {
			bigger := max(2*cap(b), piece)
			if n := int(r.ContentLength); n > len(b) {
				bigger = min(bigger, n)
			}
			if err := u.grow(bigger - cap(b)); err != nil {
				return nil, err
			}
			b = append(make([]byte, 0, bigger), b...)
		}
		n, err := r.Body.Read(b[len(b):min(cap(b), len(b)+left)])
		b = b[:len(b)+n]
		switch {
		case err == io.EOF:
			return b, u.complete()
		case err != nil:
			return nil, u.failed(err)
		}
		if left -= n; left == 0 {
			left = piece
			if err := u.came(); err != nil {
				return nil, err
			}
		}
	}
}

// failed says what it means that the body cannot be read.
func (u *upload) failed(err error) error {
	u.of.mu.Lock()
	out := u.out
	u.of.mu.Unlock()
	var large *http.MaxBytesError
	switch {
	case out:
		return errMadeWay
	case errors.As(err, &large):
		return err
	case errors.Is(err, os.ErrDeadlineExceeded):
		return errTrickle
	case errors.Is(err, io.ErrUnexpectedEOF):
		return badRequest("the body ends too early")
	}
	return badRequest("the body cannot be read: %v", err)
}

// count is how many bodies are being received, and the bytes of all that are kept.
func (us *uploads) count() (sending int, bytes int64) {
	us.mu.Lock()
	defer us.mu.Unlock()
	return len(us.sending), us.bytes
}
