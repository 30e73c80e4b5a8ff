//go:build gc && !purego && !noasm

package kernels

// bindings are the functions of the catalogue's rows for arm, by name.
var bindings = map[string]any{
	"f32_conv_4x8__neon":     convTileF32NEON,
	"u8_conv_2x4__neon":      convTileU8NEON,
	"u8_maxpool_1x16__neon":  maxPoolU8NEON,
	"u8_maxpool3_1x16__neon": maxPool3U8NEON,
	"f32_maxpool_1x4__neon":  maxPoolF32NEON,
	"f32_maxpool3_1x4__neon": maxPool3F32NEON,
}

//go:noescape
func convTileF32NEON(a *convTileArgs)

//go:noescape
func convTileU8NEON(a *convTileArgs)

//go:noescape
func maxPoolU8NEON(a *poolArgs)

//go:noescape
func maxPool3U8NEON(a *maxPool3Args)

//go:noescape
func maxPoolF32NEON(a *poolArgs)

//go:noescape
func maxPool3F32NEON(a *maxPool3Args)
