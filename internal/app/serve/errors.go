package serve

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/gneiss-go/gneiss/models/imagefile"
	"github.com/gneiss-go/gneiss/runtime"
)

// statusError is what a client did wrong, or why it is refused.
type statusError struct {
	status int
	msg    string
}

func (e *statusError) Error() string { return e.msg }

func refuse(status int, format string, args ...any) error {
	return &statusError{status, fmt.Sprintf(format, args...)}
}

func badRequest(format string, args ...any) error {
	return refuse(http.StatusBadRequest, format, args...)
}

var (
	errFull    = refuse(http.StatusServiceUnavailable, "all sessions are busy and the queue is full; try again")
	errClosing = refuse(http.StatusServiceUnavailable, "the server is shutting down")
	errSlow    = refuse(http.StatusServiceUnavailable, "the request took longer than the server's limit; try again")
)

// statusGone is what the log and the metrics say of a client that did not wait for its answer.
const statusGone = 499

// status is what to answer to an error, and the text: that of a fault of ours is not for clients.
func status(err error) (int, string) {
	var se *statusError
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &se):
		return se.status, se.msg
	case errors.As(err, &large):
		return http.StatusRequestEntityTooLarge, fmt.Sprintf("the request is larger than %d bytes", large.Limit)
	case errors.Is(err, runtime.ErrLimit):
		return http.StatusRequestEntityTooLarge, err.Error()
	case errors.Is(err, imagefile.ErrCorrupt) || errors.Is(err, imagefile.ErrFormat):
		return http.StatusBadRequest, err.Error()
	case errors.Is(err, context.DeadlineExceeded):
		return errSlow.(*statusError).status, errSlow.Error()
	case errors.Is(err, context.Canceled):
		return statusGone, "the client went away"
	case errors.Is(err, runtime.ErrClosed):
		return http.StatusServiceUnavailable, errClosing.Error()
	}
	return http.StatusInternalServerError, "internal error; the server's log says more"
}

// writeError answers with {"error": text}, as the Open Inference Protocol has it.
func writeError(w http.ResponseWriter, code int, text string) {
	if code == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "1")
	}
	_ = writeJSON(w, code, map[string]string{"error": text})
}

// writeJSON answers with v.
func writeJSON(w http.ResponseWriter, code int, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_, err = w.Write(append(body, '\n'))
	return err
}
