package family_test

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"io"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/gneiss-go/gneiss/bench"
	"github.com/gneiss-go/gneiss/models/family"
	"github.com/gneiss-go/gneiss/quant"
)

var update = flag.Bool("update", false, "write ranges.json anew")

// TestRanges: the ranges are those of the networks. On other tiers a float differs in its last bits.
func TestRanges(t *testing.T) {
	if testing.Short() && !*update {
		t.Skip("runs every network in float")
	}
	have := map[string]map[string][2]float32{}
	file, err := os.ReadFile("ranges.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(file, &have); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	for i, n := range family.Networks {
		found := calibrated(t, n)
		if !*update && len(found) != len(have[n.Name]) {
			t.Errorf("%s: %d values, %d ranges; run the test with -update", n.Name, len(found), len(have[n.Name]))
		}
		for name, r := range found {
			old := have[n.Name][name]
			for side := range r {
				if off := math.Abs(float64(r[side] - old[side])); !*update && off > 1e-3*float64(r[1]-r[0]) {
					t.Errorf("%s, %s: %v, ranges.json has %v; run the test with -update", n.Name, name, r, old)
				}
			}
		}
		b, err := json.Marshal(found)
		if err != nil {
			t.Fatal(err)
		}
		out.WriteString(map[bool]string{true: "{\n", false: ",\n"}[i == 0] + `"` + n.Name + `": `)
		out.WriteString(strings.ReplaceAll(string(b), `],"`, "],\n\""))
	}
	out.WriteString("\n}\n")
	if *update {
		if err := os.WriteFile("ranges.json", out.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// calibrated gives the ranges that one picture shows, short of digits that nobody needs.
func calibrated(t *testing.T, n family.Network) map[string][2]float32 {
	t.Helper()
	g, err := n.Float()
	if err != nil {
		t.Fatal(err)
	}
	left := 1
	stats, err := quant.Calibrate(context.Background(), g, func(in []float32) error {
		if left--; left < 0 {
			return io.EOF
		}
		copy(in, bench.Picture(g.Inputs[0].Shape, 1, 2))
		return nil
	})
	if err != nil {
		t.Fatal(n.Name, err)
	}
	all := map[string][2]float32{}
	for name, h := range stats.Values {
		all[name] = [2]float32{rounded(h.Min), rounded(h.Max)}
	}
	return all
}

// rounded keeps fourteen bits of a number.
func rounded(x float32) float32 {
	return math.Float32frombits((math.Float32bits(x) + 1<<9) &^ (1<<10 - 1))
}

func TestInt8(t *testing.T) {
	for _, n := range family.Networks {
		if testing.Short() && n.Name != "squeezenet" {
			continue
		}
		g, err := n.Int8()
		if err != nil {
			t.Fatal(n.Name, err)
		}
		kinds := map[string]int{}
		for _, node := range g.Nodes {
			kinds[node.Op.Kind()]++
		}
		if kinds["QConv"] < 5 || kinds["Conv"] > 0 {
			t.Errorf("%s: %v", n.Name, kinds)
		}
	}
}
