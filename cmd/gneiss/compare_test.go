package main

import (
	"github.com/gneiss-go/gneiss/internal/app/chart"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gneiss-go/gneiss/models"
)

// TestCompare: the table, the JSON and the chart of networks built in code tell the published counts.
func TestCompare(t *testing.T) {
	path := filepath.Join(t.TempDir(), "costs.svg")
	out := must(t, "inspect", "--compare", "googlenet,alexnet,nin,naive", "--chart", path)
	for _, want := range []string{"6,998,552", "1582.7", "60,965,224", "7,595,176", "97,526,008"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %s in\n%s", want, out)
		}
	}
	svg, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"alexnet", "60.97 M", "activations alive at once"} {
		if !strings.Contains(string(svg), want) {
			t.Errorf("no %q in the chart", want)
		}
	}
	var costs []models.Cost
	mustJSON(t, &costs, "inspect", "--compare", "nin,googlenet", "--json")
	if len(costs) != 2 || costs[0].Name != "nin" || costs[0].Params != 7_595_176 || costs[1].Activations != 4_816_896 {
		t.Errorf("%+v", costs)
	}
}

// TestTick: grid lines are few and round.
func TestTick(t *testing.T) {
	for most, want := range map[float64]float64{0: 1, 10: 2, 97.5: 20, 60.9: 20, 12568: 5000, 4.6: 1, 0.3: 0.1} {
		if got := chart.Tick(most); got != want {
			t.Errorf("chart.Tick(%v) is %v, want %v", most, got, want)
		}
	}
}
