//go:build !linux

package runtime

// Other systems are not asked where a thread is.

func tellsProcessor() bool { return false }
func processor() int32     { return nowhere }
func leave(int32)          {}
