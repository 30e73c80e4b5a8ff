package imagefile_test

import (
	"errors"
	"fmt"

	"github.com/gneiss-go/gneiss/models/imagefile"
)

// A picture is decoded; a file of another kind is named.
func ExampleOpen() {
	img, err := imagefile.Open("../../internal/gen/samples/ship.png")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(img.Bounds().Size())
	_, err = imagefile.Open("example_test.go")
	fmt.Println(errors.Is(err, imagefile.ErrFormat), err)
	// Output:
	// (128,128)
	// true example_test.go: text: a format that is not read
}
