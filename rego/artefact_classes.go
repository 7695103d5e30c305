package main

import (
	"context"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/storage"
)

// classes says of each test what of it cannot come from the artefact.
type classes struct {
	of map[place]testClass
	// overridden are the base documents that `with` replaces anywhere in the tests.
	overridden [][]string
	// functions are the targets of `with` whose value is a function.
	functions map[place]bool
}

type testClass struct {
	carried   []string
	unreached []string
}

// classify follows each test through the graph of the whole policy, as far as
// the entrypoints: beyond them the artefact answers.
func (r testRequest) classify(
	ctx context.Context, options ast.ParserOptions, store storage.Store, txn storage.Transaction, entrypoints []entrypoint,
) (*classes, error) {
	modules, err := r.parse(options)
	if err != nil {
		return nil, err
	}
	compiler := ast.NewCompiler().
		WithCapabilities(options.Capabilities).
		WithEnablePrintStatements(true).
		WithPathConflictsCheck(storage.NonEmpty(ctx, store, txn))
	compiler.Compile(byPath(modules))
	if compiler.Failed() {
		return nil, compiler.Errors
	}
	withs := map[place][]*ast.With{}
	var all []*ast.With
	for _, m := range compiler.Modules { // here names are resolved: roles, where it was imported, is data.roles
		for _, rule := range m.Rules {
			ast.WalkWiths(rule, func(with *ast.With) bool {
				if at := placeOf(rule.Loc()); isTestFile(at.file) {
					withs[at] = append(withs[at], with)
					all = append(all, with)
				}
				return false
			})
		}
	}
	known := &withTargets{
		compiler: compiler, host: r.Artefact.HostBuiltins,
		used: builtinsUsed(compiler), functions: functionMocks(compiler),
	}
	found := &classes{of: map[place]testClass{}, overridden: known.overridden(all), functions: known.functions}
	for _, m := range compiler.Modules {
		for _, rule := range m.Rules {
			if isTest(rule) {
				found.of[placeOf(rule.Loc())] = known.class(rule, withs, entrypoints)
			}
		}
	}
	return found, nil
}

// withTargets knows which targets of `with` reach into the artefact.
type withTargets struct {
	compiler *ast.Compiler
	host     []string
	// used are the builtins that the policy itself calls.
	used      map[string]bool
	functions map[place]bool
}

func (w *withTargets) class(test *ast.Rule, withs map[place][]*ast.With, entrypoints []entrypoint) testClass {
	class := testClass{carried: []string{}, unreached: []string{}}
	seen := map[*ast.Rule]bool{}
	var visit func(rule *ast.Rule)
	visit = func(rule *ast.Rule) {
		if seen[rule] {
			return
		}
		seen[rule] = true
		for _, with := range withs[placeOf(rule.Loc())] {
			if name, reached := w.reached(with); !reached && !slices.Contains(class.unreached, name) {
				class.unreached = append(class.unreached, name)
			}
		}
		if !isTestFile(rule.Loc().File) && rule != test {
			name := strings.Join(append([]string{"data"}, rulePath(rule)...), ".")
			if !slices.Contains(class.carried, name) {
				class.carried = append(class.carried, name)
			}
		}
		for next := range w.compiler.Graph.Dependencies(rule) {
			if reached, ok := next.(*ast.Rule); ok && isAnswered(reached, entrypoints) == nil {
				visit(reached)
			}
		}
	}
	visit(test)
	slices.Sort(class.carried)
	slices.Sort(class.unreached)
	return class
}

// reached says whether the value of a `with` gets to the artefact, and how its
// target is called.
func (w *withTargets) reached(with *ast.With) (string, bool) {
	name := with.Target.String()
	if builtin := builtinName(with.Target); builtin != "" {
		if _, known := ast.BuiltinMap[builtin]; !known {
			return name, false // a function of the policy
		}
		return name, !w.used[builtin] || slices.Contains(w.host, builtin) && !w.functions[placeOf(with.Target.Location)]
	}
	ref, ok := with.Target.Value.(ast.Ref)
	if !ok || ref[0].Value.Compare(ast.InputRootDocument.Value) == 0 {
		return name, true
	}
	return name, w.isBaseDocument(ref)
}

// isBaseDocument says whether a path is of data and no rule stands at, above or
// below it.
func (w *withTargets) isBaseDocument(ref ast.Ref) bool {
	if len(ref) < 2 || !ref.IsGround() {
		return false
	}
	return len(w.compiler.GetRulesWithPrefix(ref)) == 0 && len(w.compiler.GetRules(ref)) == 0 && !w.isPackage(ref)
}

func (w *withTargets) isPackage(ref ast.Ref) bool {
	for _, m := range w.compiler.Modules {
		if m.Package.Path.HasPrefix(ref) {
			return true
		}
	}
	return false
}

// overridden lists the base documents among the targets, each once.
func (w *withTargets) overridden(withs []*ast.With) [][]string {
	var paths [][]string
	for _, with := range withs {
		ref, ok := with.Target.Value.(ast.Ref)
		if !ok || ref[0].Value.Compare(ast.DefaultRootDocument.Value) != 0 || !w.isBaseDocument(ref) {
			continue
		}
		var path []string
		for _, term := range ref[1:] {
			if name, ok := term.Value.(ast.String); ok {
				path = append(path, string(name))
			}
		}
		if len(path) == len(ref)-1 && !slices.ContainsFunc(paths, func(p []string) bool { return slices.Equal(p, path) }) {
			paths = append(paths, path)
		}
	}
	return paths
}

// builtinsUsed names the builtins that the policy calls outside its tests.
func builtinsUsed(compiler *ast.Compiler) map[string]bool {
	used := map[string]bool{}
	for _, m := range compiler.Modules {
		if m.Package.Location != nil && isTestFile(m.Package.Location.File) {
			continue
		}
		ast.WalkExprs(m, func(expr *ast.Expr) bool {
			if expr.IsCall() {
				used[expr.Operator().String()] = true
			}
			return false
		})
	}
	return used
}

// functionMocks finds every `with` whose value is a function, of the policy or
// built in; the compiler has by now told them from values.
func functionMocks(compiler *ast.Compiler) map[place]bool {
	found := map[place]bool{}
	for _, m := range compiler.Modules {
		ast.WalkWiths(m, func(with *ast.With) bool {
			if ref, ok := with.Value.Value.(ast.Ref); ok && isFunction(compiler, ref) {
				found[placeOf(with.Target.Location)] = true
			}
			return false
		})
	}
	return found
}

func isFunction(compiler *ast.Compiler, ref ast.Ref) bool {
	if _, builtin := ast.BuiltinMap[ref.String()]; builtin {
		return true
	}
	return slices.ContainsFunc(compiler.GetRulesExact(ref), func(rule *ast.Rule) bool { return len(rule.Head.Args) > 0 })
}
