package serve

import (
	"bytes"
	"encoding/json"
	"fmt"
	goruntime "runtime"
	"slices"
	"strings"
	"testing"

	"github.com/gneiss-go/gneiss/internal/gen/samples"
	"github.com/gneiss-go/gneiss/models/imagefile"
)

// answer is an inference response as a client sees it.
type inferAnswer struct {
	ModelName    string `json:"model_name"`
	ModelVersion string `json:"model_version"`
	ID           string `json:"id"`
	Outputs      []struct {
		Name     string    `json:"name"`
		Shape    []int     `json:"shape"`
		DataType string    `json:"datatype"`
		Data     []float32 `json:"data"`
	} `json:"outputs"`
}

const inferPath = "/v2/models/cifar-10-googlenet/infer"

// tensorBody is a request with one input; data is put in as JSON.
func tensorBody(t testing.TB, s *Server, datatype string, data any) []byte {
	t.Helper()
	in := s.models[0].plan.Inputs()[0]
	body, err := json.Marshal(map[string]any{"id": "42",
		"inputs": []any{map[string]any{"name": in.Name, "shape": dims(in.Shape), "datatype": datatype, "data": data}}})
	must(t, err)
	return body
}

// nest makes rows of a flat slice, innermost first.
func nest(flat []float32, shape []int) any {
	if len(shape) == 1 {
		return flat
	}
	part := len(flat) / shape[0]
	var all []any
	for i := range shape[0] {
		all = append(all, nest(flat[i*part:][:part], shape[1:]))
	}
	return all
}

func TestProtocol(t *testing.T) {
	s := newServer(t, Options{})
	var server struct {
		Name, Version string
		Extensions    []string
	}
	decode(t, do(s, "GET", "/v2", nil), 200, &server)
	if server.Name != "gneiss" || server.Version != "test" || server.Extensions == nil {
		t.Errorf("server %+v", server)
	}
	var health struct{ Live, Ready bool }
	decode(t, do(s, "GET", "/v2/health/live", nil), 200, &health)
	decode(t, do(s, "GET", "/v2/health/ready", nil), 200, &health)
	if !health.Live || !health.Ready {
		t.Errorf("health %+v", health)
	}
	for _, path := range []string{"/v2/models/cifar-10-googlenet", "/v2/models/cifar-10-googlenet/versions/1"} {
		var model struct {
			Name, Platform  string
			Versions        []string
			Inputs, Outputs []tensorMetadata
		}
		decode(t, do(s, "GET", path, nil), 200, &model)
		if model.Name != s.models[0].id || !slices.Equal(model.Versions, []string{"1"}) || model.Platform == "" ||
			len(model.Inputs) != 1 || len(model.Outputs) != 1 {
			t.Fatalf("model %+v", model)
		}
		in, out := model.Inputs[0], model.Outputs[0]
		if in.DataType != "FP32" || !slices.Equal(in.Shape, []int{1, 32, 32, 3}) || out.DataType != "FP32" ||
			!slices.Equal(out.Shape, []int{1, 10}) {
			t.Errorf("input %+v, output %+v", in, out)
		}
		var ready struct {
			Name  string
			Ready bool
		}
		decode(t, do(s, "GET", path+"/ready", nil), 200, &ready)
		if ready.Name != s.models[0].id || !ready.Ready {
			t.Errorf("ready %+v", ready)
		}
	}
	for _, suffix := range []string{"", "/ready"} {
		refused(t, do(s, "GET", "/v2/models/other"+suffix, nil), 404, "no model")
		refused(t, do(s, "GET", "/v2/models/cifar-10-googlenet/versions/2"+suffix, nil), 404, "no version")
	}
	refused(t, do(s, "POST", "/v2/models/other/infer", []byte("{}")), 404, "no model")
}

