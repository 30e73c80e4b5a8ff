package card_test

import (
	"fmt"
	"log"

	"github.com/gneiss-go/gneiss/models/card"
)

// A card says what a model is for; it travels in the graph and in its file.
func ExampleEncode() {
	data, err := card.Encode(card.Card{Task: card.Classify, Labels: []string{"cat", "dog"}, Note: "for the door"})
	if err != nil {
		log.Fatal(err)
	}
	c, err := card.Decode(data) // as of plan.Card()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(string(data))
	fmt.Println(c.Label(1))
	// Output:
	// {"task":"classify","labels":["cat","dog"],"note":"for the door"}
	// dog
}
