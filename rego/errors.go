package main

import (
	"errors"
	"fmt"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"
	"github.com/open-policy-agent/opa/v1/topdown"
)

// Codes of our own; OPA's (rego_parse_error, rego_type_error, …) pass through.
const (
	codeBadRequest = "bad_request"
	codeEntrypoint = "rego_entrypoint_error"
	codeFailed     = "rego_error"
	codePanic      = "toolchain_panic"
	codeRoots      = "rego_roots_error"
)

// failure is an error with a code and no place in a source file.
type failure struct {
	code    string
	message string
}

func (f *failure) Error() string { return f.code + ": " + f.message }

func badRequest(format string, args ...any) error {
	return &failure{code: codeBadRequest, message: fmt.Sprintf(format, args...)}
}

// located is one error of an answer. Row and Col count from 1, and are 0 where
// the error has no place. File is empty there, and for a place in a query.
type located struct {
	Code    string `json:"code"`
	Message string `json:"message"`
	File    string `json:"file"`
	Row     int    `json:"row"`
	Col     int    `json:"col"`
}

// refusal is the answer for a request that failed.
func refusal(err error) []byte {
	answer, err := encode(struct {
		OK     bool      `json:"ok"`
		Errors []located `json:"errors"`
	}{false, listErrors(err)})
	if err != nil { // strings and integers always encode
		panic(err)
	}
	return answer
}

// listErrors flattens whatever OPA returned into located errors, in the order
// of their places, each one once.
func listErrors(err error) []located {
	var (
		many     ast.Errors
		one      *ast.Error
		wrapped  rego.Errors
		halted   *topdown.Error
		failed   *failure
		problems []located
	)
	switch {
	case errors.As(err, &many):
		many.Sort()
		for _, e := range many {
			problems = appendOnce(problems, locate(e.Code, e.Message, e.Location))
		}
	case errors.As(err, &one):
		problems = append(problems, locate(one.Code, one.Message, one.Location))
	case errors.As(err, &wrapped):
		for _, e := range wrapped {
			for _, problem := range listErrors(e) {
				problems = appendOnce(problems, problem)
			}
		}
	case errors.As(err, &halted):
		problems = append(problems, locate(halted.Code, halted.Message, halted.Location))
	case errors.As(err, &failed):
		problems = append(problems, located{Code: failed.code, Message: failed.message})
	}
	if len(problems) == 0 {
		problems = append(problems, located{Code: codeFailed, Message: err.Error()})
	}
	return problems
}

func appendOnce(problems []located, next located) []located {
	for _, p := range problems {
		if p == next {
			return problems
		}
	}
	return append(problems, next)
}

func locate(code, message string, place *ast.Location) located {
	problem := located{Code: code, Message: message}
	if place != nil {
		// OPA's parser says 0 for the end of a file, and for an empty one.
		problem.File, problem.Row, problem.Col = place.File, max(place.Row, 1), max(place.Col, 1)
	}
	return problem
}
