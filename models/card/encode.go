package card

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/gneiss-go/gneiss/runtime"
)

// Encode returns a card's bytes, always the same for the same card, and none for one that says nothing. A card that
// [Decode] would refuse is an error.
func Encode(c Card) ([]byte, error) {
	if err := c.Check(); err != nil {
		return nil, err
	}
	return encode(&c)
}

// encode is Encode of a card that has been checked.
func encode(c *Card) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(c); err != nil {
		return nil, fmt.Errorf("card: %w: %w", err, ErrInvalid)
	}
	out := bytes.TrimSuffix(b.Bytes(), []byte("\n"))
	if len(out) > MaxBytes {
		return nil, fmt.Errorf("card: %d bytes, more than %d: %w", len(out), MaxBytes, runtime.ErrLimit)
	}
	if string(out) == "{}" {
		return nil, nil
	}
	return out, nil
}

// Decode is the inverse of Encode. Bytes may be hostile: what Encode would not have written, be it a field of another
// version, is an error that wraps [runtime.ErrCorrupt], or [runtime.ErrLimit] for what is too large or too many.
func Decode(data []byte) (Card, error) {
	if len(data) == 0 {
		return Card{}, nil
	}
	c, err := Parse(data)
	if err != nil {
		return Card{}, err
	}
	again, err := encode(&c)
	if err == nil && !bytes.Equal(again, data) {
		err = fmt.Errorf("card: not written as cards are: %w", runtime.ErrCorrupt)
	}
	if err != nil {
		return Card{}, err
	}
	return c, nil
}

// Parse is Decode for JSON that people write: fields in any order, with spaces between.
func Parse(data []byte) (Card, error) {
	fail := func(err error) (Card, error) {
		if !errors.Is(err, runtime.ErrLimit) {
			err = fmt.Errorf("%w: %w", err, runtime.ErrCorrupt)
		}
		return Card{}, err
	}
	if len(data) > MaxBytes {
		return fail(fmt.Errorf("card: %d bytes, more than %d: %w", len(data), MaxBytes, runtime.ErrLimit))
	}
	var c Card
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(&c); err != nil {
		var te *json.UnmarshalTypeError
		if errors.As(err, &te) {
			return fail(&FieldError{te.Field, fmt.Errorf("a %s: %w", te.Value, ErrInvalid)})
		}
		return fail(errors.New("card: " + strings.TrimPrefix(err.Error(), "json: ")))
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return fail(errors.New("card: something behind it"))
	}
	if err := c.Check(); err != nil {
		return fail(err)
	}
	return c, nil
}
