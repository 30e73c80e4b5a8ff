package labels

import "strings"

// COCO are the 80 classes of the Common Objects in Context data set (Lin and others, "Microsoft COCO: common objects in
// context", ECCV 2014), in the order in which detectors have them.
var COCO = strings.Split(`person,bicycle,car,motorcycle,airplane,bus,train,truck,boat,traffic light,fire hydrant,stop sign,`+
	`parking meter,bench,bird,cat,dog,horse,sheep,cow,elephant,bear,zebra,giraffe,backpack,umbrella,handbag,tie,suitcase,`+
	`frisbee,skis,snowboard,sports ball,kite,baseball bat,baseball glove,skateboard,surfboard,tennis racket,bottle,`+
	`wine glass,cup,fork,knife,spoon,bowl,banana,apple,sandwich,orange,broccoli,carrot,hot dog,pizza,donut,cake,chair,couch,`+
	`potted plant,bed,dining table,toilet,tv,laptop,mouse,remote,keyboard,cell phone,microwave,oven,toaster,sink,`+
	`refrigerator,book,clock,vase,scissors,teddy bear,hair drier,toothbrush`, ",")

// COCO90 are the same by the data set's own numbers, less one, as TensorFlow's detectors have them: ten numbers have no
// class.
var COCO90 = spread(COCO, 11, 25, 28, 29, 44, 65, 67, 68, 70, 82)

// spread puts empty names at these places.
func spread(names []string, empty ...int) []string {
	out := make([]string, 0, len(names)+len(empty))
	for _, n := range names {
		for len(empty) > 0 && empty[0] == len(out) {
			out, empty = append(out, ""), empty[1:]
		}
		out = append(out, n)
	}
	return out
}
