package main

import (
	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/storage"
	"github.com/open-policy-agent/opa/v1/storage/inmem"
	"github.com/open-policy-agent/opa/v1/util"
)

// sources is what every verb that reads Rego is given.
type sources struct {
	// Modules maps a path, which errors will name, to Rego text.
	Modules map[string]string `json:"modules"`
	// RegoVersion is "v1" or "v0"; empty is v1.
	RegoVersion string `json:"regoVersion"`
	// Builtins, if present, are the only functions that the policy may call.
	Builtins []string `json:"builtins"`
}

// module is one parsed source file.
type module struct {
	path   string
	text   string
	parsed *ast.Module
}

// version returns the language version that the request asks for.
func (s sources) version() (ast.RegoVersion, error) {
	switch s.RegoVersion {
	case "", "v1":
		return ast.RegoV1, nil
	case "v0":
		return ast.RegoV0, nil
	}
	return ast.RegoUndefined, badRequest("regoVersion `%s` is not v0 or v1", s.RegoVersion)
}

// parserOptions returns how to read the modules: with metadata, and with the
// language features that the capabilities grant.
func (s sources) parserOptions() (ast.ParserOptions, error) {
	version, err := s.version()
	if err != nil {
		return ast.ParserOptions{}, err
	}
	granted, err := s.capabilities(version)
	return ast.ParserOptions{RegoVersion: version, ProcessAnnotation: true, Capabilities: granted}, err
}

// parse reads every module, in the order of their paths, and reports the errors
// of all of them at once.
func (s sources) parse(options ast.ParserOptions) ([]module, error) {
	var (
		modules  []module
		problems ast.Errors
	)
	for _, path := range util.KeysSorted(s.Modules) {
		text := s.Modules[path]
		parsed, err := ast.ParseModuleWithOpts(path, text, options)
		if errs, ok := err.(ast.Errors); ok {
			problems = append(problems, errs...)
		} else if err != nil {
			return nil, err
		} else if parsed == nil {
			problems = append(problems, ast.NewError(ast.ParseErr, ast.NewLocation(nil, path, 1, 1), "empty module"))
		} else {
			modules = append(modules, module{path, text, parsed})
		}
	}
	if len(problems) > 0 {
		return nil, problems
	}
	return modules, nil
}

// storeOf holds the base documents; no data is an empty object.
func storeOf(data map[string]any) storage.Store {
	if data == nil {
		return inmem.New()
	}
	return inmem.NewFromObject(data)
}

// byPath is the shape in which OPA's compiler takes modules.
func byPath(modules []module) map[string]*ast.Module {
	parsed := make(map[string]*ast.Module, len(modules))
	for _, m := range modules {
		parsed[m.path] = m.parsed
	}
	return parsed
}
