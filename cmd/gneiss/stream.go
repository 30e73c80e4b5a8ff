package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"io"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/gneiss-go/gneiss/internal/app/answer"
	"github.com/gneiss-go/gneiss/internal/app/frames"
	"github.com/gneiss-go/gneiss/models/imagefile"
	"github.com/gneiss-go/gneiss/runtime"
)

// streamFlags choose what gives frames.
type streamFlags struct {
	y4m, device, size, format string
	most                      int
	width, height             int
}

func (f *streamFlags) add(flags *pflag.FlagSet) {
	flags.StringVar(&f.y4m, "y4m", "", "look at the frames of a y4m `file` of raw video, - for standard input")
	flags.StringVar(&f.device, "device", "", "look at the frames of a V4L2 `device`, as /dev/video0")
	flags.StringVar(&f.size, "size", "1280x720", "with --device: `WIDTHxHEIGHT` of the frames, if the camera can")
	flags.StringVar(&f.format, "format", "", "with --device: `layout` of pixels, as yuyv or mjpeg; default: the best it has")
	flags.IntVar(&f.most, "frames", 0, "stop after so many; default: at the end")
}

func (f *streamFlags) given() bool { return f.y4m != "" || f.device != "" }

func (f *streamFlags) check() error {
	if f.y4m != "" && f.device != "" {
		return usagef("--y4m and --device exclude each other")
	}
	if f.most < 0 {
		return usagef("--frames %d is negative", f.most)
	}
	if _, err := fmt.Sscanf(f.size, "%dx%d", &f.width, &f.height); err != nil || f.width < 1 || f.height < 1 {
		return usagef("--size %q is not WIDTHxHEIGHT", f.size)
	}
	return nil
}

// silence is how long a camera may give no frame.
const silence = 5 * time.Second

func (f *streamFlags) open() (frames.Source, error) {
	if f.y4m != "" {
		return frames.OpenY4M(f.y4m, -1) // as fast as it can
	}
	return frames.OpenCamera(f.device, f.format, f.width, f.height, 0, silence)
}

// watch answers frame after frame, until there are no more. Of a camera those that come while the network runs are
// left out, but for the few that the device keeps.
func (f *detectFlags) watch(cmd *cobra.Command, m *model, r *answer.Reader, to target) error {
	src, err := f.stream.open()
	if err != nil {
		return err
	}
	defer src.Close()
	out := cmd.OutOrStdout()
	if !f.asJSON {
		describeReader(out, m, r)
	}
	var buf []byte
	var a answer.Answer
	for n := 1; f.stream.most == 0 || n <= f.stream.most; n++ {
		buf, err = src.Next(cmd.Context(), buf)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		line := found{Image: fmt.Sprintf("frame %d", n), Task: r.Task()}
		t, img, err := f.frame(cmd.Context(), r, src.Format(), buf, &a, to.dir != "")
		if errors.Is(err, imagefile.ErrCorrupt) { // a camera's first ones, or what a cable did
			fmt.Fprintf(cmd.ErrOrStderr(), "gneiss: %v\n", runtime.InFile(line.Image, err))
			continue
		}
		if err != nil {
			return runtime.InFile(line.Image, err)
		}
		if to.dir != "" {
			line.Drawn = filepath.Join(to.dir, fmt.Sprintf("frame-%06d%s", n, to.ext))
			if err := drawn(cmd, line.Drawn, img, r.Scene(&a)); err != nil {
				return err
			}
		}
		line.Answer, line.Ms = a, answerMs{ms(t.Prepare), ms(t.Run), ms(t.Read)}
		if !f.asJSON {
			line.print(out)
		} else if err := json.NewEncoder(raw(out)).Encode(&line); err != nil {
			return err
		}
	}
	return nil
}

// frame answers a frame, and makes a picture of it if that is wanted.
func (f *detectFlags) frame(ctx context.Context, r *answer.Reader, is frames.Format, data []byte, a *answer.Answer,
	picture bool) (t answer.Times, img image.Image, err error) {
	if is.Coded {
		if img, err = imagefile.DecodeBytes(ctx, data, imagefile.DefaultLimits); err == nil {
			t, err = r.Image(ctx, img, f.set, a)
		}
		return t, img, err
	}
	if t, err = r.Frame(ctx, is.FrameFormat, data, f.set, a); err == nil && picture {
		img, err = is.FrameFormat.Picture(data, nil)
	}
	return t, img, err
}