// TestInfer: tensors, flat and nested, give what the network gives without a server, to the last bit.
func TestInfer(t *testing.T) {
	s := newServer(t, Options{})
	for _, p := range samples.All() {
		img, err := imagefile.Decode(bytes.NewReader(p.Data), imagefile.DefaultLimits)
		must(t, err)
		input := make([]float32, 32*32*3)
		must(t, s.models[0].spec.Preparer().Into(input, img))
		want := direct(t, p.Data)
		for _, data := range []any{input, nest(input, []int{1, 32, 32, 3})} {
			for _, path := range []string{inferPath, "/v2/models/cifar-10-googlenet/versions/1/infer"} {
				var got inferAnswer
				decode(t, do(s, "POST", path, tensorBody(t, s, "FP32", data)), 200, &got)
				if got.ModelName != s.models[0].id || got.ModelVersion != "1" || got.ID != "42" || len(got.Outputs) != 1 {
					t.Fatalf("%+v", got)
				}
				o := got.Outputs[0]
				if o.Name != s.models[0].plan.Outputs()[0].Name || o.DataType != "FP32" || !slices.Equal(o.Shape, []int{1, 10}) ||
					!slices.Equal(o.Data, want) {
					t.Errorf("%s: %+v; want %v", p.Name, o, want)
				}
			}
		}
	}
}

// TestInferUint8: UINT8 data mean the same numbers as FP32 data.
func TestInferUint8(t *testing.T) {
	s := newServer(t, Options{})
	small := make([]float32, 32*32*3)
	for i := range small {
		small[i] = float32((i * 7919) % 256)
	}
	var wide, narrow inferAnswer
	decode(t, do(s, "POST", inferPath, tensorBody(t, s, "FP32", small)), 200, &wide)
	decode(t, do(s, "POST", inferPath, tensorBody(t, s, "UINT8", small)), 200, &narrow)
	if !slices.Equal(wide.Outputs[0].Data, narrow.Outputs[0].Data) {
		t.Errorf("FP32 %v, UINT8 %v", wide.Outputs, narrow.Outputs)
	}
}

func TestInferRefuses(t *testing.T) {
	s := newServer(t, Options{})
	zeros := strings.TrimSuffix(strings.Repeat("0,", 3072), ",")
	with := func(name, shape, datatype, data string) string {
		return fmt.Sprintf(`{"inputs":[{"name":%q,"shape":%s,"datatype":%q,"data":%s}]}`, name, shape, datatype, data)
	}
	in := s.models[0].plan.Inputs()[0].Name
	const shape = "[1,32,32,3]"
	for name, c := range map[string]struct{ body, words string }{
		"nothing":        {"", "not JSON"},
		"no JSON":        {"{", "not JSON"},
		"null":           {"null", "0 inputs"},
		"array":          {"[]", "no inference request"},
		"more":           {"{} {}", "not JSON"},
		"no inputs":      {"{}", "0 inputs"},
		"inputs null":    {`{"inputs":null}`, "0 inputs"},
		"inputs object":  {`{"inputs":{}}`, "no array"},
		"two inputs":     {`{"inputs":[{},{}]}`, "2 inputs"},
		"many inputs":    {`{"inputs":[` + strings.Repeat("{},", 100) + `{}]}`, "more than 64"},
		"many outputs":   {`{"outputs":[` + strings.Repeat("{},", 100) + `{}]}`, "more than 64"},
		"long shape":     {with(in, "["+zeros+"]", "FP32", "[]"), "more than 64"},
		"name":           {with("other", shape, "FP32", "["+zeros+"]"), `"other"`},
		"shape":          {with(in, "[1,3,32,32]", "FP32", "["+zeros+"]"), "[1 32 32 3]"},
		"shape overflow": {with(in, "[9223372036854775807,2,1,1]", "FP32", "["+zeros+"]"), "shape"},
		"shape too big":  {with(in, "[9223372036854775808]", "FP32", "["+zeros+"]"), "no inference request"},
		"shape fraction": {with(in, "[1.5]", "FP32", "["+zeros+"]"), "no inference request"},
		"datatype":       {with(in, shape, "INT64", "["+zeros+"]"), "INT64"},
		"no data":        {with(in, shape, "FP32", "null"), "no array"},
		"data object":    {with(in, shape, "FP32", "{}"), "no array"},
		"data string":    {with(in, shape, "FP32", `"[1]"`), "no array"},
		"too few":        {with(in, shape, "FP32", "[1,2,3]"), "3 numbers; the shape has 3072"},
		"none":           {with(in, shape, "FP32", "[]"), "0 numbers"},
		"too many":       {with(in, shape, "FP32", "["+zeros+",0]"), "more than the 3072"},
		"word":           {with(in, shape, "FP32", `["1",`+zeros+"]"), "not numbers"},
		"null number":    {with(in, shape, "FP32", "[null,"+zeros+"]"), "not numbers"},
		"huge":           {with(in, shape, "FP32", "[1e39,"+zeros+"]"), "1e39"},
		"uint8 256":      {with(in, shape, "UINT8", "[256,"+zeros+"]"), "256"},
		"uint8 -1":       {with(in, shape, "UINT8", "[-1,"+zeros+"]"), "-1"},
		"uint8 0.5":      {with(in, shape, "UINT8", "[0.5,"+zeros+"]"), "0.5"},
		"nested amiss":   {with(in, shape, "FP32", "[["+zeros+"]]"), "not nested as the shape is"},
		"nested short":   {with(in, shape, "FP32", "[[[[0,0,0],[0,0,0]]]]"), "2 elements where the shape has 32"},
		"nested empty":   {with(in, shape, "FP32", "[[]]"), "0 elements where the shape has 32"},
		"nested mixed":   {with(in, shape, "FP32", "[[[[0,0,0],0]]]"), "not nested as the shape is"},
		"nested deep": {with(in, shape, "FP32", strings.Repeat("[", 5000)+strings.Repeat("]", 5000)),
			"not nested as the shape is"},
		"deeper": {with(in, shape, "FP32", strings.Repeat("[", 20000)+strings.Repeat("]", 20000)), "not JSON"},
		"output": {`{"inputs":[{}],"outputs":[{"name":"other"}]}`, `no output "other"`},
	} {
		t.Run(name, func(t *testing.T) { refused(t, do(s, "POST", inferPath, []byte(c.body)), 400, c.words) })
	}
}

