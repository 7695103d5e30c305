package main

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/ir"
	"github.com/open-policy-agent/opa/v1/rego"
)

// planTarget is a target of our own that does nothing but keep the plan.
const planTarget = "plan"

type planKeeper struct{ plan *ir.Policy }

func (*planKeeper) IsTarget(name string) bool { return name == planTarget }

func (k *planKeeper) PrepareForEval(_ context.Context, plan *ir.Policy, _ ...rego.PrepareOption) (rego.TargetPluginEval, error) {
	k.plan = plan
	return k, nil
}

func (*planKeeper) Eval(context.Context, *rego.EvalContext, ast.Value) (ast.Value, error) {
	return nil, errors.New("a plan that was kept is not evaluated")
}

// planOf returns the plan of a case's query as JSON. Targets are found in a
// table of the whole process, so plans are made one at a time.
func planOf(options []func(*rego.Rego)) (json.RawMessage, error) {
	keeper := &planKeeper{}
	rego.ResetTargetPlugins()
	rego.RegisterPlugin(planTarget, keeper)
	defer rego.ResetTargetPlugins()
	if _, err := rego.New(append(options, rego.Target(planTarget))...).PrepareForEval(context.Background()); err != nil {
		return nil, err
	}
	return json.Marshal(keeper.plan)
}
