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
	// Refers are the rules that the expression refers to, of those that were tried.
	Refers []string `json:"refers"`

	query uint64
	refs  []ast.Ref
}

type held struct {
	Rule  string `json:"rule"`
	File  string `json:"file"`
	Row   int    `json:"row"`
	Col   int    `json:"col"`
	Value string `json:"value"`
	// Conditions are the expressions of the body, in its order.
	Conditions []condition `json:"conditions"`
	// Refers are the rules that the body refers to, of those that were tried.
	Refers []string `json:"refers"`

	refs []ast.Ref
}

// condition is an expression that held, as written and with its values.
type condition struct {
	File     string    `json:"file"`
	Row      int       `json:"row"`
	Col      int       `json:"col"`
	Text     string    `json:"text"`
	Operator string    `json:"operator"`
	Operands []operand `json:"operands"`
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
	next := held{
		Rule: ruleName(rule), File: at.File, Row: at.Row, Col: at.Col, Value: textOf(plugged),
		Conditions: x.conditionsOf(event, rule.Body), refs: refsOf(rule.Body),
	}
	if slices.ContainsFunc(x.holds, next.same) {
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
		refs:     refsOf(expr),
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
	tried := map[string]bool{}
	for _, rule := range x.rules {
		tried[ruleName(rule)] = true
	}
	for _, f := range x.fails {
		if !x.exited[f.query] && !slices.ContainsFunc(why.Fails, f.same) {
			f.Refers = namesOf(f.refs, tried)
			why.Fails = append(why.Fails, f)
		}
	}
	// OPA goes through the bodies of a rule in no particular order.
	slices.SortStableFunc(why.Fails, func(a, b failed) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Row, b.Row), cmp.Compare(a.Col, b.Col))
	})
	for _, h := range x.holds {
		h.Refers = namesOf(h.refs, tried)
		why.Holds = append(why.Holds, h)
	}
	slices.SortStableFunc(why.Holds, func(a, b held) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Row, b.Row), cmp.Compare(a.Col, b.Col))
	})
	return why
}

func (f failed) same(other failed) bool {
	return f.File == other.File && f.Row == other.Row && f.Col == other.Col && f.Text == other.Text &&
		slices.Equal(f.Rules, other.Rules) && slices.Equal(f.Operands, other.Operands)
}

func (h held) same(other held) bool {
	return h.File == other.File && h.Row == other.Row && h.Col == other.Col && h.Rule == other.Rule &&
		h.Value == other.Value && slices.EqualFunc(h.Conditions, other.Conditions, condition.same)
}

func (c condition) same(other condition) bool {
	return c.Row == other.Row && c.Col == other.Col && slices.Equal(c.Operands, other.Operands)
}

// conditionsOf lists the expressions of the source. Of one of these the compiler
// makes several, parts first; those that it makes of the head come last.
func (x *explainer) conditionsOf(event *topdown.Event, body ast.Body) []condition {
	conditions := []condition{}
	start := startOf(body)
	for i, expr := range body {
		at := expr.Location
		if at == nil || at.File == "" || at.Offset < start {
			continue
		}
		part := func(other *ast.Expr) bool {
			whole := other.Location
			return whole != nil && whole.Offset <= at.Offset && end(at) <= end(whole)
		}
		within := func(other *ast.Expr) bool { return part(other) && len(other.Location.Text) > len(at.Text) }
		if slices.ContainsFunc(body, within) || slices.ContainsFunc(body[i+1:], part) {
			continue
		}
		conditions = append(conditions, condition{
			at.File, at.Row, at.Col, string(at.Text), operatorOf(expr), x.operandsOf(event, expr),
		})
	}
	return conditions
}

// startOf is where the body begins in the source: with the expression that the
// first is a part of.
func startOf(body ast.Body) int {
	if len(body) == 0 || body[0].Location == nil {
		return 0
	}
	first := body[0].Location
	start := first.Offset
	for _, expr := range body {
		if at := expr.Location; at != nil && at.Offset <= first.Offset && end(first) <= end(at) {
			start = min(start, at.Offset)
		}
	}
	return start
}

func end(at *ast.Location) int { return at.Offset + len(at.Text) }

// refsOf lists the references into data, those of calls too.
func refsOf(node any) []ast.Ref {
	refs := []ast.Ref{}
	ast.WalkRefs(node, func(ref ast.Ref) bool {
		if ref.HasPrefix(ast.DefaultRootRef) {
			refs = append(refs, ref.GroundPrefix())
		}
		return false
	})
	return refs
}

// namesOf finds the rules that references lead to or into, sorted.
func namesOf(refs []ast.Ref, tried map[string]bool) []string {
	names := []string{}
	for _, ref := range refs {
		for length := len(ref); length > 1; length-- {
			if name := ref[:length].String(); tried[name] {
				names = append(names, name)
				break
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func ruleName(rule *ast.Rule) string {
	return rule.Ref().GroundPrefix().String()
}
