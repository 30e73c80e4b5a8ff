package gotool

import (
	"os"
	"testing"
)

// Prove skips, loudly, a proof that builds and runs whole test programs of its own. .ci/run asks for them; a newcomer's
// go test has no need to.
func Prove(t *testing.T) {
	t.Helper()
	if os.Getenv("GNEISS_PROVE") != "1" {
		t.Skip("NOT PROVEN here: builds programs and runs them; GNEISS_PROVE=1 asks for it")
	}
}
