package annotations

import (
	"strconv"
	"strings"
)

// Classes finds the numbers of classes by their names, however they are spelt: "diningtable" is "Dining Table", and
// VOC's "tvmonitor" is COCO's "tv".
type Classes struct {
	by    map[string]int
	names []string
}

// voc are VOC's names of classes that COCO calls otherwise.
var voc = map[string]string{"tvmonitor": "tv", "sofa": "couch", "aeroplane": "airplane", "motorbike": "motorcycle"}

// NewClasses returns those of a model: names by number. Without names, classes are their numbers.
func NewClasses(names []string) *Classes {
	c := &Classes{by: map[string]int{}, names: names}
	for i, n := range names {
		if n = plain(n); n != "" {
			if _, twice := c.by[n]; !twice {
				c.by[n] = i
			}
		}
	}
	return c
}

func plain(name string) string {
	return strings.NewReplacer(" ", "", "_", "", "-", "").Replace(strings.ToLower(name))
}

// Of returns the number of a class; false if the model has none of that name.
func (c *Classes) Of(name string) (int, bool) {
	key := plain(name)
	if i, ok := c.by[key]; ok {
		return i, true
	}
	if i, ok := c.by[plain(voc[key])]; ok && voc[key] != "" {
		return i, true
	}
	i, err := strconv.Atoi(name)
	return i, err == nil && i >= 0 && (len(c.names) == 0 || i < len(c.names))
}
