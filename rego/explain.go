package main

import (
	"cmp"
	"slices"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/topdown"
)

// explanation is why a query has its value.
type explanation struct {
	// Fails are the first failing expressions of rule bodies that did not hold.
	Fails []failed `json:"fails"`
	// Holds are the rules that did; the reasons of policies in deny-list style.
	Holds []held `json:"holds"`
	// Truncated says that there were more fails or holds than listed.
	Truncated bool `json:"truncated"`
}

type failed struct {
	// Rules lead from the outermost rule to the one that holds the expression.
	Rules []string `json:"rules"`
	File  string   `json:"file"`
	Row   int      `json:"row"`
	Col   int      `json:"col"`
	Text  string   `json:"text"`
	// Operator is the function's name, eq for = and ==; empty for a bare term.
	Operator string `json:"operator"`
	// Negated means: what follows `not` holds, but must not.
	Negated  bool      `json:"negated"`
	Operands []operand `json:"operands"`

	query uint64
}

type held struct {
	Rule  string `json:"rule"`
	File  string `json:"file"`
	Row   int    `json:"row"`
	Col   int    `json:"col"`
	Value string `json:"value"`
}

// operand is a term as written, and its value as Rego text: undefined where it
// has none.
type operand struct {
	Text  string `json:"text"`
	Value string `json:"value"`
}

// explainLimit bounds the fails and the holds, each; loops produce many alike.
const explainLimit = 500

// explainer listens to one evaluation.
type explainer struct {
	data    ast.Value
	parents map[uint64]uint64
	rules   map[uint64]*ast.Rule
	// values of complete rules, by reference, known when their bodies held.
	values map[string]*ast.Term
	exited map[uint64]bool
	fails  []failed
	holds  []held
	more   bool
}

func newExplainer(data map[string]any) (*explainer, error) {
	if data == nil {
		data = map[string]any{}
	}
	value, err := ast.InterfaceToValue(data)
	return &explainer{
		data:    value,
		parents: map[uint64]uint64{},
		rules:   map[uint64]*ast.Rule{},
		values:  map[string]*ast.Term{},
		exited:  map[uint64]bool{},
	}, err
}

func (*explainer) Enabled() bool { return true }

// Config leaves local variables alone: they are read with Plug where needed.
func (*explainer) Config() topdown.TraceConfig { return topdown.TraceConfig{} }

// TraceEvent reads all values at once: later, the bindings are undone.
func (x *explainer) TraceEvent(event topdown.Event) {
	x.parents[event.QueryID] = event.ParentID
	switch node := event.Node.(type) {
	case *ast.Rule:
		if event.Op == topdown.EnterOp {
			x.rules[event.QueryID] = node
		} else if event.Op == topdown.ExitOp {
			x.exited[event.QueryID] = true
			x.hold(&event, node)
		}
	case ast.Body:
		if event.Op == topdown.ExitOp {
			x.exited[event.QueryID] = true
		}
	case *ast.Expr:
		if event.Op == topdown.FailOp {
			x.fail(&event, node)
		}
	}
}

func (x *explainer) hold(event *topdown.Event, rule *ast.Rule) {
	value := rule.Head.Value
	if value == nil {
		value = rule.Head.Key
	}
	if value == nil {
		return
	}
	plugged := event.Plug(value)
	if rule.Head.RuleKind() == ast.SingleValue && len(rule.Head.Args) == 0 {
		x.values[rule.Ref().String()] = plugged
	}
	at := rule.Loc()
	next := held{ruleName(rule), at.File, at.Row, at.Col, textOf(plugged)}
	if slices.Contains(x.holds, next) {
		return
	}
	if len(x.holds) == explainLimit {
		x.more = true
		return
	}
	x.holds = append(x.holds, next)
}

func (x *explainer) fail(event *topdown.Event, expr *ast.Expr) {
	at := expr.Location
	if at == nil || at.File == "" { // the query itself, not a policy
		return
	}
	if len(x.fails) == explainLimit {
		x.more = true
		return
	}
	x.fails = append(x.fails, failed{
		Rules:    x.rulesOf(event.QueryID),
		File:     at.File,
		Row:      at.Row,
		Col:      at.Col,
		Text:     string(at.Text),
		Operator: operatorOf(expr),
		Negated:  expr.Negated,
		Operands: x.operandsOf(event, expr),
		query:    event.QueryID,
	})
}

// rulesOf walks from a query up to the outermost rule. The root query is its
// own parent.
func (x *explainer) rulesOf(query uint64) []string {
	rules := []string{}
	for {
		if rule := x.rules[query]; rule != nil {
			rules = append(rules, ruleName(rule))
		}
		parent, known := x.parents[query]
		if !known || parent == query {
			break
		}
		query = parent
	}
	slices.Reverse(rules)
	return rules
}

// explanation leaves out failures in bodies that held after all, such as the
// elements before the one that `some x in xs` was looking for.
func (x *explainer) explanation() *explanation {
	why := &explanation{Fails: []failed{}, Holds: []held{}, Truncated: x.more}
	for _, f := range x.fails {
		if !x.exited[f.query] && !slices.ContainsFunc(why.Fails, f.same) {
			why.Fails = append(why.Fails, f)
		}
	}
	// OPA goes through the bodies of a rule in no particular order.
	slices.SortStableFunc(why.Fails, func(a, b failed) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Row, b.Row), cmp.Compare(a.Col, b.Col))
	})
	why.Holds = append(why.Holds, x.holds...)
	slices.SortStableFunc(why.Holds, func(a, b held) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Row, b.Row), cmp.Compare(a.Col, b.Col))
	})
	return why
}

func (f failed) same(other failed) bool {
	return f.File == other.File && f.Row == other.Row && f.Col == other.Col && f.Text == other.Text &&
		slices.Equal(f.Rules, other.Rules) && slices.Equal(f.Operands, other.Operands)
}

func ruleName(rule *ast.Rule) string {
	return rule.Ref().GroundPrefix().String()
}
