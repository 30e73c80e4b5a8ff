package main

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gneiss-go/gneiss/bench"
	"github.com/gneiss-go/gneiss/models"
	"github.com/gneiss-go/gneiss/runtime"
)

// network is one that the engines are compared on.
type network struct {
	Name  string `json:"name"`
	Group string `json:"group"` // zoo, or by its convolutions: mobile if some are in groups, else dense
	MACs  int64  `json:"macs"`

	file string // "": GoogLeNet with seeded weights
}

// seeded is GoogLeNet with weights from --seed, which needs no file.
const seeded = "googlenet"

// networks are those that --models names: "googlenet" with seeded weights, "family" (googlenet and the folder that
// family.py fills), "zoo" (the ONNX files of $GNEISS_DATA/zoo), files, and the ONNX files of folders.
func networks(words, home string) ([]network, error) {
	var all []network
	for _, word := range list(words) {
		var more []network
		var err error
		switch word {
		case seeded:
			more = []network{{Name: seeded}}
		case "family":
			folder := cmp.Or(os.Getenv("GNEISS_FAMILY"), filepath.Join(home, "family"))
			more, err = inFolder(folder, "")
			if err != nil {
				err = fmt.Errorf("%w; to make them: python3 bench/peers/family.py %s", err, folder)
			}
			more = append([]network{{Name: seeded}}, more...)
		case "zoo":
			folder := os.Getenv("GNEISS_DATA")
			if folder == "" {
				return nil, errors.New("--models zoo: GNEISS_DATA does not name the folder of test data")
			}
			more, err = inFolder(filepath.Join(folder, "zoo"), "zoo")
		default:
			var info os.FileInfo
			if info, err = os.Stat(word); err == nil && info.IsDir() {
				more, err = inFolder(word, "")
			} else if err == nil {
				more = []network{named(word, "")}
			}
		}
		if err != nil {
			return nil, fmt.Errorf("--models %s: %w", word, err)
		}
		for _, n := range more {
			if !slices.ContainsFunc(all, func(o network) bool { return o.file == n.file }) {
				all = append(all, n)
			}
		}
	}
	if len(all) == 0 {
		return nil, errors.New("--models names no network")
	}
	return all, nil
}

func named(file, group string) network {
	name := filepath.Base(file)
	return network{Name: strings.TrimSuffix(name, filepath.Ext(name)), Group: group, file: file}
}

// inFolder finds the ONNX files of a folder and of the folders in it, in order.
func inFolder(folder, group string) ([]network, error) {
	var all []network
	for _, pattern := range []string{"*.onnx", "*/*.onnx"} {
		files, err := filepath.Glob(filepath.Join(folder, pattern))
		if err != nil {
			return nil, err
		}
		for _, f := range files {
			all = append(all, named(f, group))
		}
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("no ONNX files in %s", folder)
	}
	return all, nil
}

// open returns the network, simplified so that every peer gets the same operations, and fills in what it tells.
func (n *network) open(seed uint64) (*runtime.Graph, error) {
	var g *runtime.Graph
	var err error
	if n.file == "" {
		g, err = bench.GoogLeNet(seed)
	} else {
		g, err = models.Open(n.file)
	}
	if err != nil {
		return nil, err
	}
	if g, err = runtime.Simplify(g); err != nil {
		return nil, err
	}
	if len(g.Inputs) != 1 {
		return nil, fmt.Errorf("%d inputs; the comparison is of networks with one", len(g.Inputs))
	}
	n.MACs = bench.MACs(g)
	if n.Group == "" {
		n.Group = "dense"
		for _, node := range g.Nodes {
			if c, ok := node.Op.(*runtime.Conv); ok && c.Groups > 1 {
				n.Group = "mobile"
			}
		}
	}
	return g, nil
}
