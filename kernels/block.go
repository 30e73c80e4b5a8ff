package kernels

import "github.com/gneiss-go/gneiss/arch"

// basic is what operations without packed weights or scratch memory have in common.
type basic struct{ kernel *Kernel }

func (b *basic) Kernel() string   { return b.kernel.Name }
func (b *basic) ISA() arch.ISA    { return b.kernel.ISA }
func (b *basic) PackedBytes() int { return 0 }
func (b *basic) Scratch(int) int  { return 0 }

const (
	// unitElements is about how many elements a unit of work handles where a kernel takes pixels as they come:
	// microseconds of work, enough to hide the call, few enough to balance threads.
	unitElements = 8 << 10

	// maxChannels bounds what one assembly call does with a pixel. Ops that cannot cut a pixel in two run wider
	// ones on the generic kernel, which can be pre-empted.
	maxChannels = 64 << 10
)

// pixelBlocks cuts pixels into units of about unitElements elements.
type pixelBlocks struct{ pixels, perUnit int }

func newPixelBlocks(pixels, elements int) pixelBlocks {
	return pixelBlocks{pixels, max(1, unitElements/max(1, elements))}
}

func (b *pixelBlocks) Units() int { return (b.pixels + b.perUnit - 1) / b.perUnit }

// block returns the pixels p0 ≤ p < p1 of unit u.
func (b *pixelBlocks) block(u int) (p0, p1 int) {
	return u * b.perUnit, min((u+1)*b.perUnit, b.pixels)
}

// sameShape reports whether two views have the same pixels and channels, and sane strides.
func sameShape(a, b *View) bool {
	return a.N == b.N && a.H == b.H && a.W == b.W && a.C == b.C && a.Stride >= a.C && b.Stride >= b.C
}

// roundUp returns the smallest multiple of m that is not below n.
func roundUp(n, m int) int { return (n + m - 1) / m * m }
