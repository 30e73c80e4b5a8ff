//go:build !pretend

package arch

func pretended() Feature { return 0 }
