package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/spf13/cobra"

	"github.com/gneiss-go/gneiss/internal/app/wholefile"
	"github.com/gneiss-go/gneiss/runtime"
)

// dash stands for standard output where a file to write is asked for.
const dash = "-"

// foreign are extensions that promise a format.
var foreign = []string{runtime.Ext, ".onnx", ".tflite", ".caffemodel", ".prototxt", ".pbtxt", ".param", ".bin", ".pb",
	".pt", ".pth", ".h5",
	".svg", ".png", ".jpg", ".jpeg", ".pdf", ".json", ".csv", ".txt", ".key", ".pub", ".pem", ".go"}

// promised refuses a name whose extension promises another format than is written.
func promised(flag, path, ext string) error {
	if have := strings.ToLower(filepath.Ext(path)); have != ext && slices.Contains(foreign, have) {
		return usagef("%s %s: what is written is %s, not %s", flag, path, ext, have)
	}
	return nil
}

// save writes a result to a file, whole or not at all, or to standard output.
func save(cmd *cobra.Command, path string, data []byte) error {
	if err := cmd.Context().Err(); err != nil {
		return err
	}
	if path == dash {
		_, err := raw(cmd.OutOrStdout()).Write(data)
		return err
	}
	return wholefile.Write(path, data)
}

// saveModel writes a graph as a model file, and returns its bytes.
func saveModel(cmd *cobra.Command, path string, g *runtime.Graph, opts ...runtime.WriteOption) ([]byte, error) {
	var b bytes.Buffer
	if err := runtime.Write(&b, g, opts...); err != nil {
		return nil, runtime.InFile(path, err)
	}
	return b.Bytes(), save(cmd, path, b.Bytes())
}

// savePicture saves a picture, if there is a file for it.
func savePicture(cmd *cobra.Command, path string, picture func(io.Writer) error) error {
	if path == "" {
		return nil
	}
	var b bytes.Buffer
	if err := picture(&b); err != nil {
		return err
	}
	return save(cmd, path, b.Bytes())
}

// said is where a command tells what it has done: not among the bytes of a result on standard output.
func said(cmd *cobra.Command, files ...string) io.Writer {
	if slices.Contains(files, dash) {
		return cmd.ErrOrStderr()
	}
	return cmd.OutOrStdout()
}

// checked is a writer that remembers its first error, so that nobody who prints need look.
type checked struct {
	mu  sync.Mutex
	to  io.Writer
	err error
}

func (c *checked) Write(b []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	n, err := c.to.Write(b)
	if c.err == nil {
		c.err = err
	}
	return n, err
}

// unchecked is for what is no result: nobody may read the log of a server.
func unchecked(w io.Writer) io.Writer {
	switch c := w.(type) {
	case plain:
		return plain{unchecked(c.to)}
	case *checked:
		return c.to
	}
	return w
}

func (c *checked) failed() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

// keepPacked adds that what a .gneiss file has packed stays in it.
func (m *model) keepPacked(opts []runtime.WriteOption) ([]runtime.WriteOption, error) {
	if !m.own() {
		return opts, nil
	}
	data, err := os.ReadFile(m.Source)
	if err != nil {
		return nil, runtime.InFile(m.Source, err)
	}
	return append(opts, runtime.WithPackedFrom(data)), nil
}
