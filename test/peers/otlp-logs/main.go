// Command otlp-logs is a collector's side of OTLP's JSON encoding of logs, for
// tests: it reads requests by the protocol's own messages, refusing any member
// that they do not have, and lists what it read. One request and one answer,
// both JSON.
package main

import (
	"encoding/json"
	"fmt"
	"os"

	logs "go.opentelemetry.io/proto/otlp/logs/v1"
	"google.golang.org/protobuf/encoding/protojson"
)

type request struct {
	// Bodies: of POST /v1/logs, application/json.
	Bodies []json.RawMessage `json:"bodies"`
}

type record struct {
	Event    string `json:"event"`
	Time     uint64 `json:"time"`
	Severity int32  `json:"severity"`
	Body     string `json:"body"`
}

type answer struct {
	Records  []record `json:"records"`
	Problems []string `json:"problems"`
}

func main() {
	var r request
	if err := json.NewDecoder(os.Stdin).Decode(&r); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	a := answer{Records: []record{}, Problems: []string{}}
	for i, body := range r.Bodies {
		// an ExportLogsServiceRequest has the one field of LogsData
		var data logs.LogsData
		if err := protojson.Unmarshal(body, &data); err != nil {
			a.Problems = append(a.Problems, fmt.Sprintf("body %d: %v", i, err))
			continue
		}
		for _, resource := range data.ResourceLogs {
			for _, scope := range resource.ScopeLogs {
				for _, log := range scope.LogRecords {
					a.Records = append(a.Records, record{
						Event:    log.EventName,
						Time:     log.TimeUnixNano,
						Severity: int32(log.SeverityNumber),
						Body:     log.Body.GetStringValue(),
					})
				}
			}
		}
	}
	if err := json.NewEncoder(os.Stdout).Encode(a); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
