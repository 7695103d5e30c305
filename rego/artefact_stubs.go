package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
)

// An entrypoint is a path below data: of a rule, or of a package, which then
// stands for all its rules.
type entrypoint struct {
	name string
	path []string
}

func readEntrypoints(names []string) ([]entrypoint, error) {
	if len(names) == 0 {
		return nil, &failure{codeEntrypoint, "name at least one entrypoint, such as orders/decision"}
	}
	entrypoints := make([]entrypoint, 0, len(names))
	for _, name := range names {
		entrypoints = append(entrypoints, entrypoint{name, strings.Split(name, "/")})
	}
	// The most specific first: it answers for what is below it.
	slices.SortStableFunc(entrypoints, func(a, b entrypoint) int { return len(b.path) - len(a.path) })
	return entrypoints, nil
}

// covering is the entrypoint that the artefact answers this path by, if any: it
// is at or below it. A function is never part of what an entrypoint answers.
func covering(entrypoints []entrypoint, path []string) *entrypoint {
	for i, e := range entrypoints {
		if len(path) >= len(e.path) && slices.Equal(path[:len(e.path)], e.path) {
			return &entrypoints[i]
		}
	}
	return nil
}

// rulePath is the constant beginning of a rule's path below data.
func rulePath(rule *ast.Rule) []string {
	path := packagePath(rule.Module)
	for _, term := range rule.Head.Ref() {
		switch name := term.Value.(type) {
		case ast.Var:
			if len(path) > len(packagePath(rule.Module)) {
				return path
			}
			path = append(path, string(name))
		case ast.String:
			path = append(path, string(name))
		default:
			return path
		}
	}
	return path
}

func isTest(rule *ast.Rule) bool {
	name := rule.Head.Ref()[0].Value.String()
	return strings.HasPrefix(name, "test_") || strings.HasPrefix(name, "todo_test_")
}

// isTestFile says which modules test and are no part of the policy.
func isTestFile(path string) bool { return strings.HasSuffix(path, "_test.rego") }

// isAnswered says whether the artefact answers for this rule.
func isAnswered(rule *ast.Rule, entrypoints []entrypoint) *entrypoint {
	if isTest(rule) || len(rule.Head.Args) > 0 {
		return nil
	}
	return covering(entrypoints, rulePath(rule))
}

const (
	supportPath = "__sp.rego"
	supportHead = `package __sp

inp := [input]

default inp := []

mk := data.__sp_mocks

default mk := {}
`
)

// stub cuts every rule that the artefact answers for and puts a rule in its
// place that asks the artefact. It is a complete rule whatever the original
// was: a value is a value. Tests get their constant mocks a second time, where
// the stubs can hand them on.
func stub(modules []module, entrypoints []entrypoint, known *classes, hostBuiltins []string) (map[string]*ast.Module, error) {
	stubbed := make(map[string]*ast.Module, len(modules)+1)
	texts := map[string]string{supportPath: supportHead + overrides(known.overridden)}
	for _, m := range modules {
		if isTestFile(m.path) {
			handOnMocks(m.parsed, hostBuiltins, known.functions)
			stubbed[m.path] = m.parsed
			continue
		}
		kept := []*ast.Rule{}
		for _, rule := range m.parsed.Rules {
			e := isAnswered(rule, entrypoints)
			if e == nil {
				kept = append(kept, rule)
				continue
			}
			path, text := stubText(rule, *e)
			texts[path] = text
		}
		m.parsed.Rules = kept
		stubbed[m.path] = m.parsed
	}
	for path, text := range texts {
		parsed, err := ast.ParseModuleWithOpts(path, text, ast.ParserOptions{RegoVersion: ast.RegoV1})
		if err != nil {
			return nil, err
		}
		stubbed[path] = parsed
	}
	return stubbed, nil
}

// stubText is one stub per rule name of a package; several rules share it.
func stubText(rule *ast.Rule, e entrypoint) (path, text string) {
	pkg := packagePath(rule.Module)
	head := rulePath(rule)[:len(pkg)+1]
	var below strings.Builder
	if len(head) > len(e.path) {
		for _, name := range head[len(e.path):] {
			fmt.Fprintf(&below, "[%s]", quote(name))
		}
	}
	// An entrypoint may lie deeper than the first name of the rule: data.a.roles.admin.
	var above strings.Builder
	for i := len(head); i < len(e.path); i++ {
		fmt.Fprintf(&above, "[%s]", quote(e.path[i]))
	}
	value := "__w" + below.String()
	call := fmt.Sprintf("sallyport.call(%s, data.__sp.inp, data.__sp.ov, data.__sp.mk)", quote(e.name))
	text = fmt.Sprintf("%s\n\n%s%s := __v if {\n\t__w := %s\n\t__v := %s\n}\n",
		rule.Module.Package.String(), head[len(pkg)], above.String(), call, value)
	return "__sp/" + strings.Join(head, "/") + ".rego", text
}

// overrides hands on every base document that a test replaces.
func overrides(paths [][]string) string {
	if len(paths) == 0 {
		return "\nov := set()\n"
	}
	var text strings.Builder
	for _, path := range paths {
		quoted := make([]string, len(path))
		ref := "data"
		for i, name := range path {
			quoted[i] = quote(name)
			ref += "[" + quoted[i] + "]"
		}
		fmt.Fprintf(&text, "\nov contains [[%s], %s]\n", strings.Join(quoted, ", "), ref)
	}
	return text.String()
}

// handOnMocks adds to `with time.now_ns as 1` the same value where stubs find
// it. Values that are functions cannot be handed on.
func handOnMocks(m *ast.Module, hostBuiltins []string, functions map[place]bool) {
	ast.WalkExprs(m, func(expr *ast.Expr) bool {
		var added []*ast.With
		for _, with := range expr.With {
			name := builtinName(with.Target)
			if !slices.Contains(hostBuiltins, name) || functions[placeOf(with.Target.Location)] {
				continue
			}
			target := ast.Ref{ast.DefaultRootDocument, ast.StringTerm("__sp_mocks"), ast.StringTerm(name)}
			added = append(added, &ast.With{
				Location: with.Location,
				Target:   ast.NewTerm(target).SetLocation(with.Location),
				Value:    with.Value.Copy(),
			})
		}
		expr.With = append(expr.With, added...)
		return false
	})
}

// builtinName is the name of a `with` target that is no document; else empty.
func builtinName(target *ast.Term) string {
	switch value := target.Value.(type) {
	case ast.Var:
		return string(value)
	case ast.Ref:
		if head := value[0].Value; head.Compare(ast.InputRootDocument.Value) != 0 && head.Compare(ast.DefaultRootDocument.Value) != 0 {
			return value.String()
		}
	}
	return ""
}

func quote(text string) string {
	quoted, err := encode(text)
	if err != nil {
		panic(err) // a string can always be written
	}
	return string(quoted)
}
