package preprocess

import (
	"image"
	"image/color"
)

// read puts row y of the image into p.source, from column x0, in the spec's order.
func (p *Preparer) read(img image.Image, x0, y int) {
	n, row, order := p.srcW, p.source, p.spec.Order
	put := func(i int, r, g, b float32) {
		switch order {
		case RGB:
			row[3*i], row[3*i+1], row[3*i+2] = r, g, b
		case BGR:
			row[3*i], row[3*i+1], row[3*i+2] = b, g, r
		default:
			row[i] = luma(r, g, b)
		}
	}
	switch m := img.(type) {
	case *image.NRGBA:
		pix := m.Pix[m.PixOffset(x0, y):]
		for i := range n {
			px := pix[4*i : 4*i+3 : 4*i+3]
			put(i, float32(px[0]), float32(px[1]), float32(px[2]))
		}
	case *image.RGBA:
		pix := m.Pix[m.PixOffset(x0, y):]
		for i := range n {
			px := pix[4*i : 4*i+4 : 4*i+4]
			if a := px[3]; a == 255 || a == 0 {
				put(i, float32(px[0]), float32(px[1]), float32(px[2]))
			} else {
				c := color.NRGBAModel.Convert(color.RGBA{px[0], px[1], px[2], a}).(color.NRGBA)
				put(i, float32(c.R), float32(c.G), float32(c.B))
			}
		}
	case *image.YCbCr:
		readYCbCr(m, n, x0, y, put)
	case *image.NYCbCrA:
		readYCbCr(&m.YCbCr, n, x0, y, put)
	case *image.Gray:
		pix := m.Pix[m.PixOffset(x0, y):]
		for i := range n {
			v := float32(pix[i])
			if order == Gray {
				row[i] = v
			} else {
				put(i, v, v, v)
			}
		}
	case *image.NRGBA64:
		for i := range n {
			r, g, b := straight64(m.NRGBA64At(x0+i, y))
			put(i, r, g, b)
		}
	case *image.RGBA64:
		for i := range n {
			c := m.RGBA64At(x0+i, y)
			r, g, b := straight64(color.NRGBA64(c))
			if c.A != 0 && c.A != 0xffff {
				r, g, b = straight(c)
			}
			put(i, r, g, b)
		}
	default:
		for i := range n {
			r, g, b := straight(img.At(x0+i, y))
			put(i, r, g, b)
		}
	}
}

func readYCbCr(m *image.YCbCr, n, x0, y int, put func(i int, r, g, b float32)) {
	for i := range n {
		yi, ci := m.YOffset(x0+i, y), m.COffset(x0+i, y)
		r, g, b := color.YCbCrToRGB(m.Y[yi], m.Cb[ci], m.Cr[ci])
		put(i, float32(r), float32(g), float32(b))
	}
}

// straight is a colour from 0 to 255 without its alpha. Colours that are not multiplied by alpha are taken as they are,
// and so are those under full transparency, for they cannot be divided by it.
func straight(c color.Color) (r, g, b float32) {
	switch c := c.(type) {
	case color.NRGBA:
		return float32(c.R), float32(c.G), float32(c.B)
	case color.NRGBA64:
		return straight64(c)
	case color.NYCbCrA:
		r, g, b := color.YCbCrToRGB(c.Y, c.Cb, c.Cr)
		return float32(r), float32(g), float32(b)
	case color.RGBA:
		if c.A == 0 {
			return float32(c.R), float32(c.G), float32(c.B)
		}
	case color.RGBA64:
		if c.A == 0 {
			return straight64(color.NRGBA64(c))
		}
	}
	return straight64(color.NRGBA64Model.Convert(c).(color.NRGBA64))
}

func straight64(c color.NRGBA64) (r, g, b float32) {
	return float32(c.R) / 257, float32(c.G) / 257, float32(c.B) / 257
}
