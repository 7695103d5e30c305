package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/bundle"
	"github.com/open-policy-agent/opa/v1/storage"
)

// checkRoots refuses packages and data outside the roots that the bundle will
// claim: OPA would refuse such a bundle only when it is loaded.
func checkRoots(roots []string, modules []module, data map[string]any) error {
	if roots == nil {
		return nil
	}
	var problems ast.Errors
	for _, m := range modules {
		path := strings.Join(packagePath(m.parsed), "/")
		if !bundle.RootPathsContain(roots, path) {
			problems = append(problems, ast.NewError(codeRoots, m.parsed.Package.Location,
				"package `%s` is outside the bundle's roots", path))
		}
	}
	if len(problems) > 0 {
		return problems
	}
	if path, outside := dataOutside(roots, nil, data); outside {
		return &failure{codeRoots, fmt.Sprintf("data at `%s` is outside the bundle's roots", path)}
	}
	return nil
}

func packagePath(m *ast.Module) []string {
	var segments []string
	for _, term := range m.Package.Path[1:] {
		if name, ok := term.Value.(ast.String); ok {
			segments = append(segments, string(name))
		}
	}
	return segments
}

// dataOutside finds the first document that no root contains. An object above
// a root is fine as long as everything in it is below one.
func dataOutside(roots, path []string, value any) (string, bool) {
	joined := strings.Join(path, "/")
	if len(path) > 0 && bundle.RootPathsContain(roots, joined) || slices.Contains(roots, "") {
		return "", false
	}
	object, ok := value.(map[string]any)
	if !ok || len(object) == 0 && len(path) > 0 {
		return joined, true
	}
	for _, key := range slices.Sorted(maps.Keys(object)) {
		if at, outside := dataOutside(roots, append(slices.Clone(path), key), object[key]); outside {
			return at, true
		}
	}
	return "", false
}

// checkConflicts refuses rules at a path where data stands too, which OPA's
// build accepts and OPA's server refuses.
func checkConflicts(modules []module, options ast.ParserOptions, data map[string]any) error {
	if len(data) == 0 {
		return nil
	}
	ctx := context.Background()
	store := storeOf(data)
	return storage.Txn(ctx, store, storage.TransactionParams{}, func(txn storage.Transaction) error {
		compiler := ast.NewCompiler().
			WithCapabilities(options.Capabilities).
			WithPathConflictsCheck(storage.NonEmpty(ctx, store, txn))
		compiler.Compile(byPath(modules))
		if compiler.Failed() {
			return compiler.Errors
		}
		return nil
	})
}
