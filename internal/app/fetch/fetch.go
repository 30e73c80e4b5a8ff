// Package fetch downloads a file that is known by its hash: resumable, bounded in size and, by a least rate, in time,
// and never seen half done by anyone else.
package fetch

import (
	"context"
	"crypto/sha1"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/gneiss-go/gneiss/internal/app/wholefile"
)

// File says what to download.
type File struct {
	URL     string
	SHA1    string // in hexadecimal
	MaxSize int64  // bytes; more is refused

	// Progress, unless nil, is called with the bytes that are there and the total, or −1 while that is not known.
	Progress func(done, total int64)
	// Stall is how long the server may be silent, and over which time its rate is measured; 0 means 30 seconds.
	Stall time.Duration
	// LeastRate is how many bytes a second must arrive; 0 means 1024.
	LeastRate int64
}

// Errors that callers may test for.
var (
	ErrHash = errors.New("content does not have the expected SHA-1")
	ErrSize = errors.New("larger than expected")
	// ErrNoCache is wrapped by CacheDir's error where neither GNEISS_CACHE nor a home is known.
	ErrNoCache = errors.New("no folder to keep downloads in")
)

// To downloads the file to path. What has arrived is kept in path.part when the connection breaks, and the next call
// goes on from there; a part that turns out to be wrong is removed. The file appears under its name only when its hash
// is right. One call at a time has the part: another one waits for it, in whatever process, and takes what it has made.
func (f File) To(ctx context.Context, path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	part, err := openPart(ctx, path+".part")
	if err != nil {
		return err
	}
	defer part.Close() // and with it the lock
	if sum, err := HashFile(path); err == nil && strings.EqualFold(sum, f.SHA1) {
		dropEmpty(part) // another call has made it meanwhile
		return nil
	}
	if err := f.download(ctx, part); err != nil {
		dropEmpty(part)
		return err
	}
	sum, err := hash(part)
	if err != nil {
		return err
	}
	if !strings.EqualFold(sum, f.SHA1) {
		os.Remove(part.Name())
		return fmt.Errorf("%s: SHA-1 %s, want %s: %w", f.URL, sum, f.SHA1, ErrHash)
	}
	return wholefile.Place(part, path)
}

