package main

import (
	"math"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gneiss-go/gneiss/models/preprocess"
)

// specFlags change how images are prepared.
type specFlags struct {
	resize, filter string
	bgr, rgb       bool
	mean, scale    string
}

func (f *specFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.resize, "resize", "",
		"squash the whole image, crop its centre, or letterbox: the whole image, with bars; default: as the model's family does")
	cmd.Flags().StringVar(&f.filter, "filter", "", "bilinear (as OpenCV) or antialias (as PIL)")
	cmd.Flags().BoolVar(&f.bgr, "bgr", false, "the network takes blue, green, red")
	cmd.Flags().BoolVar(&f.rgb, "rgb", false, "the network takes red, green, blue")
	cmd.Flags().StringVar(&f.mean, "mean", "",
		"`number`s to subtract from 0…255, one or one per channel in the network's order, e.g. 104,117,123")
	cmd.Flags().StringVar(&f.scale, "scale", "",
		"`number`s to multiply by after that, one or one per channel, e.g. 0.0039")
}

// apply returns the spec as the flags change it.
func (f *specFlags) apply(s preprocess.Spec) (preprocess.Spec, error) {
	switch f.resize {
	case "":
	case "squash":
		s.Mode = preprocess.Squash
	case "crop":
		s.Mode = preprocess.Crop
	case "letterbox":
		s.Mode = preprocess.Letterbox
	default:
		return s, usagef("--resize %q is neither squash, crop nor letterbox", f.resize)
	}
	switch f.filter {
	case "":
	case "bilinear":
		s.Filter = preprocess.Bilinear
	case "antialias":
		s.Filter = preprocess.Antialias
	default:
		return s, usagef("--filter %q is neither bilinear nor antialias", f.filter)
	}
	want := s.Order
	switch {
	case f.bgr && f.rgb:
		return s, usagef("--bgr and --rgb exclude each other")
	case f.bgr:
		want = preprocess.BGR
	case f.rgb:
		want = preprocess.RGB
	}
	if want != s.Order {
		if s.Order == preprocess.Gray {
			return s, usagef("--bgr and --rgb are for networks of three channels; this one has one")
		}
		s.Order = want
		s.Mean[0], s.Mean[2] = s.Mean[2], s.Mean[0]
		s.Scale[0], s.Scale[2] = s.Scale[2], s.Scale[0]
	}
	var err error
	if s.Mean, err = numbers("--mean", f.mean, s.Mean, s.Order.Channels()); err != nil {
		return s, err
	}
	if s.Scale, err = numbers("--scale", f.scale, s.Scale, s.Order.Channels()); err != nil {
		return s, err
	}
	if f.scale != "" && s.Scale == [3]float32{} {
		return s, usagef("--scale 0 makes every image the same")
	}
	return s, nil
}

// numbers parses one number, or one per channel.
func numbers(flag, text string, old [3]float32, channels int) ([3]float32, error) {
	if text == "" {
		return old, nil
	}
	fields := strings.Split(text, ",")
	if len(fields) != 1 && len(fields) != channels {
		return old, usagef("%s %q: want 1 number or %d", flag, text, channels)
	}
	var v [3]float32
	for i := range v {
		word := strings.TrimSpace(fields[min(i, len(fields)-1)])
		x, err := strconv.ParseFloat(word, 32)
		if err != nil || math.IsNaN(x) || math.IsInf(x, 0) {
			return old, usagef("%s: %q is not a number", flag, word)
		}
		v[i] = float32(x)
	}
	return v, nil
}
