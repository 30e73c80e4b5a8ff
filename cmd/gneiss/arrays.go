package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/gneiss-go/gneiss/models/npy"
	"github.com/gneiss-go/gneiss/runtime"
)

// tensorPort is an input or output as the model has it.
type tensorPort struct {
	Name  string     `json:"name"`
	Dims  []int      `json:"dims"`
	Type  string     `json:"type"`
	Quant *portQuant `json:"quant,omitempty"`
}

// portQuant says which numbers levels of the model's own type stand for: scale·(level − zero).
type portQuant struct {
	Scale float32 `json:"scale"`
	Zero  int     `json:"zero"`
}

func portOf(info runtime.TensorInfo) tensorPort {
	p := tensorPort{Name: info.Name, Dims: info.Dims, Type: npy.TypeOf(info)}
	if info.DType == runtime.U8 {
		p.Quant = &portQuant{info.Quant.Scale, int(info.Quant.Zero)}
		if info.Signed {
			p.Quant.Zero -= 128
		}
	}
	return p
}

// portOfValue is portOf for a value of a graph.
func portOfValue(v *runtime.Value) tensorPort {
	dims, _ := v.Dims()
	return portOf(runtime.TensorInfo{Name: v.Name, DType: v.DType, Quant: v.Quant, Dims: dims, Signed: v.Signed()})
}

// String returns, for example, uint8 [1 224 224 3] of 0.0078125·(q − 128).
func (p tensorPort) String() string {
	s := fmt.Sprintf("%s %v", p.Type, p.Dims)
	if q := p.Quant; q != nil {
		of := fmt.Sprintf("(q − %d)", q.Zero)
		if q.Zero < 0 {
			of = fmt.Sprintf("(q + %d)", -q.Zero)
		} else if q.Zero == 0 {
			of = "q"
		}
		s += fmt.Sprintf(" of %.6g·%s", q.Scale, of)
	}
	return s
}

// fill reads the arrays that were given into the inputs of a session.
func (f *runFlags) fill(sess *runtime.Session) ([]ranPut, error) {
	infos := sess.Plan().Inputs()
	files, err := assign(f.inputs, infos)
	if err != nil {
		return nil, err
	}
	var puts []ranPut
	for i, path := range files {
		a, err := npy.Open(path)
		if err != nil {
			return nil, err
		}
		p := ranPut{tensorPort: portOf(infos[i]), File: path}
		if f.real {
			if err = a.FillReal(sess.Input(i)); err == nil {
				p.Type, p.Quant = a.Type(), nil
			}
		} else {
			err = a.Fill(sess.Input(i))
		}
		switch {
		case errors.Is(err, runtime.ErrType):
			err = f.advise(err, p.Quant != nil)
		case errors.Is(err, runtime.ErrShape) && len(a.Dims) == len(p.Dims):
			err = fmt.Errorf("%w; if the model leaves its size open: --input-shape %s=%s", err, p.Name, timesX(a.Dims))
		}
		if err != nil {
			return nil, runtime.InFile(path, err)
		}
		puts = append(puts, p)
	}
	return puts, nil
}

func timesX(dims []int) string {
	return strings.ReplaceAll(strings.Trim(fmt.Sprint(dims), "[]"), " ", "x")
}

// assign finds the file of each input: those given by name, and the others in order.
func assign(given []string, infos []runtime.TensorInfo) ([]string, error) {
	files := make([]string, len(infos))
	var rest []string
	for _, arg := range given {
		named := -1
		for i, info := range infos {
			if path, ok := strings.CutPrefix(arg, info.Name+"="); ok {
				if files[i] != "" {
					return nil, usagef("--input: %q twice", info.Name)
				}
				files[i], named = path, i
				break
			}
		}
		if named >= 0 {
			continue
		}
		if name, _, ok := strings.Cut(arg, "="); ok {
			if _, err := os.Stat(arg); errors.Is(err, fs.ErrNotExist) {
				return nil, usagef("--input %s: there is neither such a file nor an input %q; %s", arg, name, takes(infos))
			}
		}
		rest = append(rest, arg)
	}
	for i := range files {
		if files[i] == "" && len(rest) > 0 {
			files[i], rest = rest[0], rest[1:]
		}
	}
	switch {
	case len(given) == 0:
		return nil, usagef("--input is missing; %s", takes(infos))
	case slices.Contains(files, ""):
		return nil, usagef("--input: no file for %q; %s", infos[slices.Index(files, "")].Name, takes(infos))
	case len(rest) > 0:
		return nil, usagef("--input: %s too many; %s", plural(len(rest), "file"), takes(infos))
	}
	return files, nil
}

// takes lists the inputs of a model.
func takes(infos []runtime.TensorInfo) string {
	s := "the model takes"
	for _, info := range infos {
		s += fmt.Sprintf("\n  %s  %v", info.Name, portOf(info))
	}
	return s
}

// outputFiles names the files of n outputs and of the values of nodes.
func outputFiles(n int, nodes []string) []string {
	var files []string
	taken := map[string]bool{}
	for i := range n {
		files = append(files, fmt.Sprintf("%d.npy", i))
		taken[files[i]] = true
	}
	for _, node := range nodes {
		base := safeName(node)
		file := base + ".npy"
		for i := 2; taken[strings.ToLower(file)]; i++ {
			file = fmt.Sprintf("%s-%d.npy", base, i)
		}
		taken[strings.ToLower(file)] = true // some file systems know no case
		files = append(files, file)
	}
	return files
}

// maxName bounds the names of files, in bytes.
const maxName = 120

// safeName makes a file name of any string: what is not a letter of ASCII, a digit, ".", "-" or "_" becomes "_", and so
// does a "." in front.
func safeName(s string) string {
	b := []byte(s[:min(len(s), maxName)])
	for i, c := range b {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-', c == '_', c == '.' && i > 0:
		default:
			b[i] = '_'
		}
	}
	if len(b) == 0 {
		return "_"
	}
	return string(b)
}