// openPart opens a part, or makes it, once nobody else has it.
func openPart(ctx context.Context, path string) (*os.File, error) {
	for {
		part, err := tryPart(path)
		if part != nil || err != nil {
			return part, err
		}
		select {
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// tryPart is openPart; it returns nil if someone else has the part. What is no file of its own, such as a link to
// another, makes room for one.
func tryPart(path string) (*os.File, error) {
	if st, err := os.Lstat(path); err == nil && !st.Mode().IsRegular() {
		if err := os.Remove(path); err != nil {
			return nil, err
		}
	}
	part, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|noFollow, 0o644)
	if err != nil {
		return nil, err
	}
	locked, err := lock(part)
	if locked && err == nil {
		// Who had it may have renamed it before the lock was free: then this is the finished file, and not to be touched.
		st, err1 := part.Stat()
		now, err2 := os.Lstat(path)
		if err1 == nil && err2 == nil && st.Mode().IsRegular() && os.SameFile(st, now) {
			return part, nil
		}
	}
	part.Close()
	return nil, err
}

// dropEmpty removes a part from which nothing can go on.
func dropEmpty(part *os.File) {
	if st, err := part.Stat(); err == nil && st.Size() == 0 {
		os.Remove(part.Name())
	}
}

// HashFile returns a file's SHA-1 in hexadecimal.
func HashFile(path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	return hash(file)
}

// hash reads a file from its beginning.
func hash(file *os.File) (string, error) {
	h := sha1.New()
	if _, err := io.Copy(h, io.NewSectionReader(file, 0, math.MaxInt64)); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// download completes the part.
func (f File) download(ctx context.Context, out *os.File) error {
	have, err := out.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	if have > f.MaxSize {
		have = 0 // not a part of this file
	}

	stall := f.Stall
	if stall == 0 {
		stall = 30 * time.Second
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	watchdog := time.AfterFunc(stall, func() { cancel(fmt.Errorf("nothing arrived for %v", stall)) })
	defer watchdog.Stop()

	resp, have, err := f.request(ctx, have)
	if err != nil {
		return f.because(ctx, err)
	}
	if resp == nil {
		return nil // the part is all there is
	}
	defer resp.Body.Close()
	if err := errors.Join(out.Truncate(have), seek(out, have)); err != nil {
		return err
	}
	total := int64(-1)
	if resp.ContentLength >= 0 {
		if total = have + resp.ContentLength; total > f.MaxSize {
			return fmt.Errorf("%s: %d bytes, at most %d: %w", f.URL, total, f.MaxSize, ErrSize)
		}
	}
	arrived := new(atomic.Int64)
	go f.hurry(ctx, cancel, stall, arrived)
	buf := make([]byte, 64<<10)
	for {
		n, err := resp.Body.Read(buf)
		watchdog.Reset(stall)
		arrived.Add(int64(n))
		if have+int64(n) > f.MaxSize {
			os.Remove(out.Name())
			return fmt.Errorf("%s: more than %d bytes: %w", f.URL, f.MaxSize, ErrSize)
		}
		if n > 0 {
			if _, err := out.Write(buf[:n]); err != nil {
				return err
			}
			have += int64(n)
			if f.Progress != nil {
				f.Progress(have, total)
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return f.because(ctx, fmt.Errorf("%s: broken off after %d bytes, run again to go on: %w", f.URL, have, err))
		}
	}
}

// hurry cancels a download of which less than the least rate arrives.
func (f File) hurry(ctx context.Context, cancel context.CancelCauseFunc, stall time.Duration, arrived *atomic.Int64) {
	least := f.LeastRate
	if least == 0 {
		least = 1024
	}
	tick := time.NewTicker(stall)
	defer tick.Stop()
	for before := int64(0); ; {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		now := arrived.Load()
		if float64(now-before) < float64(least)*stall.Seconds() {
			cancel(fmt.Errorf("too slow: %d bytes in %v, at least %d a second are wanted", now-before, stall, least))
			return
		}
		before = now
	}
}

// request asks for what follows the first have bytes. It returns how many of them the server's answer goes on from,
// and no response if there is nothing left.
func (f File) request(ctx context.Context, have int64) (*http.Response, int64, error) {
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, f.URL, nil)
		if err != nil {
			return nil, 0, err
		}
		req.Header.Set("User-Agent", "gneiss")
		req.Header.Set("Accept-Encoding", "identity")
		if have > 0 {
			req.Header.Set("Range", "bytes="+strconv.FormatInt(have, 10)+"-")
		}
		resp, err := client.Do(req)
		if err != nil {
			return nil, 0, err
		}
		switch {
		case resp.StatusCode == http.StatusOK:
			return resp, 0, nil
		case resp.StatusCode == http.StatusPartialContent && have > 0 && startsAt(resp, have):
			return resp, have, nil
		case resp.StatusCode == http.StatusRequestedRangeNotSatisfiable && have > 0:
			resp.Body.Close()
			if resp.Header.Get("Content-Range") == "bytes */"+strconv.FormatInt(have, 10) {
				return nil, have, nil
			}
		case resp.StatusCode == http.StatusPartialContent && have > 0:
			resp.Body.Close()
		default:
			resp.Body.Close()
			return nil, 0, fmt.Errorf("%s: the server answers %s", f.URL, resp.Status)
		}
		have = 0 // the part does not fit what the server has: from the start
	}
}

func startsAt(resp *http.Response, have int64) bool {
	return strings.HasPrefix(resp.Header.Get("Content-Range"), "bytes "+strconv.FormatInt(have, 10)+"-")
}

func seek(f *os.File, to int64) error {
	_, err := f.Seek(to, io.SeekStart)
	return err
}

// because prefers the reason why the context ended.
func (f File) because(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return fmt.Errorf("%s: %w; run again to go on", f.URL, cause)
	}
	return err
}

var client = &http.Client{Transport: &http.Transport{
	Proxy:                 http.ProxyFromEnvironment,
	DialContext:           (&net.Dialer{Timeout: 20 * time.Second}).DialContext,
	TLSHandshakeTimeout:   20 * time.Second,
	ResponseHeaderTimeout: 30 * time.Second,
}}

// CacheDir is where downloads are kept: GNEISS_CACHE or the user's cache directory.
func CacheDir() (string, error) {
	if d := os.Getenv("GNEISS_CACHE"); d != "" {
		return d, nil
	}
	d, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("%w: GNEISS_CACHE is not set, and %w", ErrNoCache, err)
	}
	return filepath.Join(d, "gneiss"), nil
}
