package main

import (
	"runtime"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/cover"
	"github.com/open-policy-agent/opa/v1/topdown"
)

// testWatch is told every step of every test: it counts coverage, remembers
// where tests fail (OPA's runner has a field for that and leaves it empty), and
// lets timers fire.
type testWatch struct {
	cover *cover.Cover
	// running maps the queries of the current test to the rules they evaluate.
	running map[uint64]*ast.Rule
	// failures holds, per place of a rule, its failed expression that got furthest.
	failures map[place]*ast.Expr
	steps    int
	// entered, if there, is told of each rule that begins to be evaluated.
	entered func(*ast.Rule)
}

type place struct {
	file     string
	row, col int
}

func placeOf(location *ast.Location) place {
	if location == nil {
		return place{}
	}
	return place{location.File, location.Row, location.Col}
}

func newTestWatch() *testWatch {
	return &testWatch{cover: cover.New(), running: map[uint64]*ast.Rule{}, failures: map[place]*ast.Expr{}}
}

// failed returns the expression at which the rule at this place failed, if any.
func (w *testWatch) failed(rule *ast.Location) *ast.Expr {
	return w.failures[placeOf(rule)]
}

func (*testWatch) Enabled() bool { return true }

func (*testWatch) Config() topdown.TraceConfig { return topdown.TraceConfig{} }

func (w *testWatch) TraceEvent(event topdown.Event) {
	// WebAssembly has one thread and Go cannot interrupt a loop there: without
	// this, the timer of a test's timeout would never get its turn.
	if w.steps++; w.steps%1024 == 0 {
		runtime.Gosched()
	}
	w.cover.TraceEvent(event)
	switch node := event.Node.(type) {
	case *ast.Rule:
		if event.Op == topdown.EnterOp {
			w.running[event.QueryID] = node
			if w.entered != nil {
				w.entered(node)
			}
		}
	case ast.Body:
		if event.Op == topdown.EnterOp {
			// Query ids start anew with each test; this one is not a rule's.
			delete(w.running, event.QueryID)
		}
	case *ast.Expr:
		rule := w.running[event.QueryID]
		if event.Op != topdown.FailOp || rule == nil {
			return
		}
		at := placeOf(rule.Loc())
		if before := w.failures[at]; before == nil || before.Index <= node.Index {
			w.failures[at] = node
		}
	}
}
