package onnx

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gneiss-go/gneiss/internal/test/testdata"
)

// TestNodes runs the node tests of the ONNX project for operators of which every case must compute the right numbers,
// by their names' beginnings, but for those that say why not.
func TestNodes(t *testing.T) {
	families := []string{"test_convtranspose", "test_reduce_", "test_softmax", "test_logsoftmax", "test_hardmax", "test_matmul", "test_gemm",
		"test_qlinearmatmul"}
	except := map[string]string{}
	for _, folder := range []string{"onnx-node", "onnx-node-more"} {
		dir := testdata.Path(t, "conformance", folder)
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			name := e.Name()
			if !slices.ContainsFunc(families, func(f string) bool { return strings.HasPrefix(name, f) }) {
				continue
			}
			t.Run(name, func(t *testing.T) {
				if why := except[name]; why != "" {
					t.Skip(why)
				}
				c, err := readCase(filepath.Join(dir, name))
				if err != nil {
					t.Fatal(err)
				}
				if err := c.run(); err != nil {
					t.Error(err)
				}
			})
		}
	}
}
