package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
)

// A verb answers one kind of request: a value that marshals to JSON, or an
// error that listErrors can spell out.
type verb func(request []byte) (any, error)

// verbs is the whole vocabulary; each is in the file named after it.
var verbs = map[string]verb{
	"capabilities": capabilities,
	"check":        check,
	"compile":      compile,
	"eval":         eval,
	"format":       format,
	"parse":        parse,
	"test":         test,
}

// dispatch answers one JSON request with one JSON answer, {"ok": true,
// "value": …} or {"ok": false, "errors": […]}, and never fails otherwise.
func dispatch(request []byte) []byte {
	value, err := run(request)
	if err != nil {
		return refusal(err)
	}
	answer, err := encode(struct {
		OK    bool `json:"ok"`
		Value any  `json:"value"`
	}{true, value})
	if err != nil {
		return refusal(fmt.Errorf("cannot write the answer as JSON: %w", err))
	}
	return answer
}

// run finds the verb and shields the caller from its panics.
func run(request []byte) (value any, err error) {
	defer func() {
		if p := recover(); p != nil {
			value, err = nil, &failure{code: codePanic, message: fmt.Sprint(p)}
		}
	}()
	var head struct {
		Verb string `json:"verb"`
	}
	if err := json.Unmarshal(request, &head); err != nil {
		return nil, badRequest("request is not a JSON object with a verb: %v", err)
	}
	verb, ok := verbs[head.Verb]
	if !ok {
		return nil, badRequest("verb `%s` is unknown", head.Verb)
	}
	return verb(request)
}

// decode reads a request strictly: a field that the verb does not know is an
// error. Numbers keep their text, so that none loses precision on the way.
func decode(request []byte, into any) error {
	decoder := json.NewDecoder(bytes.NewReader(request))
	decoder.UseNumber()
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		return badRequest("%v", err)
	}
	if _, err := decoder.Token(); err != io.EOF {
		return badRequest("more than one JSON value in the request")
	}
	return nil
}

// encode writes JSON without escaping <, > and &, which occur in Rego.
func encode(value any) ([]byte, error) {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return nil, err
	}
	return bytes.TrimRight(out.Bytes(), "\n"), nil
}
