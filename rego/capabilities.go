package main

import (
	"maps"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
)

type capabilitiesRequest struct {
	Verb        string   `json:"verb"`
	RegoVersion string   `json:"regoVersion"`
	Builtins    []string `json:"builtins"`
}

type capable struct {
	// Capabilities is OPA's own document, as `opa capabilities` prints it.
	Capabilities *ast.Capabilities `json:"capabilities"`
	// Native names the functions that compiled policies bring themselves.
	Native []string `json:"native"`
}

// capabilities answers what policies may use, all of it or restricted.
func capabilities(request []byte) (any, error) {
	var r capabilitiesRequest
	if err := decode(request, &r); err != nil {
		return nil, err
	}
	asked := sources{RegoVersion: r.RegoVersion, Builtins: r.Builtins}
	version, err := asked.version()
	if err != nil {
		return nil, err
	}
	granted, err := asked.capabilities(version)
	if err != nil {
		return nil, err
	}
	return &capable{Capabilities: granted, Native: slices.Sorted(maps.Keys(nativeBuiltins))}, nil
}

// capabilities returns what a policy of this version may use: everything in
// this OPA, or only the listed functions. Nothing ever reaches the network.
func (s sources) capabilities(version ast.RegoVersion) (*ast.Capabilities, error) {
	granted := ast.CapabilitiesForThisVersion(ast.CapabilitiesRegoVersion(version))
	granted.AllowNet = []string{}
	if s.Builtins == nil {
		return granted, nil
	}
	for _, name := range s.Builtins {
		if _, ok := ast.BuiltinMap[name]; !ok {
			return nil, badRequest("builtin `%s` does not exist in this version of OPA", name)
		}
	}
	granted.Builtins = slices.DeleteFunc(granted.Builtins, func(b *ast.Builtin) bool {
		return !isSyntax(b) && !slices.Contains(s.Builtins, b.Name)
	})
	return granted, nil
}

// isSyntax says whether the language itself calls the function: operators, and
// what the compiler rewrites `in`, print calls and template strings into. They
// cannot be withheld without breaking the language.
func isSyntax(b *ast.Builtin) bool {
	return b.Infix != "" || strings.HasPrefix(b.Name, "internal.") || b.Name == ast.Print.Name
}
