// Embed is the smallest whole program: one file with the network inside, which prints what a picture shows.
//
//	embed photo.jpg
//	embed 640x480 < frame.rgb     raw R G B bytes
//
// It knows the ten classes of CIFAR-10: animals and vehicles.
package main

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/gneiss-go/gneiss/models/cifar10"
	"github.com/gneiss-go/gneiss/models/imagefile"
	"github.com/gneiss-go/gneiss/models/preprocess"
	"github.com/gneiss-go/gneiss/runtime"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: embed PICTURE | embed WIDTHxHEIGHT < RGB")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "embed:", err)
		os.Exit(1)
	}
}

func run(arg string, stdin io.Reader, stdout io.Writer) error {
	graph, err := cifar10.Int8() // in this program's own file
	if err != nil {
		return err
	}
	plan, err := runtime.Compile(graph)
	if err != nil {
		return err
	}
	sess, err := plan.NewSession()
	if err != nil {
		return err
	}
	defer sess.Close()

	f := preprocess.FrameFormat{Pixels: preprocess.RGB24}
	width, height, _ := strings.Cut(arg, "x")
	f.Width, _ = strconv.Atoi(width)
	f.Height, _ = strconv.Atoi(height)
	if fmt.Sprintf("%dx%d", f.Width, f.Height) == arg {
		err = fillRaw(f, stdin, sess.Input(0))
	} else {
		err = fillPicture(arg, sess.Input(0))
	}
	if err != nil {
		return err
	}
	if err := sess.Run(); err != nil {
		return err
	}
	best := sess.Output(0).TopK(1, nil)[0]
	_, err = fmt.Fprintf(stdout, "%s %.1f %%\n", cifar10.Classes[best.Index], 100*best.Score)
	return err
}

// fillRaw makes the input of the bytes of one frame.
func fillRaw(f preprocess.FrameFormat, r io.Reader, input *runtime.Tensor) error {
	frame, err := preprocess.NewFrame(f, cifar10.Preprocess, input)
	if err != nil {
		return err
	}
	bytes := make([]byte, frame.Size())
	if _, err := io.ReadFull(r, bytes); err != nil {
		return fmt.Errorf("frame %v on standard input: %w", f, err)
	}
	return frame.Fill(bytes)
}

// fillPicture makes the input of a picture's file.
func fillPicture(path string, input *runtime.Tensor) error {
	img, err := imagefile.Open(path)
	if err != nil {
		return err
	}
	return cifar10.Preprocess.Preparer().Into(input.Float32(), img)
}
