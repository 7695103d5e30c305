package main

import (
	"context"
	"log/slog"
	"net/url"
	"slices"
	"sort"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/template"
)

var (
	language = parser.NewParser(parser.Options{})
	engine   = promql.NewEngine(promql.EngineOpts{
		MaxSamples:           10_000_000,
		Timeout:              30 * time.Second,
		LookbackDelta:        5 * time.Minute,
		EnableAtModifier:     true,
		EnableNegativeOffset: true,
		Parser:               language,
	})
)

type group struct{ rules []*rule }

// A rule, and of an alert since when each of its series is pending.
type rule struct {
	rulefmt.Rule
	expr   parser.Expr
	active map[uint64]time.Time
}

func (r *rule) name() string {
	if r.Alert != "" {
		return r.Alert
	}
	return r.Record
}

func readRules(text string) ([]group, []error) {
	read, errs := rulefmt.Parse([]byte(text), false, model.UTF8Validation, language, slog.New(slog.DiscardHandler))
	if len(errs) > 0 {
		return nil, errs
	}
	var groups []group
	for _, given := range read.Groups {
		var one group
		for _, each := range given.Rules {
			expr, err := language.ParseExpr(each.Expr)
			if err != nil {
				return nil, []error{err}
			}
			one.rules = append(one.rules, &rule{Rule: each, expr: expr, active: map[uint64]time.Time{}})
		}
		groups = append(groups, one)
	}
	return groups, nil
}

// The names of metrics that an expression reads, sorted.
func metricsOf(expr parser.Expr) []string {
	names := []string{}
	parser.Inspect(expr, func(node parser.Node, _ []parser.Node) error {
		selector, ok := node.(*parser.VectorSelector)
		if !ok {
			return nil
		}
		for _, matcher := range selector.LabelMatchers {
			if matcher.Name == labels.MetricName {
				names = append(names, matcher.Value)
			}
		}
		return nil
	})
	sort.Strings(names)
	return slices.Compact(names)
}

// Evaluates all rules once: what is recorded is kept, and the alerts that fire are answered.
func evaluateRules(ctx context.Context, groups []group, from *store, at time.Time) ([]firing, error) {
	fires := []firing{}
	for _, one := range groups {
		for _, rule := range one.rules {
			query, err := engine.NewInstantQuery(ctx, from, promql.NewPrometheusQueryOpts(false, 0), rule.Expr, at)
			if err != nil {
				return nil, err
			}
			vector, err := query.Exec(ctx).Vector()
			query.Close()
			if err != nil {
				return nil, err
			}
			if rule.Record != "" {
				for _, sample := range vector {
					from.add(withLabels(sample.Metric, rule.Record, rule.Labels), at.UnixMilli(), sample.F)
				}
				continue
			}
			seen := map[uint64]time.Time{}
			for _, sample := range vector {
				key := sample.Metric.Hash()
				since, ok := rule.active[key]
				if !ok {
					since = at
				}
				seen[key] = since
				if at.Sub(since) >= time.Duration(rule.For) {
					each, err := fire(ctx, rule, sample, at)
					if err != nil {
						return nil, err
					}
					fires = append(fires, each)
				}
			}
			rule.active = seen
		}
	}
	return fires, nil
}

// An alert with its annotations expanded.
func fire(ctx context.Context, rule *rule, sample promql.Sample, at time.Time) (firing, error) {
	own := sample.Metric.Map()
	data := template.AlertTemplateData(own, nil, "", sample)
	none := func(context.Context, string, time.Time) (promql.Vector, error) { return nil, nil }
	out := firing{Alert: rule.Alert, Labels: own, Annotations: map[string]string{}}
	delete(out.Labels, labels.MetricName)
	for name, value := range rule.Labels {
		out.Labels[name] = value
	}
	prelude := "{{$labels := .Labels}}{{$value := .Value}}"
	for name, text := range rule.Annotations {
		expander := template.NewTemplateExpander(
			ctx, prelude+text, rule.Alert, data, model.TimeFromUnixNano(at.UnixNano()), none, &url.URL{}, nil)
		expanded, err := expander.Expand()
		if err != nil {
			return out, err
		}
		out.Annotations[name] = expanded
	}
	return out, nil
}

func runQuery(ctx context.Context, text string, from *store, at time.Time) queryAnswer {
	expr, err := language.ParseExpr(text)
	if err != nil {
		return queryAnswer{Error: err.Error(), Metrics: []string{}}
	}
	out := queryAnswer{Metrics: metricsOf(expr)}
	query, err := engine.NewInstantQuery(ctx, from, promql.NewPrometheusQueryOpts(false, 0), text, at)
	if err != nil {
		out.Error = err.Error()
		return out
	}
	defer query.Close()
	result := query.Exec(ctx)
	if result.Err != nil {
		out.Error = result.Err.Error()
		return out
	}
	if vector, err := result.Vector(); err == nil {
		out.Series = len(vector)
	} else if _, err := result.Scalar(); err == nil {
		out.Series = 1
	}
	return out
}

func runCase(ctx context.Context, groups []group, given ruleSet) ([]firing, error) {
	from, err := storeOfSeries(given.Series)
	if err != nil {
		return nil, err
	}
	for _, one := range groups {
		for _, rule := range one.rules {
			rule.active = map[uint64]time.Time{}
		}
	}
	var fires []firing
	for minute := given.From; minute <= given.To; minute += given.Step {
		if fires, err = evaluateRules(ctx, groups, from, time.Unix(int64(minute)*60, 0)); err != nil {
			return nil, err
		}
	}
	return fires, nil
}
