package main

import (
	"bytes"
	"context"
	"encoding/json"
	"strconv"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"
	"github.com/open-policy-agent/opa/v1/topdown"
	"github.com/open-policy-agent/opa/v1/topdown/builtins"
)

type evalRequest struct {
	Verb string `json:"verb"`
	sources
	Data  map[string]any `json:"data"`
	Query string         `json:"query"`
	// Input is absent where input is to be undefined.
	Input json.RawMessage `json:"input"`
	// NowNs, in decimal, freezes the clock: nanoseconds since 1970.
	NowNs string `json:"nowNs"`
	// Answers are those of builtins that vary, as a decision had them; others are made anew.
	Answers []builtinAnswer `json:"answers"`
	// Explain adds why: what failed and what held.
	Explain bool `json:"explain"`
}

// builtinAnswer is what a builtin answered: Rego texts.
type builtinAnswer struct {
	Name     string   `json:"name"`
	Operands []string `json:"operands"`
	Answer   string   `json:"answer"`
}

type evaluated struct {
	// Results has one entry per way in which the query holds; none: undefined.
	Results []evalResult `json:"results"`
	// Output is what the policy printed.
	Output      string       `json:"output"`
	Explanation *explanation `json:"explanation,omitempty"`
}

type evalResult struct {
	// Values are those of the query's expressions, in their order.
	Values   []any     `json:"values"`
	Bindings rego.Vars `json:"bindings"`
}

// eval evaluates a query on source, as OPA's interpreter does. Errors inside
// builtins make the expression undefined, as in compiled policies.
func eval(request []byte) (any, error) {
	var r evalRequest
	if err := decode(request, &r); err != nil {
		return nil, err
	}
	ctx := context.Background()
	query, err := prepared.get(ctx, r)
	if err != nil {
		return nil, err
	}
	var printed bytes.Buffer
	options := []rego.EvalOption{rego.EvalPrintHook(topdown.NewPrintHook(&printed))}
	if len(r.Input) > 0 {
		input, err := ast.ValueFromReader(bytes.NewReader(r.Input))
		if err != nil {
			return nil, badRequest("input: %v", err)
		}
		options = append(options, rego.EvalParsedInput(input))
	}
	if r.NowNs != "" {
		ns, err := strconv.ParseInt(r.NowNs, 10, 64)
		if err != nil {
			return nil, badRequest("nowNs `%s` is not a count of nanoseconds", r.NowNs)
		}
		options = append(options, rego.EvalTime(time.Unix(0, ns)))
	}
	if len(r.Answers) > 0 {
		answers, err := answersOf(r.Answers)
		if err != nil {
			return nil, err
		}
		options = append(options, rego.EvalNDBuiltinCache(answers))
	}
	var why *explainer
	if r.Explain {
		if why, err = newExplainer(r.Data); err != nil {
			return nil, err
		}
		// With the index, bodies that cannot hold are left out of the trace; with
		// early exit, those after the first that holds.
		options = append(options, rego.EvalQueryTracer(why), rego.EvalRuleIndexing(false), rego.EvalEarlyExit(false))
	}
	set, err := query.Eval(ctx, options...)
	if err != nil {
		return nil, err
	}
	answer := &evaluated{Results: []evalResult{}, Output: printed.String()}
	for _, result := range set {
		values := []any{}
		for _, expression := range result.Expressions {
			values = append(values, expression.Value)
		}
		answer.Results = append(answer.Results, evalResult{values, result.Bindings})
	}
	if why != nil {
		answer.Explanation = why.explanation()
	}
	return answer, nil
}

// answersOf is what OPA consults before it calls a builtin that varies.
func answersOf(given []builtinAnswer) (builtins.NDBCache, error) {
	answers := builtins.NDBCache{}
	for _, a := range given {
		operands := make([]*ast.Term, len(a.Operands))
		for i, text := range a.Operands {
			operand, err := ast.ParseTerm(text)
			if err != nil {
				return nil, badRequest("answers: operand %d of %s is not Rego", i, a.Name)
			}
			operands[i] = operand
		}
		answer, err := ast.ParseTerm(a.Answer)
		if err != nil {
			return nil, badRequest("answers: that of %s is not Rego", a.Name)
		}
		answers.Put(a.Name, ast.NewArray(operands...), answer.Value)
	}
	return answers, nil
}

// prepare parses and compiles everything but the input.
func prepare(ctx context.Context, r evalRequest) (*rego.PreparedEvalQuery, error) {
	options, err := r.parserOptions()
	if err != nil {
		return nil, err
	}
	modules, err := r.parse(options)
	if err != nil {
		return nil, err
	}
	settings := []func(*rego.Rego){
		rego.Query(r.Query),
		rego.Capabilities(options.Capabilities),
		rego.SetRegoVersion(options.RegoVersion),
		rego.EnablePrintStatements(true),
		rego.Store(storeOf(r.Data)),
	}
	for _, m := range modules {
		settings = append(settings, rego.ParsedModule(m.parsed))
	}
	query, err := rego.New(settings...).PrepareForEval(ctx)
	if err != nil {
		return nil, err
	}
	return &query, nil
}

// prepared keeps the last queries, because compiling takes a hundred times as
// long as evaluating, and questions about one policy come in groups.
var prepared queryCache

const preparedLimit = 4

type queryCache struct {
	keys    []string
	queries []*rego.PreparedEvalQuery
}

func (c *queryCache) get(ctx context.Context, r evalRequest) (*rego.PreparedEvalQuery, error) {
	r.Input, r.NowNs, r.Answers, r.Explain = nil, "", nil, false
	text, err := json.Marshal(r)
	if err != nil {
		return nil, err
	}
	key := string(text)
	for i, known := range c.keys {
		if known == key {
			return c.queries[i], nil
		}
	}
	query, err := prepare(ctx, r)
	if err != nil {
		return nil, err
	}
	if len(c.keys) == preparedLimit {
		c.keys, c.queries = c.keys[1:], c.queries[1:]
	}
	c.keys, c.queries = append(c.keys, key), append(c.queries, query)
	return query, nil
}
