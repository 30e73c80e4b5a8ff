package pose

// body are the 17 points of COCO's bodies, in its order.
var body = []string{"nose", "left eye", "right eye", "left ear", "right ear", "left shoulder", "right shoulder",
	"left elbow", "right elbow", "left wrist", "right wrist", "left hip", "right hip", "left knee", "right knee",
	"left ankle", "right ankle"}

var bodyEdges = [][2]int{{0, 1}, {0, 2}, {1, 3}, {2, 4}, {5, 6}, {5, 7}, {7, 9}, {6, 8}, {8, 10}, {5, 11}, {6, 12},
	{11, 12}, {11, 13}, {13, 15}, {12, 14}, {14, 16}}

// blaze are the 33 points of MediaPipe's bodies.
var blaze = []string{"nose", "left eye inner", "left eye", "left eye outer", "right eye inner", "right eye",
	"right eye outer", "left ear", "right ear", "mouth left", "mouth right", "left shoulder", "right shoulder",
	"left elbow", "right elbow", "left wrist", "right wrist", "left pinky", "right pinky", "left index", "right index",
	"left thumb", "right thumb", "left hip", "right hip", "left knee", "right knee", "left ankle", "right ankle",
	"left heel", "right heel", "left foot index", "right foot index"}

var blazeEdges = [][2]int{{0, 1}, {1, 2}, {2, 3}, {3, 7}, {0, 4}, {4, 5}, {5, 6}, {6, 8}, {9, 10}, {11, 12}, {11, 13},
	{13, 15}, {15, 17}, {15, 19}, {15, 21}, {17, 19}, {12, 14}, {14, 16}, {16, 18}, {16, 20}, {16, 22}, {18, 20},
	{11, 23}, {12, 24}, {23, 24}, {23, 25}, {24, 26}, {25, 27}, {26, 28}, {27, 29}, {28, 30}, {29, 31}, {30, 32},
	{27, 31}, {28, 32}}

// hand are the 21 points of MediaPipe's hands.
var hand = []string{"wrist", "thumb cmc", "thumb mcp", "thumb ip", "thumb tip", "index finger mcp",
	"index finger pip", "index finger dip", "index finger tip", "middle finger mcp", "middle finger pip",
	"middle finger dip", "middle finger tip", "ring finger mcp", "ring finger pip", "ring finger dip", "ring finger tip",
	"pinky mcp", "pinky pip", "pinky dip", "pinky tip"}

var handEdges = [][2]int{{0, 1}, {1, 2}, {2, 3}, {3, 4}, {0, 5}, {5, 6}, {6, 7}, {7, 8}, {5, 9}, {9, 10}, {10, 11},
	{11, 12}, {9, 13}, {13, 14}, {14, 15}, {15, 16}, {13, 17}, {0, 17}, {17, 18}, {18, 19}, {19, 20}}

// Edges returns the pairs of points between which a skeleton of a kind is drawn; none for a face. It is not to be
// written to. Heat maps are taken as those of a body with COCO's 17 points, of which every other network with so many
// has the order too.
func Edges(kind string) [][2]int {
	switch kind {
	case Heatmaps, Offsets, MoveNet, MultiPose:
		return bodyEdges
	case BlazePose:
		return blazeEdges
	case Hand:
		return handEdges
	}
	return nil
}

// Names returns the names of a kind's points in their order; none for a face. It is not to be written to.
func Names(kind string) []string {
	switch kind {
	case Heatmaps, Offsets, MoveNet, MultiPose:
		return body
	case BlazePose:
		return blaze
	case Hand:
		return hand
	}
	return nil
}
