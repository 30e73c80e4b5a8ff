package imagefile

import (
	"image"
	"image/color"
)

// turns says whether a picture has to be turned to be upright.
func (o Orientation) turns() bool { return o >= 2 && o <= 8 }

// apply returns the picture upright. Column x and row y of a source of w×h pixels become
//
//	2  w−1−x, y          5  y, x (as all of the following: columns become rows)
//	3  w−1−x, h−1−y      6  h−1−y, x
//	4  x, h−1−y          7  h−1−y, w−1−x
//	                     8  y, w−1−x
//
// The copy is of the picture's own type, chroma that pixels share repeated.
func (o Orientation) apply(img image.Image) image.Image {
	if !o.turns() {
		return img
	}
	b := img.Bounds()
	size := image.Rect(0, 0, b.Dx(), b.Dy())
	if o >= 5 {
		size = image.Rect(0, 0, b.Dy(), b.Dx())
	}
	switch m := img.(type) {
	case *image.Gray:
		out := image.NewGray(size)
		o.turn(out.Pix, m.Pix, 1, b, m.PixOffset)
		return out
	case *image.Gray16:
		out := image.NewGray16(size)
		o.turn(out.Pix, m.Pix, 2, b, m.PixOffset)
		return out
	case *image.Paletted:
		out := image.NewPaletted(size, m.Palette)
		o.turn(out.Pix, m.Pix, 1, b, m.PixOffset)
		return out
	case *image.RGBA:
		out := image.NewRGBA(size)
		o.turn(out.Pix, m.Pix, 4, b, m.PixOffset)
		return out
	case *image.NRGBA:
		out := image.NewNRGBA(size)
		o.turn(out.Pix, m.Pix, 4, b, m.PixOffset)
		return out
	case *image.CMYK:
		out := image.NewCMYK(size)
		o.turn(out.Pix, m.Pix, 4, b, m.PixOffset)
		return out
	case *image.RGBA64:
		out := image.NewRGBA64(size)
		o.turn(out.Pix, m.Pix, 8, b, m.PixOffset)
		return out
	case *image.NRGBA64:
		out := image.NewNRGBA64(size)
		o.turn(out.Pix, m.Pix, 8, b, m.PixOffset)
		return out
	case *image.YCbCr:
		out := image.NewYCbCr(size, image.YCbCrSubsampleRatio444)
		o.turnYCbCr(out, m)
		return out
	case *image.NYCbCrA:
		out := image.NewNYCbCrA(size, image.YCbCrSubsampleRatio444)
		o.turnYCbCr(&out.YCbCr, &m.YCbCr)
		o.turn(out.A, m.A, 1, b, m.AOffset)
		return out
	}
	return &turned{img, o, size}
}

func (o Orientation) turnYCbCr(out, m *image.YCbCr) {
	o.turn(out.Y, m.Y, 1, m.Rect, m.YOffset)
	o.turn(out.Cb, m.Cb, 1, m.Rect, m.COffset)
	o.turn(out.Cr, m.Cr, 1, m.Rect, m.COffset)
}

// flips says whether the source's columns and rows are taken from the end.
func (o Orientation) flips() (columns, rows bool) {
	return o == 2 || o == 3 || o == 7 || o == 8, o == 3 || o == 4 || o == 6 || o == 7
}

// turn fills dst with the pixels of src, of n bytes each. offset says where a pixel is: it is a sum of what the column
// gives and what the row gives.
func (o Orientation) turn(dst, src []byte, n int, b image.Rectangle, offset func(x, y int) int) {
	columns, rows := make([]int, b.Dx()), make([]int, b.Dy())
	fromRight, fromBelow := o.flips()
	for i := range columns {
		x := i
		if fromRight {
			x = len(columns) - 1 - i
		}
		columns[i] = offset(b.Min.X+x, b.Min.Y)
	}
	first := offset(b.Min.X, b.Min.Y)
	for i := range rows {
		y := i
		if fromBelow {
			y = len(rows) - 1 - i
		}
		rows[i] = offset(b.Min.X, b.Min.Y+y) - first
	}
	outer, inner := rows, columns
	if o >= 5 {
		outer, inner = columns, rows
	}
	for _, at := range outer {
		line := dst[:len(inner)*n]
		dst = dst[len(line):]
		if n == 1 {
			for i, more := range inner {
				line[i] = src[at+more]
			}
			continue
		}
		for i, more := range inner {
			copy(line[i*n:(i+1)*n], src[at+more:])
		}
	}
}

// turned is a picture of another type, turned pixel by pixel when these are asked for.
type turned struct {
	image.Image
	o    Orientation
	size image.Rectangle
}

func (t *turned) Bounds() image.Rectangle { return t.size }

func (t *turned) At(x, y int) color.Color {
	if t.o >= 5 {
		x, y = y, x
	}
	b := t.Image.Bounds()
	fromRight, fromBelow := t.o.flips()
	if fromRight {
		x = b.Dx() - 1 - x
	}
	if fromBelow {
		y = b.Dy() - 1 - y
	}
	return t.Image.At(b.Min.X+x, b.Min.Y+y)
}
