package main

import (
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
)

type checkRequest struct {
	Verb string `json:"verb"`
	sources
	// Schemas are JSON Schemas by name. "input" types the input of every rule;
	// any other, such as a/b, is what annotations call schema.a.b.
	Schemas map[string]any `json:"schemas"`
}

type checked struct {
	Files []string `json:"files"`
}

// check compiles strictly and with types: unused and shadowing names, deprecated
// functions, and fields that a schema does not have are errors too.
func check(request []byte) (any, error) {
	var r checkRequest
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
	compiler := ast.NewCompiler().
		SetErrorLimit(0). // all of them
		WithStrict(true).
		WithEnablePrintStatements(true).
		WithCapabilities(options.Capabilities).
		WithSchemas(schemaSet(r.Schemas)).
		WithUseTypeCheckAnnotations(true)
	compiler.Compile(byPath(modules))
	if compiler.Failed() {
		return nil, compiler.Errors
	}
	answer := &checked{Files: []string{}}
	for _, m := range modules {
		answer.Files = append(answer.Files, m.path)
	}
	return answer, nil
}

func schemaSet(schemas map[string]any) *ast.SchemaSet {
	set := ast.NewSchemaSet()
	for name, schema := range schemas {
		ref := ast.SchemaRootRef
		for segment := range strings.SplitSeq(name, "/") {
			ref = ref.Append(ast.StringTerm(segment))
		}
		set.Put(ref, schema)
		if name == "input" {
			set.Put(ast.SchemaRootRef, schema) // where OPA looks for the type of every input
		}
	}
	return set
}
