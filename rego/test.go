package main

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/cover"
	"github.com/open-policy-agent/opa/v1/storage"
	"github.com/open-policy-agent/opa/v1/tester"
)

type testRequest struct {
	Verb string `json:"verb"`
	sources
	Data map[string]any `json:"data"`
	// Filter is a regular expression over names such as data.orders_test.test_read.
	Filter string `json:"filter"`
	// TimeoutMs is how long one test may take; 0 is 5,000.
	TimeoutMs int64 `json:"timeoutMs"`
	Coverage  bool  `json:"coverage"`
	// StopAtFailure runs no further test after the first that fails, and finds
	// neither where it failed nor what was covered.
	StopAtFailure bool `json:"stopAtFailure"`
	// Artefact runs the tests a second time, against what was built.
	Artefact *artefact `json:"artefact"`
}

type tested struct {
	Tests    []testResult  `json:"tests"`
	Coverage *cover.Report `json:"coverage,omitempty"`
	// Differences are the calls of the tests that the artefact answers otherwise.
	Differences []difference `json:"differences,omitempty"`
}

type testResult struct {
	Package string `json:"package"`
	Name    string `json:"name"`
	File    string `json:"file"`
	Row     int    `json:"row"`
	Col     int    `json:"col"`
	// Verdict is pass, fail, error (it could not be evaluated) or skip (todo_test_).
	Verdict    string  `json:"verdict"`
	DurationMs float64 `json:"durationMs"`
	// Output is what the test and the policy printed.
	Output string `json:"output"`
	// FailedAt is the expression of the test that got furthest and failed.
	FailedAt *failedAt `json:"failedAt,omitempty"`
	Error    *located  `json:"error,omitempty"`
	// Cases are the verdicts of a table test, test_x[name].
	Cases []caseResult `json:"cases"`
	// Artefact is what became of it there, if that was asked for.
	Artefact *artefactResult `json:"artefact,omitempty"`
}

type failedAt struct {
	File string `json:"file"`
	Row  int    `json:"row"`
	Col  int    `json:"col"`
	Text string `json:"text"`
}

type caseResult struct {
	Name []string `json:"name"`
	Pass bool     `json:"pass"`
}

// test runs the tests among the modules as `opa test` does, one after the other.
func test(request []byte) (any, error) {
	var r testRequest
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
	watch := newTestWatch()
	answer := &tested{Tests: []testResult{}}
	store := storeOf(r.Data)
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	err = storage.Txn(ctx, store, storage.TransactionParams{}, func(txn storage.Transaction) error {
		results, err := r.run(ctx, byPath(modules), options, store, txn, watch)
		if err != nil {
			return err
		}
		for result := range results { // to the end: the runner waits for its reader
			if ctx.Err() != nil {
				continue
			}
			answer.Tests = append(answer.Tests, describe(result, watch))
			if r.StopAtFailure && (result.Fail || result.Error != nil) {
				stop()
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	// The runner goes through modules in no particular order.
	slices.SortFunc(answer.Tests, func(a, b testResult) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Row, b.Row), cmp.Compare(a.Name, b.Name))
	})
	if r.Coverage {
		report := watch.cover.Report(byPath(modules))
		answer.Coverage = &report
	}
	if r.Artefact != nil {
		if err := r.testOnArtefact(ctx, options, answer); err != nil {
			return nil, err
		}
	}
	return answer, nil
}

// run compiles the modules and starts their tests, one after the other.
func (r testRequest) run(
	ctx context.Context, modules map[string]*ast.Module, options ast.ParserOptions,
	store storage.Store, txn storage.Transaction, watch *testWatch, builtins ...*tester.Builtin,
) (chan *tester.Result, error) {
	declared := map[string]*ast.Builtin{}
	for _, builtin := range builtins {
		declared[builtin.Decl.Name] = builtin.Decl
	}
	compiler := ast.NewCompiler().
		WithCapabilities(options.Capabilities).
		WithBuiltins(declared).
		WithEnablePrintStatements(true).
		WithPathConflictsCheck(storage.NonEmpty(ctx, store, txn))
	runner := tester.NewRunner()
	if !r.StopAtFailure { // following every evaluation takes most of the time
		runner = runner.SetCoverageQueryTracer(watch)
	}
	return runner.
		SetCompiler(compiler).
		SetStore(store).
		SetModules(modules).
		SetParallel(1).
		SetTimeout(timeoutOf(r.TimeoutMs)).
		CapturePrintOutput(true).
		AddCustomBuiltins(builtins).
		Filter(r.Filter).
		RunTests(ctx, txn)
}

func timeoutOf(milliseconds int64) time.Duration {
	if milliseconds <= 0 {
		return 5 * time.Second
	}
	return time.Duration(milliseconds) * time.Millisecond
}

func describe(result *tester.Result, watch *testWatch) testResult {
	described := testResult{
		Package:    result.Package,
		Name:       result.Name,
		Verdict:    verdict(result),
		DurationMs: float64(result.Duration.Microseconds()) / 1000,
		Output:     string(result.Output),
		Cases:      []caseResult{},
	}
	if place := result.Location; place != nil {
		described.File, described.Row, described.Col = place.File, place.Row, place.Col
	}
	if result.Error != nil {
		described.Error = &listErrors(result.Error)[0]
	}
	if expr := watch.failed(result.Location); expr != nil && described.Verdict == "fail" {
		place := expr.Location
		described.FailedAt = &failedAt{place.File, place.Row, place.Col, string(place.Text)}
	}
	for name, sub := range result.SubResults.Iter {
		described.Cases = append(described.Cases, caseResult{Name: slices.Clone(name), Pass: !sub.Fail})
	}
	return described
}

func verdict(result *tester.Result) string {
	switch {
	case result.Skip:
		return "skip"
	case result.Error != nil:
		return "error"
	case result.Fail:
		return "fail"
	}
	return "pass"
}
