// Package card describes a model beyond its graph: what it is for, the names of its classes, how an image becomes its
// input, and how its outputs are read. A .gneiss file carries the card, so that a program needs no number of the model.
package card

import "github.com/gneiss-go/gneiss/models/preprocess"

// Task is what a network is for.
type Task string

// The tasks.
const (
	Classify  Task = "classify"  // one score a class
	Detect    Task = "detect"    // boxes
	Segment   Task = "segment"   // a class or a probability for each pixel
	Keypoints Task = "keypoints" // points of one body, hand or face
	Embed     Task = "embed"     // a vector to compare with others
	Other     Task = "other"     // anything else
)

// Card is what a program must know of a model. Its zero value says nothing.
type Card struct {
	Task   Task             `json:"task,omitempty"`
	Labels []string         `json:"labels,omitempty"` // names of the classes, by number
	Input  *preprocess.Spec `json:"input,omitempty"`  // how an image becomes the first input; nil if nobody says
	Head   *Head            `json:"head,omitempty"`   // how the outputs are read; nil if nobody says
	Origin Origin           `json:"origin,omitzero"`
	Note   string           `json:"note,omitempty"` // what a user should know of it
}

// Head says how a network's outputs become boxes, masks or points. What is zero is as the kind has it.
type Head struct {
	Kind      string     `json:"kind"`                // one of the kinds that models/detect, segment and pose know, as yolov8
	Strides   []int      `json:"strides,omitempty"`   // of the maps, in pixels of the input
	Anchors   [][]Anchor `json:"anchors,omitempty"`   // by map
	Variances []float32  `json:"variances,omitempty"` // factors of centre and size (SSD): x, y, width, height
	Threshold float32    `json:"threshold,omitempty"` // the least score of what is shown
	Overlap   float32    `json:"overlap,omitempty"`   // the intersection over union at which the weaker box goes
	Points    int        `json:"points,omitempty"`    // key points of a box
	Classes   int        `json:"classes,omitempty"`   // if there are no labels
}

// Anchor is a box's size before the network corrects it, in pixels of the input.
type Anchor struct {
	Width  float32 `json:"width"`
	Height float32 `json:"height"`
}

// Origin is where a model comes from.
type Origin struct {
	File    string `json:"file,omitempty"`    // the name of the file that was imported, without its folder
	SHA256  string `json:"sha256,omitempty"`  // of that file, in hexadecimal digits
	Author  string `json:"author,omitempty"`  //
	Licence string `json:"licence,omitempty"` //
	Source  string `json:"source,omitempty"`  // where it was published
}
