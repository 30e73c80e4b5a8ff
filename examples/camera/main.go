// Camera says what a camera sees, frame by frame, by any network that classifies, detects, segments or finds key
// points; without one, by a small one in the program's own file that classifies. What is detected is followed from
// frame to frame.
//
//	camera                                                      /dev/video0, as 1280×720 if it can
//	camera --device /dev/video2 --format nv12 --size 640x480
//	camera --test-pattern --format yuyv --size 1280x720 --fps 30 --seconds 10
//	camera --model yolov8n.onnx --labels coco.txt
//	camera --model net.gneiss --frames | consumer
//	camera --pictures holiday/ --fps 2
//	ffmpeg -i film.mp4 -f yuv4mpegpipe - | camera --y4m -
//
// It prints a line each second: frames per second, latency, drops, memory, the last answer; with --json, an object a
// line; with --frames, an object for each frame. Interrupt it to stop.
//
// One goroutine captures, one looks. In between is a mailbox that holds the latest frame only. After the start
// nothing is allocated for a frame.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/gneiss-go/gneiss/internal/app/frames"
	"github.com/gneiss-go/gneiss/models/preprocess"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second interrupt ends the program at once
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	var usage *usageError
	switch {
	case err == nil || errors.Is(err, flag.ErrHelp):
	case errors.As(err, &usage):
		fmt.Fprintln(os.Stderr, "camera:", err)
		os.Exit(2)
	default:
		fmt.Fprintln(os.Stderr, "camera:", err)
		os.Exit(1)
	}
}

// options are the command line.
type options struct {
	device, format, size, y4m, pictures string
	model, labels, head                 string
	threshold                           float32
	pattern, json, frames, alone        bool
	fps                                 float64
	seconds, timeout                    time.Duration
	width, height                       int
}

// usageError is a command line that makes no sense.
type usageError struct{ text string }

func (e *usageError) Error() string { return e.text }

func parse(args []string, stderr io.Writer) (*options, error) {
	o := &options{}
	f := flag.NewFlagSet("camera", flag.ContinueOnError)
	f.SetOutput(stderr)
	f.StringVar(&o.device, "device", "/dev/video0", "V4L2 `device`")
	f.StringVar(&o.format, "format", "",
		"`layout` of pixels: yuyv, uyvy, nv12, nv21, i420, rgb24, bgr24, grey8; of a camera also mjpeg (default: the best it has)")
	f.StringVar(&o.size, "size", "1280x720", "`WIDTHxHEIGHT` of a camera's frames or of the test pattern")
	f.StringVar(&o.y4m, "y4m", "", "read raw video from a y4m `file`, - for standard input")
	f.StringVar(&o.pictures, "pictures", "", "read the JPEG and PNG files of a `folder`")
	f.StringVar(&o.model, "model", "", "a `file`: .gneiss, .onnx, .tflite, .param, .caffemodel (default: the built-in one)")
	f.StringVar(&o.labels, "labels", "", "names of the classes, a `file` of a line each (default: the model's card)")
	f.StringVar(&o.head, "head", "", "`kind` of the model's outputs, as yolox (default: its card, or their shapes)")
	threshold := f.Float64("threshold", 0, "least `score` of what is said (default: the model's own)")
	f.BoolVar(&o.alone, "no-track", false, "do not follow what is detected from frame to frame")
	f.BoolVar(&o.frames, "frames", false, "print a JSON object for each frame, and no other lines")
	f.BoolVar(&o.pattern, "test-pattern", false, "frames made by the program")
	f.BoolVar(&o.json, "json", false, "print a JSON object a line")
	f.Float64Var(&o.fps, "fps", 0, "frames a second (default: the source's own)")
	seconds := f.Float64("seconds", 0, "stop after so many `seconds` (default: never)")
	f.DurationVar(&o.timeout, "timeout", 3*time.Second, "open the camera again after so long without a frame")
	if err := f.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return nil, err
		}
		return nil, &usageError{err.Error()}
	}
	o.threshold = float32(*threshold)
	o.seconds = time.Duration(*seconds * float64(time.Second))
	sources := 0
	for _, given := range []bool{o.pattern, o.y4m != "", o.pictures != ""} {
		if given {
			sources++
		}
	}
	if _, err := fmt.Sscanf(o.size, "%dx%d", &o.width, &o.height); err != nil || o.width < 1 || o.height < 1 {
		return nil, &usageError{fmt.Sprintf("--size %q is not WIDTHxHEIGHT", o.size)}
	}
	switch {
	case f.NArg() > 0:
		return nil, &usageError{fmt.Sprintf("what is %q?", f.Arg(0))}
	case sources > 1:
		return nil, &usageError{"--test-pattern, --y4m and --pictures exclude each other"}
	case !(*threshold >= 0 && *threshold <= 1):
		return nil, &usageError{"--threshold must be 0 to 1"}
	case !(o.fps >= 0 && o.fps <= 1e6) || o.seconds < 0 || o.timeout <= 0:
		return nil, &usageError{"--fps, --seconds and --timeout must be positive"}
	}
	return o, nil
}

