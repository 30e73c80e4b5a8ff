package labels

import "testing"

// TestCOCO: names stand at the data set's numbers.
func TestCOCO(t *testing.T) {
	if len(COCO) != 80 || len(COCO90) != 90 {
		t.Fatal(len(COCO), len(COCO90))
	}
	for i, want := range map[int]string{0: "person", 15: "cat", 56: "chair", 62: "tv", 79: "toothbrush"} {
		if COCO[i] != want {
			t.Errorf("class %d is %q, want %q", i, COCO[i], want)
		}
	}
	// instances_val2017.json: 13 stop sign, 27 backpack, 31 handbag, 46 wine glass, 67 dining table, 70 toilet, 72 tv,
	// 84 book, 90 toothbrush
	for id, want := range map[int]string{1: "person", 12: "", 13: "stop sign", 26: "", 27: "backpack", 31: "handbag",
		45: "", 46: "wine glass", 66: "", 67: "dining table", 70: "toilet", 72: "tv", 83: "", 84: "book", 90: "toothbrush"} {
		if got := COCO90[id-1]; got != want {
			t.Errorf("id %d is %q, want %q", id, got, want)
		}
	}
}
