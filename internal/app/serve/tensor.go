package serve

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/gneiss-go/gneiss/runtime"
)

// inferRequest is the body of an inference request of the Open Inference Protocol. Parameters are ignored, as it
// allows.
type inferRequest struct {
	id      string
	inputs  []inferTensor
	outputs []string // names; none means all
}

// inferTensor is a tensor of a request.
type inferTensor struct {
	name     string
	shape    []int
	dataType string
	data     []byte // JSON, part of the body: an array of numbers, flat or nested as the shape says, row-major
}

// decodeInfer reads a request, which keeps parts of the body. It takes little memory whatever the body says.
func decodeInfer(body []byte) (*inferRequest, error) {
	if !json.Valid(body) {
		var v json.RawMessage
		return nil, badRequest("the body is not JSON: %v", json.Unmarshal(body, &v))
	}
	c := &cursor{text: body}
	req := new(inferRequest)
	err := c.object("the body", func(key string) (err error) {
		switch key {
		case "id":
			req.id, err = c.string("id")
		case "inputs":
			req.inputs = nil
			err = c.list("inputs", func() error {
				t, err := decodeTensor(c)
				req.inputs = append(req.inputs, t)
				return err
			})
		case "outputs":
			req.outputs = nil
			err = c.list("outputs", func() error {
				t, err := decodeTensor(c)
				req.outputs = append(req.outputs, t.name)
				return err
			})
		}
		return err
	})
	if err != nil {
		return nil, badRequest("the body is no inference request: %v", err)
	}
	return req, nil
}

// decodeTensor reads an input, or the description of an output that is wanted.
func decodeTensor(c *cursor) (t inferTensor, err error) {
	err = c.object("a tensor", func(key string) (err error) {
		switch key {
		case "name":
			t.name, err = c.string("name")
		case "datatype":
			t.dataType, err = c.string("datatype")
		case "shape":
			t.shape = nil
			err = c.list("shape", func() error {
				n, err := c.whole("shape")
				t.shape = append(t.shape, n)
				return err
			})
		case "data":
			t.data = c.skip()
		}
		return err
	})
	return t, err
}

// Data types of the protocol that are spoken here.
const (
	typeF32 = "FP32"
	typeU8  = "UINT8"
	typeS8  = "INT8"
)

// answerType is that of outputs: real numbers, but for whole ones, which are of the model's own type.
func answerType(info runtime.TensorInfo) string {
	if info.DType == runtime.U8 {
		return typeF32
	}
	return dataType(info)
}

// dataType is the protocol's word for a tensor's own elements.
func dataType(info runtime.TensorInfo) string {
	switch {
	case info.DType == runtime.U8 && info.Signed:
		return typeS8
	case info.DType == runtime.U8:
		return typeU8
	case info.DType != runtime.I32:
		return typeF32
	case info.Elem == runtime.ElemSame:
		return "INT32"
	}
	return strings.ToUpper(info.Elem.String())
}

// fill copies the tensor of a request into dst, the numbers of an input. An input of float32 takes UINT8 and INT8 as
// the numbers they are; one that is quantised takes those of its own type as levels.
func (t *inferTensor) fill(info runtime.TensorInfo, dst []float32) error {
	if t.name != info.Name {
		return badRequest("input %.100q: the model's is called %q", t.name, info.Name)
	}
	if want := dims(info.Shape); !slices.Equal(t.shape, want) {
		return badRequest("input %q: shape %v; the model's is %v", t.name, t.shape, want)
	}
	p := numbers{cursor: cursor{text: t.data}, dst: dst, whole: t.dataType != typeF32, hi: 255}
	switch want := dataType(info); {
	case info.DType == runtime.I32:
		if t.dataType != want {
			return badRequest("input %q: datatype %.20q; want %s", t.name, t.dataType, want)
		}
		const most = 1 << 24 // whole numbers that a float32 can say
		lo, hi := info.Elem.Range()
		p.whole, p.lo, p.hi = true, max(int64(lo), -most), min(int64(hi), most)
	case t.dataType != typeF32 && t.dataType != typeU8 && t.dataType != typeS8,
		info.DType == runtime.U8 && t.dataType != typeF32 && t.dataType != want:
		return badRequest("input %q: datatype %.20q; want %s", t.name, t.dataType, wantedTypes(info))
	case t.dataType == typeS8:
		p.lo, p.hi = -128, 127
	}
	if err := p.tensor(t.shape); err != nil {
		return badRequest("input %q: %v", t.name, err)
	}
	if q := info.Quant; info.DType == runtime.U8 && p.whole {
		zero := float32(q.Zero)
		if info.Signed {
			zero -= 128
		}
		for i, level := range dst {
			dst[i] = (level - zero) * q.Scale
		}
	}
	return nil
}