// open opens the source; live means that it is worth opening again.
func (o *options) open() (src frames.Source, live bool, err error) {
	switch {
	case o.pattern:
		pixels := preprocess.YUYV
		if o.format != "" {
			if pixels, err = preprocess.ParsePixels(o.format); err != nil {
				return nil, false, err
			}
		}
		src, err = frames.NewPattern(preprocess.FrameFormat{Pixels: pixels, Width: o.width, Height: o.height}, o.fps)
	case o.y4m != "":
		src, err = frames.OpenY4M(o.y4m, o.fps)
	case o.pictures != "":
		src, err = frames.OpenPictures(o.pictures, o.fps)
	default:
		live = true
		src, err = frames.OpenCamera(o.device, o.format, o.width, o.height, o.fps, o.timeout)
	}
	return src, live, err
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	o, err := parse(args, stderr)
	if err != nil {
		return err
	}
	src, live, err := o.open()
	if err != nil {
		return err
	}
	c := &capturer{src: src, box: newMailbox(), pause: 100 * time.Millisecond}
	if live {
		c.reopen = func() (frames.Source, error) {
			src, _, err := o.open()
			return src, err
		}
	}
	return watch(ctx, c, o, stdout)
}

// watch looks at what c captures until there is no more, ctx is done, or the time is over; 0 means that it never is.
func watch(ctx context.Context, c *capturer, o *options, stdout io.Writer) error {
	net, err := newViewer(o, c.src.Format())
	if err != nil {
		c.src.Close()
		return err
	}
	defer net.close()

	ctx, cancel := context.WithCancel(ctx)
	if o.seconds > 0 {
		defer time.AfterFunc(o.seconds, cancel).Stop()
	}
	ended := make(chan struct{})
	go func() {
		c.run(ctx)
		close(ended)
	}()
	defer func() {
		cancel()
		select {
		case <-ended: // the source is closed
		case <-time.After(2 * time.Second): // it waits for a pipe, which nothing can interrupt
		}
	}()

	s := newStats()
	each := json.NewEncoder(stdout)
	line := func(final bool) error {
		if o.frames {
			return nil
		}
		r := s.report(c.box.drops(), int(c.reopened.Load()), final)
		net.say(r)
		return r.print(stdout, o.json)
	}
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-c.box.news:
		case <-tick.C:
			if err := line(false); err != nil {
				return err
			}
		case <-ctx.Done():
			return line(true)
		}
		f, err := c.box.take()
		for ; f != nil; f, err = c.box.take() {
			err := net.look(f.data)
			if err == nil && o.frames {
				err = each.Encode(net.seen(f.at))
			}
			var bad *badFrame
			switch {
			case err == nil:
				s.frame(time.Since(f.at))
			case errors.As(err, &bad):
				s.bad++
			default:
				return err
			}
			c.box.release(f)
		}
		switch {
		case ctx.Err() != nil || errors.Is(err, io.EOF):
			return line(true)
		case err != nil:
			return errors.Join(err, line(true))
		}
	}
}
