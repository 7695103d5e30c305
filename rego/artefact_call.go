package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"
	"github.com/open-policy-agent/opa/v1/storage"
	"github.com/open-policy-agent/opa/v1/tester"
	"github.com/open-policy-agent/opa/v1/topdown"
	"github.com/open-policy-agent/opa/v1/types"
)

// hostCall is what the host is asked: to evaluate one entrypoint of the module
// that it holds. Values are Rego texts.
type hostCall struct {
	Entrypoint string `json:"entrypoint"`
	// Input is empty where input is undefined.
	Input     string            `json:"input"`
	Overrides []override        `json:"overrides"`
	Mocks     map[string]string `json:"mocks"`
	NowNs     string            `json:"nowNs"`
}

type override struct {
	Path  []string `json:"path"`
	Value string   `json:"value"`
}

// hostAnswer holds the dumped result set of the module, or why there is none.
type hostAnswer struct {
	Text  string `json:"text"`
	Error string `json:"error"`
	// Varies is set where the module asked for something random.
	Varies bool `json:"varies"`
}

var callDeclaration = &ast.Builtin{
	Name:             "sallyport.call",
	Decl:             types.NewFunction(types.Args(types.S, types.A, types.A, types.A), types.A),
	Nondeterministic: true,
}

// builtin is the function that the stubs call.
func (run *artefactRun) builtin(ctx context.Context) *tester.Builtin {
	function := &rego.Function{Name: callDeclaration.Name, Decl: callDeclaration.Decl, Nondeterministic: true}
	return &tester.Builtin{
		Decl: callDeclaration,
		Func: rego.FunctionDyn(function, func(bctx rego.BuiltinContext, terms []*ast.Term) (*ast.Term, error) {
			value, err := run.call(ctx, bctx, terms)
			if err != nil {
				return nil, rego.NewHaltError(err)
			}
			return value, nil
		}),
	}
}

// call asks artefact and source the same, notes where they differ, and answers
// what the artefact did; nil is undefined.
func (run *artefactRun) call(ctx context.Context, bctx rego.BuiltinContext, terms []*ast.Term) (*ast.Term, error) {
	run.calls[run.current]++
	question, err := run.readCall(bctx, terms)
	if err != nil {
		return nil, err
	}
	answer, err := askHost(question.hostCall)
	if err != nil {
		run.failure = err
		return nil, err
	}
	built, builtErr := answer.value()
	if !answer.Varies {
		source, sourceErr := run.source.evaluate(ctx, question)
		if !sameAnswer(built, builtErr, source, sourceErr) {
			run.differences = append(run.differences, difference{
				Test: run.names[run.current], Entrypoint: question.Entrypoint, Input: question.Input,
				Source: textOrEmpty(source), Artefact: textOrEmpty(built),
				SourceError: errorText(sourceErr), ArtefactError: errorText(builtErr),
			})
		}
	}
	return built, builtErr
}

// question is a call with its values as terms too.
type question struct {
	hostCall
	now   time.Time
	withs []*ast.With
}

func (run *artefactRun) readCall(bctx rego.BuiltinContext, terms []*ast.Term) (*question, error) {
	// After the four operands comes the variable that takes the answer.
	name, ok := terms[0].Value.(ast.String)
	if !ok || len(terms) < 4 {
		return nil, errors.New("a stub calls with an entrypoint, input, overrides and mocks")
	}
	q := &question{hostCall: hostCall{Entrypoint: string(name), Overrides: []override{}, Mocks: map[string]string{}}}
	if number, ok := bctx.Time.Value.(ast.Number); ok {
		if ns, ok := number.Int64(); ok {
			// The decision point counts milliseconds.
			q.now = time.UnixMilli(ns / 1_000_000)
			q.NowNs = fmt.Sprint(q.now.UnixNano())
		}
	}
	if input, ok := terms[1].Value.(*ast.Array); ok && input.Len() == 1 {
		q.Input = regoText(input.Elem(0).Value)
		q.with(ast.NewTerm(ast.Ref{ast.InputRootDocument}), input.Elem(0))
	}
	if overrides, ok := terms[2].Value.(ast.Set); ok {
		for _, pair := range overrides.Slice() {
			run.readOverride(q, pair)
		}
	}
	if mocks, ok := terms[3].Value.(ast.Object); ok {
		mocks.Foreach(func(key, value *ast.Term) {
			name, _ := key.Value.(ast.String)
			q.Mocks[string(name)] = regoText(value.Value)
			q.with(ast.NewTerm(ast.MustParseRef(string(name))), value)
		})
	}
	return q, nil
}

