// Package models is where a program meets a network: it opens files of all formats, and makes of a file what classifies
// pictures.
//
//	model, err := models.Load(file)       // a .gneiss file's bytes, as go:embed gives them: no importer is linked
//	defer model.Close()
//	top, err := model.Classify(img)       // five classes with names and scores, the best first
//
// # Contract
//
// [Open] imports an ONNX, TensorFlow Lite, ncnn or Caffe file to a [runtime.Graph]; what it does not understand it
// refuses, all reasons at once, and never gives another meaning. [FromGraph] compiles a graph, [Load] and [LoadFile]
// read a compiled file. A [Model] is a plan with its card: what the network is for, its labels, how a picture becomes
// its input, how its outputs are read. Files are data that may be hostile: whatever they hold, there is an error or a
// graph within [runtime.Limits], and no panic. Errors name the file, the node and the reason; they are
// [*runtime.UnsupportedError] or wrap [runtime.ErrCorrupt], [runtime.ErrGraph], [runtime.ErrShape] or
// [runtime.ErrLimit].
//
// # Flow
//
//	models.Open → *runtime.Graph → quant.Quantize → models.Save, or gneiss compile → .gneiss → models.Load → *Model
//	*Model → Classify; detect.New, segment.New, pose.New for boxes, masks and key points; Plan.NewSession for tensors
//
// Packages below read single formats (onnx, tflite, ncnn, caffe), prepare pictures (imagefile, preprocess), understand
// answers (labels, detect, segment, pose, track) and hold networks in code (cifar10, scenes, googlenet).
//
// # How to add a file format
//
// A package under models with its importer, a case in open.go, a word in internal/sniff; docs/ADDING.md walks through
// TensorFlow Lite's.
package models
