//go:build !pretend && !evex

package arch

func pretended(f Feature) Feature { return f }
