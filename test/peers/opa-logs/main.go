// Command opa-logs is a collector's side of OPA's decision logs, for tests: it
// reads uploads as OPA's own module declares their events, refusing any member
// that the module does not know, writes each event again, and says whether that
// says the same. One request and one answer, both JSON.
package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"reflect"

	"github.com/open-policy-agent/opa/v1/plugins/logs"
)

type request struct {
	// Uploads: bodies of POST /logs, gzip.
	Uploads [][]byte `json:"uploads"`
}

type answer struct {
	// Decisions: the ids of all events, in order.
	Decisions []string `json:"decisions"`
	// Problems: what is wrong with an upload or an event.
	Problems []string `json:"problems"`
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	var r request
	if err := json.NewDecoder(os.Stdin).Decode(&r); err != nil {
		return err
	}
	a := answer{Decisions: []string{}, Problems: []string{}}
	for i, upload := range r.Uploads {
		events, err := unpack(upload)
		if err != nil {
			a.Problems = append(a.Problems, fmt.Sprintf("upload %d: %v", i, err))
			continue
		}
		for n, raw := range events {
			id, err := check(raw)
			if err != nil {
				a.Problems = append(a.Problems, fmt.Sprintf("upload %d, event %d: %v", i, n, err))
			}
			a.Decisions = append(a.Decisions, id)
		}
	}
	return json.NewEncoder(os.Stdout).Encode(a)
}

func unpack(upload []byte) ([]json.RawMessage, error) {
	reader, err := gzip.NewReader(bytes.NewReader(upload))
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(reader)
	if err != nil {
		return nil, err
	}
	var events []json.RawMessage
	return events, json.Unmarshal(body, &events)
}

func check(raw json.RawMessage) (string, error) {
	var event logs.EventV1
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&event); err != nil {
		return "", err
	}
	if event.DecisionID == "" || event.Timestamp.IsZero() || len(event.Labels) == 0 {
		return event.DecisionID, fmt.Errorf("has no decision_id, timestamp or labels")
	}
	// the form in which masks and drop rules of a collector see it
	if _, err := event.AST(); err != nil {
		return event.DecisionID, err
	}
	again, err := json.Marshal(event)
	if err != nil {
		return event.DecisionID, err
	}
	var before, after any
	if err := json.Unmarshal(raw, &before); err != nil {
		return event.DecisionID, err
	}
	if err := json.Unmarshal(again, &after); err != nil {
		return event.DecisionID, err
	}
	if !reflect.DeepEqual(before, after) {
		return event.DecisionID, fmt.Errorf("is written again as %s", again)
	}
	return event.DecisionID, nil
}