// readOverride takes over [path, value] where the value is not that of the base document.
func (run *artefactRun) readOverride(q *question, pair *ast.Term) {
	both, ok := pair.Value.(*ast.Array)
	if !ok || both.Len() != 2 {
		return
	}
	target := ast.Ref{ast.DefaultRootDocument}
	var path []string
	segments, _ := both.Elem(0).Value.(*ast.Array)
	segments.Foreach(func(segment *ast.Term) {
		name, _ := segment.Value.(ast.String)
		path = append(path, string(name))
		target = append(target, segment)
	})
	if base := run.source.base(path); base != nil && base.Compare(both.Elem(1).Value) == 0 {
		return
	}
	q.Overrides = append(q.Overrides, override{path, regoText(both.Elem(1).Value)})
	q.with(ast.NewTerm(target), both.Elem(1))
}

func (q *question) with(target, value *ast.Term) {
	q.withs = append(q.withs, &ast.With{Target: target, Value: value})
}

// value reads {{"result": v}}, or undefined from set().
func (a *hostAnswer) value() (*ast.Term, error) {
	if a.Error != "" {
		return nil, errors.New(a.Error)
	}
	set, err := ast.ParseTerm(a.Text)
	if err != nil {
		return nil, fmt.Errorf("the artefact's answer is no Rego value: %w", err)
	}
	results, ok := set.Value.(ast.Set)
	if !ok || results.Len() > 1 {
		return nil, errors.New("the artefact's answer is no set of one result")
	}
	for _, result := range results.Slice() {
		if object, ok := result.Value.(ast.Object); ok {
			return object.Get(ast.StringTerm("result")), nil
		}
	}
	return nil, nil
}

func sameAnswer(a *ast.Term, aErr error, b *ast.Term, bErr error) bool {
	if aErr != nil || bErr != nil {
		return aErr != nil && bErr != nil
	}
	if a == nil || b == nil {
		return a == b
	}
	return a.Value.Compare(b.Value) == 0
}

func textOrEmpty(term *ast.Term) string {
	if term == nil {
		return ""
	}
	return regoText(term.Value)
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// artefactSource is the policy alone, without tests, as OPA's interpreter has it.
type artefactSource struct {
	compiler *ast.Compiler
	store    storage.Store
	txn      storage.Transaction
	ctx      context.Context
}

func (r testRequest) compileSource(
	ctx context.Context, options ast.ParserOptions, store storage.Store, txn storage.Transaction,
) (*artefactSource, error) {
	modules, err := r.parse(options)
	if err != nil {
		return nil, err
	}
	policy := map[string]*ast.Module{}
	for _, m := range modules {
		if !isTestFile(m.path) {
			policy[m.path] = m.parsed
		}
	}
	compiler := ast.NewCompiler().WithCapabilities(options.Capabilities)
	compiler.Compile(policy)
	if compiler.Failed() {
		return nil, compiler.Errors
	}
	return &artefactSource{compiler, store, txn, ctx}, nil
}

// base is the base document at a path; nil if there is none.
func (s *artefactSource) base(path []string) ast.Value {
	raw, err := s.store.Read(s.ctx, s.txn, storage.Path(path))
	if err != nil {
		return nil
	}
	value, err := ast.InterfaceToValue(raw)
	if err != nil {
		return nil
	}
	return value
}

// evaluate answers the entrypoint on source, with the same input, data and mocks.
func (s *artefactSource) evaluate(ctx context.Context, q *question) (*ast.Term, error) {
	ref := ast.Ref{ast.DefaultRootDocument}
	for _, name := range strings.Split(q.Entrypoint, "/") {
		ref = append(ref, ast.StringTerm(name))
	}
	result := ast.VarTerm("__result")
	expr := ast.Equality.Expr(result, ast.NewTerm(ref))
	expr.With = q.withs
	body, err := s.compiler.QueryCompiler().Compile(ast.NewBody(expr))
	if err != nil {
		return nil, err
	}
	query := topdown.NewQuery(body).WithCompiler(s.compiler).WithStore(s.store).WithTransaction(s.txn).WithTime(q.now)
	var value *ast.Term
	err = query.Iter(ctx, func(found topdown.QueryResult) error {
		value = found[ast.Var("__result")]
		return nil
	})
	return value, err
}
