package main

import (
	"context"
	"slices"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/storage"
	"github.com/open-policy-agent/opa/v1/tester"
)

// artefact names what was built, to run the tests against: the host holds the
// module itself and evaluates it when it is asked to.
type artefact struct {
	Entrypoints []string `json:"entrypoints"`
	// HostBuiltins are those that the module asks its host for; no other
	// builtin of it can be mocked.
	HostBuiltins []string `json:"hostBuiltins"`
}

// artefactResult is what became of one test on the artefact.
type artefactResult struct {
	// Class is artefact, partly source, not reached or source-only.
	Class   string `json:"class"`
	Verdict string `json:"verdict"`
	Calls   int    `json:"calls"`
	// Carried are the rules, not below any entrypoint, that were evaluated on
	// source all the same because the test refers to them.
	Carried []string `json:"carried"`
	// Unreached are the `with` targets that cannot be put into the artefact.
	Unreached []string  `json:"unreached"`
	Error     *located  `json:"error,omitempty"`
	FailedAt  *failedAt `json:"failedAt,omitempty"`
}

// difference is a call that the artefact answers otherwise than the source.
type difference struct {
	// Test is the name of the test that made the call.
	Test       string `json:"test"`
	Entrypoint string `json:"entrypoint"`
	// Input, Source and Artefact are Rego texts; empty is undefined.
	Input    string `json:"input"`
	Source   string `json:"source"`
	Artefact string `json:"artefact"`
	// SourceError and ArtefactError are set where there is no value for an error.
	SourceError   string `json:"sourceError,omitempty"`
	ArtefactError string `json:"artefactError,omitempty"`
}

// artefactRun runs tests once more, with every rule at or below an entrypoint
// replaced by a call of the artefact.
type artefactRun struct {
	request testRequest
	options ast.ParserOptions
	source  *artefactSource
	// current is the test that runs; calls counts what each test called.
	current     place
	names       map[place]string
	calls       map[place]int
	differences []difference
	// failure ends all: the host does not answer as agreed.
	failure error
}

// testOnArtefact adds to each result what became of it on the artefact.
func (r testRequest) testOnArtefact(ctx context.Context, options ast.ParserOptions, answer *tested) error {
	modules, err := r.parse(options)
	if err != nil {
		return err
	}
	entrypoints, err := readEntrypoints(r.Artefact.Entrypoints)
	if err != nil {
		return err
	}
	store := storeOf(r.Data)
	return storage.Txn(ctx, store, storage.TransactionParams{}, func(txn storage.Transaction) error {
		source, err := r.compileSource(ctx, options, store, txn)
		if err != nil {
			return err
		}
		run := &artefactRun{
			request: r, options: options, source: source,
			names: map[place]string{}, calls: map[place]int{},
		}
		classes, err := r.classify(ctx, options, store, txn, entrypoints)
		if err != nil {
			return err
		}
		stubbed, err := stub(modules, entrypoints, classes, r.Artefact.HostBuiltins)
		if err != nil {
			return err
		}
		watch := newTestWatch()
		watch.entered = run.enter
		results, err := r.run(ctx, stubbed, options, store, txn, watch, run.builtin(ctx))
		if err != nil {
			return err
		}
		for result := range results {
			run.describe(result, watch, classes, answer)
		}
		answer.Differences = run.differences
		return run.failure
	})
}

// enter is told of every rule that begins to be evaluated.
func (run *artefactRun) enter(rule *ast.Rule) {
	if isTest(rule) {
		run.current = placeOf(rule.Loc())
		run.names[run.current] = rule.Module.Package.Path.String() + "." + rule.Head.Ref().String()
	}
}

func (run *artefactRun) describe(result *tester.Result, watch *testWatch, classes *classes, answer *tested) {
	at := placeOf(result.Location)
	described := describe(result, watch)
	class := classes.of[at]
	of := &artefactResult{
		Verdict: described.Verdict, Calls: run.calls[at], Error: described.Error, FailedAt: described.FailedAt,
		Carried: class.carried, Unreached: class.unreached,
	}
	switch {
	case len(of.Unreached) > 0:
		of.Class = "source-only"
	case of.Calls == 0:
		of.Class = "not reached"
	case len(of.Carried) > 0:
		of.Class = "partly source"
	default:
		of.Class = "artefact"
	}
	i := slices.IndexFunc(answer.Tests, func(t testResult) bool {
		return t.File == at.file && t.Row == at.row && t.Col == at.col && t.Name == described.Name
	})
	if i >= 0 {
		answer.Tests[i].Artefact = of
	}
}