// TestInferMemory: what decoding takes is a small multiple of the body, also for a body that is made to take more.
func TestInferMemory(t *testing.T) {
	s := newServer(t, Options{})
	in := s.models[0].plan.Inputs()[0].Name
	const size = 4 << 20
	for name, body := range map[string]string{
		"inputs":  `{"inputs":[` + strings.Repeat("{},", size/3) + `{}]}`,
		"outputs": `{"outputs":[` + strings.Repeat("{},", size/3) + `{}]}`,
		"shape":   `{"inputs":[{"shape":[` + strings.Repeat("1,", size/2) + `1]}]}`,
		"data": `{"inputs":[{"name":"` + in + `","shape":[1,32,32,3],"datatype":"FP32","data":[` + strings.Repeat("1,",
			size/2) + `1]}]}`,
	} {
		var before, after goruntime.MemStats
		goruntime.ReadMemStats(&before)
		if w := do(s, "POST", inferPath, []byte(body)); w.Code != 400 {
			t.Errorf("%s: status %d", name, w.Code)
		}
		goruntime.ReadMemStats(&after)
		if took := after.TotalAlloc - before.TotalAlloc; took > 8*size {
			t.Errorf("%s: %d bytes for a body of %d", name, took, size)
		}
	}
}

// FuzzInfer: no body makes the server fail, and every refusal says why.
func FuzzInfer(f *testing.F) {
	s := newServer(f, Options{})
	zeros := make([]float32, 3072)
	f.Add(tensorBody(f, s, "FP32", zeros))
	f.Add(tensorBody(f, s, "UINT8", nest(zeros, []int{1, 32, 32, 3})))
	in := s.models[0].plan.Inputs()[0].Name
	for _, body := range []string{"", "null", `{"inputs":[{}]}`,
		`{"inputs":[{"name":"` + in + `","shape":[1,32,32,3],"datatype":"FP32","data":[[[[1,2,-3.5e-7]]]]}]}`,
		`{"inputs":[{"name":"` + in + `","shape":[1,32,32,3],"datatype":"UINT8","data":[ 1 , 255 ]}],"outputs":[{"name":"x"}]}`} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		w := do(s, "POST", inferPath, body)
		var got struct {
			Error   string
			Outputs []outTensor
		}
		if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil {
			t.Fatalf("answer %q: %v", w.Body, err)
		}
		switch {
		case w.Code == 200 && len(got.Outputs) > 0:
		case w.Code == 400 && got.Error != "":
		case w.Code == 422 && strings.Contains(got.Error, "JSON cannot say"): // numbers so large that the network overflows
		default:
			t.Fatalf("status %d: %s", w.Code, w.Body)
		}
		if s.pool.busy() != 0 || len(s.pool.places) != 0 {
			t.Fatal("a worker or a place is lost")
		}
	})
}
