// Judges rules and queries of Prometheus with its own parser and engine, over series written by hand or scraped. Reads one
// request of JSON and answers one.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"time"
)

// Rules are parsed as Prometheus does at its start. Every query is parsed, and evaluated at the end of what there is to
// evaluate over. Each case is evaluated on its own.
type request struct {
	Rules   string    `json:"rules"`
	Queries []string  `json:"queries"`
	Scrapes []scrape  `json:"scrapes"`
	Cases   []ruleSet `json:"cases"`
}

// A scrape: what an instance told at a second, in the format of its content type.
type scrape struct {
	At     int64             `json:"at"`
	Type   string            `json:"type"`
	Labels map[string]string `json:"labels"`
	Text   string            `json:"text"`
}

// Series of one case, in the notation of promtool's tests of rules, a minute apart. Rules are evaluated every `step` minutes
// from `from` to `to`.
type ruleSet struct {
	Series []string `json:"series"`
	From   int      `json:"from"`
	To     int      `json:"to"`
	Step   int      `json:"step"`
}

type answer struct {
	Errors  []string      `json:"errors"`
	Rules   []ruleAnswer  `json:"rules"`
	Queries []queryAnswer `json:"queries"`
	// What was scraped: names of metrics.
	Scraped []string `json:"scraped"`
	// For each case, the alerts that fire at its end.
	Cases [][]firing `json:"cases"`
}

type ruleAnswer struct {
	Name    string   `json:"name"`
	Metrics []string `json:"metrics"`
}

type queryAnswer struct {
	Error   string   `json:"error,omitempty"`
	Metrics []string `json:"metrics"`
	// How many series are its result over what was scraped.
	Series int `json:"series"`
}

type firing struct {
	Alert  string            `json:"alert"`
	Labels map[string]string `json:"labels"`
	// Annotations as Prometheus writes them, expanded.
	Annotations map[string]string `json:"annotations"`
}

func main() {
	var given request
	if err := json.NewDecoder(os.Stdin).Decode(&given); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	if err := json.NewEncoder(os.Stdout).Encode(judge(context.Background(), given)); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func judge(ctx context.Context, given request) answer {
	out := answer{Errors: []string{}, Rules: []ruleAnswer{}, Queries: []queryAnswer{}, Scraped: []string{}, Cases: [][]firing{}}
	groups, errs := readRules(given.Rules)
	for _, err := range errs {
		out.Errors = append(out.Errors, err.Error())
	}
	for _, group := range groups {
		for _, rule := range group.rules {
			out.Rules = append(out.Rules, ruleAnswer{Name: rule.name(), Metrics: metricsOf(rule.expr)})
		}
	}
	if len(errs) > 0 {
		return out
	}
	scraped, end, err := storeOfScrapes(given.Scrapes)
	if err != nil {
		out.Errors = append(out.Errors, err.Error())
		return out
	}
	out.Scraped = scraped.names()
	for at := time.Unix(0, 0); !at.After(end); at = at.Add(time.Minute) {
		if _, err := evaluateRules(ctx, groups, scraped, at); err != nil {
			out.Errors = append(out.Errors, err.Error())
		}
	}
	for _, text := range given.Queries {
		out.Queries = append(out.Queries, runQuery(ctx, text, scraped, end))
	}
	for _, each := range given.Cases {
		fires, err := runCase(ctx, groups, each)
		if err != nil {
			out.Errors = append(out.Errors, err.Error())
		}
		out.Cases = append(out.Cases, fires)
	}
	return out
}
