package main

import (
	"encoding/json"

	opa "github.com/open-policy-agent/opa/v1/ast/json"
)

type parseRequest struct {
	Verb string `json:"verb"`
	sources
	// Locations adds file, row, column and source text to every node.
	Locations bool `json:"locations"`
}

type parsed struct {
	Modules map[string]json.RawMessage `json:"modules"`
}

// parse answers the syntax trees, in the JSON shape of `opa parse`.
func parse(request []byte) (any, error) {
	var r parseRequest
	if err := decode(request, &r); err != nil {
		return nil, err
	}
	options, err := r.parserOptions()
	if err != nil {
		return nil, err
	}
	modules, err := r.parse(options)
	if err != nil {
		return nil, err
	}
	if r.Locations {
		opa.SetOptions(withLocations())
		defer opa.SetOptions(opa.Defaults())
	}
	answer := &parsed{Modules: make(map[string]json.RawMessage, len(modules))}
	for _, m := range modules {
		tree, err := encode(m.parsed)
		if err != nil {
			return nil, err
		}
		answer.Modules[m.path] = tree
	}
	return answer, nil
}

// withLocations switches locations on for every kind of node. OPA keeps this
// choice in a global, so it must be switched back after use.
func withLocations() opa.Options {
	return opa.Options{MarshalOptions: opa.MarshalOptions{
		IncludeLocationText: true,
		IncludeLocation: opa.NodeToggle{
			Term: true, Package: true, Comment: true, Import: true, Rule: true, Head: true, Expr: true, SomeDecl: true,
			Every: true, With: true, Annotations: true, AnnotationsRef: true, Not: true, And: true, Or: true,
		},
	}}
}
