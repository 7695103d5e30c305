package main

import (
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
)

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
