package serve

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/gneiss-go/gneiss/runtime"
)

// inferRequest is the body of an inference request of the Open Inference Protocol. Parameters are ignored, as it allows.
type inferRequest struct {
	ID      string           `json:"id"`
	Inputs  few[inferTensor] `json:"inputs"`
	Outputs few[struct {
		Name string `json:"name"`
	}] `json:"outputs"`
}

// inferTensor is a tensor of a request. Data is an array of numbers, flat or nested as the shape says, row-major.
type inferTensor struct {
	Name     string          `json:"name"`
	Shape    few[int]        `json:"shape"`
	DataType string          `json:"datatype"`
	Data     json.RawMessage `json:"data"`
}

// few is a list that is refused when it is long, before memory is taken for it.
type few[T any] []T

// maxFew is more than any list here has in earnest.
const maxFew = 64

func (f *few[T]) UnmarshalJSON(b []byte) error {
	dec := json.NewDecoder(bytes.NewReader(b))
	t, err := dec.Token()
	if err != nil {
		return err
	}
	*f = nil
	if t == nil { // null
		return nil
	}
	if t != json.Delim('[') {
		return fmt.Errorf("%.20s is no array", b)
	}
	for dec.More() {
		if len(*f) == maxFew {
			return fmt.Errorf("an array of more than %d elements", maxFew)
		}
		var v T
		if err := dec.Decode(&v); err != nil {
			return err
		}
		*f = append(*f, v)
	}
	return nil
}

// decodeInfer reads a request. What it takes is a small multiple of the body, whatever that says.
func decodeInfer(body []byte) (*inferRequest, error) {
	var req inferRequest
	if err := json.Unmarshal(body, &req); err != nil {
		return nil, badRequest("the body is no inference request: %v", err)
	}
	return &req, nil
}

// Data types of the protocol that are spoken here.
const (
	typeF32 = "FP32"
	typeU8  = "UINT8"
)

func dataType(d runtime.DType) string {
	if d == runtime.U8 {
		return typeU8
	}
	return typeF32
}

// fill copies the tensor of a request into an input of float32. UINT8 is taken as the numbers it is.
func (t *inferTensor) fill(dst *runtime.Tensor) error {
	info := dst.Info()
	if t.Name != info.Name {
		return badRequest("input %q: the model's is called %q", t.Name, info.Name)
	}
	if want := dims(info.Shape); !slices.Equal(t.Shape, want) {
		return badRequest("input %q: shape %v; the model's is %v", t.Name, []int(t.Shape), want)
	}
	var parse func(string) (float32, error)
	switch t.DataType {
	case typeF32:
		parse = parseF32
	case typeU8:
		parse = parseU8
	default:
		return badRequest("input %q: datatype %q; want FP32 or UINT8", t.Name, t.DataType)
	}
	p := numbersParser{rest: t.Data, dst: dst.Float32(), parse: parse}
	if err := p.tensor(t.Shape); err != nil {
		return badRequest("input %q: %v", t.Name, err)
	}
	return nil
}

func parseF32(s string) (float32, error) {
	v, err := strconv.ParseFloat(s, 32)
	if err != nil {
		return 0, fmt.Errorf("%.40s is no FP32 number", s)
	}
	return float32(v), nil
}

func parseU8(s string) (float32, error) {
	v, err := strconv.ParseUint(s, 10, 8)
	if err != nil {
		return 0, fmt.Errorf("%.40s is no whole number from 0 to 255", s)
	}
	return float32(v), nil
}

// numbersParser reads an array of numbers out of JSON that is known to be well formed.
type numbersParser struct {
	rest  []byte
	dst   []float32
	n     int // numbers read
	parse func(string) (float32, error)
}

// tensor reads a tensor, flat or nested, that fills dst.
func (p *numbersParser) tensor(shape []int) error {
	if p.peek() != '[' {
		return fmt.Errorf("the data are no array")
	}
	nested := shape
	if !p.isNested() {
		nested = []int{len(p.dst)}
	}
	if err := p.array(nested); err != nil {
		return err
	}
	if p.n != len(p.dst) {
		return fmt.Errorf("%d numbers; the shape has %d", p.n, len(p.dst))
	}
	return nil
}

// isNested reports whether the first element of the array ahead is an array.
func (p *numbersParser) isNested() bool {
	ahead := numbersParser{rest: p.rest}
	ahead.next()
	return ahead.peek() == '['
}

// array reads an array of shape[0] arrays or numbers.
func (p *numbersParser) array(shape []int) error {
	p.next() // [
	n := 0
	for p.peek() != ']' {
		if n > 0 {
			p.next() // ,
		}
		var err error
		switch c := p.peek(); {
		case c == '[' && len(shape) > 1:
			err = p.array(shape[1:])
		case (c == '-' || '0' <= c && c <= '9') && len(shape) == 1:
			err = p.number()
		default:
			err = fmt.Errorf("after %d numbers: the data are not nested as the shape is, or not numbers", p.n)
		}
		if err != nil {
			return err
		}
		n++
	}
	p.next()                                     // ]
	if n != shape[0] && len(p.dst) != shape[0] { // for flat data the caller says it better
		return fmt.Errorf("after %d numbers: an array of %d elements where the shape has %d", p.n, n, shape[0])
	}
	return nil
}

func (p *numbersParser) number() error {
	p.peek()
	end := bytes.IndexAny(p.rest, ",] \t\r\n")
	if end < 0 {
		return fmt.Errorf("the data end in a number")
	}
	if p.n == len(p.dst) {
		return fmt.Errorf("more than the %d numbers of the shape", len(p.dst))
	}
	v, err := p.parse(string(p.rest[:end]))
	if err != nil {
		return fmt.Errorf("number %d: %w", p.n, err)
	}
	p.dst[p.n] = v
	p.n++
	p.rest = p.rest[end:]
	return nil
}

// peek returns the next byte that is not space, or 0 at the end; next takes it.
func (p *numbersParser) peek() byte {
	p.rest = bytes.TrimLeft(p.rest, " \t\r\n")
	if len(p.rest) == 0 {
		return 0
	}
	return p.rest[0]
}

func (p *numbersParser) next() {
	if p.peek() != 0 {
		p.rest = p.rest[1:]
	}
}

// outTensor is a tensor of an answer.
type outTensor struct {
	Name     string `json:"name"`
	Shape    []int  `json:"shape"`
	DataType string `json:"datatype"`
	Data     any    `json:"data"`
}

// export copies an output. JSON has no infinities and no NaN: they are an error.
func export(t *runtime.Tensor) (outTensor, error) {
	info := t.Info()
	o := outTensor{Name: info.Name, Shape: dims(info.Shape), DataType: dataType(info.DType)}
	if u := t.Uint8(); u != nil {
		wide := make([]uint16, len(u)) // JSON makes a string of bytes
		for i, v := range u {
			wide[i] = uint16(v)
		}
		o.Data = wide
		return o, nil
	}
	f := slices.Clone(t.Float32())
	for i, v := range f {
		if v64 := float64(v); math.IsNaN(v64) || math.IsInf(v64, 0) {
			return o, refuse(500, "output %q: number %d is %v, which JSON cannot say", info.Name, i, v)
		}
	}
	o.Data = f
	return o, nil
}
