//go:build !linux

package arch

func amxAllowed() bool { return false }