// wantedTypes are the types of data that an input takes.
func wantedTypes(info runtime.TensorInfo) string {
	if info.DType == runtime.U8 {
		return "FP32 or " + dataType(info)
	}
	return "FP32, UINT8 or INT8"
}

// enter copies numbers into an input, as levels if it is quantised.
func enter(dst *runtime.Tensor, numbers []float32) {
	copy(dst.Float32(), numbers)
	levels, q := dst.Uint8(), dst.Info().Quant
	for i := range levels {
		levels[i] = q.Level(numbers[i])
	}
	for i, w := 0, dst.Int32(); i < len(w); i++ {
		w[i] = int32(numbers[i])
	}
}

// numbers reads an array of numbers out of JSON that is known to be well formed.
type numbers struct {
	cursor
	dst   []float32
	n     int  // numbers read
	whole bool // from lo to hi

	lo, hi int64
}

// tensor reads a tensor, flat or nested, that fills dst.
func (p *numbers) tensor(shape []int) error {
	ahead := p.cursor
	if !ahead.take('[') {
		return fmt.Errorf("the data are no array")
	}
	if ahead.peek() != '[' {
		shape = []int{len(p.dst)}
	}
	if err := p.array(shape); err != nil {
		return err
	}
	if p.n != len(p.dst) {
		return fmt.Errorf("%d numbers; the shape has %d", p.n, len(p.dst))
	}
	return nil
}

// array reads an array of shape[0] arrays or numbers.
func (p *numbers) array(shape []int) error {
	p.take('[')
	n := 0
	for p.peek() != ']' {
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
		p.take(',')
	}
	p.take(']')
	if n != shape[0] && shape[0] != len(p.dst) { // of flat data the caller says it better
		return fmt.Errorf("after %d numbers: an array of %d elements where the shape has %d", p.n, n, shape[0])
	}
	return nil
}

// number reads a number into the next element of dst.
func (p *numbers) number() error {
	word := p.word()
	if p.n == len(p.dst) {
		return fmt.Errorf("more than the %d numbers of the shape", len(p.dst))
	}
	if p.whole {
		v, err := strconv.ParseInt(string(word), 10, 64)
		if err != nil || v < p.lo || v > p.hi {
			return fmt.Errorf("number %d: %.40s is no whole number from %d to %d", p.n, word, p.lo, p.hi)
		}
		p.dst[p.n] = float32(v)
	} else {
		v, err := strconv.ParseFloat(string(word), 32)
		if err != nil {
			return fmt.Errorf("number %d: %.40s is no FP32 number", p.n, word)
		}
		p.dst[p.n] = float32(v)
	}
	p.n++
	return nil
}

// outTensor is a tensor of an answer.
type outTensor struct {
	Name     string `json:"name"`
	Shape    []int  `json:"shape"`
	DataType string `json:"datatype"`
	Data     any    `json:"data"`
}

// export copies an output. JSON has no infinities and no NaN: the tensor that they come of is what the client sent, and
// so are they.
func export(t *runtime.Tensor) (outTensor, error) {
	info := t.Info()
	o := outTensor{Name: info.Name, Shape: dims(info.Shape), DataType: answerType(info)}
	if w := t.Int32(); w != nil {
		if o.Data = slices.Clone(w); info.Elem == runtime.ElemBool {
			b := make([]bool, len(w))
			for i, v := range w {
				b[i] = v != 0
			}
			o.Data = b
		}
		return o, nil
	}
	f := slices.Clone(t.Float32())
	for _, level := range t.Uint8() {
		f = append(f, float32(int32(level)-int32(info.Quant.Zero))*info.Quant.Scale)
	}
	for i, v := range f {
		if v64 := float64(v); math.IsNaN(v64) || math.IsInf(v64, 0) {
			return o, refuse(http.StatusUnprocessableEntity,
				"output %q: number %d is %v, which JSON cannot say; the input has numbers too large for this network", info.Name, i,
				v)
		}
	}
	o.Data = f
	return o, nil
}
