package main

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/bundle"
	opa "github.com/open-policy-agent/opa/v1/compile"
)

type compileRequest struct {
	Verb string `json:"verb"`
	sources
	// Entrypoints are paths such as orders/decision; their order is that of the ids.
	Entrypoints []string       `json:"entrypoints"`
	Data        map[string]any `json:"data"`
	Roots       []string       `json:"roots"`
	Revision    string         `json:"revision"`
	// Plan adds the intermediate representation, from the same modules.
	Plan bool `json:"plan"`
	// EnablePrint keeps print calls; otherwise they are erased.
	EnablePrint bool `json:"enablePrint"`
}

type compiled struct {
	Entrypoints []string `json:"entrypoints"`
	Wasm        []byte   `json:"wasm"`
	// Plan is OPA's IR as JSON, if asked for.
	Plan json.RawMessage `json:"plan,omitempty"`
	// Builtins are all functions reached; HostBuiltins those the host must bring.
	Builtins     []string `json:"builtins"`
	HostBuiltins []string `json:"hostBuiltins"`
	// Manifest and Modules are for the bundle archive: OPA ships the modules
	// without the rules that became entrypoints.
	Manifest bundle.Manifest   `json:"manifest"`
	Modules  map[string]string `json:"modules"`
}

// compile turns modules into one policy.wasm. Optimisation stays off, so that
// what runs is what was written, and rules that merely depend on an entrypoint
// do not become entrypoints themselves: the ids are those of the request.
func compile(request []byte) (any, error) {
	var r compileRequest
	if err := decode(request, &r); err != nil {
		return nil, err
	}
	if len(r.Entrypoints) == 0 {
		return nil, &failure{codeEntrypoint, "name at least one entrypoint, such as orders/decision"}
	}
	options, err := r.parserOptions()
	if err != nil {
		return nil, err
	}
	modules, err := r.parse(options)
	if err != nil {
		return nil, err
	}
	if err := checkRoots(r.Roots, modules, r.Data); err != nil {
		return nil, err
	}
	if err := checkConflicts(modules, options, r.Data); err != nil {
		return nil, err
	}
	// The plan comes first: the build for WebAssembly cuts rules out of the modules.
	planned, err := r.build(opa.TargetPlan, modules, options)
	if err != nil {
		return nil, err
	}
	plan := planned.PlanModules[0].Raw
	built, err := r.build(opa.TargetWasm, modules, options)
	if err != nil {
		return nil, err
	}
	return r.answer(built, plan)
}

// build runs OPA's own build for one target.
func (r compileRequest) build(target string, modules []module, options ast.ParserOptions) (*bundle.Bundle, error) {
	b := &bundle.Bundle{Data: r.Data}
	if r.Roots != nil {
		b.Manifest.Roots = &r.Roots
	}
	b.Manifest.Init()
	b.SetRegoVersion(options.RegoVersion)
	for _, m := range modules {
		b.Modules = append(b.Modules, bundle.ModuleFile{URL: m.path, Path: m.path, Raw: []byte(m.text), Parsed: m.parsed})
	}
	compiler := opa.New().
		WithBundle(b).
		WithTarget(target).
		WithEntrypoints(r.Entrypoints...).
		WithCapabilities(options.Capabilities).
		WithRegoVersion(options.RegoVersion).
		WithEnablePrintStatements(r.EnablePrint).
		WithPruneUnused(true).
		WithRevision(r.Revision)
	if err := compiler.Build(context.Background()); err != nil {
		if strings.HasPrefix(err.Error(), "entrypoint ") {
			return nil, &failure{codeEntrypoint, err.Error()}
		}
		return nil, err
	}
	return compiler.Bundle(), nil
}

func (r compileRequest) answer(built *bundle.Bundle, plan []byte) (*compiled, error) {
	all, host, err := builtinsOf(plan)
	if err != nil {
		return nil, err
	}
	a := &compiled{
		Wasm:         built.WasmModules[0].Raw,
		Manifest:     built.Manifest,
		Modules:      make(map[string]string, len(built.Modules)),
		Builtins:     all,
		HostBuiltins: host,
	}
	for _, resolver := range built.Manifest.WasmResolvers {
		a.Entrypoints = append(a.Entrypoints, resolver.Entrypoint)
	}
	for _, m := range built.Modules {
		a.Modules[m.URL] = string(m.Raw)
	}
	if r.Plan {
		a.Plan = plan
	}
	return a, nil
}
