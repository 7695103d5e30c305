// Command dockerfile is BuildKit's own reader and linter of Dockerfiles, for
// tests: a Dockerfile comes in, its stages, instructions and warnings go out
// as JSON.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/linter"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
)

type answer struct {
	Refused  string   `json:"refused,omitempty"`
	Warnings []string `json:"warnings"`
	Stages   []stage  `json:"stages"`
}

type stage struct {
	Name     string    `json:"name"`
	Base     string    `json:"base"`
	Commands []command `json:"commands"`
}

// command is an instruction by its name, with the members that BuildKit gives
// it.
type command struct {
	Name string               `json:"name"`
	Is   instructions.Command `json:"is"`
}

func main() {
	told := read()
	if err := json.NewEncoder(os.Stdout).Encode(told); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func read() answer {
	told := answer{Warnings: []string{}}
	parsed, err := parser.Parse(os.Stdin)
	if err != nil {
		told.Refused = err.Error()
		return told
	}
	for _, warning := range parsed.Warnings {
		told.Warnings = append(told.Warnings, warning.Short)
	}
	warn := func(rule, _, _, message string, _ []parser.Range) {
		told.Warnings = append(told.Warnings, rule+": "+message)
	}
	stages, _, err := instructions.Parse(parsed.AST, linter.New(&linter.Config{Warn: warn}))
	if err != nil {
		told.Refused = err.Error()
		return told
	}
	for _, each := range stages {
		one := stage{Name: each.Name, Base: each.BaseName}
		for _, instruction := range each.Commands {
			one.Commands = append(one.Commands, command{strings.ToLower(instruction.Name()), instruction})
		}
		told.Stages = append(told.Stages, one)
	}
	return told
}
