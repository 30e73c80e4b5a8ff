package family

import (
	_ "embed"
	"encoding/json"
	"fmt"

	"github.com/gneiss-go/gneiss/quant"
	"github.com/gneiss-go/gneiss/runtime"
)

// ranges has the least and the greatest number of each value of each network with the weights of [Seed], by names, as
// one picture shows them.
//
//go:embed ranges.json
var ranges []byte

// Seed is the seed of the weights that Float and Int8 take.
const Seed = 1

// Float returns the network with the weights of [Seed].
func (n Network) Float() (*runtime.Graph, error) { return n.Build(Random(Seed)) }

// Int8 returns the network with the weights of [Seed], quantised by ranges that are part of this package and the same
// on every machine: outputs of the same input are the same bytes everywhere.
func (n Network) Int8() (*runtime.Graph, error) {
	g, err := n.Float()
	if err != nil {
		return nil, err
	}
	var all map[string]map[string][2]float32
	if err := json.Unmarshal(ranges, &all); err != nil {
		return nil, fmt.Errorf("ranges of the family: %w: %w", err, runtime.ErrCorrupt)
	}
	stats := &quant.Stats{Graph: g.Name, Inputs: 1, Values: map[string]*quant.Histogram{}}
	for name, r := range all[n.Name] {
		stats.Values[name] = &quant.Histogram{Min: r[0], Max: r[1], Count: 1}
	}
	q, _, err := quant.Quantize(g, stats, quant.WithObserver(quant.MinMax()))
	return q, err
}
