package main

import (
	"github.com/open-policy-agent/opa/v1/ast"
	opa "github.com/open-policy-agent/opa/v1/format"
	"github.com/open-policy-agent/opa/v1/util"
)

type formatRequest struct {
	Verb string `json:"verb"`
	sources
}

type formatted struct {
	Files map[string]formattedFile `json:"files"`
}

type formattedFile struct {
	Text    string `json:"text"`
	Changed bool   `json:"changed"`
}

// format lays modules out as `opa fmt` does.
func format(request []byte) (any, error) {
	var r formatRequest
	if err := decode(request, &r); err != nil {
		return nil, err
	}
	options, err := r.parserOptions()
	if err != nil {
		return nil, err
	}
	answer := &formatted{Files: make(map[string]formattedFile, len(r.Modules))}
	var problems ast.Errors
	for _, path := range util.KeysSorted(r.Modules) {
		before := r.Modules[path]
		after, err := opa.SourceWithOpts(path, []byte(before), opa.Opts{
			RegoVersion:   options.RegoVersion,
			ParserOptions: &options,
			Capabilities:  options.Capabilities,
		})
		if errs, ok := err.(ast.Errors); ok {
			problems = append(problems, errs...)
		} else if err != nil {
			return nil, err
		}
		answer.Files[path] = formattedFile{Text: string(after), Changed: string(after) != before}
	}
	if len(problems) > 0 {
		return nil, problems
	}
	return answer, nil
}
